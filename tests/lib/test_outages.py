"""An outage of the database is told apart from a bug, and remembered for a moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from kianda.lib.db import outages
from kianda.lib.db.sqlite3.base import DatabaseWrapper


@pytest.fixture
def database(tmp_path: Path) -> Iterator[DatabaseWrapper]:
    """A connection to a file of its own that has a table; it does not wait for a lock."""
    settings = {
        **connections["default"].settings_dict,
        "ENGINE": "kianda.lib.db.sqlite3",
        "NAME": tmp_path / "some.sqlite3",
        "OPTIONS": {"timeout": 0, "transaction_mode": "IMMEDIATE"},
        "CONN_MAX_AGE": None,
    }
    made = DatabaseWrapper(settings)
    with made.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (text)")
    yield made
    made.close()


def failure(database: DatabaseWrapper, sql: str) -> OperationalError:
    with pytest.raises(OperationalError) as raised, database.cursor() as cursor:
        cursor.execute(sql)
    return raised.value


@pytest.mark.django_db
def test_a_locked_file_is_an_outage(database: DatabaseWrapper) -> None:
    with closing(sqlite3.connect(database.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = failure(database, "INSERT INTO kept VALUES ('x')")
    assert outages.noticed(error)
    assert outages.lately(timezone.now())
    assert not outages.lately(timezone.now() + timedelta(seconds=30))


@pytest.mark.django_db
def test_a_missing_table_is_a_bug(database: DatabaseWrapper) -> None:
    assert not outages.noticed(failure(database, "SELECT * FROM missing"))
    assert not outages.lately(timezone.now())


@pytest.mark.django_db
def test_a_file_that_was_moved_away_is_an_outage_and_no_new_one_is_begun(
    database: DatabaseWrapper, tmp_path: Path
) -> None:
    database.close()
    file = tmp_path / "some.sqlite3"
    file.rename(tmp_path / "elsewhere")
    error = failure(database, "SELECT * FROM kept")
    assert outages.noticed(error)
    assert not file.exists()
    (tmp_path / "elsewhere").rename(file)
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (0,)


def test_a_short_outage_is_bridged_unless_the_work_had_arrived() -> None:
    tries: list[str] = []
    taken_back: list[str] = []

    def attempt() -> None:
        tries.append("tried")
        raise OperationalError("The connection was lost.")

    outages.bridged(
        attempt, before_again=lambda: taken_back.append("back"), arrived=lambda: len(tries) == 2
    )
    assert (len(tries), len(taken_back)) == (2, 2)


def test_a_long_outage_is_given_up_where_nothing_would_be_lost() -> None:
    tries: list[str] = []

    def attempt() -> None:
        tries.append("tried")
        raise OperationalError("The database is away.")

    with pytest.raises(OperationalError):
        outages.bridged(attempt)
    assert len(tries) == 4
