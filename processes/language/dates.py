"""Dates and moments as ISO 8601 text: `2026-11-23` and `2026-11-23T10:00:00Z` (always UTC)."""

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal

from kianda.lib.i18n import gettext as _
from processes.language.values import Value, ValueFailure, as_text, is_numeric, shown

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z|[0-9]{8}\Z|[0-9]{4}-?W[0-9]{2}-?[1-7]\Z")
_MOMENT = re.compile(r"[0-9W-]{8,10}[T ][0-9]{2}", re.IGNORECASE)
_TIME = re.compile(r"T?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?\Z", re.IGNORECASE)
_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_date(text: str) -> bool:
    """Tell whether a text looks like a date without a time."""
    return _DATE.match(text) is not None


def is_moment(text: str) -> bool:
    """Tell whether a text looks like a date with a time."""
    return _MOMENT.match(text) is not None


def parse_moment(value: Value) -> datetime:
    """Return the moment that ISO 8601 or seconds since 1970 stand for, as written.

    The offset that is written is kept, UTC where none is; a date is its first moment. Eight digits
    are a date (`20261123`), other digits are seconds. Raises ValueFailure.
    """
    text = as_text(value).strip()
    if isinstance(value, (Decimal, str)) and is_numeric(text) and not is_date(text):
        return _from_seconds(Decimal(text), value)
    if isinstance(value, str) and (is_date(text) or is_moment(text)):
        try:
            moment = datetime.fromisoformat(text.upper())
        except ValueError:
            raise _failure(value) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise _failure(value)


def _from_seconds(seconds: Decimal, value: Value) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        raise ValueFailure(
            _(
                "%(value)s is too large for seconds since 1970. Divide it by 1000 if it "
                "counts milliseconds."
            )
            % {"value": shown(value)}
        ) from None


def _failure(value: Value) -> ValueFailure:
    return ValueFailure(
        _(
            "%(value)s is not a date. Use ISO 8601, such as 2026-11-23 or "
            "2026-11-23T10:00:00Z, or seconds since 1970."
        )
        % {"value": shown(value)}
    )


def moment_text(moment: datetime) -> str:
    """Return a moment as it is stored: UTC, with a fraction only when it has one."""
    try:
        plain = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueFailure(
            _('"%(moment)s" is outside the years 1 to 9999.') % {"moment": moment.isoformat()}
        ) from None
    return f"{plain.isoformat()}Z"


def to_moment(value: Value) -> str | None:
    """Return a moment as it is stored; blank is None."""
    return None if _blank(value) else moment_text(parse_moment(value))


def to_date(value: Value) -> str | None:
    """Return the date of a value as it is written; blank is None."""
    return None if _blank(value) else parse_moment(value).date().isoformat()


def to_time(value: Value) -> str | None:
    """Return the time of day of a value as it is written, `10:30:00`; blank is None."""
    if _blank(value):
        return None
    text = as_text(value).strip()
    found = _TIME.match(text)
    # A bare 10 is an hour left unfinished, not ten seconds after 1970 began.
    seconds = is_numeric(text) and abs(Decimal(text)) >= _DAY
    if found is None and not seconds and not is_moment(text):
        raise _no_time(value)
    try:
        made = _time_of(found) if found else parse_moment(value).time()
    except ValueError:
        raise _no_time(value) from None
    return f"{made:%H:%M:%S}"


def _time_of(found: re.Match[str]) -> time:
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _no_time(value: Value) -> ValueFailure:
    return ValueFailure(
        _("%(value)s is not a time of day. Write it as 10:30 or 10:30:15.")
        % {"value": shown(value)}
    )


def date_in(value: Value, zone: tzinfo) -> str:
    """Return the date that a value falls on in a zone; a date without a time is that date."""
    moment = parse_moment(value)
    if isinstance(value, str) and is_date(value.strip()):
        return moment.date().isoformat()
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:
        return moment.date().isoformat()


def seconds_of(value: Value) -> Decimal:
    """Return a moment as seconds since 1970."""
    passed = parse_moment(value) - _EPOCH
    whole = passed.days * 86_400 + passed.seconds
    return Decimal(whole) + Decimal(passed.microseconds) / 1_000_000


def shifted(value: Value, *, seconds: Decimal) -> str:
    """Return a value moved by seconds; a date moved by whole days stays a date."""
    moment = parse_moment(value)
    try:
        moved = moment + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        raise ValueFailure(
            _("%(value)s moved by %(seconds)s s is outside the years 1 to 9999.")
            % {"value": shown(value), "seconds": as_text(seconds)}
        ) from None
    if isinstance(value, str) and is_date(value.strip()) and seconds % 86_400 == 0:
        return moved.date().isoformat()
    return moment_text(moved)


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
