"""Dates and times in emails as their readers write them, not as values are stored."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils.formats import date_format

from kianda.accounts.services.profiles import known_zone
from kianda.mail.rendering import Pieces
from processes.record_titles import FROM_TO, span

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT: Final = re.compile(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\Z")


def read_out_for(readers: Iterable[User], *, strangers: bool = False) -> Callable[[str], str]:
    """Return what writes stored dates and moments for some readers; other values stay as they are.

    They are told by the clock that the readers share, else by that of the workspace, which is named
    then. `strangers` are among them when somebody has no account: their clock is not known.
    """
    profiles = (getattr(user, "profile", None) for user in readers)
    zones = {known_zone(profile.zone if profile else "").key for profile in profiles}
    if len(zones) == 1:
        return _read_out_in(ZoneInfo(zones.pop()), named=strangers)
    return _read_out_in(known_zone(""), named=True)


def with_spans(pieces: Pieces) -> Pieces:
    """Return a text with two days that a dash stands between told as one span, as titles do."""
    return list(_spanned(pieces))


def _spanned(pieces: Pieces) -> Iterator[tuple[str, bool]]:
    at = 0
    while at < len(pieces):
        told = _span_in(pieces[at : at + 3])
        yield (told, True) if told else pieces[at]
        at += 3 if told else 1


def _span_in(pieces: Pieces) -> str:
    if len(pieces) < 3 or [is_value for _text, is_value in pieces] != [True, False, True]:
        return ""
    (first, _), (between, _), (last, _) = pieces
    if not (_DATE.match(first) and _DATE.match(last) and FROM_TO.match(between)):
        return ""
    try:
        return span(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return ""


def _read_out_in(zone: ZoneInfo, *, named: bool) -> Callable[[str], str]:

    def read_out(value: str) -> str:
        try:
            if _DATE.match(value):
                return _day(date.fromisoformat(value))
            if not _MOMENT.match(value):
                return value
            local = datetime.fromisoformat(value).astimezone(zone)
        except (ValueError, OverflowError):
            return value
        told = f"{_day(local.date())}, {local:%H:%M}"
        return f"{told} ({zone.key})" if named else told

    return read_out


def _day(day: date) -> str:
    return f"{date_format(day, 'D')} {date_format(day, 'SHORT_DATE_FORMAT')}"
