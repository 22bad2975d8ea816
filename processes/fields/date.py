"""Date: a day, a moment, or a time of day."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.fields.base import ANY_VALUE, ORDERED, InputField
from processes.language.dates import to_date, to_moment, to_time
from processes.language.setting_types import DefaultValue
from processes.language.values import Value, from_json


class Date(InputField):
    """Holds a day, such as 2026-11-23, a day with its time, or a time of day, such as 10:30:00.

    ISO 8601 is taken, and seconds since 1970. A day with its time is kept in UTC; one without an
    offset is taken as UTC. Of a moment put into a day or a time of day, that part is taken as it is
    written. A time of day belongs to no zone.
    """

    label = gettext_noop("Date")
    icon = "calendar3"
    in_table = True
    operators = (*ANY_VALUE, *ORDERED, "before_today", "today", "after_today")

    type: Literal["date"] = "date"
    mode: Literal["date", "datetime", "time"] = Field(
        default="date",
        title=gettext_noop("Kind of date"),
        description=gettext_noop("A day, a day with its time, or a time of day."),
        json_schema_extra={"control": "select"},
    )
    default: DefaultValue = None

    def to_python(self, raw: object) -> Value:
        """Return ISO 8601 text or seconds since 1970 as the text that is stored."""
        value = from_json(raw)
        return {"date": to_date, "datetime": to_moment, "time": to_time}[self.mode](value)

    def shown(self, value: Value) -> str:
        """Return the day, and the time with its zone, without T and Z; seconds where there are."""
        if not isinstance(value, str) or self.mode == "date":
            return value if isinstance(value, str) else ""
        if self.mode == "time":
            return value.removesuffix(":00") if value.count(":") == 2 else value
        moment = datetime.fromisoformat(value).replace(tzinfo=None)
        return f"{moment.isoformat(sep=' ', timespec='seconds')} UTC"
