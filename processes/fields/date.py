"""Date: a day, or a moment."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from processes.fields.base import InputField
from processes.moments import to_date, to_moment
from processes.references import DefaultValue
from processes.values import Value, from_json


class Date(InputField):
    """Holds a day, such as 2026-11-23, or a day with its time.

    ISO 8601 is taken, and seconds since 1970. A time is kept in UTC; one without an offset is taken
    as UTC. Of a time put into a day, the day is taken as it is written.
    """

    label = "Date"

    type: Literal["date"] = "date"
    mode: Literal["date", "datetime"] = Field(
        default="date",
        title="Kind of date",
        description="A day, or a day with its time.",
        json_schema_extra={"control": "select"},
    )
    default: DefaultValue = None

    def to_python(self, raw: object) -> Value:
        """Return ISO 8601 text or seconds since 1970 as the text that is stored."""
        value = from_json(raw)
        return to_moment(value) if self.mode == "datetime" else to_date(value)

    def shown(self, value: Value) -> str:
        """Return the day, and the time with its zone, without T and Z."""
        if not isinstance(value, str) or self.mode == "date":
            return value if isinstance(value, str) else ""
        moment = datetime.fromisoformat(value)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
