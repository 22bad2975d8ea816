"""A backup takes the place of the present database: wholly or not at all, also when killed."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from kianda.ops.backup_files import BackupError
from kianda.ops.backups import KEYS, is_sqlite, postgresql

FOLDER, STATE = "restore", "state.json"
# What is in there has told what it had to.
OVER = "restore.over"


def holds_work() -> bool:
    """Tell whether the present database has anything that a restore would destroy."""
    try:
        tables = set(connection.introspection.table_names())
    except DatabaseError as error:
        raise BackupError(
            f"The current database cannot be read: {error}. Move it to another folder, then "
            "restore again."
        ) from error
    for table in ("processes_processdesign", "datasources_datasource", "auth_user"):
        if table in tables:
            with connection.cursor() as cursor:
                # A table's name is no value; these three are ours.
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
                if cursor.fetchone():
                    return True
    return False


@contextmanager
def unpacking_folder() -> Iterator[Path]:
    """Make the folder that a restore unpacks into; one that is still there tells of a cut one."""
    folder = settings.KIANDA_DATA_DIR / FOLDER
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _clear(folder)


def replace_database(database: Path, keys: list[str], *, file: Path) -> None:
    """Put a checked database in the place of the present one, in one transaction."""
    # More keys than are needed harm nobody; without them the new database could not be read.
    if not _keep_keys(keys):
        raise BackupError(
            "The backup contains keys that are not in KIANDA_SECRET_KEYS. Add them first."
        )
    state = {"file": str(file), "before": _generation()}
    _write_to_disk(settings.KIANDA_DATA_DIR / FOLDER / STATE, json.dumps(state))
    if is_sqlite():
        _load_sqlite(database)
    else:
        _load_postgresql(database)


def tell_of_cut_restore() -> str:
    """Say how a restore ended that was cut off, and clear up after it; "" when there was none."""
    folder = settings.KIANDA_DATA_DIR / FOLDER
    if not folder.exists():
        shutil.rmtree(folder.with_name(OVER), ignore_errors=True)
        return ""
    try:
        state: dict[str, Any] = json.loads((folder / STATE).read_text())
    except (FileNotFoundError, ValueError):
        state = {}
    try:
        old = not state or state["before"] == _generation()
    except DatabaseError:
        # Whoever asks next whether the database can be read says why.
        return ""
    _clear(folder)
    if old:
        return (
            "A restore was interrupted before it changed anything. The database is unchanged. "
            "To use the backup, restore again."
        )
    return f"A restore was interrupted at its end. The database is complete, from {state['file']}."


def _clear(folder: Path) -> None:
    """Remove the folder of a restore at once: a half of it would tell wrong things."""
    over = folder.with_name(OVER)
    shutil.rmtree(over, ignore_errors=True)
    folder.rename(over)
    shutil.rmtree(over, ignore_errors=True)


def _generation() -> Any:
    """Return what changes when the whole database is replaced, in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Replacing the content counts it up.
            "PRAGMA schema_version"
            if is_sqlite()
            else "SELECT to_regclass('django_migrations')::oid::bigint"
        )
        return cursor.fetchone()[0]


def _load_sqlite(database: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(database)) as copy:
        try:
            copy.backup(connection.connection)
        except sqlite3.Error as error:
            raise BackupError(
                f"The database could not be replaced and is unchanged: {error}."
            ) from error


def _load_postgresql(database: Path) -> None:
    connection.close()
    postgresql(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
        f"--dbname={settings.DATABASES['default']['NAME']}", str(database),
    )  # fmt: skip


def _keep_keys(keys: list[str]) -> bool:
    """Add the keys of a backup to the ring's file; False where the environment sets the ring."""
    file = settings.KIANDA_DATA_DIR / KEYS
    missing = [key for key in keys if key not in settings.KIANDA_SECRET_KEYS]
    if not missing:
        return True
    if os.environ.get("KIANDA_SECRET_KEYS", "").strip() or not settings.EMBEDDED:
        return False
    ring = [*settings.KIANDA_SECRET_KEYS, *missing]
    _write_to_disk(file, ",".join(ring) + "\n")
    settings.KIANDA_SECRET_KEYS = ring
    return True


def _write_to_disk(file: Path, text: str) -> None:
    """Put a private file in its place when all of it is on the disk."""
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
