"""Hourly: at a minute of every so many hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import Reading, Schedule, Whole, repeated

HOUR = timedelta(hours=1)


class Hourly(Schedule):
    """Runs at a minute past the hour, every given number of hours from the hour of the start.

    Hours are real hours: 25 on the day when the clock goes back, 23 on the day when it goes
    forward.
    """

    kind: Literal["hourly"] = "hourly"
    label = gettext_noop("Hourly")

    every: Annotated[int, Whole(1, 8_760)] = 1
    minute: Annotated[int, Whole(0, 59)] = 0

    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield the planned moments strictly after `moment`."""
        local = start.astimezone(zone)
        past_the_hour = timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        first = start.astimezone(UTC) - past_the_hour + timedelta(minutes=self.minute)
        after = max(moment, start)
        period = self.every * HOUR
        number = max((after - first) // period - 1, 0)
        while True:
            planned = first + number * period
            # A few zones shift by half an hour: the minute is the one their clocks then show.
            planned += (_past_whole_hours(first, zone) - _past_whole_hours(planned, zone)) % HOUR
            if planned > after:
                yield planned
                after = planned
            number += 1

    def reads(self) -> Reading:
        """Return that its words name a minute of the hour."""
        return "minutes"

    def describe(self) -> str:
        """Return the schedule in words."""
        every = repeated(self.every, _("Every hour"), _("Every %(n)s hours"))
        if self.minute == 0:
            return _("%(every)s on the hour") % {"every": every}
        minutes = repeated(self.minute, _("1 minute"), _("%(n)s minutes"))
        return _("%(every)s at %(minutes)s past") % {"every": every, "minutes": minutes}


def _past_whole_hours(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    return (offset or timedelta()) % HOUR
