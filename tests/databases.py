"""An SQLite database of the tests is as new after each test that commits, at the cost of a copy.

Django would empty every table and send post_migrate, which makes the content types, permissions,
groups and periodic tasks anew: that takes longer than most of the tests themselves.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

NUMBERS = "SELECT seq, name FROM sqlite_sequence"
GO_ON = "UPDATE sqlite_sequence SET seq = ? WHERE name = ?"


@contextmanager
def beginning_kept() -> Iterator[None]:
    """Have each test that commits come back to what the database holds now."""
    with closing(sqlite3.connect(":memory:")) as beginning, pytest.MonkeyPatch.context() as patch:
        opened().backup(beginning)

        def come_back(_: TransactionTestCase) -> None:
            file = opened()
            # As with Django, the numbers of rows go on where they were.
            numbers = file.execute(NUMBERS).fetchall()
            beginning.backup(file)
            file.executemany(GO_ON, numbers)
            file.commit()

        patch.setattr(TransactionTestCase, "_fixture_teardown", come_back)
        yield


Rows = dict[str, list[tuple[Any, ...]]]


def all_rows() -> Rows:
    """Return every row of every table of ours."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    file = opened()
    return {name: file.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def rows_since(before: Rows) -> Rows:
    """Return the rows that came, or were changed, since then."""
    now = all_rows()
    return {
        name: came
        for name, rows in now.items()
        if (came := [row for row in rows if row not in before[name]])
    }


def put_in(rows: Rows) -> None:
    """Put rows into the database as they were."""
    file = opened()
    for name, found in rows.items():
        places = ", ".join("?" * len(found[0]))
        file.executemany(f'INSERT OR REPLACE INTO "{name}" VALUES ({places})', found)


def opened() -> Any:
    """Return SQLite's own connection."""
    connection.ensure_connection()
    return connection.connection
