"""The product as a process of its own, with a data directory of its own."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
FIRST_TABLE = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([("contenttypes", "0001_initial")])
"""


def manage(folder: Path, *arguments: Any, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run manage.py with a clean environment on the given data directory."""
    return _run("manage.py", *arguments, KIANDA_DATA_DIR=str(folder), **more)


def _run(*arguments: Any, **settings: Any) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KIANDA_", "DJANGO_")) and name not in {"DATABASE_URL"}
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**kept, "KIANDA_DEMO": "0", **settings},
        capture_output=True, text=True, timeout=110,
    )  # fmt: skip


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` has filled, once for all processes of the tests: to be copied."""
    known: Path = settings.KIANDA_DATA_DIR / name
    with known.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            half = known.with_suffix(".half")
            make(half)
            half.rename(known)
    return known


def migrated(folder: Path) -> Path:
    """Give a folder what `migrate` leaves in an empty one."""

    def make(half: Path) -> None:
        done = manage(half, "migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    shutil.copytree(made_once("migrated", make), folder, dirs_exist_ok=True)
    return folder


def begun(folder: Path) -> Path:
    """Give a folder a database with one table: `migrate` carries out one step after the other."""
    settings = {"KIANDA_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "kianda.settings"}
    done = _run("-c", FIRST_TABLE, **settings)
    assert done.returncode == 0, done.stderr
    return folder
