"""A cursor of the SQLite backend does what Django's own does, with and without listeners."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="It is the backend of SQLite."),
]


@pytest.fixture(autouse=True, params=[False, True], ids=["alone", "listened to"])
def heard(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Return the statements that a listener hears, where there is one."""
    statements: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with ExitStack() as stack:
        if request.param:
            stack.enter_context(connection.execute_wrapper(listen))
        yield statements


def test_marks_for_parameters_are_djangos() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, '100 %%', %s", ["a", 2])
        assert cursor.fetchone() == ("a", "100 %", 2)
        cursor.execute("SELECT %(name)s", {"name": "ada"})
        assert cursor.fetchall() == [("ada",)]
        cursor.execute("SELECT '%s'")
        assert cursor.fetchmany(2) == [("%s",)]


def test_an_error_of_the_database_is_djangos() -> None:
    with connection.cursor() as cursor, pytest.raises(OperationalError) as error:
        cursor.execute("SELECT nothing_that_is_there")
    assert isinstance(error.value.__cause__, sqlite3.OperationalError)


def test_many_rows_go_in_at_once_or_are_refused() -> None:
    given = "INSERT INTO processes_givenprocessid (key) VALUES (%s)"
    with connection.cursor() as cursor:
        cursor.executemany(given, [("a",), ("b",)])
        assert cursor.rowcount == 2
        with pytest.raises(IntegrityError):
            cursor.executemany(given, [("a",)])


def test_what_goes_wrong_while_rows_are_fetched_is_djangos_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT abs(key) FROM (SELECT 1 AS key UNION ALL SELECT -9223372036854775808)"
        )
        with pytest.raises(DatabaseError, match="integer overflow"):
            cursor.fetchall()


def test_a_broken_transaction_takes_no_more_statements() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with connection.cursor() as cursor, pytest.raises(transaction.TransactionManagementError):
            cursor.execute("SELECT 1")


def test_a_connection_of_another_thread_is_refused() -> None:
    refused: list[DatabaseError] = []
    own = connections["default"]

    def ask() -> None:
        try:
            own.cursor()
        except DatabaseError as error:
            refused.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert "created in thread" in str(refused[0])


def test_a_connection_that_was_closed_below_is_told_of() -> None:
    connection.ensure_connection()
    connection.connection.close()
    with pytest.raises(ProgrammingError):
        connection.cursor().execute("SELECT 1")
    connection.close()


def test_a_listener_hears_each_statement(heard: list[str], request: pytest.FixtureRequest) -> None:
    connection.cursor().execute("SELECT 1")
    assert heard == (["SELECT 1"] if request.node.callspec.id == "listened to" else [])
