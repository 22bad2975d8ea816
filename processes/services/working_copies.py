"""The working copy of a design: every edit is kept at once, and can be undone and redone.

Several people may edit one copy. Each call names the revision that the person has read; what others
did since is told (`Copy.news`), and what would overwrite it is refused as Stale, nothing changed.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from kianda.lib.errors import Conflict, Flaw, Invalid, Stale
from processes.designing import rebase, tree
from processes.designing.base import Edit
from processes.designing.changing import RemovePiece
from processes.designing.edits import Applied, apply_edit, parse_edit
from processes.designing.patches import Insert, Misfit, Patch, Set, inverse, overlap, touched
from processes.designing.sheet import applied as patched
from processes.designing.tree import Gone, Object
from processes.designing.uses import Use
from processes.models import WorkingCopy, WorkingEdit
from processes.services import designs
from processes.services.copy_state import Behind, locked, marks_in, replace, store, up_to_date
from processes.services.copy_view import (
    Copy,
    Kind,
    State,
    later,
    own,
    patch_of,
    redoable,
    shown,
    undoable,
)
from processes.services.designs import Published
from processes.services.outside_uses import uses_outside
from processes.services.presence import Other, others_in, touch

LONGEST_NOTE = 500


def open_copy(name: str, *, user: User) -> Copy:
    """Return the working copy of a design, made from its newest version when there is none."""
    with transaction.atomic():
        copy = locked(name)
        up_to_date(copy)
    return shown(copy, user=user, since=copy.revision)


def edit(name: str, *, user: User, revision: int, edit: object) -> Copy:
    """Make one edit and keep it. `edit` is an Edit or what `AnyEdit` can be read from.

    Raises Invalid at the setting that is wrong; Conflict when it does not fit, with `uses` when
    others refer to what is removed; Stale when somebody else changed the same meanwhile.
    """
    asked = edit if isinstance(edit, Edit) else parse_edit(edit)
    with transaction.atomic():
        copy = locked(name)
        since = later(copy, revision)
        done = _applied(copy, asked, since, user)
        notices = _old_names(copy, done.patch)
        if done.patch:
            _drop_redo(copy, user)
            store(
                copy, document=done.document, patch=done.patch, kind=Kind.EDIT,
                label=done.label, target=done.selected, user=user,
            )  # fmt: skip
    return shown(
        copy, user=user, since=revision, label=done.label, selected=done.selected, notices=notices
    )


def undo(name: str, *, user: User, revision: int) -> Copy:
    """Take back the last edit of this person; raises Stale when others have built on it."""
    return _step(name, user=user, since=revision, back=True)


def redo(name: str, *, user: User, revision: int) -> Copy:
    """Do again what this person undid last; raises Stale when it no longer fits."""
    return _step(name, user=user, since=revision, back=False)


def save_version(name: str, *, user: User, revision: int) -> Copy:
    """Save the copy as the next draft version; no difference, no version.

    Raises Invalid with every error; Stale when another version was saved meanwhile: take theirs
    with `take_theirs`, or keep this with `keep_mine` and save again.
    """
    with transaction.atomic():
        copy = locked(name)
        _save(copy, user)
    return shown(copy, user=user, since=revision, label=f"Saved as version {copy.base}")


def publish_version(
    name: str, *, user: User, revision: int, note: str = "", move_instances: bool = False
) -> tuple[Copy, Published]:
    """Save and publish the copy; return what the publication did too. Raises as `save_version`.

    What refers to something that is not there is Invalid, and nothing is saved then.
    """
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("/note", f"At most {LONGEST_NOTE} characters.")
    with transaction.atomic():
        copy = locked(name)
        broken = [mark for mark in marks_in(copy) if mark.level != "advice"]
        if broken:
            raise Invalid(
                "The design cannot be published as it is.",
                errors=[Flaw(mark.pointer, mark.detail) for mark in broken],
            )
        _save(copy, user)
    done = designs.publish_design(name=name, user=user, note=note, move_instances=move_instances)
    with transaction.atomic():
        copy = locked(name)
        up_to_date(copy)
    label = f"Published as version {done.version}"
    return shown(copy, user=user, since=revision, label=label), done


def _save(copy: WorkingCopy, user: User) -> None:
    behind = Behind.of(copy)
    if behind is not None:
        raise Stale(
            f"{behind.by or 'Somebody'} has saved version {behind.version} meanwhile. Take it, "
            "or keep this copy and save again.",
            behind=behind.version,
        )
    name = copy.design.name
    designs.save_design(name=name, raw=copy.document, user=user)
    copy.design = designs.get_design(name)
    copy.base, copy.base_digest = copy.design.draft, copy.digest
    copy.save(update_fields=["base", "base_digest"])


def restore_version(name: str, number: str, *, user: User, revision: int) -> Copy:
    """Put an older version into the copy, as one edit that can be undone."""
    with transaction.atomic():
        copy = locked(name)
        version = designs.get_version(copy.design, number)
        theirs = [entry for entry in later(copy, revision) if entry.by_id != user.pk]
        if theirs:
            raise _stale(theirs)
        _drop_redo(copy, user)
        replace(copy, version, user=user, label=f"Restored version {number}")
    label = f"Restored version {number}"
    return shown(copy, user=user, since=revision, label=label, selected=tree.PROCESS)


def discard(name: str, *, user: User, revision: int) -> Copy:
    """Put the newest saved version into the copy; one edit, that can be undone."""
    return _take(name, user=user, revision=revision, label="Discarded the edits since version {}")


def take_theirs(name: str, *, user: User, revision: int) -> Copy:
    """Go on with the version that somebody saved meanwhile; one edit, that can be undone."""
    return _take(name, user=user, revision=revision, label="Took version {}")


def _take(name: str, *, user: User, revision: int, label: str) -> Copy:
    with transaction.atomic():
        copy = locked(name)
        theirs = [entry for entry in later(copy, revision) if entry.by_id != user.pk]
        if theirs:
            raise _stale(theirs)
        draft = copy.design.draft
        assert draft is not None  # a copy is made from a version
        _drop_redo(copy, user)
        replace(copy, draft, user=user, label=label.format(draft))
        copy.base, copy.base_digest = draft, copy.digest
        copy.save(update_fields=["base", "base_digest"])
    return shown(copy, user=user, since=revision, label=label.format(draft), selected=tree.PROCESS)


def keep_mine(name: str, *, user: User, revision: int) -> Copy:
    """Go on with this copy although another version was saved: the next Save comes after it."""
    with transaction.atomic():
        copy = locked(name)
        copy.base = copy.design.draft
        copy.base_digest = ""
        copy.save(update_fields=["base", "base_digest"])
    return shown(copy, user=user, since=revision, label=f"Kept, after version {copy.base}")


def _drop_redo(copy: WorkingCopy, user: User) -> None:
    """What was undone cannot be redone once something else is done."""
    own(copy, user).filter(state=State.UNDONE).update(state=State.PAST)


def touch_presence(name: str, *, user: User, selected: str = "") -> list[Other]:
    """Note that the person has the copy open, and where; return who else has."""
    with transaction.atomic():
        copy = locked(name)
    touch(copy, user=user, selected=selected)
    return others_in(copy, user=user)


def _applied(copy: WorkingCopy, asked: Edit, later: Sequence[WorkingEdit], user: User) -> Applied:
    """Return what the edit makes of the copy as it is now, fitted to what happened since."""
    theirs = [entry for entry in later if entry.by_id != user.pk]
    fitting = asked
    if later:
        was = rebase.as_it_was(copy.document, [patch_of(entry) for entry in later])
        if was is None:
            raise _stale(theirs or later)
        fitting = rebase.fitted(asked, was, copy.document)
        marks = list(fitting.touches(was)) if _is_there(asked, was) else []
        _refuse_overlap(marks, theirs)
    try:
        return apply_edit(copy.document, fitting, outside=_outside(copy, fitting))
    except Gone:
        if theirs:
            _refuse_overlap(_pieces(asked), theirs)
        raise


def _outside(copy: WorkingCopy, asked: Edit) -> list[Use]:
    """Return who outside the design would miss what an edit removes, when that is to be asked."""
    if isinstance(asked, RemovePiece) and not asked.force:
        return uses_outside(copy, asked.target)
    return []


def _old_names(copy: WorkingCopy, patch: Patch) -> list[str]:
    """Return who outside still knows what this renames by its old name; asked before it is kept."""
    renamed = [
        change.target
        for change in patch
        if isinstance(change, Set) and change.target_after != change.target
    ]
    return [use.sentence for target in renamed for use in uses_outside(copy, target)]


def _is_there(asked: Edit, document: Object) -> bool:
    target = getattr(asked, "target", tree.PROCESS)
    return any(element.target == target for element in tree.walk(document))


def _pieces(asked: Edit) -> list[str]:
    place = asked.goes_to()
    return [str(getattr(asked, "target", "")), place.owner if place else ""]


def _refuse_overlap(marks: Sequence[str], theirs: Sequence[WorkingEdit]) -> None:
    culprits = [entry for entry in theirs if overlap(marks, touched(patch_of(entry)))]
    if culprits:
        raise _stale(culprits)


def _stale(entries: Sequence[WorkingEdit]) -> Stale:
    """Return the error that says who did what, and when; the newest first."""
    newest = entries[0]
    who = newest.by_name or "Somebody"
    return Stale(
        f"{who} was quicker: {newest.label}. Nothing was changed. Look at it, then decide.",
        changes=[
            {"by": entry.by_name, "at": entry.at.isoformat(), "label": entry.label,
             "target": entry.target}
            for entry in entries
        ],
    )  # fmt: skip


def _step(name: str, *, user: User, since: int, back: bool) -> Copy:
    with transaction.atomic():
        copy = locked(name)
        entry = undoable(copy, user) if back else redoable(copy, user)
        if entry is None:
            raise Conflict(f"There is nothing of yours to {'undo' if back else 'redo'}.")
        patch = inverse(patch_of(entry)) if back else patch_of(entry)
        try:
            document = patched(copy.document, patch)
        except Misfit as misfit:
            raise _built_upon(copy, entry, patch, misfit, user) from misfit
        entry.state = State.UNDONE if back else State.DONE
        entry.save(update_fields=["state"])
        label = f"{'Undid' if back else 'Redid'}: {entry.label}"
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
        return _stale(culprits)
    return Conflict(f"{entry.label}: this no longer fits the design.")


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
