"""Where the database is copied to: a PostgreSQL without tables of the product, or a new file.

While it is copied, the product works on the new database, and the one of before is a second one
that can only be read: whatever makes tables, and the rows in them, need not know of two.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.utils import ConnectionHandler

from kianda import data_directory
from kianda.data_directory import DATABASE
from kianda.databases import database_of
from kianda.lib.db.sqlite3.files import bring_in_log
from kianda.ops.start_checks import unapplied_migrations, unknown_migrations

# The alias of the database that is read, and what is said for a new file of SQLite.
SOURCE, SQLITE = "source", "sqlite"
FOLDER = "copy"
_EMPTY_ONE = "Create an empty database, and copy into that."


class CopyError(Exception):
    """The database cannot be copied."""


@dataclass(frozen=True)
class CopyTarget:
    """A database to copy to, and its name for people, without a password."""

    name: str
    database: dict[str, Any]

    @property
    def is_file(self) -> bool:
        """Tell whether it is a file of SQLite."""
        return is_sqlite(self.database)


def target_of(text: str) -> CopyTarget:
    """Return what a URL, or "sqlite", names; raises CopyError."""
    if text == SQLITE:
        made = database_of("", data_dir=settings.KIANDA_DATA_DIR / FOLDER)
        return CopyTarget(str(settings.KIANDA_DATA_DIR / DATABASE), made)
    try:
        found = database_of(text or "-", data_dir=settings.KIANDA_DATA_DIR)
    except (ImproperlyConfigured, ValueError):
        found = {"NAME": ""}
    if not found["NAME"]:
        # Any part of what is not understood may be the password: none of it is shown.
        raise CopyError(
            f'The target must be "{SQLITE}", or an address such as '
            "postgresql://user:password@host/name. Special characters in a password must be "
            "percent-encoded."
        )
    # One connection is enough, and it says at once why there is none.
    del found["OPTIONS"]["pool"]
    return CopyTarget(name_of(found), found)


def name_of(database: dict[str, Any]) -> str:
    """Return what to call a database in a sentence."""
    host = f" on {database['HOST']}" if database["HOST"] else ""
    return str(database["NAME"]) if is_sqlite(database) else f"{database['NAME']}{host}"


def is_sqlite(database: dict[str, Any]) -> bool:
    """Tell whether settings of a database are those of SQLite."""
    return str(database["ENGINE"]).endswith("sqlite3")


@contextmanager
def place_for(target: CopyTarget) -> Iterator[None]:
    """Have a file written beside its place, and move it there when it is whole."""
    if not target.is_file:
        yield
        return
    file, fresh = settings.KIANDA_DATA_DIR / DATABASE, Path(target.database["NAME"])
    _refuse_old_file(file)
    # What a copy left that was cut off.
    shutil.rmtree(fresh.parent, ignore_errors=True)
    fresh.parent.mkdir(mode=0o700)
    try:
        yield
        if not bring_in_log(fresh):
            raise CopyError(f"The new database {fresh} cannot be closed. Copy again.")
        fresh.replace(file)
        data_directory.write_state(settings.KIANDA_DATA_DIR, data_directory.DONE)
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)


def _refuse_old_file(file: Path) -> None:
    if is_sqlite(settings.DATABASES[DEFAULT_DB_ALIAS]):
        raise CopyError(f"The database is already on SQLite: {file}.")
    # A log of another database that is left beside a new one would be written into it.
    log = file.with_name(f"{file.name}-wal")
    if log.exists() or not data_directory.is_empty(file):
        raise CopyError(
            f"{file.parent} already contains a database. Move {file.name} and {log.name} to "
            "another folder, then copy again."
        )


@contextmanager
def working_on(target: CopyTarget) -> Iterator[None]:
    """Have the product work on the target, and read the database of before as `SOURCE`."""
    known = connections.databases
    before = known[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS].close()
    _use({DEFAULT_DB_ALIAS: target.database, SOURCE: _only_read(before)})
    try:
        yield
    finally:
        connections[SOURCE].close()
        connections[DEFAULT_DB_ALIAS].close()
        _use({DEFAULT_DB_ALIAS: before})
        del known[SOURCE], connections[SOURCE]


def _use(databases: dict[str, dict[str, Any]]) -> None:
    """Have these aliases mean these databases."""
    connections.databases.update(ConnectionHandler(databases).databases)
    # It is opened when it is next asked for.
    del connections[DEFAULT_DB_ALIAS]


def _only_read(database: dict[str, Any]) -> dict[str, Any]:
    """Return the settings for one state of a database, which itself refuses to write."""
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    if is_sqlite(database):
        options |= {"transaction_mode": "DEFERRED", "init_command": "PRAGMA query_only=ON"}
    else:
        options["options"] += (
            " -c default_transaction_read_only=on"
            r" -c default_transaction_isolation=repeatable\ read"
        )
    return {**database, "OPTIONS": options}


def refuse_used(name: str) -> None:
    """Raise CopyError unless the database can be reached and has no tables of the product."""
    try:
        there = set(connection.introspection.table_names())
    except DatabaseError as error:
        raise CopyError(f"The database {name} cannot be used: {reason_of(error)}.") from error
    ours = sorted(there & {model._meta.db_table for model in apps.get_models()})
    if not ours:
        return
    if "django_migrations" in there and (unknown_migrations() or unapplied_migrations()):
        raise CopyError(f"The database {name} is of another version of Kianda. {_EMPTY_ONE}")
    raise CopyError(
        f"The database {name} is not empty: it already has tables of Kianda, such as {ours[0]}. "
        f"{_EMPTY_ONE}"
    )


def reason_of(error: Exception) -> str:
    """Return why a database refuses; the lines after the first would show values of rows."""
    return (str(error).strip() or "no reason given").splitlines()[0].rstrip(".")
