"""The working copy of a design: every edit is kept at once, and can be undone and redone.

Several people may edit one copy. Each call names the revision that the person has read; what others
did since is told (`Copy.news`), and what would overwrite it is refused as Stale, nothing changed.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from processes.definition import tree
from processes.definition.tree import Gone, Object
from processes.designer.copy_store import locked, store, up_to_date
from processes.designer.copy_versions import (
    discard,
    keep_mine,
    publish_version,
    restore_version,
    save_version,
    take_theirs,
)
from processes.designer.copy_view import (
    CopyView,
    Kind,
    State,
    drop_redo,
    later,
    patch_of,
    redoable,
    refuse_overlap,
    shown,
    stale,
    undoable,
)
from processes.designer.editing import rebase
from processes.designer.editing.base import Edit
from processes.designer.editing.change_edits import ChangeSettings, RemovePiece
from processes.designer.editing.edits import Applied, apply_edit, parse_edit
from processes.designer.editing.naming import names_of
from processes.designer.editing.patched_document import applied as patched
from processes.designer.editing.patches import Insert, Misfit, Patch, Set, inverse, overlap, touched
from processes.designer.editing.uses import Use
from processes.designer.presence import Other, others_in, touch
from processes.designer.uses import uses_of_name, uses_outside
from processes.models import WorkingCopy, WorkingEdit

__all__ = [
    "CopyView",
    "discard",
    "edit",
    "keep_mine",
    "open_copy",
    "publish_version",
    "redo",
    "restore_version",
    "save_version",
    "take_theirs",
    "touch_presence",
    "undo",
    "withdraw",
]


def open_copy(name: str, *, user: User, since: int | None = None) -> CopyView:
    """Return the working copy of a design, made from its newest version when there is none.

    With `since`, a revision that was read before, it comes with what others have done after it.
    """
    with transaction.atomic():
        copy = locked(name)
        up_to_date(copy)
    return shown(copy, user=user, since=copy.revision if since is None else since)


def arrived(name: str, *, user: User, revision: int) -> str | None:
    """Return what the person's newest edit after a revision selected; None when there is none.

    So a page that did not hear whether its edit has arrived does not make it twice.
    """
    found = WorkingEdit.objects.filter(
        copy__design__name=name, copy__design__deleted_at=None, by=user, revision__gt=revision
    ).first()
    return None if found is None else found.target


def names_since(name: str, *, revision: int) -> rebase.NamesSince:
    """Return what the pieces that were seen at a revision are called now."""
    names = rebase.NamesSince()
    edits = WorkingEdit.objects.filter(
        copy__design__name=name, copy__design__deleted_at=None, revision__gt=revision
    )
    for entry in edits.order_by("revision"):
        names.follow(patch_of(entry))
    return names


def edit(name: str, *, user: User, revision: int, edit: object, over: int = 0) -> CopyView:
    """Make one edit and keep it. `edit` is an Edit or what `AnyEdit` can be read from.

    It goes over what others did up to the revision `over`, which the person was told of.

    Raises Invalid at the setting that is wrong; Conflict when it does not fit, with `uses` when
    others refer to what is removed; Stale when somebody else changed the same meanwhile.
    """
    asked = edit if isinstance(edit, Edit) else parse_edit(edit)
    with transaction.atomic():
        copy = locked(name)
        since = later(copy, revision)
        done = _applied(copy, _with_old_name(copy, asked), since, user, over)
        notices = _old_names(copy, done.patch)
        if done.patch:
            drop_redo(copy, user)
            store(
                copy, document=done.document, patch=done.patch, kind=Kind.EDIT,
                label=done.label, target=done.selected, user=user,
            )  # fmt: skip
    return shown(
        copy, user=user, since=revision, label=done.label, selected=done.selected, notices=notices
    )


def undo(name: str, *, user: User, revision: int) -> CopyView:
    """Take back the last edit of this person; raises Stale when others have built on it."""
    return _step(name, user=user, since=revision, back=True)


def withdraw(name: str, *, user: User, revision: int, target: str) -> CopyView:
    """Take back that a person has added a piece, where that was their last edit; else nothing."""
    with transaction.atomic():
        copy = locked(name)
        last = undoable(copy, user)
        added = [] if last is None else [
            change.target for change in patch_of(last) if isinstance(change, Insert)
        ]  # fmt: skip
        if target in added:
            return undo(name, user=user, revision=revision)
    return shown(copy, user=user, since=revision)


def redo(name: str, *, user: User, revision: int) -> CopyView:
    """Do again what this person undid last; raises Stale when it no longer fits."""
    return _step(name, user=user, since=revision, back=False)


def touch_presence(name: str, *, user: User, selected: str = "") -> list[Other]:
    """Note that the person has the copy open, and where; return who else has."""
    with transaction.atomic():
        copy = locked(name)
    touch(copy, user=user, selected=selected)
    return others_in(copy, user=user)


def _applied(
    copy: WorkingCopy, asked: Edit, later: Sequence[WorkingEdit], user: User, over: int
) -> Applied:
    """Return what the edit makes of the copy as it is now, fitted to what happened since."""
    patches = [patch_of(entry) for entry in later]
    names = rebase.NamesSince()
    touched = [names.follow(patch) for patch in reversed(patches)][::-1]
    theirs = [
        (entry, marks)
        for entry, marks in zip(later, touched, strict=True)
        if entry.by_id != user.pk and entry.revision > over
    ]
    fitting = asked
    if later:
        was = rebase.as_it_was(copy.document, patches)
        if was is None:
            raise stale([entry for entry, _marks in theirs] or later)
        fitting = rebase.fitted(asked, was, copy.document, names)
        refuse_overlap(list(fitting.touches(was)) if _is_there(asked, was) else [], theirs)
        fitting = names.renamed(fitting)
    try:
        return apply_edit(copy.document, fitting, outside=_outside(copy, fitting))
    except Gone:
        refuse_overlap(_pieces(asked), theirs)
        raise


def _outside(copy: WorkingCopy, asked: Edit) -> list[Use]:
    """Return who outside the design would miss what an edit removes, when that is to be asked."""
    if isinstance(asked, RemovePiece) and not asked.force:
        return uses_outside(copy, asked.target)
    return []


def _with_old_name(copy: WorkingCopy, asked: Edit) -> Edit:
    """Keep a name that a version has already: instances and others know the field by it."""
    if not isinstance(asked, ChangeSettings) or not asked.name_follows:
        return asked
    known = copy.document if copy.base is None else copy.base.document
    there = [one for one in tree.walk(known) if one.target == asked.target]
    keep = {name for one in there for name in (one.target, *names_of(one.node.get("columns")))}
    return asked.model_copy(update={"keep": frozenset(keep)})


def _old_names(copy: WorkingCopy, patch: Patch) -> list[str]:
    """Return who outside still knows what this renames by its old name; asked before it is kept."""
    renamed = [
        change.target
        for change in patch
        if isinstance(change, Set) and change.target_after != change.target
    ]
    return [use.sentence for target in renamed for use in uses_of_name(copy, target)]


def _is_there(asked: Edit, document: Object) -> bool:
    target = getattr(asked, "target", tree.PROCESS)
    return any(element.target == target for element in tree.walk(document))


def _pieces(asked: Edit) -> list[str]:
    place = asked.goes_to()
    return [str(getattr(asked, "target", "")), place.owner if place else ""]


def _step(name: str, *, user: User, since: int, back: bool) -> CopyView:
    with transaction.atomic():
        copy = locked(name)
        entry = undoable(copy, user) if back else redoable(copy, user)
        if entry is None:
            raise Conflict(
                _("You have nothing to undo.") if back else _("You have nothing to redo.")
            )
        patch = inverse(patch_of(entry)) if back else patch_of(entry)
        try:
            document = patched(copy.document, patch)
        except Misfit as misfit:
            raise _built_upon(copy, entry, patch, misfit, user) from misfit
        entry.state = State.UNDONE if back else State.DONE
        entry.save(update_fields=["state"])
        done = _("Undid: %(edit)s") if back else _("Redid: %(edit)s")
        label = done % {"edit": entry.label}
        selected = _selected(document, patch, entry.target)
        store(
            copy, document=document, patch=patch, kind=Kind.UNDO if back else Kind.REDO,
            label=label, target=selected, user=user,
        )  # fmt: skip
    return shown(copy, user=user, since=since, label=label, selected=selected)


def _built_upon(
    copy: WorkingCopy, entry: WorkingEdit, patch: Patch, misfit: Misfit, user: User
) -> Conflict:
    later = copy.edits.filter(revision__gt=entry.revision).exclude(by=user)
    marks = [*touched(patch), misfit.target]
    culprits = [one for one in later if overlap(marks, touched(patch_of(one)))]
    if culprits:
        return stale(culprits)
    return Conflict(
        _("%(edit)s: this is no longer possible in the design.") % {"edit": entry.label}
    )


def _selected(document: Object, patch: Patch, target: str) -> str:
    """Return what to select: the piece that came or changed, else what held the one that went."""
    there = {element.target for element in tree.walk(document)}
    wishes = [change.target for change in patch if isinstance(change, Insert)]
    holders = [change.spot.owner for change in patch if hasattr(change, "spot")]
    changed = [getattr(change, "target_after", "") for change in patch]
    for wish in [*wishes, target, *changed, *holders]:
        if wish in there:
            return wish
    return tree.PROCESS
