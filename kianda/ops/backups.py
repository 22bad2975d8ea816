"""Backups: one tar file with the database, a manifest, and the key ring when it is asked for."""

import io
import itertools
import json
import os
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import connection
from django.utils import timezone

from kianda.ops.start_checks import unknown_migrations

MANIFEST, KEYS = "manifest.json", "kianda_secret_keys"
SQLITE, POSTGRESQL = "kianda.sqlite3", "kianda.pgdump"
FORMAT = 1


class BackupError(Exception):
    """The backup or the restore cannot be done."""


def is_sqlite() -> bool:
    """Tell which of the two databases is in use."""
    return connection.vendor == "sqlite"


def write_backup(target: Path, *, with_keys: bool) -> None:
    """Write the backup beside its place and move it there when it is whole."""
    with tempfile.TemporaryDirectory(dir=target.resolve().parent) as folder:
        database = Path(folder) / (SQLITE if is_sqlite() else POSTGRESQL)
        if is_sqlite():
            _copy_sqlite(database)
        else:
            _postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={database}")
        made = Path(folder) / "backup.tar"
        made.touch(mode=0o600)
        with tarfile.open(made, "w") as tar:
            _add(tar, MANIFEST, json.dumps(_manifest(with_keys=with_keys), indent=1).encode())
            tar.add(database, database.name)
            if with_keys:
                _add(tar, KEYS, ",".join(settings.KIANDA_SECRET_KEYS).encode())
        # Copied to the disk first: a file that is listed must also be there after a power cut.
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(target)


def _manifest(*, with_keys: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "created": timezone.now().isoformat(),
        "database": connection.vendor,
        "with_keys": with_keys,
    }


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    tar.addfile(entry, io.BytesIO(content))


def _copy_sqlite(target: Path) -> None:
    """Copy with SQLite's own backup, which is consistent while others write."""
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        # In one step: it reads one state, and in WAL mode holds no writer up.
        connection.connection.backup(copy)
        # A single file: no log beside it that somebody could forget.
        copy.execute("PRAGMA journal_mode=DELETE")


def _postgresql(program: str, *arguments: str) -> str:
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "PGDATABASE": str(database["NAME"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        # sslmode and its like; libpq has a variable for each.
        **{f"PG{name.upper()}": str(value) for name, value in database["OPTIONS"].items()},
    }
    environment = {name: value for name, value in environment.items() if value}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments of ours, no shell
            [program, *arguments], env=environment, check=True, capture_output=True, text=True
        )
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not installed; it comes with PostgreSQL.") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{program} failed: {error.stderr.strip()[-500:]}") from error
    return done.stdout


def read_backup(file: Path, folder: Path) -> tuple[Path, list[str]]:
    """Unpack a backup into a folder; return its database and the keys that it holds."""
    manifest = _unpacked(file, folder)
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{file} has a form that this version does not know.")
    if manifest.get("database") != connection.vendor:
        raise BackupError(
            f"{file} is of a {manifest.get('database')} database; this is {connection.vendor}."
        )
    database = folder / (SQLITE if is_sqlite() else POSTGRESQL)
    if not database.exists():
        raise BackupError(f"{file} holds no database.")
    keys = folder / KEYS
    return database, keys.read_text().split(",") if keys.exists() else []


def _unpacked(file: Path, folder: Path) -> Mapping[str, Any]:
    """Put what a backup holds into a folder; return what it says of itself."""
    not_ours = f"{file} is not a backup of this product"
    try:
        tar = tarfile.open(file)  # noqa: SIM115 - closed below; what opening says is told apart
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{not_ours}: it is no tar file.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error}.") from error
    try:
        with tar:
            names = {SQLITE, POSTGRESQL, MANIFEST, KEYS}
            wanted = [m for m in tar.getmembers() if m.isfile() and m.name in names]
            tar.extractall(folder, members=wanted, filter="data")
        manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError as error:
        raise BackupError(f"{not_ours}: it holds no {MANIFEST}.") from error
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BackupError(f"{not_ours}, or it is damaged: {error}.") from error
    return manifest


def holds_work() -> bool:
    """Tell whether the present database has anything that a restore would destroy."""
    tables = set(connection.introspection.table_names())
    for table in ("processes_processdesign", "datasources_datasource", "auth_user"):
        if table in tables:
            with connection.cursor() as cursor:
                # A table's name is no value; these three are ours.
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
                if cursor.fetchone():
                    return True
    return False


def check(database: Path, keys: list[str]) -> None:
    """Refuse a damaged copy, a newer one, and one whose secrets none of the keys can read."""
    canary, applied = _look_into_sqlite(database) if is_sqlite() else _look_into_dump(database)
    if newer := unknown_migrations(applied):
        raise BackupError(f"The backup was made by a newer version: it has {newer[-1]}.")
    if canary and not readable(canary, keys):
        raise BackupError(
            "The backup was made with another key ring. Put its keys in KIANDA_SECRET_KEYS, then "
            "restore again: its secrets could not be read."
        )


def _look_into_sqlite(database: Path) -> tuple[str, set[tuple[str, str]]]:
    with closing(sqlite3.connect(database)) as copy:
        try:
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
            canary = copy.execute("SELECT text FROM accounts_canary").fetchone()
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
            # Before the first migration there is no such table.
            migrated = "django_migrations" in tables
            rows = copy.execute("SELECT app, name FROM django_migrations") if migrated else ()
            applied = set(rows)
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The database in the backup is damaged: {error}.") from error
    if verdict != "ok":
        raise BackupError(f"The database in the backup is damaged: {verdict}.")
    return (canary[0] if canary else ""), applied


def _look_into_dump(database: Path) -> tuple[str, set[tuple[str, str]]]:
    canary = _rows_of(database, "accounts_canary")
    applied = {(row[1], row[2]) for row in _rows_of(database, "django_migrations")}
    return (canary[0][1] if canary else ""), applied


def _rows_of(database: Path, table: str) -> list[list[str]]:
    """Return the rows of a small table of a dump, as its COPY block writes them."""
    text = _postgresql("pg_restore", "--data-only", f"--table={table}", "--file=-", str(database))
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("COPY ")), len(lines))
    block = itertools.takewhile(lambda line: line != "\\.", lines[start + 1 :])
    return [line.split("\t") for line in block]


def readable(token: str, keys: list[str]) -> bool:
    """Tell whether one of the keys reads an encrypted text."""
    try:
        MultiFernet([Fernet(key) for key in keys]).decrypt(token.encode())
    except (InvalidToken, ValueError):
        return False
    return True


def load_sqlite(database: Path) -> None:
    """Write the copy into the present database in one transaction, beside open connections."""
    connection.ensure_connection()
    with closing(sqlite3.connect(database)) as copy:
        try:
            copy.backup(connection.connection)
        except sqlite3.OperationalError as error:
            raise BackupError(
                f"The database is in use: {error}. Stop the product first."
            ) from error


def load_postgresql(database: Path) -> None:
    """Replace the present database in one transaction."""
    connection.close()
    _postgresql(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
        f"--dbname={settings.DATABASES['default']['NAME']}", str(database),
    )  # fmt: skip


def keep_keys(keys: list[str]) -> bool:
    """Add the keys of a backup to the ring's file; False where the environment sets the ring."""
    file = settings.KIANDA_DATA_DIR / KEYS
    missing = [key for key in keys if key not in settings.KIANDA_SECRET_KEYS]
    if not missing:
        return True
    if os.environ.get("KIANDA_SECRET_KEYS", "").strip() or not settings.EMBEDDED:
        return False
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(",".join([*settings.KIANDA_SECRET_KEYS, *missing]) + "\n")
    fresh.replace(file)
    settings.KIANDA_SECRET_KEYS = [*settings.KIANDA_SECRET_KEYS, *missing]
    return True
