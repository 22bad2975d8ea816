"""What a task did as a drawing: where each mark stands, in per cent of the width."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kianda.lib.validity_strip import Span
from kianda.web import times
from scheduler.models import Occurrence

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
# More occurrences than this are drawn as columns: a task of every second has 86,400 in a day.
MOST_MARKS = 600
DOTS_PER_CENT = 4
BAD = frozenset({"failed", "interrupted"})
# Columns stand between these two heights of the drawing.
TOP, FLOOR = 20, 54
GAPS_NAMED = 8


@dataclass(frozen=True)
class TimelineWindow:
    """A stretch of time that can be looked at: up to now, and what is ahead of it."""

    key: str
    title: str | Promise
    word: str | Promise
    length: timedelta
    ahead: timedelta = timedelta(0)
    column: timedelta = HOUR

    @property
    def whole(self) -> timedelta:
        """Return the time from the left end to the right end."""
        return self.length + self.ahead


WINDOWS = (
    TimelineWindow("24h", _("Last 24 hours"), _("24 h"), DAY, 2 * HOUR, HOUR / 2),
    TimelineWindow("7d", _("Last 7 days"), _("7 days"), 7 * DAY, column=3 * HOUR),
    TimelineWindow("30d", _("Last 30 days"), _("30 days"), 30 * DAY, column=DAY),
)


@dataclass(frozen=True)
class TimelineMark:
    """A mark of the drawing: where, and of which shape."""

    x: str
    shape: str


@dataclass(frozen=True)
class Bar:
    """A part of a column: where, how high, and of which shape."""

    x: str
    width: str
    y: float
    height: float
    shape: str


@dataclass(frozen=True)
class AxisTick:
    """A line of the scale, its word when it has one; a minor one is left out on a phone."""

    x: str
    word: str
    minor: bool


class Scale:
    """Turns moments into places."""

    def __init__(self, window: TimelineWindow, now: datetime) -> None:
        """Take what is looked at, and when."""
        self.window, self.now, self.start = window, now, now - window.length

    def share(self, moment: datetime) -> float:
        """Return the place of a moment in per cent."""
        return (moment - self.start) / self.window.whole * 100

    def place(self, moment: datetime) -> str:
        """Return the place of a moment as the drawing takes it."""
        return f"{self.share(moment):.2f}%"

    def scaled(self, spans: Sequence[Span]) -> list[tuple[str, str]]:
        """Return spans of the time up to now as places and widths; none is too thin to see."""
        share = self.window.length / self.window.whole
        return [(f"{one.x * share:.2f}%", f"{max(one.width * share, 0.3):.2f}%") for one in spans]

    def gap_words(self, gaps: Sequence[tuple[datetime, datetime]]) -> list[tuple[str, str]]:
        """Return how long each gap lasted, above its middle; where they stand close none is."""
        if len(gaps) > GAPS_NAMED or self.window.length > DAY:
            return []
        return [
            (self.place(left + (right - left) / 2), times.span_words(right - left))
            for left, right in gaps
            if 3 < self.share(left) < 97
        ]

    def ticks(self) -> list[AxisTick]:
        """Return the full hours of a day, or the midnights of more."""
        if self.window.length == DAY:
            return [self._hour(moment) for moment in self._steps(HOUR)]
        every = 1 if self.window.length <= 7 * DAY else 4
        midnights = self._steps(DAY)
        return [
            self._tick(
                moment,
                date_format(timezone.localtime(moment), "MONTH_DAY_FORMAT")
                if number % every == 0
                else "",
                minor=number % (2 * every) != 0,
            )
            for number, moment in enumerate(midnights)
        ]

    def _hour(self, moment: datetime) -> AxisTick:
        hour = timezone.localtime(moment).hour
        return self._tick(moment, "" if hour % 2 else f"{hour:02}:00", minor=hour % 6 != 0)

    def _tick(self, moment: datetime, word: str, *, minor: bool) -> AxisTick:
        # A word at an edge would be cut.
        edge = 2 if self.window.length == DAY else 4
        named = edge < self.share(moment) < 100 - edge
        return AxisTick(self.place(moment), word if named else "", minor)

    def _steps(self, step: timedelta) -> list[datetime]:
        """Return the full steps by the person's clock, in the drawing."""
        local = timezone.localtime(self.start).replace(minute=0, second=0, microsecond=0)
        if step == DAY:
            days = range(1, round(self.window.length / DAY) + 1)
            midnight = local.replace(hour=0)
            # By the wall clock: a day with a clock change has 23 or 25 hours.
            found = [midnight + timedelta(days=number) for number in days]
        else:
            every = max(step // HOUR, 1)
            first = local.replace(hour=local.hour - local.hour % every).astimezone(UTC)
            found = [
                first + number * step for number in range(1, int(self.window.whole / step) + 1)
            ]
        return [moment for moment in found if 0 <= self.share(moment) <= 100]

    def edges(self) -> list[datetime]:
        """Return where columns begin and end; what is planned right now belongs to the last."""
        begun = [moment for moment in self._steps(self.window.column) if moment < self.now]
        return [self.start, *begun, self.now + HOUR]


def shape_of(outcome: str | None, trigger: str = "planned") -> str:
    """Return how an occurrence is drawn."""
    if outcome in BAD:
        return "failed"
    if outcome == "succeeded":
        return "succeeded" if trigger == "planned" else "by hand"
    return "left out" if outcome else "open"


def marks(
    scale: Scale, occurrences: Iterable[Occurrence], coming: Sequence[datetime]
) -> list[TimelineMark]:
    """Place occurrences and firings ahead; what would lie on the same spot is drawn once."""
    shapes = [
        (one.started_at or one.planned_at, shape_of(one.outcome, one.trigger))
        for one in occurrences
    ]
    seen: set[tuple[int, str]] = set()
    made = []
    for moment, shape in [*shapes, *((moment, "planned") for moment in coming)]:
        share = scale.share(moment)
        dot = (round(share * DOTS_PER_CENT), shape)
        if 0 <= share <= 100 and dot not in seen:
            seen.add(dot)
            made.append(TimelineMark(f"{share:.2f}%", shape))
    return made


def columns(
    scale: Scale, edges: Sequence[datetime], counts: Iterable[tuple[int, str, int]]
) -> list[Bar]:
    """Stack what was counted: succeeded at the floor, then what was left out, failed on top."""
    stacks: dict[int, Counter[str]] = {}
    for number, outcome, count in counts:
        stacks.setdefault(number, Counter())[shape_of(outcome)] += count
    highest = max((stack.total() for stack in stacks.values()), default=1)
    made = []
    for number, stack in sorted(stacks.items()):
        left = scale.share(edges[number])
        right = scale.share(min(edges[number + 1], scale.now))
        y = float(FLOOR)
        for shape in ("succeeded", "open", "left out", "failed"):
            if stack[shape]:
                # Even one failure among thousands is seen.
                height = max((FLOOR - TOP) * stack[shape] / highest, 3.0)
                y -= height
                width = max((right - left) * 0.86, 0.2)
                made.append(
                    Bar(f"{left:.2f}%", f"{width:.2f}%", round(y, 1), round(height, 1), shape)
                )
    return made
