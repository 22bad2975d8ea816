"""The strip of a kept token: when it was valid up to now, by the refreshes that succeeded."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from kianda.lib.validity_strip import Stretch, Strip, strip_between
from processes.models import ProcessInstance, Run
from scheduler.tokens.health import (
    TokenFields,
    Validity,
    validity,
)

DAY = timedelta(hours=24)
MOST_REFRESHES = 3_000
# The values of so many are read at once.
FEW_REFRESHES = 200
# When a run ended, and its values.
_Told = tuple[datetime | None, Any]


@dataclass(frozen=True)
class StripWindow:
    """The time that strips show, and the key from which on runs are looked at."""

    start: datetime
    now: datetime
    first: int


def window(now: datetime, length: timedelta = DAY) -> StripWindow:
    """Return the last hours or days; it asks the database once, for all strips of a page."""
    start = now - length
    return StripWindow(start, now, _first_after(start - DAY))


def strip_of(
    instance: ProcessInstance,
    target: str,
    fields: TokenFields,
    *,
    current: Validity | None,
    within: StripWindow,
) -> Strip:
    """Return when the token that a target keeps was valid; `current` is how it is by now."""
    start, now = within.start, within.now
    found = list[Stretch]()
    if current and current.since:
        found.append((current.since, min(current.until or now, now)))
    refreshes = _refreshes(instance, target, within)
    told = list(refreshes.values_list("finished", "data")[: FEW_REFRESHES + 1])
    if len(told) <= FEW_REFRESHES:
        found += _spans(told, fields, now)
        return strip_between(found, start, now)
    # Of many, some tell of all that came while their tokens were valid; the others where none was.
    ends = refreshes.values_list("finished", "pk")[:MOST_REFRESHES]
    every = sorted((at, pk) for at, pk in ends if at)
    some = every[:: len(every) // FEW_REFRESHES + 1]
    found += _spans(_told_by(some), fields, now)
    if gaps := strip_between(found, start, now).gaps:
        found += _spans(_told_by(_around(gaps, every, some)), fields, now)
    return strip_between(found, start, now)


def _refreshes(instance: ProcessInstance, target: str, within: StripWindow) -> QuerySet[Run]:
    """Return the refreshes that count, the newest first."""
    return (
        Run.objects.filter(instance=instance, target=target, status=Run.Status.SUCCEEDED)
        # One more than 24 hours: the token of the strip's left end was fetched before it.
        .filter(finished__gt=within.start - DAY)
        # A sum, so that the runs are found by their instance and left out by their key.
        .alias(key=F("pk") + 0)
        .filter(key__gte=within.first)
        .order_by("-pk")
    )


def _told_by(runs: Iterable[tuple[datetime, int]]) -> Iterable[_Told]:
    rows = Run.objects.filter(pk__in=[pk for _at, pk in runs]).order_by()
    return rows.values_list("finished", "data")


def _around(
    gaps: Iterable[Stretch], every: list[tuple[datetime, int]], known: list[tuple[datetime, int]]
) -> list[tuple[datetime, int]]:
    """Return the runs that may fill gaps: those in each, and before it as far as one is known."""
    found = set[tuple[datetime, int]]()
    for left, right in gaps:
        before = known[max(0, bisect(known, (left,)) - 1)]
        found.update(every[bisect(every, before) : bisect(every, (right,))])
    return sorted(found)


def _spans(told: Iterable[_Told], fields: TokenFields, now: datetime) -> Iterator[Stretch]:
    for finished, values in told:
        if finished is None:
            continue
        lives = validity(fields, values or {}, refreshed=finished)
        # Without a known end the token is taken to last until the next refresh.
        yield lives.since or finished, min(lives.until or now, now)


def _first_after(moment: datetime) -> int:
    """Return a key from which on runs are looked at; an index finds it.

    A run with a smaller key that ended later was long under way: the spare day is longer than that.
    """
    before = Run.objects.filter(finished__lte=moment).order_by("-finished").values_list("pk")
    return next((pk for (pk,) in before[:1]), 0)
