"""Date: a day, a moment, or a time of day."""

from datetime import datetime, tzinfo
from typing import Any, Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.fields.base import ANY_VALUE, ORDERED, InputField, MomentWords, Written
from processes.language.dates import to_date, to_moment, to_time
from processes.language.scope import ListedAs
from processes.language.setting_types import DefaultValue
from processes.language.timestamps import moment_text
from processes.language.values import Value, from_json


class Date(InputField):
    """Holds a day, such as 2026-11-23, a day with its time, or a time of day, such as 10:30:00.

    ISO 8601 and seconds since 1970 are accepted. A day with its time is stored in UTC; without an
    offset it is read as UTC. When a moment is written into a day or a time of day, that part is
    used as written. A time of day has no time zone.
    """

    label = gettext_noop("Date")
    kind_icon = "calendar3"
    in_table = True
    needs_words = True
    is_moment = True
    operators = (*ANY_VALUE, *ORDERED, "before_today", "today", "after_today")

    type: Literal["date"] = "date"
    mode: Literal["date", "datetime", "time"] = Field(
        default="date",
        title=gettext_noop("Kind of date"),
        description=gettext_noop("A day, a day with its time, or a time of day."),
        json_schema_extra={"control": "select"},
    )
    default: DefaultValue = None

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        kinds: dict[str, ListedAs] = {"date": "day", "datetime": "moment"}
        return kinds.get(self.mode, "words")

    def to_python(self, raw: object) -> Value:
        """Return ISO 8601 text or seconds since 1970 as the text that is stored."""
        value = from_json(raw)
        return {"date": to_date, "datetime": to_moment, "time": to_time}[self.mode](value)

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return a moment in the zone of whoever reads, a time of day without :00."""
        if self.mode == "datetime" and isinstance(value, str):
            return _local(value, zone)
        return self.shown(value) if self.mode == "time" else super().to_control(value, zone=zone)

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return a moment in UTC; what is none is left to the field to refuse."""
        text = super().from_control(written, zone=zone)
        return _in_utc(text, zone) if self.mode == "datetime" and text else text

    def control_in_words(self, written: Written) -> str:
        """Return a moment with a blank between day and time."""
        return super().control_in_words(written).replace("T", " ")

    def in_words(self, value: Any, moment: MomentWords) -> Any:
        """Return a moment in the words of the page."""
        stored = self.to_python(value)
        if self.mode != "datetime" or not isinstance(stored, str):
            return self.shown(stored)
        try:
            return moment(datetime.fromisoformat(stored))
        except OverflowError:
            return self.shown(stored)  # At the ends of the calendar a zone has no such moment.

    def shown(self, value: Value) -> str:
        """Return the day, and the time with its zone, without T and Z; seconds where there are."""
        if not isinstance(value, str) or self.mode == "date":
            return value if isinstance(value, str) else ""
        if self.mode == "time":
            return value.removesuffix(":00") if value.count(":") == 2 else value
        moment = datetime.fromisoformat(value).replace(tzinfo=None)
        return f"{moment.isoformat(sep=' ', timespec='seconds')} UTC"


def _local(text: str, zone: tzinfo) -> str:
    try:
        local = datetime.fromisoformat(text).astimezone(zone)
    except OverflowError:
        return text  # At the ends of the calendar a zone has no such moment.
    return local.replace(tzinfo=None).isoformat(timespec="seconds")


def _in_utc(text: str, zone: tzinfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return text
