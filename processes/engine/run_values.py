"""The working copy of a run: what it has changed, what is safe, what is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from kianda.lib.i18n import gettext as _
from processes.engine.instance_state import InstanceState
from processes.fields.base import FormField
from processes.fields.table import Table
from processes.language.values import KnownJson, Value, ValueFailure
from processes.rules.base import RuleFailed

Changes = Sequence[tuple[str, Value]]
START = InstanceState()


class RunValues:
    """The values of one instance during one run (contract 4.1).

    `values` is the working copy, `safe` the last safe point, `stored` what the instance holds,
    `mapped` what successful calls brought since the last save. `standing` is where the instance
    stands by now, `stored_standing` where it stands in the database, `row` the table and the number
    of the row that a loop is at.
    """

    def __init__(
        self,
        fields: Mapping[str, FormField],
        stored: Mapping[str, Value],
        sent: Mapping[str, Value],
        standing: InstanceState = START,
    ) -> None:
        """Lay the sent form values over the stored ones; that is the first safe point."""
        self.fields = fields
        self.stored = dict(stored)
        self.values = {**self.stored, **sent}
        self.safe = dict(self.values)
        self.mapped: dict[str, Value] = {}
        self.standing = self.stored_standing = standing
        self.row: tuple[str, int] | None = None
        # Whom to tell what, with what is stored next: `to`, `title`, `text`.
        self.alerts: list[dict[str, Any]] = []
        # Links to forms that are made with what is stored next, as `FormLinkTerms` and a token.
        self.links: list[dict[str, Any]] = []
        # Emails that are planned with what is stored next, as `kianda.mail` takes them.
        self.letters: list[dict[str, Any]] = []
        # By which rule the instance goes into the recycle bin with what is stored next, if it does.
        self.deleted_by = ""
        # By which rule each form was given to others since it was stored last.
        self.given_by: dict[str, str] = {}
        self._known = KnownJson()

    def field(self, name: str) -> FormField | None:
        """Return a field, or the column of the table that a loop is at."""
        table, _dot, column = name.partition(".")
        if table != "row" or self.row is None:
            return self.fields.get(name)
        rows = self.fields[self.row[0]]
        return rows.column(column) if isinstance(rows, Table) else None

    def is_secret(self, field: str) -> bool:
        """Tell whether the field is a secret one."""
        return field in self.fields and self.fields[field].is_secret

    def converted(self, changes: Changes) -> dict[str, Value]:
        """Return the changes with each value in its field's type; nothing is changed yet."""
        made: dict[str, Value] = {}
        for name, value in changes:
            if name.startswith("row."):
                table, rows = self._with_cell(name.removeprefix("row."), value, made)
                made[table] = rows
            else:
                made[name] = self._converted(name, value)
        return made

    def _with_cell(
        self, name: str, value: Value, made: Mapping[str, Value]
    ) -> tuple[str, list[Any]]:
        """Return the rows of the loop's table with one cell changed, after changes made before."""
        table, number = self._row_under_way()
        field = self.fields[table]
        column = field.column(name) if isinstance(field, Table) else None
        if column is None:
            raise RuleFailed(
                "configuration",
                _("The table %(field)s has no column %(name)s.")
                % {"field": field.title, "name": name},
            )
        try:
            cell = column.to_python(value)
        except ValueFailure as failure:
            raise RuleFailed(
                "value",
                _("Row %(number)s, %(column)s: %(failure)s")
                % {"number": number + 1, "column": column.title, "failure": failure},
            ) from failure
        rows = self._rows(table, made)
        if number >= len(rows):
            raise RuleFailed(
                "configuration",
                _("Row %(number)s of %(field)s no longer exists.")
                % {"number": number + 1, "field": field.title},
            )
        rows[number] = {**rows[number], name: cell}
        return table, rows

    def _row_under_way(self) -> tuple[str, int]:
        if self.row is None:
            raise RuleFailed("configuration", _("There is no row here. Rows exist only in a loop."))
        return self.row

    def _rows(self, table: str, made: Mapping[str, Value]) -> list[Any]:
        rows = made.get(table, self.values.get(table))
        return list(rows) if isinstance(rows, list) else []

    def cell(self, name: str) -> Value:
        """Return a column's value in the row that a loop is at."""
        table, number = self._row_under_way()
        rows = self.values.get(table)
        row = rows[number] if isinstance(rows, list) and number < len(rows) else {}
        if name not in row:
            raise RuleFailed(
                "configuration", _("There is no [row.%(name)s] here.") % {"name": name}
            )
        value: Value = row[name]
        return value

    def _converted(self, name: str, value: Value) -> Value:
        field = self.fields.get(name)
        if field is None or not field.holds_value:
            raise RuleFailed(
                "configuration",
                _("There is no field %(name)s that has a value.") % {"name": name},
            )
        try:
            return field.to_python(value)
        except ValueFailure as failure:
            raise RuleFailed("value", f"{field.title}: {failure}") from failure

    def change(self, changes: Mapping[str, Value]) -> None:
        """Apply converted values to the working copy."""
        self.values.update(changes)

    def accept(self, changes: Mapping[str, Value], *, cells: Sequence[str] = ()) -> None:
        """Apply what a successful call brought; the working copy is safe from here.

        `cells` are the columns that it brought into the row under way, when not a whole table.
        """
        self.mapped.update(self._brought(changes, cells))
        self.values.update(changes)
        self.safe = dict(self.values)

    def _brought(self, changes: Mapping[str, Value], cells: Sequence[str]) -> dict[str, Value]:
        """Return changes without what rules have set in other cells of the table meanwhile."""
        if not cells:
            return dict(changes)
        table, number = self._row_under_way()
        rows = self._rows(table, changes)
        known = self._rows(table, {**self.stored, **self.mapped})
        if len(known) != len(rows):
            # Rules have set the table anew: its rows are not those that are stored.
            return dict(changes)
        known[number] = {**known[number], **{name: rows[number][name] for name in cells}}
        return {**changes, table: known}

    def undo(self) -> None:
        """Go back to the last safe point; the forms to where they are stored."""
        self.values = dict(self.safe)
        self.standing = self.stored_standing
        self._nothing_to_send()

    def to_store_on_undo(
        self, changes: Mapping[str, Value], *, cells: Sequence[str] = ()
    ) -> dict[str, Value]:
        """Return what `undo` stores: on-error values and what calls mapped, nothing else."""
        return {**self.stored, **self.mapped, **self._brought(changes, cells)}

    def kept(self, stored: Mapping[str, Value]) -> None:
        """Note that these values are stored now; nothing of a call is left unstored."""
        self.stored = dict(stored)
        self.mapped = {}
        self.safe = dict(self.values)
        self.stored_standing = self.standing
        self._nothing_to_send()

    def _nothing_to_send(self) -> None:
        self.alerts, self.links, self.letters = [], [], []
        self.deleted_by, self.given_by = "", {}

    def unsaved(self) -> dict[str, Value]:
        """Return what successful calls brought and the instance does not hold."""
        return {
            name: value for name, value in self.mapped.items() if self.stored.get(name) != value
        }

    def as_journal(self) -> dict[str, Any]:
        """Return all of it as JSON, secrets included, for the encrypted journal."""
        # A loop has a point for each row, and the rest of its table is what it was before.
        self._known.begin()
        return {
            part: {
                name: self._known.of(value)
                for name, value in getattr(self, part).items()
                if name in self.fields
            }
            for part in ("stored", "values", "safe", "mapped")
        } | {
            "standing": self.standing.as_json(), "stored_standing": self.stored_standing.as_json(),
            "alerts": [dict(one) for one in self.alerts],
            "links": [dict(one) for one in self.links],
            "letters": [dict(one) for one in self.letters],
            "deleted_by": self.deleted_by,
            "given_by": dict(self.given_by),
        }  # fmt: skip

    @classmethod
    def from_journal(
        cls,
        fields: Mapping[str, FormField],
        journal: Mapping[str, Any],
        standing: InstanceState = START,
    ) -> "RunValues":
        """Bring back what `as_journal` gave.

        One of a version that knew nothing of forms leaves the instance where it stands.
        """
        copy = cls(fields, {}, {})
        for part in ("stored", "values", "safe", "mapped"):
            setattr(copy, part, python_of(fields, journal[part]))
        for part in ("standing", "stored_standing"):
            kept = journal.get(part)
            setattr(copy, part, standing if kept is None else InstanceState(**kept))
        copy.alerts = [dict(one) for one in journal.get("alerts", ())]
        copy.links = [dict(one) for one in journal.get("links", ())]
        copy.letters = [dict(one) for one in journal.get("letters", ())]
        copy.deleted_by = str(journal.get("deleted_by", ""))
        copy.given_by = dict(journal.get("given_by", {}))
        return copy

    def json_of(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return values as JSON, each as its field writes it."""
        return json_of(self.fields, values)


def json_of(fields: Mapping[str, FormField], values: Mapping[str, Value]) -> dict[str, Any]:
    """Return values as JSON, each as its field writes it."""
    return {name: fields[name].to_json(value) for name, value in values.items() if name in fields}


def python_of(fields: Mapping[str, FormField], values: Mapping[str, Any]) -> dict[str, Value]:
    """Return stored JSON as values, each as its field reads it."""
    return {name: fields[name].to_python(value) for name, value in values.items() if name in fields}
