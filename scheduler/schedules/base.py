"""What every schedule kind is: settings, and a pure answer to "when next?".

Two families. *Interval* kinds lie on a fixed grid of elapsed time, start + n * every, which no
clock change and no late run moves. *Calendar* kinds name wall-clock times in the task's zone. Their
rule for clock changes: a time that the clock jumps over in spring fires at the moment of the jump;
a time that comes twice in autumn fires once, the first time.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import core_schema

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped
from kianda.lib.kinds import Kind

ONE_DAY = timedelta(days=1)
# How far ahead a calendar kind looks: past the eight years between two 29 Februaries around 2100,
# and past the longest step that the kinds allow.
HORIZON_DAYS = 4_400


# What a schedule names of a clock: nothing, minutes past any hour, or a time of day.
Reading = Literal["", "minutes", "time"]


class Due(NamedTuple):
    """The planned moments of a stretch: its latest, and those before it."""

    latest: datetime
    earlier: int
    last_earlier: datetime | None


class Schedule(Kind):
    """One way to say when a scheduled task fires."""

    tag: ClassVar[str] = "kind"
    category: ClassVar[str] = gettext_noop("Schedule")
    # What the preview says while nothing was typed; without it, what is wrong with the settings.
    asks: ClassVar[str] = ""

    def next_after(self, moment: datetime, *, start: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first planned moment strictly after `moment`, in UTC; None when none is."""
        return next(self.moments_after(moment, start=start, zone=zone), None)

    @abstractmethod
    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield the planned moments strictly after `moment`, in order."""

    def next_n(
        self, count: int, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> list[datetime]:
        """Return the next planned moments, at most `count`."""
        return list(islice(self.moments_after(moment, start=start, zone=zone), count))

    def due(self, first: datetime, moment: datetime, *, start: datetime, zone: ZoneInfo) -> Due:
        """Sum up the planned moments from `first` (one of them) up to and with `moment`."""
        latest, earlier, last_earlier = first, 0, None
        for planned in self.moments_after(first, start=start, zone=zone):
            if planned > moment:
                break
            latest, earlier, last_earlier = planned, earlier + 1, latest
        return Due(latest, earlier, last_earlier)

    @abstractmethod
    def describe(self) -> str:
        """Return the schedule in words."""

    def reads(self) -> Reading:
        """Return what its words name of the clock of the task's zone: nothing but elapsed time."""
        return ""


class IntervalSchedule(Schedule):
    """A fixed grid of elapsed time: start + n * period, n from 1."""

    asks = gettext_noop("Enter an interval to see them.")

    @abstractmethod
    def period(self) -> timedelta:
        """Return the distance between two planned moments."""

    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield the moments of the grid; the zone plays no part."""
        period = self.period()
        # In UTC, because Python subtracts two moments of one zone by the wall clock.
        origin = start.astimezone(UTC)
        number = max((moment.astimezone(UTC) - origin) // period + 1, 1)
        while True:
            yield origin + number * period
            number += 1

    def due(self, first: datetime, moment: datetime, *, start: datetime, zone: ZoneInfo) -> Due:
        """Sum up by arithmetic: a second's grid has many moments in a week of downtime."""
        period = self.period()
        earlier = max((moment - first) // period, 0)
        latest = first + earlier * period
        return Due(latest, earlier, latest - period if earlier else None)


class CalendarSchedule(Schedule):
    """Times of day on certain days, by the wall clock of the task's zone."""

    @abstractmethod
    def falls_on(self, day: date, *, first_day: date) -> bool:
        """Tell whether the schedule fires on a day; steps count from the day of the start."""

    @abstractmethod
    def times_of_day(self) -> Sequence[time]:
        """Return the times, in order."""

    def reads(self) -> Reading:
        """Return that its words name a time of day."""
        return "time"

    def moments_on(self, day: date, zone: ZoneInfo) -> Sequence[datetime]:
        """Return the moments of one day in UTC, in order."""
        return [to_utc(datetime.combine(day, at), zone) for at in self.times_of_day()]

    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield the planned moments, day by day."""
        first_day = start.astimezone(zone).date()
        after = max(moment, start)
        # One day early, because a clock change at midnight can carry a time into the next day.
        day = max(after.astimezone(zone).date() - ONE_DAY, first_day)
        last_day = day
        while (day - last_day).days <= HORIZON_DAYS:
            if self.falls_on(day, first_day=first_day):
                for planned in self.moments_on(day, zone):
                    if planned > after:
                        yield planned
                        after, last_day = planned, day
            day += ONE_DAY


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a wall-clock time: the first of two; the jump for a skipped one."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump_between(before, moment, zone)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


@dataclass(frozen=True)
class Whole:
    """Metadata of a whole number between two bounds; its errors name the mend."""

    least: int
    most: int

    def check(self, value: int) -> int:
        """Return the value, or raise with what to enter."""
        if value < self.least:
            raise ValueError(
                _("Enter %(least)s or more, at most %(most)s.")
                % {"least": self.least, "most": grouped(self.most)}
            )
        if value > self.most:
            raise ValueError(_("Enter %(most)s or less.") % {"most": grouped(self.most)})
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Check after a strict reading: neither true nor "5" is a number."""
        return core_schema.no_info_after_validator_function(
            self.check, core_schema.int_schema(strict=True)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Name the bounds in the reference."""
        return {**handler(schema), "minimum": self.least, "maximum": self.most}


def _time_of_day(value: str) -> str:
    try:
        read = datetime.strptime(value.strip(), "%H:%M")  # noqa: DTZ007
    except ValueError as error:
        raise ValueError(_("Enter a time of day such as 09:30.")) from error
    return read.strftime("%H:%M")


TimeOfDay = Annotated[
    str,
    Field(
        title=gettext_noop("At"),
        description=gettext_noop("A time of day in the task's time zone, such as 09:30."),
        json_schema_extra={"control": "time", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"},
    ),
    AfterValidator(_time_of_day),
]


def parse_time(text: str) -> time:
    """Return a validated time of day."""
    return time.fromisoformat(text)


DAYS = {
    "monday": gettext_noop("Monday"), "tuesday": gettext_noop("Tuesday"),
    "wednesday": gettext_noop("Wednesday"), "thursday": gettext_noop("Thursday"),
    "friday": gettext_noop("Friday"), "saturday": gettext_noop("Saturday"),
    "sunday": gettext_noop("Sunday"),
}  # fmt: skip
WEEKDAYS = tuple(DAYS)


def _full_weekday(value: object) -> object:
    """Let `Mon` and `MONDAY` stand for `monday`."""
    if isinstance(value, str):
        low = value.strip().lower()
        return next((day for day in WEEKDAYS if low in {day, day[:3]}), low)
    return value


WeekdayName = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    BeforeValidator(_full_weekday),
]


def repeated(count: int, one: str, many: str) -> str:
    """Return `Every minute` or `Every 55 minutes`, of the words for one and for many."""
    return one if count == 1 else many % {"n": count}
