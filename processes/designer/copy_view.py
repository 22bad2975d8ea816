"""A working copy as one person has it before them, and what others did to it meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Stale
from processes.definition.tree import Object
from processes.designer.copy_store import StaleBase, marks_in
from processes.designer.editing.patches import PATCH, Patch, overlap
from processes.designer.editing.validation import FlawMark
from processes.designer.presence import Other, others_in, touch
from processes.models import WorkingCopy, WorkingEdit

MOST_NEWS = 50
Kind, State = WorkingEdit.Kind, WorkingEdit.State


@dataclass(frozen=True)
class ForeignEdit:
    """What somebody else did to the copy since the revision that was read."""

    by: str
    at: datetime
    label: str
    target: str


@dataclass(frozen=True)
class CopyView:
    """A working copy as one person has it before them.

    `label` and `selected` tell what the call did. `behind` is set when a newer version was saved
    elsewhere while this copy has edits of its own: take theirs, or keep mine. `notices` say who
    outside still knows a piece by its old name.
    """

    name: str
    document: Object
    digest: str
    revision: int
    base_version: str
    changed: bool
    behind: StaleBase | None
    undo_label: str
    redo_label: str
    others: list[Other]
    news: list[ForeignEdit]
    modified: datetime
    modified_by: str
    label: str = ""
    selected: str = ""
    notices: tuple[str, ...] = ()

    @property
    def flaws(self) -> list[FlawMark]:
        """Return what Save refuses."""
        return [mark for mark in self.marks if mark.level == "error"]

    @property
    def warnings(self) -> list[FlawMark]:
        """Return what Publish refuses, and what is unwise."""
        return [mark for mark in self.marks if mark.level != "error"]

    @cached_property
    def marks(self) -> list[FlawMark]:
        """Return everything that is wrong with it; found when it is asked for."""
        return marks_in(self.document, self.digest)


def shown(
    copy: WorkingCopy,
    *,
    user: User,
    since: int,
    label: str = "",
    selected: str = "",
    notices: Sequence[str] = (),
) -> CopyView:
    """Return a copy as this person sees it, with what others did after a revision."""
    touch(copy, user=user, selected=selected)
    last, next_one = undoable(copy, user), redoable(copy, user)
    return CopyView(
        name=copy.design.name,
        document=copy.document,
        digest=copy.digest,
        revision=copy.revision,
        base_version=str(copy.base) if copy.base else "",
        changed=copy.digest != copy.base_digest,
        behind=StaleBase.of(copy, user),
        undo_label=last.label if last else "",
        redo_label=next_one.label if next_one else "",
        others=others_in(copy, user=user),
        news=[_news(entry) for entry in reversed(_since(copy, since, user))],
        modified=copy.modified,
        modified_by=display_name(copy.modified_by) if copy.modified_by else "",
        label=label,
        selected=selected,
        notices=tuple(notices),
    )


def later(copy: WorkingCopy, revision: int) -> list[WorkingEdit]:
    """Return what was done since a revision, the newest first; raises Stale when it is too old."""
    if revision == copy.revision:
        return []
    found = list(copy.edits.filter(revision__gt=revision).select_related("by"))
    if revision > copy.revision or len(found) != copy.revision - revision:
        raise Stale(_("This page is out of date. Reload it."))
    return found


def _since(copy: WorkingCopy, revision: int, user: User) -> list[WorkingEdit]:
    if revision >= copy.revision:
        return []
    found = copy.edits.filter(revision__gt=revision).exclude(by=user).select_related("by")
    return list(found[:MOST_NEWS])


def own(copy: WorkingCopy, user: User) -> Any:
    """Return what this person did to the copy, the newest first, undoings left out."""
    return copy.edits.filter(by=user, kind__in=[Kind.EDIT, Kind.WHOLE])


def undoable(copy: WorkingCopy, user: User) -> WorkingEdit | None:
    """Return what this person can take back now."""
    found: WorkingEdit | None = own(copy, user).filter(state=State.DONE).first()
    return found


def redoable(copy: WorkingCopy, user: User) -> WorkingEdit | None:
    """Return what this person can do again now."""
    found: WorkingEdit | None = (
        own(copy, user).filter(state=State.UNDONE).order_by("revision").first()
    )
    return found


def patch_of(entry: WorkingEdit) -> Patch:
    """Return what an edit changed."""
    return PATCH.validate_python(entry.patch)


def _who(entry: WorkingEdit) -> str:
    """Return what somebody is called who made an edit; the user name of one who is gone."""
    return display_name(entry.by) if entry.by else entry.by_name


def _news(entry: WorkingEdit) -> ForeignEdit:
    return ForeignEdit(_who(entry), entry.at, entry.label, entry.target)


def refuse_overlap(
    mine: Sequence[str], theirs: Sequence[tuple[WorkingEdit, Sequence[str]]]
) -> None:
    """Refuse to change what others have touched, the newest edit first; raises Stale."""
    culprits = [entry for entry, marks in theirs if overlap(mine, marks)]
    if culprits:
        raise stale(culprits)


def stale(entries: Sequence[WorkingEdit]) -> Stale:
    """Return the error that says who did what, and when; the newest first."""
    newest = entries[0]
    who = _who(newest) or _("Someone")
    return Stale(
        _("%(who)s changed this first: %(edit)s. Nothing was changed. Check it, then decide.")
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
