"""Seconds: every so many seconds."""

from datetime import timedelta
from typing import Annotated, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import IntervalSchedule, Whole, repeated


class Seconds(IntervalSchedule):
    """Runs every given number of seconds, counted from the start of the task."""

    kind: Literal["seconds"] = "seconds"
    label = gettext_noop("Seconds")

    every: Annotated[int, Whole(1, 31_536_000)]

    def period(self) -> timedelta:
        """Return the distance between two planned moments."""
        return timedelta(seconds=self.every)

    def describe(self) -> str:
        """Return the schedule in words."""
        return repeated(self.every, _("Every second"), _("Every %(n)s seconds"))
