"""Statements whose text is made once for each connection: for rows that every run reads and writes.

Django makes the SQL of a queryset anew each time, which costs several times what the database needs
for it. The queryset stays the one definition of what is read. With KIANDA_PLAIN_ORM it is also what
runs, and rows are updated and saved as Django does: whatever that changes is a mistake in here.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.subqueries import UpdateQuery

M = TypeVar("M", bound=Model)


def _cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """Return a cursor; on PostgreSQL one that has the server read and plan a statement once.

    Django's writes the values into each statement, since the server cannot tell the types of some
    expressions; here they stand for columns alone.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    from psycopg import Cursor

    connection.ensure_connection()
    logs = connection.queries_logged
    made: Any = connection.make_debug_cursor if logs else connection.make_cursor
    cursor: CursorWrapper = made(Cursor(connection.connection))
    return cursor


def _waiting_once(connection: BaseDatabaseWrapper, *, few: bool) -> AbstractContextManager[Any]:
    """Return a block that waits for what is sent in it at its end alone, on PostgreSQL.

    For a single statement it is worth it where a BEGIN goes with it.
    """
    session = connection.connection
    if connection.vendor != "postgresql" or (few and not _begins(session)):
        return nullcontext()
    return _pipeline(connection, session)


def _begins(session: Any) -> bool:
    return not session.autocommit and session.info.transaction_status == 0


@contextmanager
def _pipeline(connection: BaseDatabaseWrapper, session: Any) -> Iterator[None]:
    with connection.wrap_database_errors, session.pipeline():
        yield


@dataclass(frozen=True)
class _Compiled:
    """A queryset as SQL, and how its rows become objects again."""

    sql: str
    # For each parameter the place of the value that stands there, or None and the constant.
    params: Sequence[tuple[int | None, Any]]
    columns: Sequence[str]
    first: int
    related: Sequence[Any]
    annotations: Mapping[str, int]
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


class PreparedQuery(Generic[M]):
    """A queryset of one model, compiled once, then run with other values.

    `samples` are values for `build` that occur nowhere else in the query; the values of a run must
    be of the same types, fit their columns and need no conversion: texts and whole numbers.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *samples: str | int) -> None:
        """Take what builds the queryset; nothing is compiled yet."""
        self._build, self._samples = build, samples
        self._compiled: WeakKeyDictionary[BaseDatabaseWrapper, _Compiled] = WeakKeyDictionary()

    def first(self, *values: str | int) -> M | None:
        """Return the first row, or None."""
        return next(iter(self.rows(*values)), None)

    def rows(self, *values: str | int) -> list[M]:
        """Return the rows."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(connection)
        if compiled is None:
            if settings.KIANDA_PLAIN_ORM:
                return list(self._build(*values))
            compiled = self._compiled[connection] = self._compile(connection)
        params = [
            constant if place is None else values[place] for place, constant in compiled.params
        ]
        with _cursor(connection) as cursor:
            with _waiting_once(connection, few=True):
                cursor.execute(compiled.sql, params)
            found = cursor.fetchall()
        return [self._object(compiled, list(row), connection) for row in found]

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        queryset = self._build(*self._samples)
        compiler: Any = queryset.query.get_compiler(using=connection.alias)
        sql, params = compiler.as_sql()
        places = _places(params, self._samples)
        positions = compiler.klass_info["select_fields"]
        # The stubs are of a Django that has one argument more.
        populators: Any = get_related_populators
        return _Compiled(
            sql=sql,
            params=places,
            columns=[compiler.select[place][0].target.attname for place in positions],
            first=positions[0],
            related=populators(compiler.klass_info, compiler.select, connection.alias),
            annotations=compiler.annotation_col_map or {},
            converters=compiler.get_converters([column[0] for column in compiler.select]),
        )

    def _object(self, compiled: _Compiled, row: list[Any], connection: BaseDatabaseWrapper) -> M:
        for place, (converters, expression) in compiled.converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        ends = compiled.first + len(compiled.columns)
        model = self._model
        made = model.from_db(connection.alias, compiled.columns, row[compiled.first : ends])
        for populator in compiled.related:
            populator.populate(row, made)
        for name, place in compiled.annotations.items():
            setattr(made, name, row[place])
        return made

    @functools.cached_property
    def _model(self) -> type[M]:
        return self._build(*self._samples).model


class PreparedUpdate:
    """A conditional UPDATE, compiled once, then run with other values.

    `build` gets the samples and returns the rows and what is set in them, which may hold
    expressions. Values may also be moments.
    """

    def __init__(
        self,
        build: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]],
        *samples: str | int | datetime,
    ) -> None:
        """Take what builds the update; nothing is compiled yet."""
        self._build, self._samples = build, samples
        self._compiled: WeakKeyDictionary[
            BaseDatabaseWrapper, tuple[str, Sequence[tuple[int | None, Any]]]
        ] = WeakKeyDictionary()

    def run(self, *values: str | int | datetime | None) -> int:
        """Set the values and return in how many rows."""
        return self.of(*values).run()

    def of(
        self, *values: str | int | datetime | None, or_raise: Exception | None = None
    ) -> "Write":
        """Return what sets the values; `or_raise` when there is no such row."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection not in self._compiled:
            if settings.KIANDA_PLAIN_ORM:
                rows, changes = self._build(*values)
                return Write(plain=partial(rows.update, **changes), or_raise=or_raise)
            self._compiled[connection] = self._compile(connection)
        sql, places = self._compiled[connection]
        ready = [_adapted(value, connection) for value in values]
        params = [constant if place is None else ready[place] for place, constant in places]
        return Write(sql, params, or_raise=or_raise)

    def _compile(
        self, connection: BaseDatabaseWrapper
    ) -> tuple[str, Sequence[tuple[int | None, Any]]]:
        rows, values = self._build(*self._samples)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(dict(values))
        sql, params = query.get_compiler(using=connection.alias).as_sql()
        samples = [_adapted(sample, connection) for sample in self._samples]
        return sql, _places(params, samples)


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _places(params: Sequence[Any], samples: Sequence[Any]) -> list[tuple[int | None, Any]]:
    """Return for each parameter which sample stands there, or the constant."""
    places: list[tuple[int | None, Any]] = [
        (samples.index(param), None) if param in samples else (None, param) for param in params
    ]
    if {place for place, _ in places if place is not None} != set(range(len(samples))):
        raise AssertionError("A sample does not stand in the statement as it was given.")
    return places


@dataclass(frozen=True)
class Write:
    """A statement that changes rows, with all its values ready: to run it is all that is left.

    What is made ready before a transaction begins is not done while it keeps others waiting.
    """

    sql: str = ""
    params: Sequence[Any] = ()
    # What is inserted.
    row: Model | None = None
    # What is raised when there is no such row.
    or_raise: Exception | None = None
    # What does it as Django does, in place of the statement.
    plain: Callable[[], int] | None = None

    def run(self) -> int:
        """Send it; return how many rows it changed. A new row has its number then."""
        return _sent([self])[0] if self.plain is None else self._counted(self.plain())

    def answered(self, cursor: Any) -> int:
        """Read what the database has said of it."""
        if self.row is None:
            return self._counted(int(cursor.rowcount))
        self.row.pk = cursor.fetchone()[0]
        self.row._state.adding, self.row._state.db = False, DEFAULT_DB_ALIAS
        return 1

    def _counted(self, changed: int) -> int:
        if not changed and self.or_raise is not None:
            raise self.or_raise
        return changed


Writes = list[Write | Callable[[], object]]


def run_all(writes: Iterable[Write | Callable[[], object]]) -> None:
    """Do them in turn, in a transaction that is lost with the first of them that fails.

    PostgreSQL is waited for once for all statements that follow each other.
    """
    for are_statements, group in groupby(writes, _is_statement):
        if are_statements:
            _sent([write for write in group if isinstance(write, Write)])
            continue
        for write in group:
            write.run() if isinstance(write, Write) else write()


def _is_statement(write: object) -> bool:
    return isinstance(write, Write) and write.plain is None


def _sent(writes: Sequence[Write]) -> list[int]:
    connection = connections[DEFAULT_DB_ALIAS]
    with ExitStack() as stack:
        cursors = [stack.enter_context(_cursor(connection)) for _write in writes]
        with (
            transaction.mark_for_rollback_on_error(connection.alias),
            _waiting_once(connection, few=len(writes) == 1),
        ):
            for write, cursor in zip(writes, cursors, strict=True):
                cursor.execute(write.sql, write.params)
        return [write.answered(cursor) for write, cursor in zip(writes, cursors, strict=True)]


def _save(row: Model) -> int:
    # One that is written again, because a transaction was taken back, gets another number.
    row.pk = None
    row.save(force_insert=True)
    return 1


def update_of(
    model: type[Model],
    *,
    where: Mapping[str, Any],
    or_raise: Exception | None = None,
    **values: Any,
) -> Write:
    """Return what sets values in the rows whose columns equal `where`; `or_raise` if none does.

    What `filter(**where).update(**values)` does, for equality to what is not None and plain values
    alone.
    """
    if settings.KIANDA_PLAIN_ORM:
        plain = partial(model._base_manager.filter(**where).update, **values)
        return Write(plain=plain, or_raise=or_raise)
    connection = connections[DEFAULT_DB_ALIAS]
    sql = _update_sql(model, tuple(values), tuple(where), connection.vendor)
    params = _prepared(
        _fields_of(model, (*values, *where)), (*values.values(), *where.values()), connection
    )
    return Write(sql, params, or_raise=or_raise)


def insert_of(row: Model) -> Write:
    """Return what inserts a new row; what `save(force_insert=True)` does, but for signals."""
    if settings.KIANDA_PLAIN_ORM:
        return Write(plain=partial(_save, row))
    connection = connections[DEFAULT_DB_ALIAS]
    model = type(row)
    fields = _inserted_fields(model)
    given = [field.pre_save(row, add=True) for field, _ in fields]
    params = _prepared(fields, given, connection)
    return Write(_insert_sql(model, connection.vendor), params, row)


@functools.cache
def _inserted_fields(model: type[Model]) -> Sequence[tuple[Any, type[Any] | None]]:
    names = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    return _fields_of(model, tuple(names))


@functools.cache
def _fields_of(
    model: type[Model], names: tuple[str, ...]
) -> Sequence[tuple[Any, type[Any] | None]]:
    """Return the fields of these names, each with the type whose values go into it as they are."""
    found = [model._meta.get_field(name) for name in names]
    return [(field, _AS_IS.get(type(field))) for field in found]


@functools.cache
def _insert_sql(model: type[Model], _vendor: str) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    names = [quote(field.column) for field, _ in _inserted_fields(model)]
    key: Any = model._meta.pk
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) "  # noqa: S608 - columns
        f"VALUES ({', '.join(['%s'] * len(names))}) RETURNING {quote(key.column)}"
    )


# What goes into a column as it is; the rest is converted by its field.
_AS_IS: Mapping[type[Any], type[Any]] = {
    models.CharField: str, models.TextField: str, models.BooleanField: bool,
    models.PositiveIntegerField: int, models.PositiveBigIntegerField: int, models.BigAutoField: int,
    models.ForeignKey: int,
}  # fmt: skip


def _prepared(
    fields: Sequence[tuple[Any, type[Any] | None]],
    values: Sequence[Any],
    connection: BaseDatabaseWrapper,
) -> list[Any]:
    return [
        value
        if value is None or type(value) is as_it_is
        else field.get_db_prep_save(value, connection=connection)
        for (field, as_it_is), value in zip(fields, values, strict=True)
    ]


@functools.lru_cache(maxsize=256)
def _update_sql(
    model: type[Model], values: tuple[str, ...], where: tuple[str, ...], _vendor: str
) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name

    def equal(name: str) -> str:
        field: Any = model._meta.get_field(name)
        return f"{quote(field.column)} = %s"

    changes, rows = ", ".join(map(equal, values)), " AND ".join(map(equal, where))
    return f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {rows}"  # noqa: S608 - names of columns
