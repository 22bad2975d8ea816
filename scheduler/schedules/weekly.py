"""Weekly: on some days of every so many weeks."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import (
    DAYS,
    WEEKDAYS,
    CalendarSchedule,
    TimeOfDay,
    WeekdayName,
    Whole,
    parse_time,
    repeated,
)


def _in_order(days: list[str]) -> list[str]:
    if not days:
        raise ValueError(_("Choose at least one day, such as monday."))
    return sorted(set(days), key=WEEKDAYS.index)


class Weekly(CalendarSchedule):
    """Runs on certain days of the week, every given number of weeks from the week of the start.

    Weeks start on Monday. A time that the clock skips in spring runs at the moment of the change;
    a time that occurs twice in autumn runs once, the first time.
    """

    kind: Literal["weekly"] = "weekly"
    label = gettext_noop("Weekly")

    every: Annotated[int, Whole(1, 520)] = 1
    days: Annotated[
        list[WeekdayName],
        Field(json_schema_extra={"control": "weekdays", "minItems": 1}),
        AfterValidator(_in_order),
    ]
    at: TimeOfDay

    def falls_on(self, day: date, *, first_day: date) -> bool:
        """Count weeks from the week of the start."""
        if WEEKDAYS[day.weekday()] not in self.days:
            return False
        return ((_monday(day) - _monday(first_day)).days // 7) % self.every == 0

    def times_of_day(self) -> Sequence[time]:
        """Return the one time."""
        return [parse_time(self.at)]

    def describe(self) -> str:
        """Return the schedule in words."""
        every = repeated(self.every, _("Every week"), _("Every %(n)s weeks"))
        names = [_(DAYS[day]) for day in self.days]
        listed = _(" and ").join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        words = {"every": every, "days": listed, "time": self.at}
        return _("%(every)s on %(days)s at %(time)s") % words


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
