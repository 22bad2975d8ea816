"""One row of a table on a form: the stored row that it was, and what has been made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from processes.fields import Table
from processes.fields.table import Column
from processes.inputs import Written, input_of, means_same, sent_of
from processes.language.expressions import Resolve
from processes.language.values import Value, ValueFailure, to_json

Cells: TypeAlias = Mapping[str, Written]
Closed: TypeAlias = Mapping[str, Any]
Stored: TypeAlias = Sequence[Mapping[str, Value]]


class Line(NamedTuple):
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

    def stored(self, line: Line) -> Mapping[str, Value]:
        """Return the row that a line was before anything was typed into it."""
        return self.blank() if line.base is None else self.rows[line.base]

    def written(self, line: Line) -> dict[str, Written]:
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

    def laid(self, row: Mapping[str, Value], line: Line) -> Line:
        """Return a line as rules have left it: what differs in it from the row that is stored."""
        stored = self.stored(line)
        if line.base is not None and row == stored:
            return Line(line.base)
        cells = {one.name: input_of(one, row.get(one.name)) for one in self.open}
        names = {one.name for one in self.open}
        closed = {
            name: to_json(value)
            for name, value in row.items()
            if name not in names and value != stored.get(name)
        }
        return self.settled(line._replace(cells=cells, closed=closed or None))

    def apart(self, line: Line) -> Line:
        """Return a line as one that is no stored row, with all that stands in it."""
        written, names = self.written(line), {one.name for one in self.open}
        stored = {name: to_json(value) for name, value in self.stored(line).items()}
        closed = {name: value for name, value in stored.items() if name not in names}
        cells = {name: written[name] for name in names}
        return Line(None, cells, {**closed, **(line.closed or {})} or None, line.key)

    def settled(self, line: Line) -> Line:
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

    def meant(self, line: Line) -> dict[str, Any]:
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
