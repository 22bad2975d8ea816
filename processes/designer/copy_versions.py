"""The working copy and the saved versions: stamp, publish, restore, take what others saved."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.lib.errors import Flaw, Invalid, Stale
from processes import selectors
from processes.definition import tree
from processes.designer.copy_store import StaleBase, locked, marks_in, replace, up_to_date
from processes.designer.copy_view import CopyView, drop_redo, later, shown, stale
from processes.designs import lifecycle
from processes.designs.lifecycle import Published
from processes.models import WorkingCopy

LONGEST_NOTE = 500


def save_version(name: str, *, user: User, revision: int) -> CopyView:
    """Save the copy as the next draft version; no difference, no version.

    Raises Invalid with every error; Stale when another version was saved meanwhile: take theirs
    with `take_theirs`, or keep this with `keep_mine` and save again.
    """
    with transaction.atomic():
        copy = locked(name)
        _save(copy, user)
    return shown(
        copy,
        user=user,
        since=revision,
        label=_("Saved as version %(version)s") % {"version": copy.base},
    )


def publish_version(
    name: str, *, user: User, revision: int, note: str = "", move_instances: bool = False
) -> tuple[CopyView, Published]:
    """Save and publish the copy; return what the publication did too. Raises as `save_version`.

    What refers to something that is not there is Invalid, and nothing is saved then.
    """
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("/note", _("At most %(most)s characters.") % {"most": LONGEST_NOTE})
    with transaction.atomic():
        copy = locked(name)
        broken = [mark for mark in marks_in(copy.document, copy.digest) if mark.level != "advice"]
        if broken:
            raise Invalid(
                _("The design cannot be published as it is."),
                errors=[Flaw(mark.pointer, mark.detail) for mark in broken],
            )
        _save(copy, user)
    done = lifecycle.publish_design(name=name, user=user, note=note, move_instances=move_instances)
    with transaction.atomic():
        copy = locked(name)
        up_to_date(copy)
    label = _("Published as version %(version)s") % {"version": done.version}
    return shown(copy, user=user, since=revision, label=label), done


def _save(copy: WorkingCopy, user: User) -> None:
    behind = StaleBase.of(copy, user)
    if behind is not None:
        raise Stale(_behind_words(behind), behind=behind.version)
    name = copy.design.name
    try:
        lifecycle.save_design(name=name, raw=copy.document, user=user)
    except Invalid as refusal:
        raise Invalid(_not_saved(len(refusal.errors)), errors=refusal.errors) from refusal
    copy.design = selectors.get_design(name)
    copy.base, copy.base_digest = copy.design.draft, copy.digest
    copy.save(update_fields=["base", "base_digest"])


def _behind_words(behind: StaleBase) -> str:
    said = (
        _("You saved version %(version)s in another window. Use it, or keep this copy and save "
          "again.")
        if behind.is_own
        else _("%(by)s saved version %(version)s while you were editing. Use it, or keep this "
               "copy and save again.")
    )  # fmt: skip
    return said % {"by": behind.by or _("Someone"), "version": behind.version}


def _not_saved(errors: int) -> str:
    return ngettext(
        "No version was saved: fix 1 error first. Your changes are still here.",
        "No version was saved: fix %(n)s errors first. Your changes are still here.",
        errors,
    ) % {"n": errors}


def restore_version(name: str, number: str, *, user: User, revision: int) -> CopyView:
    """Put an older version into the copy, as one edit that can be undone."""
    with transaction.atomic():
        copy = locked(name)
        version = selectors.get_version(copy.design, number)
        theirs = [entry for entry in later(copy, revision) if entry.by_id != user.pk]
        if theirs:
            raise stale(theirs)
        drop_redo(copy, user)
        replace(
            copy, version, user=user, label=_("Restored version %(number)s") % {"number": number}
        )
    label = _("Restored version %(number)s") % {"number": number}
    return shown(copy, user=user, since=revision, label=label, selected=tree.PROCESS)


def discard(name: str, *, user: User, revision: int) -> CopyView:
    """Put the newest saved version into the copy; one edit, that can be undone."""
    return _take(
        name, user=user, revision=revision, label=_("Discarded the edits since version {}")
    )


def take_theirs(name: str, *, user: User, revision: int) -> CopyView:
    """Go on with the version that somebody saved meanwhile; one edit, that can be undone."""
    return _take(name, user=user, revision=revision, label=_("Used version {}"))


def _take(name: str, *, user: User, revision: int, label: str) -> CopyView:
    with transaction.atomic():
        copy = locked(name)
        theirs = [entry for entry in later(copy, revision) if entry.by_id != user.pk]
        if theirs:
            raise stale(theirs)
        draft = copy.design.draft
        assert draft is not None  # a copy is made from a version
        drop_redo(copy, user)
        replace(copy, draft, user=user, label=label.format(draft))
        copy.base, copy.base_digest = draft, copy.digest
        copy.save(update_fields=["base", "base_digest"])
    return shown(copy, user=user, since=revision, label=label.format(draft), selected=tree.PROCESS)


def keep_mine(name: str, *, user: User, revision: int) -> CopyView:
    """Go on with this copy although another version was saved: the next Save comes after it."""
    with transaction.atomic():
        copy = locked(name)
        copy.base = copy.design.draft
        copy.base_digest = ""
        copy.save(update_fields=["base", "base_digest"])
    return shown(
        copy,
        user=user,
        since=revision,
        label=_("Own copy continued after version %(version)s") % {"version": copy.base},
    )
