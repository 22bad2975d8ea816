"""What a person typed into a table: its rows in their new order, most of them out of sight."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, NamedTuple, TypeAlias

from django.http import QueryDict

from kianda.lib.dialogs.row_actions import MOVES, Act
from kianda.lib.numbers import whole_number
from processes.fields import Table
from processes.fields.base import Written
from processes.fields.table import Column
from processes.forms.control_values import PREFIX, input_of, means_same, posted, sent_of
from processes.language.expressions import Resolve
from processes.language.values import MAX_LIST, Value, ValueFailure, to_json

Cells: TypeAlias = Mapping[str, Written]
Closed: TypeAlias = Mapping[str, Any]
Stored: TypeAlias = Sequence[Mapping[str, Value]]


class TypedRow(NamedTuple):
    """A row: the stored row that it was, and what was typed into it; None leaves it as it was.

    `closed` is what rules have made of columns that nobody can type into, as JSON; `key` the name
    under which a row that is not stored yet was posted.
    """

    base: int | None
    cells: Cells | None = None
    closed: Closed | None = None
    key: str = ""

    @property
    def name(self) -> str:
        """Return what the row is called from one showing of the form to the next."""
        return self.key if self.base is None else f"b{self.base}"


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

    def stored(self, line: TypedRow) -> Mapping[str, Value]:
        """Return the row that a line was before anything was typed into it."""
        return self.blank() if line.base is None else self.rows[line.base]

    def written(self, line: TypedRow) -> dict[str, Written]:
        """Return what stands in the cells of a line."""
        row, typed, closed = self.stored(line), line.cells or {}, line.closed or {}
        known = {
            column.name: column.to_python(closed[column.name])
            if column.name in closed
            else row.get(column.name)
            for column in self.field.columns
        }
        return {
            column.name: typed.get(column.name, input_of(column, known[column.name]))
            for column in self.field.columns
        }

    def laid(self, row: Mapping[str, Value], line: TypedRow) -> TypedRow:
        """Return a line as rules have left it: what differs in it from the row that is stored."""
        stored = self.stored(line)
        if line.base is not None and row == stored:
            return TypedRow(line.base)
        cells = {one.name: input_of(one, row.get(one.name)) for one in self.open}
        names = {one.name for one in self.open}
        closed = {
            name: to_json(value)
            for name, value in row.items()
            if name not in names and value != stored.get(name)
        }
        return self.settled(line._replace(cells=cells, closed=closed or None))

    def apart(self, line: TypedRow) -> TypedRow:
        """Return a line as one that is no stored row, with all that stands in it."""
        written, names = self.written(line), {one.name for one in self.open}
        stored = {name: to_json(value) for name, value in self.stored(line).items()}
        closed = {name: value for name, value in stored.items() if name not in names}
        cells = {name: written[name] for name in names}
        return TypedRow(None, cells, {**closed, **(line.closed or {})} or None, line.key)

    def settled(self, line: TypedRow) -> TypedRow:
        """Return a line as stored when nothing was changed in it."""
        if line.base is None or line.cells is None:
            return line if line.base is not None else line._replace(cells=line.cells or {})
        row = self.rows[line.base]
        changed = {
            column.name: line.cells[column.name]
            for column in self.open
            if column.name in line.cells
            and not means_same(
                column, line.cells[column.name], input_of(column, row.get(column.name))
            )
        }
        return line._replace(cells=changed or None)

    def meant(self, line: TypedRow) -> dict[str, Any]:
        """Return a line as JSON for the services."""
        row = {name: to_json(value) for name, value in self.stored(line).items()}
        typed = line.cells or {}
        return (
            row
            | dict(line.closed or {})
            | {
                column.name: sent_of(column, typed[column.name])
                for column in self.open
                if column.name in typed
            }
        )


MAX_CELLS = 1_000
# What a row that is not stored yet may be called by the page's script.
_KEY = re.compile(r"n[0-9a-z]{1,40}\Z")


@dataclass(frozen=True)
class TypedTable:
    """The rows of a table as a person left them, and where the window on them starts."""

    grid: Grid
    lines: tuple[TypedRow, ...]
    start: int = 0
    # What was just done to which row: there the page goes on.
    focus: str = ""
    focused: int = -1

    @classmethod
    def of(cls, grid: Grid) -> "TypedTable":
        """Return the rows as they are stored."""
        return cls(grid, tuple(TypedRow(at) for at in range(len(grid.rows))))

    @property
    def is_changed(self) -> bool:
        """Tell whether any row was changed, added, removed or moved."""
        return self.lines != TypedTable.of(self.grid).lines

    def meant(self) -> list[dict[str, Any]]:
        """Return the rows as JSON for the services."""
        return [self.grid.meant(line) for line in self.lines]

    def fits(self, grid: Grid, count: int) -> bool:
        """Tell whether they are so many, and lie over the same stored rows."""
        return len(self.lines) == count and self.grid.rows == grid.rows

    def laid(self, rows: Stored) -> "TypedTable":
        """Return these rows as rules have left them; as many, each the one that it was."""
        lines = (self.grid.laid(row, line) for row, line in zip(rows, self.lines, strict=True))
        return replace(self, lines=tuple(lines), focus="", focused=-1)

    def closed(self) -> dict[str, Closed]:
        """Return what rules have set in columns that nobody can type into, by row."""
        return {line.name: line.closed for line in self.lines if line.closed}

    def with_closed(self, rows: Mapping[str, Closed]) -> "TypedTable":
        """Return these rows with what `closed` gave."""
        lines = (line._replace(closed=rows.get(line.name)) for line in self.lines)
        return replace(self, lines=tuple(lines))

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
        middle = [self.grid.apart(line) for line in typed]
        ends = range(len(theirs) - tail, len(theirs))
        lines = named([*map(TypedRow, range(head)), *middle, *map(TypedRow, ends)])
        return TypedTable(grid, lines, self.start)


def named(lines: Iterable[TypedRow]) -> tuple[TypedRow, ...]:
    """Return lines of which each that is not stored yet has a name of its own."""
    found: list[TypedRow] = []
    taken: set[str] = set()
    for at, line in enumerate(lines):
        if line.base is None and (line.key in taken or not _KEY.match(line.key)):
            free = (f"n{at}" if not more else f"n{at}x{more}" for more in count())
            line = line._replace(key=next(name for name in free if name not in taken))
        taken.add(line.name)
        found.append(line)
    return tuple(found)


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
    window = [_typed_row(key, _cells(field, f"{name}-{key}-", post)) for key in keys]
    known = [grid.settled(line) for line in _each_once((*before, *window, *after), len(grid.rows))]
    return TypedTable(grid, named(known[: MAX_LIST + 1]), len(before))


def _each_once(lines: Iterable[TypedRow], stored: int) -> Iterator[TypedRow]:
    """Yield new rows, and each stored one once: its cells may not be the person's to copy."""
    left = set(range(stored))
    for line in lines:
        if line.base is None:
            yield line
        elif line.base in left:
            left.remove(line.base)
            yield line


def _typed_row(key: str, cells: Cells) -> TypedRow:
    base = base_of(key)
    return TypedRow(base, cells, key=key if base is None else "")


def base_of(key: str) -> int | None:
    """Return the stored row that the key of a row names; None for a new one."""
    number = key.removeprefix("b")
    return whole_number(number) if key != number else None


def _cells(field: Table, prefix: str, post: QueryDict) -> dict[str, Written]:
    found = {column.name: posted(column, prefix + column.name, post) for column in field.columns}
    return {name: written for name, written in found.items() if written is not None}


def packed(lines: Iterable[TypedRow]) -> list[Any]:
    """Return lines as short JSON: `[from, to]` for stored rows after each other."""
    made: list[Any] = []
    for line in lines:
        if line.cells is not None or line.base is None:
            row = {"b": line.base, "c": dict(line.cells or {})}
            made.append(row if line.base is not None else {**row, "k": line.key})
        elif made and isinstance(made[-1], list) and made[-1][1] == line.base:
            made[-1][1] += 1
        else:
            made.append([line.base, line.base + 1])
    return made


def _unpacked(parts: Any) -> Iterator[TypedRow]:
    """Yield what `packed` made of lines; raises ValueError for anything else."""
    left = MAX_LIST
    for part in parts:
        if isinstance(part, list):
            start, end = map(_number, part)
            left -= max(0, end - start)
            if left < 0:
                raise ValueError("more rows than any table has")
            yield from map(TypedRow, range(start, end))
        else:
            base = None if part["b"] is None else _number(part["b"])
            yield TypedRow(base, _typed(part["c"]), key=str(part.get("k", "")))


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


def act_on(typed: TypedTable, act: Act) -> TypedTable:
    """Return the rows after an act of the form: add, remove, up, down, show.

    Rows are counted from 0 over the whole table. What the design does not allow, or names no row,
    changes nothing.
    """
    verb, row = act.verb, whole_number("".join(act.parts[1:]))
    at = -1 if row is None else row
    field, lines, many = typed.grid.field, list(typed.lines), len(typed.lines)
    if verb == "add" and field.allow_add and many < field.max_rows:
        lines.append(TypedRow(None, {}))
        at = many
    elif verb == "remove" and field.allow_remove and 0 <= at < many:
        del lines[at]
    elif verb in MOVES and field.allow_move and 0 <= at < many:
        at = min(max(at + MOVES[verb], 0), many - 1)
        lines.insert(at, lines.pop(row or 0))
    elif verb != "show":
        return typed
    last = max(0, len(lines) - 1)
    start = window_of(min(max(at, 0), last), window_size(field))
    return replace(typed, lines=named(lines), start=start, focus=verb, focused=min(at, last))


def window_size(field: Table) -> int:
    """Return how many rows the form shows at once: fewer when there are many columns."""
    return max(5, min(field.page_size, MAX_CELLS // max(1, len(field.columns))))


def window_of(at: int, size: int) -> int:
    """Return where the window starts in which a row stands."""
    return at - at % size
