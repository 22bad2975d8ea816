"""The moments that a schedule plans, as text."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.schedules import schedules

DUBLIN = "Europe/Dublin"
NEW_YORK = "America/New_York"


def moment(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def upcoming(
    settings: dict[str, Any], after: str, count: int, *, start: str = "", zone: str = DUBLIN
) -> list[str]:
    """Return the next moments that these settings plan."""
    found = schedules.parse(settings).next_n(
        count, moment(after), start=moment(start or after), zone=ZoneInfo(zone)
    )
    return [planned.strftime("%Y-%m-%d %H:%M:%S") for planned in found]
