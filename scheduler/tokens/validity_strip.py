"""The strip of a kept token: when it was valid up to now, by the refreshes that succeeded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from kianda.lib.validity_strip import Strip, strip_between
from processes.models import ProcessInstance, Run
from scheduler.tokens.health import (
    TokenFields,
    Validity,
    validity,
)

DAY = timedelta(hours=24)
MOST_REFRESHES = 3_000


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
    found = list(_spans(instance, target, fields, within))
    if current and current.since:
        found.append((current.since, min(current.until or now, now)))
    return strip_between(found, start, now)


def _spans(
    instance: ProcessInstance, target: str, fields: TokenFields, within: StripWindow
) -> Iterable[tuple[datetime, datetime]]:
    rows = (
        Run.objects.filter(instance=instance, target=target, status=Run.Status.SUCCEEDED)
        # One more than 24 hours: the token of the strip's left end was fetched before it.
        .filter(finished__gt=within.start - DAY)
        # A sum, so that the runs are found by their instance and left out by their key.
        .alias(key=F("pk") + 0)
        .filter(key__gte=within.first)
        .order_by("-pk")
        .values_list("finished", "data")[:MOST_REFRESHES]
    )
    for finished, values in rows:
        if finished is None:
            continue
        lives = validity(fields, values or {}, refreshed=finished)
        # Without a known end the token is taken to last until the next refresh.
        yield lives.since or finished, min(lives.until or within.now, within.now)


def _first_after(moment: datetime) -> int:
    """Return a key from which on runs are looked at; an index finds it.

    A run with a smaller key that ended later was long under way: the spare day is longer than that.
    """
    before = Run.objects.filter(finished__lte=moment).order_by("-finished").values_list("pk")
    return next((pk for (pk,) in before[:1]), 0)
