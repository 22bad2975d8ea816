"""Backups: one file with the database, a manifest, and the key ring when it is asked for."""

import itertools
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from kianda.accounts.services.key_ring import canary_opens
from kianda.lib.errors import NoSpace
from kianda.ops.backup_files import (
    FORMAT,
    FORMAT_WITHOUT_CHECKSUMS,
    BackupError,
    Content,
    contents_of,
    pack,
    unpack,
)
from kianda.ops.start_checks import unknown_migrations
from processes.files import storage

KEYS = "kianda_secret_keys"
SQLITE, POSTGRESQL = "kianda.sqlite3", "kianda.pgdump"


class Backup(NamedTuple):
    """What a backup holds, unpacked, and what could not be checked of it."""

    database: Path
    keys: list[str]
    warning: str


def is_sqlite() -> bool:
    """Tell which of the two databases is in use."""
    return connection.vendor == "sqlite"


def write_backup(target: Path, *, with_keys: bool) -> None:
    """Write the backup beside its place and move it there when it is whole."""
    with tempfile.TemporaryDirectory(dir=target.resolve().parent) as made:
        folder = Path(made)
        database = folder / (SQLITE if is_sqlite() else POSTGRESQL)
        members = [database]
        if is_sqlite():
            _copy_sqlite(database)
        else:
            postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={database}")
        if with_keys:
            members.append(folder / KEYS)
            members[-1].write_text(",".join(settings.KIANDA_SECRET_KEYS))
        about = {
            "created": timezone.now().isoformat(),
            "database": connection.vendor,
            "with_keys": with_keys,
        }
        pack(folder / "backup.tar", members, about=about, contents=_contents())
        (folder / "backup.tar").replace(target)


def _contents() -> Iterator[Content]:
    """Yield the contents of people's files, as they are after the database was copied.

    One that comes meanwhile is a content without a row, which is removed some day.
    """
    for key in storage.kept_keys():
        content = storage.open_whole(key)
        if content is not None:
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
            yield Content(key, size, content)


def put_back_contents(file: Path) -> int:
    """Store the contents that a checked backup holds; return how many.

    Before the database is replaced: what has no row then is removed some day.
    """
    count = 0
    for key, content in contents_of(file):
        try:
            storage.put_back(key, content)
        except NoSpace as full:
            raise BackupError(full.detail) from full
        count += 1
    return count


def _copy_sqlite(target: Path) -> None:
    """Copy with SQLite's own backup, which is consistent while others write."""
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        # In one step: it reads one state, and in WAL mode holds no writer up.
        connection.connection.backup(copy)
        # A single file: no log beside it that somebody could forget.
        copy.execute("PRAGMA journal_mode=DELETE")
        if verdict := _damage(copy):
            raise BackupError(f"The database is damaged, so no backup was written: {verdict}.")


def postgresql(program: str, *arguments: str) -> str:
    """Run a program of PostgreSQL on the product's database; return what it prints."""
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "PGDATABASE": str(database["NAME"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        # sslmode and its like; libpq has a variable for each.
        **{
            f"PG{name.upper()}": str(value)
            for name, value in database["OPTIONS"].items()
            if name != "pool"
        },
    }
    environment = {name: value for name, value in environment.items() if value}
    try:
        # What it inherits is the lock of a restore: it lives on when the command is killed.
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments of ours, no shell
            [program, *arguments],
            env=environment, check=True, capture_output=True, text=True, close_fds=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not installed; it comes with PostgreSQL.") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{program} failed: {error.stderr.strip()[-500:]}") from error
    return done.stdout


def read_backup(file: Path, folder: Path, *, without_keys: bool = False) -> Backup:
    """Unpack a backup into a folder and check all that can be checked of it.

    Refuses a damaged one, a newer one, and, unless `without_keys`, one whose secrets cannot be read
    here.
    """
    manifest = unpack(file, folder, names=(SQLITE, POSTGRESQL, KEYS))
    if manifest.get("format") not in {FORMAT, FORMAT_WITHOUT_CHECKSUMS}:
        raise BackupError(f"{file} has a format that this version does not support.")
    if manifest.get("database") != connection.vendor:
        raise BackupError(
            f"{file} is from a {manifest.get('database')} database; this is {connection.vendor}."
        )
    database = folder / (SQLITE if is_sqlite() else POSTGRESQL)
    if not database.exists():
        raise BackupError(f"{file} contains no database.")
    keys = _keys_of(folder / KEYS)
    _check(database, None if without_keys else [*settings.KIANDA_SECRET_KEYS, *keys])
    unsure = manifest["format"] == FORMAT_WITHOUT_CHECKSUMS
    return Backup(database, keys, _unchecked(file) if unsure else "")


def _keys_of(file: Path) -> list[str]:
    try:
        return file.read_text().split(",") if file.exists() else []
    except ValueError as error:
        raise BackupError(f"The key ring in the backup is damaged: {error}.") from error


def _unchecked(file: Path) -> str:
    return (
        f"{file} is from an older version and has no checksums. Its database is readable and its "
        "structure is valid, but its values could not be checked."
    )


def _check(database: Path, keys: list[str] | None) -> None:
    canary, applied = _look_into_sqlite(database) if is_sqlite() else _look_into_dump(database)
    if newer := unknown_migrations(applied):
        raise BackupError(f"The backup is from a newer version: it has {newer[-1]}.")
    if canary and keys is not None and not canary_opens(canary, keys):
        raise BackupError(
            "The backup was written with another key ring, so its secrets cannot be read. Add its "
            "keys to KIANDA_SECRET_KEYS, then restore again. If they are lost permanently, restore "
            "it with --without-keys."
        )


def _damage(copy: sqlite3.Connection) -> str:
    """Return the first flaw that SQLite finds in the whole of a database."""
    verdict = str(copy.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return "" if verdict == "ok" else verdict.replace("\n", " ")


def _look_into_sqlite(database: Path) -> tuple[str, set[tuple[str, str]]]:
    with closing(sqlite3.connect(database)) as copy:
        try:
            verdict = _damage(copy)
            canary = copy.execute("SELECT text FROM accounts_canary").fetchone()
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
            # Before the first migration there is no such table.
            migrated = "django_migrations" in tables
            rows = copy.execute("SELECT app, name FROM django_migrations") if migrated else ()
            applied = set(rows)
        except sqlite3.Error as error:
            raise BackupError(f"The database in the backup is damaged: {error}.") from error
    if verdict:
        raise BackupError(f"The database in the backup is damaged: {verdict}.")
    return (str(canary[0]) if canary else ""), applied


def _look_into_dump(database: Path) -> tuple[str, set[tuple[str, str]]]:
    # Every block is read and unpacked, though nothing is written anywhere.
    postgresql("pg_restore", f"--file={os.devnull}", str(database))
    canary = _rows_of(database, "accounts_canary")
    applied = {(row[1], row[2]) for row in _rows_of(database, "django_migrations")}
    return (canary[0][1] if canary else ""), applied


def _rows_of(database: Path, table: str) -> list[list[str]]:
    """Return the rows of a small table of a dump, as its COPY block writes them."""
    text = postgresql("pg_restore", "--data-only", f"--table={table}", "--file=-", str(database))
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("COPY ")), len(lines))
    block = itertools.takewhile(lambda line: line != "\\.", lines[start + 1 :])
    return [line.split("\t") for line in block]
