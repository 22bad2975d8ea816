"""A new database is made in one step: it is what a hundred migrations come to, rows and all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.kianda.product import begun, manage, migrated
from tests.upgrade import shapes

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def rows(file: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    with closing(sqlite3.connect(file)) as database:
        return {
            table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for (table,) in database.execute(TABLES).fetchall()
        }


def test_a_new_database_is_as_if_each_migration_had_been_carried_out(tmp_path: Path) -> None:
    new, stepped = migrated(tmp_path / "new"), begun(tmp_path / "stepped")
    done = manage(stepped, "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    one, other = new / "kianda.sqlite3", stepped / "kianda.sqlite3"
    assert shapes.of_sqlite(one) == shapes.of_sqlite(other)
    assert rows(one) == rows(other)
