"""When a token was valid up to now, as a strip that pages draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

# In per cent of a strip.
LEAST_TOLD = 0.2
Stretch = tuple[datetime, datetime]


class Span(NamedTuple):
    """A stretch of time, in per cent of a strip."""

    x: float
    width: float


@dataclass(frozen=True)
class Strip:
    """When a token was valid in the last hours or days."""

    valid: list[Span]
    missing: list[Span]
    gaps: list[tuple[datetime, datetime]]

    @property
    def per_cent(self) -> float | None:
        """Return how much of the time since it was first fetched the token was valid.

        None in the first minutes, which are too short to be told in a strip.
        """
        valid = sum(span.width for span in self.valid)
        whole = valid + sum(span.width for span in self.missing)
        return 100 * valid / whole if whole >= LEAST_TOLD else None


def strip_between(found: Iterable[Stretch], start: datetime, now: datetime) -> Strip:
    """Return the strip from a moment to now of the stretches in which a token was valid."""
    spans = _merged(found)
    gaps = _gaps_between(spans, now)
    inside = [(max(left, start), right) for left, right in gaps if right > start]
    return Strip(_placed(spans, start, now), _placed(gaps, start, now), inside)


def _merged(spans: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order, those that touch made one."""
    made: list[Stretch] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made


def _gaps_between(spans: Sequence[Stretch], until: datetime) -> list[Stretch]:
    """Return the stretches after the first span in which none was there."""
    edges = [*spans, (until, until)] if spans else []
    return [(end, start) for (_, end), (start, _) in pairwise(edges) if start > end]


def _placed(spans: Iterable[Stretch], start: datetime, end: datetime) -> list[Span]:
    """Return stretches as per cent of a strip from `start` to `end`, cut at both."""
    whole = end - start
    made = []
    for left, right in spans:
        first, last = max(left, start), min(right, end)
        if last > first:
            x, width = (first - start) / whole * 100, (last - first) / whole * 100
            made.append(Span(round(x, 2), round(width, 2)))
    return made
