"""Charts as shapes of an SVG, in percent of its width so that it fits any: bars, columns, a line.

Nothing here knows what is counted. A template draws the shapes; the numbers stand in a table, too.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

# In pixels: the room above the highest value, the height of what is drawn, the label of a row.
TOP, HEIGHT, ROW = 24.0, 136.0, 32.0
# So many labels have room below the columns of a wide screen, and on a phone.
MOST_LABELS, FEW_LABELS = 6, 3
# More columns than these have no numbers written on them: they would run into each other.
MOST_NUMBERS = 16
LONGEST_LABEL = 15


class Point(NamedTuple):
    """A value of a chart, with what it is called and how it is written; None is no value.

    `short` is what stands below an axis, where there is little room.
    """

    label: str
    value: float | None
    written: str
    short: str = ""


class ChartShape(NamedTuple):
    """A bar, a column or a dot of a line, with its words. x and width in percent, y in pixels."""

    x: float
    width: float
    y: float
    height: float
    label: str
    # The label as far as there is room for it; nothing where there is none.
    shown: str
    written: str
    has_number: bool
    # Left out on a narrow screen.
    is_minor: bool

    @property
    def middle(self) -> float:
        """Where its words are centred."""
        return round(self.x + self.width / 2, 3)

    @property
    def right(self) -> float:
        """Where it ends."""
        return round(self.x + self.width, 3)

    @property
    def words_y(self) -> float:
        """Where the words of a row stand."""
        return self.y + 14

    @property
    def number_y(self) -> float:
        """Where the number above it stands."""
        return round(self.y - 6, 2)


class GridLine(NamedTuple):
    """A line across a chart, and the number at it."""

    y: float
    value: float
    is_axis: bool

    @property
    def words_y(self) -> float:
        """Where its number stands."""
        return round(self.y + 4, 2)


class Chart(NamedTuple):
    """What is drawn: its height, its lines across, its shapes, and the line as points of 1000."""

    height: float
    grid: tuple[GridLine, ...]
    shapes: tuple[ChartShape, ...]
    lines: tuple[str, ...] = ()

    @property
    def labels_y(self) -> float:
        """Where the labels below stand."""
        return self.height - 8


def bars(points: Sequence[Point]) -> Chart:
    """Return horizontal bars, one below the other, the longest as wide as there is room."""
    values = [one.value or 0.0 for one in points]
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    shapes = tuple(
        ChartShape(
            x=_percent((min(value, 0.0) - low) / span),
            width=_percent(abs(value) / span),
            y=6 + ROW * at, height=20, label=one.label, shown=_cut(one.label),
            written=one.written, has_number=True, is_minor=False,
        )
        for at, (one, value) in enumerate(zip(points, values, strict=True))
    )  # fmt: skip
    return Chart(ROW * len(points), (), shapes)


def columns(points: Sequence[Point]) -> Chart:
    """Return columns side by side over an axis."""
    scale = ValueScale([one.value for one in points])
    each = 100 / max(len(points), 1)
    shapes = []
    for at, one in enumerate(points):
        value = one.value or 0.0
        top, bottom = scale.y(max(value, 0.0)), scale.y(min(value, 0.0))
        shapes.append(
            ChartShape(
                x=round(each * (at + 0.2), 3), width=round(each * 0.6, 3), y=top,
                height=round(bottom - top, 2), label=one.label, written=one.written,
                has_number=one.value is not None and len(points) <= MOST_NUMBERS,
                shown=_shown(one, at, len(points)), is_minor=_is_minor(at, len(points)),
            )
        )  # fmt: skip
    return Chart(TOP + HEIGHT + 24, scale.grid, tuple(shapes))


def line(points: Sequence[Point]) -> Chart:
    """Return a line over an axis, interrupted where there is no value; two of it have numbers."""
    scale = ValueScale([one.value for one in points])
    step = 100 / max(len(points) - 1, 1)
    known = [one.value for one in points if one.value is not None]
    highest = max(known, default=None)
    shapes: list[ChartShape] = []
    pieces: list[list[str]] = [[]]
    for at, one in enumerate(points):
        if one.value is None:
            pieces.append([])
            continue
        y = scale.y(one.value)
        pieces[-1].append(f"{step * at * 10:.1f},{y}")
        shapes.append(
            ChartShape(
                x=round(step * at, 3), width=0, y=y, height=0, label=one.label,
                written=one.written, has_number=at == len(points) - 1 or one.value == highest,
                shown=_shown(one, at, len(points)), is_minor=_is_minor(at, len(points)),
            )
        )  # fmt: skip
    drawn = tuple(" ".join(piece) for piece in pieces if len(piece) > 1)
    return Chart(TOP + HEIGHT + 24, scale.grid, tuple(shapes), drawn)


class ValueScale:
    """From round numbers below all values, or zero, to round numbers above them."""

    def __init__(self, values: Sequence[float | None]) -> None:
        """Take the values; None is no value."""
        known = [one for one in values if one is not None]
        low, high = min([0.0, *known]), max([0.0, *known])
        self._step = _round_step((high - low) / 3 if high > low else 1.0)
        self._low = math.floor(low / self._step) * self._step
        self._high = max(math.ceil(high / self._step), 1) * self._step

    def y(self, value: float) -> float:
        """Return where a value is, in pixels from above."""
        return round(TOP + HEIGHT * (self._high - value) / (self._high - self._low), 2)

    @property
    def grid(self) -> tuple[GridLine, ...]:
        """The lines across, from the lowest up; that of zero is the axis."""
        steps = round((self._high - self._low) / self._step)
        values = [round(self._low + self._step * at, 9) for at in range(steps + 1)]
        return tuple(GridLine(self.y(one), one, is_axis=one == 0) for one in values)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, ... (and 0.5, 0.2, ...) that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * one for one in (1, 2, 5, 10) if power * one >= least * (1 - 1e-9))


def _percent(share: float) -> float:
    return round(100 * share, 3)


def _shown(one: Point, at: int, count: int) -> str:
    """Return the label of one of many; nothing where there is no room for all."""
    return (one.short or one.label) if at % math.ceil(count / MOST_LABELS) == 0 else ""


def _is_minor(at: int, count: int) -> bool:
    return at % math.ceil(count / FEW_LABELS) != 0


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
