"""What SQL asks of the stored values of instances: where no index tells it, row by row.

Names of fields are letters, digits and `_` only, which is checked before they are written in.
"""

from collections.abc import Mapping
from typing import Any, Literal

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Field, FloatField, Func, TextField
from django.db.models.sql.compiler import SQLCompiler

from kianda.lib.names import FIELD_NAME

# A value as text, as a number, or as a moment whose text is in order with others.
Part = Literal["words", "quantity", "moment"]
# How one is compared with a parameter; a text is found in it in capitals or not.
Comparison = Literal["exact", "in", "gt", "gte", "lt", "lte", "contains", "startswith"]
Asked = Mapping[Comparison, Any]

_SIGNS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_SQLITE = {
    "words": "CASE {0}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
            "ELSE CAST({0}.value AS TEXT) END",
    "quantity": "CASE WHEN {0}.type IN ('integer', 'real') THEN {0}.value END",
}  # fmt: skip
_POSTGRESQL = {
    "words": "({0}.value #>> '{{}}') COLLATE \"C\"",
    "quantity": "CASE jsonb_typeof({0}.value) WHEN 'number' "
              "THEN ({0}.value #>> '{{}}')::double precision END",
}  # fmt: skip


def like_pattern(text: str) -> str:
    """Return a text as a pattern of LIKE finds it, escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


class HoldsItem(Func):
    """Whether a field holds a value, alone or in a list, for which all of some comparisons hold."""

    output_field = BooleanField()

    def __init__(self, name: str, part: Part, asked: Asked) -> None:
        """Take the name of the field, what of its value is compared, and how."""
        super().__init__(F("values"))
        self._name, self._part, self._asked = _checked(name), part, dict(asked)

    def __repr__(self) -> str:
        """Tell it from others: Django compares expressions by what they are made of."""
        return f"HoldsItem({self._name}, {self._part}, {self._asked})"

    @property
    def identity(self) -> Any:
        """Tell it from others with the same column."""
        return (type(self), repr(self))

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        column, before = compiler.compile(self.get_source_expressions()[0])
        is_pg = connection.vendor == "postgresql"
        items = _items_postgresql if is_pg else _items_sqlite
        value = _of_item(self._part, is_pg=is_pg)
        tests, given = [], list[Any]()
        for comparison, wanted in self._asked.items():
            test, values = _compared(value, comparison, wanted, is_pg=is_pg)
            tests.append(test)
            given += values
        where = " AND ".join(tests)
        sql = f"EXISTS (SELECT 1 FROM {items(column, self._name)} WHERE {where})"  # noqa: S608
        return sql, (*before, *given)


class FirstItem(Func):
    """The value of a field, of a list of them the first: to sort, group and add up by."""

    def __init__(self, name: str, part: Part) -> None:
        """Take the name of the field, and as what it is read."""
        kind: Field[Any, Any] = FloatField() if part == "quantity" else TextField()
        super().__init__(F("values"), output_field=kind)
        self._name, self._part = _checked(name), part

    @property
    def identity(self) -> Any:
        """Tell it from others with the same column."""
        return (type(self), self._name, self._part)

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        column, before = compiler.compile(self.get_source_expressions()[0])
        is_pg = connection.vendor == "postgresql"
        items = _items_postgresql if is_pg else _items_sqlite
        value = _of_item(self._part, is_pg=is_pg)
        if self._part != "quantity":
            value = f"NULLIF({value}, '')"
        return f"(SELECT {value} FROM {items(column, self._name)} LIMIT 1)", tuple(before)  # noqa: S608


def _checked(name: str) -> str:
    if not FIELD_NAME.match(name):
        raise ValueError(name)
    return name


def _items_sqlite(column: str, name: str) -> str:
    return f"json_each({column}, '$.{name}') AS item"


def _items_postgresql(column: str, name: str) -> str:
    held = f"{column} -> '{name}'"
    return (
        f"jsonb_array_elements(CASE jsonb_typeof({held}) WHEN 'array' THEN {held} "
        f"ELSE jsonb_build_array({held}) END) AS item(value)"
    )


def _of_item(part: Part, *, is_pg: bool) -> str:
    written = _POSTGRESQL if is_pg else _SQLITE
    if part == "moment":
        # A fraction of a second stands before the Z, which would come after it.
        return f"rtrim({written['words'].format('item')}, 'Z')"
    return written[part].format("item")


def _compared(
    value: str, comparison: Comparison, wanted: Any, *, is_pg: bool
) -> tuple[str, list[Any]]:
    if comparison == "in":
        return f"{value} IN ({', '.join(['%s'] * len(wanted))})", list(wanted)
    if comparison in _SIGNS:
        return f"{value} {_SIGNS[comparison]} %s", [wanted]
    found = f"{like_pattern(wanted)}%"
    like = "ILIKE" if is_pg else "LIKE"
    return (
        f"{value} {like} %s ESCAPE '\\'",
        [f"%{found}" if comparison == "contains" else found],
    )
