"""The working copy of a run: what it has changed, what is safe, what is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from processes.fields.base import FormField
from processes.rules.base import RuleFailed
from processes.values import Value, ValueFailure

Changes = Sequence[tuple[str, Value]]


class WorkingCopy:
    """The values of one instance during one run (contract 4.1).

    `values` is the working copy, `safe` the last safe point, `stored` what the instance holds,
    `mapped` what successful calls brought since the last save.
    """

    def __init__(
        self,
        fields: Mapping[str, FormField],
        stored: Mapping[str, Value],
        sent: Mapping[str, Value],
    ) -> None:
        """Lay the sent form values over the stored ones; that is the first safe point."""
        self.fields = fields
        self.stored = dict(stored)
        self.values = {**self.stored, **sent}
        self.safe = dict(self.values)
        self.mapped: dict[str, Value] = {}

    def is_secret(self, field: str) -> bool:
        """Tell whether the field is a secret one."""
        return field in self.fields and self.fields[field].slug() == "secret"

    def converted(self, changes: Changes) -> dict[str, Value]:
        """Return the changes with each value in its field's type; nothing is changed yet."""
        return {field: self._converted(field, value) for field, value in changes}

    def _converted(self, name: str, value: Value) -> Value:
        field = self.fields.get(name)
        if field is None or not field.holds_value:
            raise RuleFailed("configuration", f"There is no field {name} that holds a value.")
        try:
            return field.to_python(value)
        except ValueFailure as failure:
            raise RuleFailed("value", f"{field.title}: {failure}") from failure

    def change(self, changes: Mapping[str, Value]) -> None:
        """Apply converted values to the working copy."""
        self.values.update(changes)

    def accept(self, changes: Mapping[str, Value]) -> None:
        """Apply what a successful call brought; the working copy is safe from here."""
        self.values.update(changes)
        self.mapped.update(changes)
        self.safe = dict(self.values)

    def undo(self) -> None:
        """Go back to the last safe point."""
        self.values = dict(self.safe)

    def to_store_on_undo(self, changes: Mapping[str, Value]) -> dict[str, Value]:
        """Return what `undo` stores: on-error values and what calls mapped, nothing else."""
        return {**self.stored, **self.mapped, **changes}

    def kept(self, stored: Mapping[str, Value]) -> None:
        """Note that these values are stored now; nothing of a call is left unstored."""
        self.stored = dict(stored)
        self.mapped = {}
        self.safe = dict(self.values)

    def unsaved(self) -> dict[str, Value]:
        """Return what successful calls brought and the instance does not hold."""
        return {
            name: value for name, value in self.mapped.items() if self.stored.get(name) != value
        }

    def as_journal(self) -> dict[str, Any]:
        """Return all of it as JSON, secrets included, for the encrypted journal."""
        return {
            part: self.json_of(getattr(self, part))
            for part in ("stored", "values", "safe", "mapped")
        }

    @classmethod
    def from_journal(
        cls, fields: Mapping[str, FormField], journal: Mapping[str, Any]
    ) -> "WorkingCopy":
        """Bring back what `as_journal` gave."""
        copy = cls(fields, {}, {})
        for part in ("stored", "values", "safe", "mapped"):
            setattr(copy, part, python_of(fields, journal[part]))
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
