"""Every row of the product's database in another one: as it is stored, with its number.

What is copied is what the columns hold. No row is made by its model: secrets stay sealed for their
rows, packed traces packed, and no signal is sent. One transaction reads, another one writes;
batches pass by, no table is held in memory.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from hashlib import blake2b
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import AutoField, F, JSONField, Model, QuerySet, TextField
from django.db.models.functions import Cast

from kianda.ops.copy_target import SOURCE, CopyError, reason_of
from processes.models import ListedField

BATCH = 1_000
Row = tuple[Any, ...]
Tell = Callable[[str], object]


def copy_all(tell: Tell) -> int:
    """Make the tables and copy every row, all or nothing; return how many. Raises CopyError."""
    # SQLite takes the checks of foreign keys away only outside of a transaction.
    with connection.constraint_checks_disabled(), transaction.atomic(), transaction.atomic(SOURCE):
        call_command("migrate", verbosity=0, interactive=False)
        models = tables()
        with _without_foreign_keys(models):
            for model in models:
                # What `migrate` has made comes with the rest, under other numbers.
                _execute(f"DELETE FROM {_quoted(model._meta.db_table)}")  # noqa: S608 - a table
            copied = {model: _copied(model, tell) for model in models}
        connection.check_constraints()
        for model in models:
            if fingerprint(model, _rows(model, using=connection.alias)) != copied[model]:
                raise CopyError(f"The rows of {model._meta.db_table} are not what was read.")
            _count_on(model)
        if connection.vendor == "postgresql":
            # Its planner knows nothing of tables that were just filled.
            _execute("ANALYZE")
    return sum(one.count for one in copied.values())


def tables() -> list[type[Model]]:
    """Return the model of each table, in the order in which they are filled."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.can_migrate(connection)
    ]
    # A stored record makes rows of the values that lists look for, if it is a listed field's. These
    # rows are copied: no field is listed until the records are there.
    return sorted(found, key=lambda model: model is ListedField)


@dataclass
class Fingerprint:
    """How many rows a table has, and what they come to in whatever order they are read."""

    count: int = 0
    digest: int = 0

    def add(self, row: Row) -> None:
        """Count a row in."""
        made = blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.count, self.digest = self.count + 1, (self.digest + int.from_bytes(made)) % (1 << 128)


def fingerprint(model: type[Model], rows: Iterator[Row]) -> Fingerprint:
    """Return the fingerprint of rows: the same from each kind of database."""
    found = Fingerprint()
    for row in rows:
        found.add(_comparable(model, row))
    return found


def _copied(model: type[Model], tell: Tell) -> Fingerprint:
    """Copy one table; return the fingerprint of what was read."""
    rows, name, found = _rows(model, using=SOURCE), model._meta.db_table, Fingerprint()
    while batch := list(islice(rows, BATCH)):
        try:
            _write(model, batch)
        except (DatabaseError, ValueError) as error:
            first, last = (row[_place_of_key(model)] for row in (batch[0], batch[-1]))
            raise CopyError(
                f"{name}: the new database does not take a row between {first} and {last}: "
                f"{reason_of(error)}."
            ) from error
        for row in batch:
            found.add(_comparable(model, row))
    if found.count:
        tell(f"{name}: {found.count:,}")
    return found


def _write(model: type[Model], batch: list[Row]) -> None:
    table = _quoted(model._meta.db_table)
    columns = [_quoted(str(field.column)) for field in model._meta.concrete_fields]
    into, rows = f"{table} ({', '.join(columns)})", [_stored(model, row) for row in batch]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Django's own cursor does not know it, so errors are not Django's.
            with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608 - names


def _rows(model: type[Model], *, using: str) -> Iterator[Row]:
    """Read a table row by row; JSON as the text that it is, for its null is no empty column."""
    fields: Any = model._meta.concrete_fields
    asked = [
        Cast(F(field.attname), TextField()) if isinstance(field, JSONField) else field.attname
        for field in fields
    ]
    found: Any = QuerySet(model, using=using).order_by().values_list(*asked)
    for row in found.iterator(chunk_size=BATCH):
        yield tuple(
            value if isinstance(field, JSONField) else field.get_prep_value(value)
            for field, value in zip(fields, row, strict=True)
        )


def _stored(model: type[Model], row: Row) -> list[Any]:
    return [
        None if value is None else _param(field, value)
        for field, value in zip(model._meta.concrete_fields, row, strict=True)
    ]


def _param(field: Any, value: Any) -> Any:
    if isinstance(field, JSONField):
        return connection.ops.adapt_json_value(json.loads(value), field.encoder)
    return field.get_db_prep_value(value, connection=connection, prepared=True)


def _comparable(model: type[Model], row: Row) -> Row:
    return tuple(
        _plain(field, value) for field, value in zip(model._meta.concrete_fields, row, strict=True)
    )


def _plain(field: Any, value: Any) -> Any:
    if isinstance(value, str) and isinstance(field, JSONField):
        found = json.loads(
            value, parse_int=_number, parse_float=_number, object_pairs_hook=_members
        )
        # Its null is another value than an empty column.
        return ("json", found)
    if isinstance(value, datetime):
        return value.isoformat()
    return bytes(value) if isinstance(value, memoryview) else value


_EXACT = Context(prec=2_000)


def _number(digits: str) -> Decimal:
    """Return a number of JSON: PostgreSQL writes 1e20 as 100000000000000000000, and -0.0 as 0.0."""
    return Decimal(digits).normalize(_EXACT) or Decimal(0)


def _members(pairs: list[tuple[str, Any]]) -> Row:
    # PostgreSQL has an order of its own.
    return tuple(sorted(dict(pairs).items()))


def _place_of_key(model: type[Model]) -> int:
    return [field.primary_key for field in model._meta.concrete_fields].index(True)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def _without_foreign_keys(models: list[type[Model]]) -> Iterator[None]:
    """Take the foreign keys of PostgreSQL away and put them back, which checks all rows at once.

    It would else hold each row that is to be checked in memory until the end.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname), quote_ident(conname), pg_get_constraintdef(c.oid) "
            "FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid WHERE contype = 'f' "
            "AND relnamespace = current_schema()::regnamespace AND relname = ANY(%s)",
            [[model._meta.db_table for model in models]],
        )
        found = cursor.fetchall()
    # What waits to be checked would keep them.
    connection.check_constraints()
    for table, name, _ in found:
        _execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in found:
        _execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


# --- the numbers of rows to come ------------------------------------------------------------------

_SEQUENCE = "pg_get_serial_sequence(%s, %s)::regclass"


def _count_on(model: type[Model]) -> None:
    """Have a table number new rows as the other one would: no number comes a second time."""
    key: Any = model._meta.pk
    if not isinstance(key, AutoField):
        return
    table, last = model._meta.db_table, _last_number(model)
    if connection.vendor == "postgresql":
        used = (last or 1, last is not None)
        _execute(f"SELECT setval({_SEQUENCE}, %s, %s)", _quoted(table), key.column, *used)
        return
    _execute("DELETE FROM sqlite_sequence WHERE name = %s", table)
    if last is not None:
        _execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", table, last)


def _last_number(model: type[Model]) -> int | None:
    """Return the last number that the table at the source gave to a row, which may be gone."""
    key: Any = model._meta.pk
    source, table = connections[SOURCE], model._meta.db_table
    with source.cursor() as cursor:
        if source.vendor == "postgresql":
            names = [source.ops.quote_name(table), key.column]
            cursor.execute(f"SELECT pg_sequence_last_value({_SEQUENCE})", names)
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    return row[0] if row else None
