"""Which names a design knows, for the checks of what its texts refer to."""

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, TypeAlias

from kianda.lib.kinds import Kind
from processes.language.comparisons import OPERATORS

# What is read through a field, `[field.part]`: name to kind.
PartKinds: TypeAlias = "Mapping[str, type[FieldKind]]"
# As what lists of records compare values of a field; "" for what they do not.
ListedAs: TypeAlias = Literal[
    "", "words", "quantity", "day", "moment", "yes_no", "choice", "person", "files"
]


class FieldKind(Kind):
    """What a kind of field says of itself, to all who do not know the kinds one by one."""

    kind_icon: ClassVar[str] = "input-cursor"
    # How it is drawn on the canvas of the designer.
    look: ClassVar[str] = "input"
    holds_value: ClassVar[bool] = False
    # Encrypted where it is stored, masked where it is shown, and never mapped into the open.
    is_secret: ClassVar[bool] = False
    # Its value is one text, as a token is.
    holds_text: ClassVar[bool] = False
    # Its value is a list of rows, which a rule can go through.
    holds_rows: ClassVar[bool] = False
    # Its value names people or groups, as refs.
    names_people: ClassVar[bool] = False
    # Its value names files, whose contents stand outside of it.
    holds_files: ClassVar[bool] = False
    # It can be a column of a table.
    in_table: ClassVar[bool] = False
    # It is pressed, and may stand in the bar at the end of its form.
    is_button: ClassVar[bool] = False
    # The operators of conditions that are offered for it.
    operators: ClassVar[tuple[str, ...]] = tuple(OPERATORS)

    @classmethod
    def look_of(cls, raw: Mapping[str, Any]) -> str:
        """Return how a field with these settings, which may be half made, is drawn."""
        return cls.look

    @classmethod
    def parts_in(cls, raw: Mapping[str, Any]) -> "PartKinds":
        """Return what is read through a field with these settings, which may be half made."""
        return {}


@dataclass(frozen=True)
class NameTable:
    """The fields of a design: name, spelled exactly, to the kind of field.

    It is collected from the raw document, so that names can be checked while it is validated:
    `Model.model_validate(raw, context={"names": table})`.
    """

    fields: Mapping[str, type[FieldKind]]
    forms: frozenset[str] = frozenset()
    # What is read through a field: the columns of each table, the parts of a person; name to kind.
    # `row`: the columns of the table whose rows are gone through.
    tables: Mapping[str, Mapping[str, type[FieldKind]]] = field(default_factory=dict)
    row: Mapping[str, type[FieldKind]] | None = None

    def in_rows_of(self, table: str) -> "NameTable":
        """Return the names that are known in the rows of a table: its columns are `row.x`."""
        return replace(self, row=self.tables.get(table, {}))

    def kind_of(self, name: str) -> type[FieldKind] | None:
        """Return the kind of a field, in a loop of `row.<column>` too; None when there is none."""
        root, _, column = name.partition(".")
        return (self.row or {}).get(column) if root == "row" else self.fields.get(name)

    def is_secret(self, name: str) -> bool:
        """Tell whether the name is that of a secret field."""
        kind = self.kind_of(name)
        return kind is not None and kind.is_secret

    def holds_value(self, name: str) -> bool:
        """Tell whether the name is that of a field which holds a value."""
        return name in self.fields and self.fields[name].holds_value

    def nearest(self, name: str) -> str | None:
        """Return the field that was probably meant, or None."""
        return _nearest(name, tuple(field for field in self.fields if self.holds_value(field)))


# A name that is gone is asked for by every rule that had it.
@functools.lru_cache(maxsize=256)
def _nearest(name: str, holders: tuple[str, ...]) -> str | None:
    by_case = {field.lower(): field for field in holders}
    found = difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.7)
    return by_case[found[0]] if found else None
