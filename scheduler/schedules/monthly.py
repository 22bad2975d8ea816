"""Monthly: on a day, or on a certain weekday, of every so many months."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

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

ORDINALS = (
    gettext_noop("first"), gettext_noop("second"), gettext_noop("third"), gettext_noop("fourth"),
)  # fmt: skip


def _number(value: object) -> object:
    """Let `first` stand for 1 and -1 for `last`; refuse what is neither, with the mend."""
    if isinstance(value, str):
        value = value.strip().lower()
        value = ORDINALS.index(value) + 1 if value in ORDINALS else value
    if value == -1:
        return "last"
    # A tuple: what was sent may be a list or an object, which no set can be asked for.
    if isinstance(value, bool) or value not in (1, 2, 3, 4, "last"):
        raise ValueError(_('Enter 1, 2, 3, 4 or "last".'))
    return value


class Monthly(CalendarSchedule):
    """Runs on a day of the month or its nth weekday, every given number of months from the start.

    In a month that is too short for the day it runs on the month's last day. A time that the clock
    skips in spring runs at the moment of the change; a time that occurs twice in autumn runs once,
    the first time.
    """

    kind: Literal["monthly"] = "monthly"
    label = gettext_noop("Monthly")

    every: Annotated[int, Whole(1, 120)] = 1
    day: Annotated[int, Whole(1, 31)] | None = None
    nth: Annotated[
        Literal[1, 2, 3, 4, "last"] | None,
        Field(description=gettext_noop("Which of the month's weekdays: 1 to 4, or last.")),
        BeforeValidator(lambda value: None if value is None else _number(value)),
    ] = None
    weekday: WeekdayName | None = None
    at: TimeOfDay

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        by_weekday = self.nth is not None and self.weekday is not None
        half = (self.nth is None) != (self.weekday is None)
        if half or (self.day is not None) == by_weekday:
            raise ValueError(_('Send either "day", or "nth" with "weekday".'))
        return self

    def falls_on(self, day: date, *, first_day: date) -> bool:
        """Count months from the month of the start."""
        months = (day.year - first_day.year) * 12 + day.month - first_day.month
        if months % self.every:
            return False
        length = monthrange(day.year, day.month)[1]
        if self.day is not None:
            return day.day == min(self.day, length)
        if WEEKDAYS[day.weekday()] != self.weekday:
            return False
        return day.day + 7 > length if self.nth == "last" else (day.day + 6) // 7 == self.nth

    def times_of_day(self) -> Sequence[time]:
        """Return the one time."""
        return [parse_time(self.at)]

    def describe(self) -> str:
        """Return the schedule in words."""
        every = repeated(self.every, _("Every month"), _("Every %(n)s months"))
        words = {"every": every, "day": self._day_in_words(), "time": self.at}
        return _("%(every)s on %(day)s at %(time)s") % words

    def _day_in_words(self) -> str:
        if self.day is not None:
            said = _("day %(n)s (or the last day)") if self.day > 28 else _("day %(n)s")
            return said % {"n": self.day}
        nth = _(ORDINALS[self.nth - 1]) if isinstance(self.nth, int) else _("last")
        return _("the %(nth)s %(weekday)s") % {
            "nth": nth,
            "weekday": _(DAYS[self.weekday]) if self.weekday else "",
        }
