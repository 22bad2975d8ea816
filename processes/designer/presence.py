"""Who has a working copy open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from kianda.accounts.services.directory import DirectoryEntry, person_entry
from processes.models import DesignPresence, WorkingCopy

GONE_AFTER = timedelta(seconds=45)
# Nobody is noted more often than this, unless the selection changes.
QUIET = timedelta(seconds=8)


@dataclass(frozen=True)
class Other:
    """Somebody else who has the copy open: who, since when, and which piece is selected."""

    entry: DirectoryEntry
    since: datetime
    seen: datetime
    selected: str

    @property
    def name(self) -> str:
        """Return what they are called."""
        return self.entry.name


def touch(copy: WorkingCopy, *, user: User, selected: str = "") -> None:
    """Note that a person has the copy open."""
    moment = timezone.now()
    row = DesignPresence.objects.filter(copy=copy, user=user).first()
    if row is None:
        _enter(copy, user, selected, moment)
        return
    if abs(moment - row.seen) < QUIET and (not selected or selected == row.selected):
        return
    # Seen in the future: the clock was put back since.
    if abs(moment - row.seen) > GONE_AFTER:
        row.since = moment
    row.seen, row.selected = moment, selected or row.selected
    row.save(update_fields=["since", "seen", "selected"])


def _enter(copy: WorkingCopy, user: User, selected: str, moment: datetime) -> None:
    DesignPresence.objects.get_or_create(
        copy=copy, user=user, defaults={"selected": selected, "since": moment, "seen": moment}
    )


def others_in(copy: WorkingCopy, *, user: User) -> list[Other]:
    """Return who else has the copy open now, the first who came first."""
    moment = timezone.now()
    here = (moment - GONE_AFTER, moment + GONE_AFTER)
    rows = (
        DesignPresence.objects.filter(copy=copy, seen__range=here)
        .exclude(user=user)
        .select_related("user")
    )
    return [Other(person_entry(row.user), row.since, row.seen, row.selected) for row in rows]
