"""What others did to a working copy meanwhile, and the refusal to overwrite it."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Stale
from processes.designing.patches import overlap, touched
from processes.models import WorkingCopy, WorkingEdit
from processes.services.copy_view import State, own, patch_of


def refuse_overlap(marks: Sequence[str], theirs: Sequence[WorkingEdit]) -> None:
    """Refuse to change what others have touched; raises Stale."""
    culprits = [entry for entry in theirs if overlap(marks, touched(patch_of(entry)))]
    if culprits:
        raise stale(culprits)


def stale(entries: Sequence[WorkingEdit]) -> Stale:
    """Return the error that says who did what, and when; the newest first."""
    newest = entries[0]
    who = newest.by_name or _("Somebody")
    return Stale(
        _("%(who)s was quicker: %(edit)s. Nothing was changed. Look at it, then decide.")
        % {"who": who, "edit": newest.label},
        changes=[
            {"by": entry.by_name, "at": entry.at.isoformat(), "label": entry.label,
             "target": entry.target}
            for entry in entries
        ],
    )  # fmt: skip


def drop_redo(copy: WorkingCopy, user: User) -> None:
    """What was undone cannot be redone once something else is done."""
    own(copy, user).filter(state=State.UNDONE).update(state=State.PAST)
