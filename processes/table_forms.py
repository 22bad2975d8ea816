"""What a person typed into a table: its rows in their new order, most of them out of sight.

A form shows a window of a table's rows. The rows before and after the window travel in one hidden
control, as ranges of the stored rows and as what was typed into them; each row of the window names
the stored row that it was. So nothing typed is lost when the window moves, and a table of thousands
of rows makes a small form.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from django.http import QueryDict

from processes.expressions import Resolve
from processes.fields import Table
from processes.fields.table import Column
from processes.inputs import PREFIX, Written, input_of, posted, sent_of
from processes.values import MAX_LIST, Value, ValueFailure, to_json

Cells: TypeAlias = Mapping[str, Written]
Stored: TypeAlias = Sequence[Mapping[str, Value]]

MAX_CELLS = 1_000
MOVES = {"up": -1, "down": 1}


class Line(NamedTuple):
    """A row: the stored row that it was, and what was typed into it; None leaves it as it was."""

    base: int | None
    cells: Cells | None = None


@dataclass(frozen=True)
class Grid:
    """A table as it is stored, which typed rows are laid over; `resolve` is for defaults."""

    field: Table
    rows: Stored
    resolve: Resolve

    @property
    def open(self) -> list[Column]:
        """Return the columns that a person can fill in."""
        return [column for column in self.field.columns if column.visible and column.enabled]

    def blank(self) -> dict[str, Value]:
        """Return a new row: each column's default, empty where that cannot be known here."""
        return {column.name: self._default(column) for column in self.field.columns}

    def _default(self, column: Column) -> Value:
        try:
            return column.initial(self.resolve)
        except (ValueFailure, LookupError):
            return column.empty()

    def stored(self, line: Line) -> Mapping[str, Value]:
        """Return the row that a line was before anything was typed into it."""
        return self.blank() if line.base is None else self.rows[line.base]

    def written(self, line: Line) -> dict[str, Written]:
        """Return what stands in the cells of a line."""
        row, typed = self.stored(line), line.cells or {}
        return {
            column.name: typed.get(column.name, input_of(column, row.get(column.name)))
            for column in self.field.columns
        }

    def settled(self, line: Line) -> Line:
        """Return a line as stored when nothing was changed in it."""
        if line.base is None or line.cells is None:
            return line if line.base is not None else line._replace(cells=line.cells or {})
        row = self.rows[line.base]
        changed = {
            column.name: line.cells[column.name]
            for column in self.open
            if column.name in line.cells
            and line.cells[column.name] != input_of(column, row.get(column.name))
        }
        return Line(line.base, changed or None)

    def meant(self, line: Line) -> dict[str, Any]:
        """Return a line as JSON for the services."""
        row = {name: to_json(value) for name, value in self.stored(line).items()}
        typed = line.cells or {}
        return row | {
            column.name: sent_of(column, typed[column.name])
            for column in self.open
            if column.name in typed
        }


@dataclass(frozen=True)
class TypedTable:
    """The rows of a table as a person left them, and where the window on them starts."""

    grid: Grid
    lines: tuple[Line, ...]
    start: int = 0
    # What was just done to which row: there the page goes on.
    focus: str = ""
    focused: int = -1

    @classmethod
    def of(cls, grid: Grid) -> "TypedTable":
        """Return the rows as they are stored."""
        return cls(grid, tuple(Line(at) for at in range(len(grid.rows))))

    @property
    def is_changed(self) -> bool:
        """Tell whether any row was changed, added, removed or moved."""
        return self.lines != TypedTable.of(self.grid).lines

    def meant(self) -> list[dict[str, Any]]:
        """Return the rows as JSON for the services."""
        return [self.grid.meant(line) for line in self.lines]

    def over(self, grid: Grid) -> "TypedTable":
        """Return these rows as they lie over other stored ones: what is alike is as stored there.

        Alike are the rows at the beginning and at the end; those between count as typed.
        """
        mine, theirs = self.meant(), TypedTable.of(grid).meant()
        most = min(len(mine), len(theirs))
        head = next((at for at in range(most) if mine[at] != theirs[at]), most)
        rest = most - head
        tail = next((at for at in range(rest) if mine[-1 - at] != theirs[-1 - at]), rest)
        typed = self.lines[head : len(mine) - tail]
        middle = [Line(None, self.grid.written(line)) for line in typed]
        ends = range(len(theirs) - tail, len(theirs))
        return TypedTable(grid, (*map(Line, range(head)), *middle, *map(Line, ends)), self.start)


def read_table(grid: Grid, post: QueryDict) -> TypedTable | None:
    """Return what was posted for a table; None when its form did not hold it, or in shreds."""
    field, name = grid.field, PREFIX + grid.field.name
    if name not in post:
        return None
    try:
        around = json.loads(str(post[name]))
        before, after = list(_unpacked(around["before"])), list(_unpacked(around["after"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    keys = post.getlist(f"{name}-row")
    window = [Line(base_of(key), _cells(field, f"{name}-{key}-", post)) for key in keys]
    known = [
        grid.settled(line)
        for line in (*before, *window, *after)
        if line.base is None or line.base < len(grid.rows)
    ]
    return TypedTable(grid, tuple(known[: MAX_LIST + 1]), len(before))


def base_of(key: str) -> int | None:
    """Return the stored row that the key of a row names; None for a new one."""
    number = key.removeprefix("b")
    return int(number) if key != number and number.isascii() and number.isdigit() else None


def _cells(field: Table, prefix: str, post: QueryDict) -> dict[str, Written]:
    found = {column.name: posted(column, prefix + column.name, post) for column in field.columns}
    return {name: written for name, written in found.items() if written is not None}


def packed(lines: Iterable[Line]) -> list[Any]:
    """Return lines as short JSON: `[from, to]` for stored rows after each other."""
    made: list[Any] = []
    for line in lines:
        if line.cells is not None or line.base is None:
            made.append({"b": line.base, "c": dict(line.cells or {})})
        elif made and isinstance(made[-1], list) and made[-1][1] == line.base:
            made[-1][1] += 1
        else:
            made.append([line.base, line.base + 1])
    return made


def _unpacked(parts: Any) -> Iterator[Line]:
    """Yield what `packed` made of lines; raises ValueError for anything else."""
    left = MAX_LIST
    for part in parts:
        if isinstance(part, list):
            start, end = map(_number, part)
            left -= max(0, end - start)
            if left < 0:
                raise ValueError("more rows than any table has")
            yield from map(Line, range(start, end))
        else:
            yield Line(None if part["b"] is None else _number(part["b"]), _typed(part["c"]))


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_LIST:
        raise ValueError("no number of a row")
    return value


def _typed(cells: Any) -> dict[str, Written]:
    if not isinstance(cells, dict):
        raise TypeError("no cells")
    for written in cells.values():
        texts = written if isinstance(written, list) else [written]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("no text of a cell")
    return cells


def act_on(typed: TypedTable, verb: str, argument: str) -> TypedTable:
    """Return the rows after an act of the form: add, remove, up, down, show.

    `argument` is the place of a row, counted from 0 over the whole table. What the design does not
    allow, or names no row, changes nothing.
    """
    at = int(argument) if argument.isascii() and argument.isdigit() else -1
    field, lines, count = typed.grid.field, list(typed.lines), len(typed.lines)
    if verb == "add" and field.allow_add and count < field.max_rows:
        lines.append(Line(None, {}))
        at = count
    elif verb == "remove" and field.allow_remove and 0 <= at < count:
        del lines[at]
    elif verb in MOVES and field.allow_move and 0 <= at < count:
        at = min(max(at + MOVES[verb], 0), count - 1)
        lines.insert(at, lines.pop(int(argument)))
    elif verb != "show":
        return typed
    last = max(0, len(lines) - 1)
    start = window_of(min(max(at, 0), last), window_size(field))
    return replace(typed, lines=tuple(lines), start=start, focus=verb, focused=min(at, last))


def window_size(field: Table) -> int:
    """Return how many rows the form shows at once: fewer when there are many columns."""
    return max(5, min(field.page_size, MAX_CELLS // max(1, len(field.columns))))


def window_of(at: int, size: int) -> int:
    """Return where the window starts in which a row stands."""
    return at - at % size
