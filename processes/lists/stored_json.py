"""What SQL asks of the stored values of instances: where no index tells it, row by row.

Names of fields are letters, digits and `_` only, which is checked before they are written in.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    F,
    Field,
    FloatField,
    Func,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.sql.compiler import SQLCompiler

from kianda.lib.names import FIELD_NAME
from kianda.lib.word_search import Contains, StartsWith, found_in
from processes.listed_values import ITEMS, QUANTITY, WORDS

# A value as text, as a number, or as a moment whose text is in order with others.
Part = Literal["words", "quantity", "moment"]
# How one is compared with a parameter; a text is found in it in capitals or not.
Comparison = Literal["exact", "in", "gt", "gte", "lt", "lte", "contains", "startswith"]
Asked = Mapping[Comparison, Any]

_SIGNS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


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
        value = _of_item(self._part, connection.vendor)
        tests, given = [], list[Any]()
        for comparison, wanted in self._asked.items():
            test, values = _compared(value, comparison, wanted, connection.vendor)
            tests.append(test)
            given += values
        where = " AND ".join(tests)
        sql = (
            f"EXISTS (SELECT 1 FROM {_items(column, self._name, connection.vendor)} WHERE {where})"  # noqa: S608
        )
        return sql, (*before, *given)


class IsNamed(Func):
    """Whether some keys name this row, for a condition that is turned round: `~Q(IsNamed(...))`.

    PostgreSQL joins `NOT EXISTS`, in half of the time that it takes to hash what `NOT IN` names.
    `OFFSET 0` has it read these as a whole: it expects many rows to be left, of which it soon has
    those of a page, and would look up each by an index.
    """

    output_field = BooleanField()

    def __init__(self, named: QuerySet[Any, Any]) -> None:
        """Take the named keys: `values()` of one column of rows."""
        super().__init__(F("pk"), Subquery(named.order_by()))

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite."""
        key, named, given = self._parts(compiler)
        return f"{key} IN {named}", given

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it as a join."""
        key, named, given = self._parts(compiler)
        rows = f"({named[1:-1]} OFFSET 0) AS named(pk)"
        return f"EXISTS (SELECT 1 FROM {rows} WHERE named.pk = {key})", given  # noqa: S608

    def _parts(self, compiler: SQLCompiler) -> tuple[str, str, tuple[Any, ...]]:
        (key, before), (named, given) = map(compiler.compile, self.get_source_expressions())
        return key, named, (*before, *given)


def _of_capitals(
    lookup: Any, compiler: SQLCompiler, connection: BaseDatabaseWrapper
) -> tuple[str, tuple[Any, ...]]:
    """Write a search in a text for PostgreSQL, and that a text with something in it is not empty.

    The rows of listed values have an index in capitals there, and by this it is the one that is
    read: in any other, the capitals of each value would have to be made.
    """
    column, before = compiler.compile(lookup.lhs)
    sql, given = lookup.as_sql(compiler, connection)
    return f"(UPPER({column}) > '' AND {sql})", (*before, *given)


class ListedContains(Contains):
    """Whether the row of a listed value holds a text, in capitals or not."""

    as_postgresql = _of_capitals


class ListedStartsWith(StartsWith):
    """Whether the row of a listed value begins with a text, in capitals or not."""

    as_postgresql = _of_capitals


class FirstItem(Func):
    """The value of a field, of a list of them the first: to sort, group and add up by."""

    def __init__(self, name: str, part: Part) -> None:
        """Take the name of the field, and as what it is read."""
        kind: Field[Any, Any] = FloatField() if part == "quantity" else TextField()
        super().__init__(F("values"), output_field=kind)
        self._name, self._part = _checked(name), part

    def __repr__(self) -> str:
        """Tell it from others: what a list is in order by is compared as text."""
        return f"FirstItem({self._name}, {self._part})"

    @property
    def identity(self) -> Any:
        """Tell it from others with the same column."""
        return (type(self), self._name, self._part)

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        column, before = compiler.compile(self.get_source_expressions()[0])
        value = _of_item(self._part, connection.vendor)
        if self._part != "quantity":
            value = f"NULLIF({value}, '')"
        items = _items(column, self._name, connection.vendor)
        return f"(SELECT {value} FROM {items} LIMIT 1)", tuple(before)  # noqa: S608


def _checked(name: str) -> str:
    if not FIELD_NAME.match(name):
        raise ValueError(name)
    return name


def _items(column: str, name: str, vendor: str) -> str:
    return ITEMS[vendor].format(values=column, name=f"'{name}'")


def _of_item(part: Part, vendor: str) -> str:
    if part == "quantity":
        return QUANTITY[vendor]
    words = WORDS[vendor] + (' COLLATE "C"' if vendor == "postgresql" else "")
    # A fraction of a second stands before the Z, which would come after it.
    return f"rtrim({words}, 'Z')" if part == "moment" else words


def _compared(
    value: str, comparison: Comparison, wanted: Any, vendor: str
) -> tuple[str, Sequence[Any]]:
    if comparison == "in":
        return f"{value} IN ({', '.join(['%s'] * len(wanted))})", list(wanted)
    if comparison in _SIGNS:
        return f"{value} {_SIGNS[comparison]} %s", [wanted]
    return found_in(value, wanted, vendor=vendor, begins=comparison == "startswith")
