"""Minutes: every so many minutes."""

from datetime import timedelta
from typing import Annotated, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import IntervalSchedule, Whole, repeated


class Minutes(IntervalSchedule):
    """Fires every so many minutes of elapsed time, counted from the start of the task."""

    kind: Literal["minutes"] = "minutes"
    label = gettext_noop("Every few minutes")

    every: Annotated[int, Whole(1, 525_600)]

    def period(self) -> timedelta:
        """Return the distance between two planned moments."""
        return timedelta(minutes=self.every)

    def describe(self) -> str:
        """Return the schedule in words."""
        return repeated(self.every, _("Every minute"), _("Every %(n)s minutes"))
