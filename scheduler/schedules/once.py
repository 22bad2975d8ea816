"""Once: one firing, at a moment or some time after the start."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import Reading, Schedule, Whole, repeated, to_utc

MOMENT_HELP = gettext_noop(
    "Enter a date and time such as 2026-11-23T09:30 or 2026-11-23T09:30:00Z."
)


def _moment(value: str) -> str:
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError(_(MOMENT_HELP)) from error
    if not 1970 <= read.year <= 9000:
        raise ValueError(
            _("The year %(year)s is out of range. %(moment_help)s")
            % {"year": read.year, "moment_help": _(MOMENT_HELP)}
        )
    if read.tzinfo is None:
        return read.isoformat()
    return read.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    str,
    Field(
        description=gettext_noop("ISO 8601. Without an offset, in the task's time zone."),
        json_schema_extra={"control": "datetime", "format": "date-time"},
    ),
    AfterValidator(_moment),
]


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """Return a validated moment in UTC; one without an offset is of the given zone."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else to_utc(read, zone)


class Delay(BaseModel):
    """Days, hours and minutes after the start of the task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Whole(0, 36_500)] = 0
    hours: Annotated[int, Whole(0, 876_000)] = 0
    minutes: Annotated[int, Whole(0, 52_560_000)] = 0

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not (self.days or self.hours or self.minutes):
            raise ValueError(_("Enter 1 or more days, hours or minutes."))
        return self

    def length(self) -> timedelta:
        """Return the delay as elapsed time; a day is 24 hours."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)

    def describe(self) -> str:
        """Return the delay in words."""
        parts = [
            (self.days, repeated(self.days, _("1 day"), _("%(n)s days"))),
            (self.hours, repeated(self.hours, _("1 hour"), _("%(n)s hours"))),
            (self.minutes, repeated(self.minutes, _("1 minute"), _("%(n)s minutes"))),
        ]
        return " ".join(words for count, words in parts if count)


class Once(Schedule):
    """Runs once: at a date and time, or days, hours and minutes after the start of the task."""

    kind: Literal["once"] = "once"
    label = gettext_noop("Once")

    at: Moment | None = None
    in_: Delay | None = Field(default=None, alias="in", title=gettext_noop("In"))

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.at is None) == (self.in_ is None):
            raise ValueError(_('Send either "at", a moment, or "in", a delay.'))
        return self

    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield the one moment, while it lies ahead."""
        planned = read_moment(self.at, zone) if self.at else None
        if self.in_ is not None:
            planned = start + self.in_.length()
        if planned is not None and planned > moment:
            yield planned

    def reads(self) -> Reading:
        """Return that its words name a moment of the zone; one in UTC says so itself."""
        return "time" if self.at and not self.at.endswith("Z") else ""

    def describe(self) -> str:
        """Return the schedule in words."""
        if self.in_ is not None:
            return _("Once, %(delay)s after the start") % {"delay": self.in_.describe()}
        at = (self.at or "").replace("T", " ").replace("Z", " UTC")
        return _("Once at %(moment)s") % {"moment": at}
