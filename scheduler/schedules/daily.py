"""Daily: at a time of every so many days."""

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import CalendarSchedule, TimeOfDay, Whole, parse_time, repeated


class Daily(CalendarSchedule):
    """Runs at a time of day, every given number of days or working days, from the day of the start.

    A time that the clock skips in spring runs at the moment of the change; a time that occurs twice
    in autumn runs once, the first time.
    """

    kind: Literal["daily"] = "daily"
    label = gettext_noop("Daily")

    every: Annotated[int, Whole(1, 3_650)] = 1
    at: TimeOfDay
    weekdays_only: Annotated[
        bool,
        Field(
            strict=True,
            description=gettext_noop(
                "Working days only, Monday to Friday; every 2 means every second working day."
            ),
        ),
    ] = False

    def falls_on(self, day: date, *, first_day: date) -> bool:
        """Count days, or working days, from the day of the start."""
        if not self.weekdays_only:
            return (day - first_day).days % self.every == 0
        if day.weekday() >= 5:
            return False
        return (_working_days(day) - _working_days(first_day)) % self.every == 0

    def times_of_day(self) -> Sequence[time]:
        """Return the one time."""
        return [parse_time(self.at)]

    def describe(self) -> str:
        """Return the schedule in words."""
        if self.weekdays_only:
            every = repeated(self.every, _("Every weekday"), _("Every %(n)s weekdays"))
        else:
            every = repeated(self.every, _("Every day"), _("Every %(n)s days"))
        return _("%(every)s at %(time)s") % {"every": every, "time": self.at}


def _working_days(day: date) -> int:
    """Return a running number of Mondays to Fridays; a weekend has that of the next Monday."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(weekday, 5)
