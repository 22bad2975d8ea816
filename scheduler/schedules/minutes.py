"""Minutes: every so many minutes."""

from datetime import timedelta
from typing import Annotated, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import IntervalSchedule, Whole, repeated


class Minutes(IntervalSchedule):
    """Runs every given number of minutes, counted from the start of the task."""

    kind: Literal["minutes"] = "minutes"
    label = gettext_noop("Minutes")

    every: Annotated[int, Whole(1, 525_600)]

    def period(self) -> timedelta:
        """Return the distance between two planned moments."""
        return timedelta(minutes=self.every)

    def describe(self) -> str:
        """Return the schedule in words."""
        return repeated(self.every, _("Every minute"), _("Every %(n)s minutes"))
