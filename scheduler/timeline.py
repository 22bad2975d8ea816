"""The last 24 hours of a task as a drawing: where each mark stands, in per cent of its width."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from scheduler.models import Occurrence
from scheduler.token_health import Span

DAY = timedelta(hours=24)
AHEAD = timedelta(hours=2)
WHOLE = DAY + AHEAD
HOUR = timedelta(hours=1)
# A task of every second has more occurrences in a day than a screen has dots.
MOST_READ = 3_000
DOTS_PER_CENT = 4
WELL = frozenset({"succeeded"})
BAD = frozenset({"failed", "interrupted"})


@dataclass(frozen=True)
class Mark:
    """A mark of the drawing: where, and of which shape."""

    x: str
    shape: str


@dataclass(frozen=True)
class Timeline:
    """What the drawing holds."""

    marks: list[Mark]
    ticks: list[tuple[str, str, bool]]
    now: str
    counts: list[tuple[str, int]]
    valid: list[tuple[str, str]]
    gaps: list[tuple[str, str]]


def timeline(
    occurrences: Iterable[Occurrence],
    coming: Sequence[datetime],
    *,
    now: datetime,
    valid: Sequence[Span] = (),
    gaps: Sequence[Span] = (),
) -> Timeline:
    """Place occurrences, firings ahead and the spans of a token's strip."""
    start = now - DAY
    shapes = [(_moment(one), _shape(one)) for one in occurrences]
    counts = Counter(shape for _, shape in shapes)
    ahead = [(moment, "planned") for moment in coming if moment <= now + AHEAD]
    seen: set[tuple[int, str]] = set()
    marks = []
    for moment, shape in [*shapes, *ahead]:
        share = (moment - start) / WHOLE * 100
        dot = (round(share * DOTS_PER_CENT), shape)
        if 0 <= share <= 100 and dot not in seen:
            seen.add(dot)
            marks.append(Mark(f"{share:.2f}%", shape))
    return Timeline(
        marks, _ticks(start), f"{DAY / WHOLE * 100:.2f}%", sorted(counts.items()), _scaled(valid),
        _scaled(gaps),
    )  # fmt: skip


def _moment(occurrence: Occurrence) -> datetime:
    return occurrence.started_at or occurrence.planned_at


def _shape(occurrence: Occurrence) -> str:
    outcome = occurrence.outcome
    if outcome in BAD:
        return "failed"
    if outcome in WELL:
        return "succeeded" if occurrence.trigger == "planned" else "by hand"
    return "left out" if outcome else "open"


def _ticks(start: datetime) -> list[tuple[str, str, bool]]:
    """Return each full hour: where it is, its name when it has one, whether it may be left out."""
    local = timezone.localtime(start)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    first = start - past + HOUR
    made = []
    for number in range(int(WHOLE / HOUR)):
        moment = first + number * HOUR
        hour = timezone.localtime(moment).hour
        share = (moment - start) / WHOLE * 100
        # A word at an edge would be cut.
        named = hour % 2 == 0 and 2 < share < 98
        made.append((f"{share:.2f}%", f"{hour:02}:00" if named else "", hour % 6 != 0))
    return made


def _scaled(spans: Sequence[Span]) -> list[tuple[str, str]]:
    share = DAY / WHOLE
    return [(f"{one.x * share:.2f}%", f"{max(one.width * share, 0.3):.2f}%") for one in spans]
