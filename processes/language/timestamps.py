"""Moments and days as the values of a process write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment_text(moment: datetime) -> str:
    """Return an aware moment as ISO 8601 UTC with `Z`, microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def today_in(moment: datetime, zone: str) -> str:
    """Return the day of a moment in a time zone, `2026-11-23`."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()
