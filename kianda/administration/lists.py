"""What the lists of Administration share."""

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kianda.lib.pagination import MOST_HITS, Listed, page_of_list

M = TypeVar("M", bound=Model)


def shown_rows(
    request: HttpRequest, rows: QuerySet[Any], words: Mapping[str, str]
) -> dict[str, Any]:
    """Return a page of rows as the templates take it, with the words that chose them."""
    found = Listed(rows, most=MOST_HITS if words.get("search") else None)
    return {
        "page": page_of_list(found, request),
        "words": words, "filtered": any(words.values()),
    }  # fmt: skip


def day_of(text: str) -> date | None:
    """Return a day as the address of a list names it, or None of what names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # At the ends of the calendar another time zone has no such day.
    return day if MINYEAR < day.year < MAXYEAR else None


def within_days(
    rows: QuerySet[M], column: str, *, first: date | None, last: date | None
) -> QuerySet[M]:
    """Return the rows from one day to another, both included, by the clock of the reader."""
    if first:
        rows = rows.filter(**{f"{column}__gte": _begin(first)})
    if last:
        rows = rows.filter(**{f"{column}__lt": _begin(last + timedelta(days=1))})
    return rows


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
