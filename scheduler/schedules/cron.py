"""Cron: a line of five fields."""

import functools
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from cron_descriptor import FormatException, Options, get_description
from croniter import CroniterError, croniter
from pydantic import AfterValidator, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import CalendarSchedule, Reading

EXAMPLE = gettext_noop(
    "Enter minute, hour, day of month, month and day of week, such as 0 9 * * mon-fri for "
    "09:00 on working days."
)
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat"
_FIELD = re.compile(rf"(?:[0-9*/,-]|{_NAMES})+", re.IGNORECASE)
_WRONG = (
    gettext_noop("%(part)s is not a minute from 0 to 59"),
    gettext_noop("%(part)s is not an hour from 0 to 23"),
    gettext_noop("%(part)s is not a day of the month from 1 to 31"),
    gettext_noop("%(part)s is not a month from 1 to 12 or jan to dec"),
    gettext_noop("%(part)s is not a day of the week from 0 to 7 or sun to sat"),
)
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class CronFields(NamedTuple):
    """A cron line, read: which minutes, hours, days, months, weekdays (Sunday is 0)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def holds(self, day: date) -> bool:
        """Tell whether it fires on a day; as in cron, either of two restricted fields will do."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


@functools.lru_cache(maxsize=1024)
def read_line(expression: str) -> CronFields:
    """Read a cron line; raises ValueError with a sentence."""
    _refuse_odd(expression.split())
    try:
        minutes, hours, days, months, weekdays = croniter.expand(expression)[0]
    except CroniterError as error:
        raise ValueError(_no_line(expression.split())) from error
    line = CronFields(
        _numbers(minutes, range(60)),
        _numbers(hours, range(24)),
        frozenset(_numbers(days, range(1, 32))),
        frozenset(_numbers(months, range(1, 13))),
        frozenset(_numbers(weekdays, range(7))),
        days == ["*"],
        weekdays == ["*"],
    )
    _refuse_never(line)
    return line


def _refuse_odd(fields: list[str]) -> None:
    if len(fields) != 5:
        raise ValueError(
            _("A cron line has five fields, this one has %(count)s. %(example)s")
            % {"count": len(fields), "example": _(EXAMPLE)}
        )
    for text in fields:
        if not _FIELD.fullmatch(text):
            raise ValueError(
                _("%(text)r is not valid in a cron line. %(example)s")
                % {"text": text, "example": _(EXAMPLE)}
            )


def _no_line(fields: list[str]) -> str:
    """Say which part of which field no cron line can have there."""
    for at, field in enumerate(fields):
        if _can_stand(field, at):
            continue
        part = next((one for one in field.split(",") if one and not _can_stand(one, at)), field)
        problem = _(_WRONG[at]) % {"part": part}
        return _("This is not a cron line: %(problem)s. %(example)s") % {
            "problem": problem, "example": _(EXAMPLE),
        }  # fmt: skip
    return _("This is not a cron line. %(example)s") % {"example": _(EXAMPLE)}


def _can_stand(text: str, at: int) -> bool:
    alone = ["*"] * 5
    alone[at] = text
    try:
        croniter.expand(" ".join(alone))
    except CroniterError:
        return False
    return True


def _refuse_never(line: CronFields) -> None:
    shortest = min(line.days)
    if line.any_weekday and all(_LONGEST_MONTHS[month - 1] < shortest for month in line.months):
        raise ValueError(
            _("This never runs: none of these months has a day %(day)s.") % {"day": shortest}
        )


def _numbers(found: list[object], whole: range) -> tuple[int, ...]:
    if found == ["*"]:
        return tuple(whole)
    return tuple(sorted(number for number in found if isinstance(number, int)))


def _expression(value: str) -> str:
    tidy = " ".join(value.split())
    read_line(tidy)
    return tidy


class Cron(CalendarSchedule):
    """Runs by a cron line of five fields, in the task's time zone.

    A line with hours follows the wall clock: a time that the clock skips in spring runs at the
    moment of the change; a time that occurs twice in autumn runs once, the first time. A line for
    every hour counts real hours, in spring and in autumn.
    """

    kind: Literal["cron"] = "cron"
    label = gettext_noop("Cron")

    expression: Annotated[
        str,
        Field(max_length=200, description=EXAMPLE),
        AfterValidator(_expression),
    ]

    def falls_on(self, day: date, *, first_day: date) -> bool:
        """Tell whether the line names the day; the start plays no part."""
        return read_line(self.expression).holds(day)

    def times_of_day(self) -> Sequence[time]:
        """Return the times, in order."""
        line = read_line(self.expression)
        return [time(hour, minute) for hour in line.hours for minute in line.minutes]

    def moments_on(self, day: date, zone: ZoneInfo) -> Sequence[datetime]:
        """Return the moments of one day, by the wall clock or by real hours."""
        line = read_line(self.expression)
        if len(line.hours) == 24:
            return _in_real_hours(line.minutes, day, zone)
        return super().moments_on(day, zone)

    def reads(self) -> Reading:
        """Return what the line names: one for every hour of every day names minutes alone."""
        line = read_line(self.expression)
        every_day = line.any_day and line.any_weekday and len(line.months) == 12
        return "minutes" if every_day and len(line.hours) == 24 else "time"

    def describe(self) -> str:
        """Return the schedule in words."""
        options = Options()
        options.use_24hour_time_format = True
        try:
            return str(get_description(self.expression, options))
        except FormatException:
            # The describer knows fewer spellings than the reader.
            return _("Cron %(line)s") % {"line": self.expression}


@functools.lru_cache(maxsize=128)
def _in_real_hours(minutes: tuple[int, ...], day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the moments of a day at which the clock shows one of the minutes."""
    wanted = frozenset(minutes)
    moments = []
    # Noon is never near a clock change; 16 hours on both sides hold any day with its change.
    noon = datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)
    for number in range(-16 * 60, 16 * 60):
        moment = noon + timedelta(minutes=number)
        local = moment.astimezone(zone)
        if local.date() == day and local.minute in wanted:
            moments.append(moment)
    return tuple(moments)
