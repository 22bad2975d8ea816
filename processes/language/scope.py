"""Which names a design knows, for the checks of what its texts refer to."""

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Field types that hold no value; a name of such a field says nothing.
VALUELESS_TYPES = frozenset(
    {"button", "link", "rich_text", "image", "panel", "field_group", "dialog"}
)


@dataclass(frozen=True)
class NameTable:
    """The fields of a design: name, spelled exactly, to field type.

    It is collected from the raw document, so that names can be checked while it is validated:
    `Model.model_validate(raw, context={"names": table})`.
    """

    fields: Mapping[str, str]
    forms: frozenset[str] = frozenset()
    # The columns of each table, name to type; those of the table whose rows are gone through.
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    row: Mapping[str, str] | None = None

    def in_rows_of(self, table: str) -> "NameTable":
        """Return the names that are known in the rows of a table: its columns are `row.x`."""
        return replace(self, row=self.tables.get(table, {}))

    def type_of(self, name: str) -> str | None:
        """Return the type of a field, or None when there is no such field."""
        return self.fields.get(name)

    def is_secret(self, name: str) -> bool:
        """Tell whether the name is that of a secret field."""
        return self._type(name) == "secret"

    def _type(self, name: str) -> str | None:
        root, _, column = name.partition(".")
        return (self.row or {}).get(column) if root == "row" else self.fields.get(name)

    def holds_value(self, name: str) -> bool:
        """Tell whether the name is that of a field which holds a value."""
        return name in self.fields and self.fields[name] not in VALUELESS_TYPES

    def nearest(self, name: str) -> str | None:
        """Return the field that was probably meant, or None."""
        return _nearest(name, tuple(field for field in self.fields if self.holds_value(field)))


# A name that is gone is asked for by every rule that had it.
@functools.lru_cache(maxsize=256)
def _nearest(name: str, holders: tuple[str, ...]) -> str | None:
    by_case = {field.lower(): field for field in holders}
    found = difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.7)
    return by_case[found[0]] if found else None
