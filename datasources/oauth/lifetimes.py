"""How long a token lives, as providers tell it: in seconds or milliseconds, as text or a moment."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

# What is longer is no lifetime that anybody plans with.
LONGEST = timedelta(days=3650)
DAY_S = 86_400
_SECONDS_KEYS = ("expires_in_sec", "expires_in", "expires")
_MOMENT_KEYS = ("expires_on", "expires_at", "expiry", ".expires")
_REFRESH_KEYS = (
    "refresh_token_expires_in", "x_refresh_token_expires_in", "refresh_expires_in",
    "refresh_token_expires_at", "refresh_expires_at",
)  # fmt: skip
# Moments since 1970: of seconds, and of milliseconds. No lifetime in seconds is so long.
_EPOCH_S, _EPOCH_MS = 1_000_000_000, 1_000_000_000_000
_LARGEST = Decimal(10**18)
_DATE_FORMATS = (
    "%m/%d/%Y %H:%M:%S %z", "%m/%d/%Y %I:%M:%S %p %z", "%a, %d %b %Y %H:%M:%S %Z",
    "%Y-%m-%d %H:%M:%S",
)  # fmt: skip


def expiry_of(fields: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """Return when an access token expires; None when the answer does not tell it."""
    found = (moment_of(fields.get(key), now=now) for key in (*_SECONDS_KEYS, *_MOMENT_KEYS))
    return next((at for at in found if at), None)


def refresh_expiry_of(fields: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """Return when a refresh token expires; None when the answer does not tell it."""
    found = (moment_of(fields.get(key), now=now) for key in _REFRESH_KEYS)
    return next((at for at in found if at), None)


def moment_of(value: Any, *, now: datetime) -> datetime | None:
    """Return the moment that a lifetime or a date stands for; None for what is neither.

    Nothing, less than a second and words tell nothing: servers mean "never" and "not known" by
    them, and a token that was just given is good.
    """
    number = _number(value)
    if number is None:
        at = _date(value) if isinstance(value, str) else None
        return min(at, now + LONGEST) if at and now < at else None
    if number < 1:
        return None
    if number >= _EPOCH_S:
        return _since_1970(number, now=now)
    seconds = number / 1000 if _is_milliseconds(number) else number
    return now + min(timedelta(seconds=float(seconds)), LONGEST)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(value if isinstance(value, int) else str(value).strip())
    except InvalidOperation:
        return None
    # Arithmetic with larger ones may overflow, whose answer would then be lost.
    return min(number, _LARGEST) if number.is_finite() else None


def _since_1970(number: Decimal, *, now: datetime) -> datetime | None:
    seconds = number / 1000 if number >= _EPOCH_MS else number
    end = now + LONGEST
    if seconds > Decimal(end.timestamp()):
        return end
    at = datetime.fromtimestamp(float(seconds), tz=UTC)
    return at if now < at else None


def _is_milliseconds(number: Decimal) -> bool:
    """Tell whether a number is whole minutes in milliseconds, and no whole days in seconds.

    The mistake is harmless: a token taken for one of shorter life is refreshed earlier.
    """
    whole_minutes = number >= 300_000 and number % 60_000 == 0
    return whole_minutes and (number % DAY_S != 0 or number > 400 * DAY_S)


def _date(text: str) -> datetime | None:
    text = text.strip()
    if not re.search(r"\d{2}:\d{2}", text):
        return None
    found = (_parsed(text, layout) for layout in ("", *_DATE_FORMATS))
    at = next((one for one in found if one), None)
    if at is None:
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        # The last moment of the calendar, by which servers mean "never".
        return None


def _parsed(text: str, layout: str) -> datetime | None:
    try:
        if not layout:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, layout)  # noqa: DTZ007
    except ValueError:
        return None
