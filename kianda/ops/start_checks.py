"""Before anything starts: is the database there, of this version, and under this key ring?"""

import sys
from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InternalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from kianda.accounts.services.key_ring import check_key_ring
from kianda.checks import settings_are_sound
from kianda.lib.secrets import WrongKeyRing

OWN_APPS = frozenset({"accounts", "datasources", "processes", "scheduler"})


class NotReadyError(Exception):
    """The product cannot start on this database."""


def unapplied_migrations() -> list[str]:
    """Return the migrations of this code that the database does not have."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown_migrations(applied: Iterable[tuple[str, str]] | None = None) -> list[str]:
    """Return the migrations of a database (this one) that this code does not have: it is newer."""
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations or ())
    applied = set(loader.applied_migrations or ()) if applied is None else set(applied)
    # An app without migrations of its own (as in the tests) has nothing to be compared with.
    counted = OWN_APPS & (loader.migrated_apps or set())
    return sorted(f"{app}.{name}" for app, name in applied - known if app in counted)


def check_ready() -> None:
    """Raise NotReadyError with a sentence when the product must not start."""
    for message in settings_are_sound():
        if message.is_serious():
            raise NotReadyError(f"{message.msg} {message.hint}")
    check_version()
    try:
        check_key_ring()
    except WrongKeyRing as error:
        raise NotReadyError(str(error)) from error


def check_version() -> None:
    """Raise NotReadyError with a sentence where the database is unreadable, newer or older."""
    try:
        connection.ensure_connection()
        newer = unknown_migrations()
        older = [] if newer else unapplied_migrations()
    except DatabaseError as error:
        raise NotReadyError(_unreadable(error)) from error
    if newer:
        raise NotReadyError(
            f"The database is from a newer version: it has {newer[-1]}. Start that version, or "
            "restore an earlier backup."
        )
    if older:
        raise NotReadyError(
            f"The database is missing {len(older)} migrations, starting with {older[0]}. "
            "Run python manage.py migrate."
        )


def sentence_of(error: Exception) -> str | None:
    """Return what to tell of an error of disk or database that ends a command; None: a fault."""
    if isinstance(error, OSError):
        what = f"{error.filename} cannot be used" if error.filename else "Reading or writing failed"
        return (
            f"{what}: {error.strerror or error}. The data directory is {settings.KIANDA_DATA_DIR}."
        )
    # Values that a table does not take are a fault of the code: its traceback is what helps then.
    if isinstance(error, IntegrityError | DataError | InternalError):
        return None
    return f"{_unreadable(error)} For details, run python manage.py check_start."


def _unreadable(error: Exception) -> str:
    name = settings.DATABASES["default"]["NAME"]
    reason = (str(error).strip() or "no reason given").splitlines()[0]
    return f"The database {name} cannot be used: {reason}."


def refuse_unready() -> None:
    """Say what is wrong and end with exit code 1, or return when the product may start."""
    try:
        check_ready()
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error
