"""Charts as shapes of an SVG, in percent of its width so that it fits any: bars, columns, lines.

A point may have two parts: they are stacked in its bar, or are a line each. Nothing here knows what
is counted. A template draws the shapes; the numbers stand in a table, too.
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
# One column alone is no wall: in percent.
WIDEST_COLUMN = 12.0
LONGEST_LABEL = 22


# Between the parts of a bar, in pixels or percent.
GAP = 1.0


class PointPart(NamedTuple):
    """A part of a point: its value, what it is called with its point, how it is written."""

    value: float | None
    label: str
    written: str


class Point(NamedTuple):
    """A value of a chart, with what it is called and how it is written; None is no value.

    `short` is what stands below an axis, where there is little room; `parts` divide the value.
    """

    label: str
    value: float | None
    written: str
    short: str = ""
    parts: tuple[PointPart, ...] = ()

    @property
    def pieces(self) -> tuple[PointPart, ...]:
        """Return its parts; the whole as the only one where it has none."""
        return self.parts or (PointPart(self.value, self.label, self.written),)


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
    series: int = 1
    # The number at it, which is of the whole.
    number: str = ""

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


class ChartLine(NamedTuple):
    """A piece of a line: its points, of 1000 across, and which series it is of."""

    points: str
    series: int


class Chart(NamedTuple):
    """What is drawn: its height, its lines across, its shapes, and the lines of values."""

    height: float
    grid: tuple[GridLine, ...]
    shapes: tuple[ChartShape, ...]
    lines: tuple[ChartLine, ...] = ()

    @property
    def labels_y(self) -> float:
        """Where the labels below stand."""
        return self.height - 8


class _Piece(NamedTuple):
    """A part of a stack: where it begins and ends as values, and which series it is of."""

    part: PointPart
    low: float
    high: float
    series: int


def _stacked(point: Point) -> list[_Piece]:
    """Return the parts of a point one upon the other, those below zero one below the other."""
    above = below = 0.0
    found = []
    for series, part in enumerate(point.pieces, 1):
        value = part.value or 0.0
        if value >= 0:
            found.append(_Piece(part, above, above + value, series))
            above += value
        else:
            found.append(_Piece(part, below + value, below, series))
            below += value
    # What is nothing is not drawn, where there is something else to draw.
    return [one for one in found if one.high > one.low] or found[:1]


def _reach(points: Sequence[Point]) -> list[float]:
    return [end for one in points for piece in _stacked(one) for end in (piece.low, piece.high)]


def bars(points: Sequence[Point]) -> Chart:
    """Return horizontal bars, one below the other, the longest as wide as there is room."""
    reach = _reach(points)
    low, high = min([0.0, *reach]), max([0.0, *reach])
    span = (high - low) or 1.0
    shapes = []
    for at, one in enumerate(points):
        pieces = _stacked(one)
        furthest = max(pieces, key=lambda piece: piece.high)
        for piece in pieces:
            shapes.append(
                ChartShape(
                    x=_percent((piece.low - low) / span),
                    width=_percent((piece.high - piece.low) / span),
                    y=6 + ROW * at, height=20, label=piece.part.label,
                    shown=_cut(one.label) if piece is pieces[0] else "",
                    written=piece.part.written, has_number=piece is furthest, is_minor=False,
                    series=piece.series, number=one.written,
                )
            )  # fmt: skip
    return Chart(ROW * len(points), (), tuple(shapes))


def columns(points: Sequence[Point]) -> Chart:
    """Return columns side by side over an axis."""
    scale = ValueScale(_reach(points))
    each = 100 / max(len(points), 1)
    width = min(each * 0.6, WIDEST_COLUMN)
    shapes = []
    for at, one in enumerate(points):
        pieces = _stacked(one)
        highest = max(pieces, key=lambda piece: piece.high)
        for piece in pieces:
            top, bottom = scale.y(piece.high), scale.y(piece.low)
            # A thin line of the page between two parts.
            bottom -= GAP if piece.low > 0 and bottom - top > 2 * GAP else 0
            shapes.append(
                ChartShape(
                    x=round(each * (at + 0.5) - width / 2, 3), width=round(width, 3), y=top,
                    height=round(bottom - top, 2), label=piece.part.label,
                    written=piece.part.written, has_number=piece is highest
                    and one.value is not None and len(points) <= MOST_NUMBERS,
                    shown=_shown(one, at, len(points)) if piece is highest else "",
                    is_minor=_is_minor(at, len(points)), series=piece.series, number=one.written,
                )
            )  # fmt: skip
    return Chart(TOP + HEIGHT + 24, scale.grid, tuple(shapes))


def line(points: Sequence[Point]) -> Chart:
    """Return lines over an axis, interrupted where there is no value; two dots have numbers."""
    scale = ValueScale([part.value for one in points for part in one.pieces])
    count = max((len(one.pieces) for one in points), default=0)
    drawn: list[ChartLine] = []
    shapes: list[ChartShape] = []
    for series in range(1, count + 1):
        dots, pieces = _one_line(points, series, scale)
        shapes += dots
        drawn += [ChartLine(" ".join(one), series) for one in pieces if len(one) > 1]
    return Chart(TOP + HEIGHT + 24, scale.grid, tuple(shapes), tuple(drawn))


def _one_line(
    points: Sequence[Point], series: int, scale: "ValueScale"
) -> tuple[list[ChartShape], list[list[str]]]:
    step = 100 / max(len(points) - 1, 1)
    parts = [one.pieces[series - 1] for one in points]
    highest = max((one.value for one in parts if one.value is not None), default=None)
    shapes: list[ChartShape] = []
    pieces: list[list[str]] = [[]]
    for at, (one, part) in enumerate(zip(points, parts, strict=True)):
        if part.value is None:
            pieces.append([])
            continue
        y = scale.y(part.value)
        pieces[-1].append(f"{round(step * at * 10, 2)},{y}")
        shapes.append(
            ChartShape(
                x=round(step * at, 3), width=0, y=y, height=0, label=part.label,
                written=part.written, number=part.written,
                has_number=at == len(points) - 1 or part.value == highest,
                shown=_shown(one, at, len(points)) if part == _first_known(one) else "",
                is_minor=_is_minor(at, len(points)), series=series,
            )
        )  # fmt: skip
    return shapes, pieces


class ValueScale:
    """From round numbers below all values, or zero, to round numbers above them."""

    def __init__(self, values: Sequence[float | None]) -> None:
        """Take the values; None is no value."""
        known = [one for one in values if one is not None]
        low, high = min([0.0, *known]), max([0.0, *known])
        self._step = _round_step((high - low) / 3 if high > low else 1.0)
        if all(one.is_integer() for one in map(float, known)):
            # There is no half record.
            self._step = max(self._step, 1.0)
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


def _first_known(one: Point) -> PointPart | None:
    return next((part for part in one.pieces if part.value is not None), None)


def _percent(share: float) -> float:
    return round(100 * share, 3)


def _shown(one: Point, at: int, count: int) -> str:
    """Return the label of one of many; nothing where there is no room for all."""
    return (one.short or one.label) if at % math.ceil(count / MOST_LABELS) == 0 else ""


def _is_minor(at: int, count: int) -> bool:
    return at % math.ceil(count / FEW_LABELS) != 0


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
