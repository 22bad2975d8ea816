"""The gate before SQLite's write lock orders the waiting and never changes what is true."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from kianda.lib.db.sqlite3.gate import Gate, gate_of
from processes.models import GivenProcessId
from tests.threads import at_once


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A gate of its own."""
    return Gate(tmp_path / "database-gate")


def test_only_one_thread_is_inside(gate: Gate) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(30):
            assert gate.enter(patience_s=20)
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            gate.leave()

    at_once(8, work)
    assert max(most) == 1
    assert len(most) == 240


def test_who_waits_too_long_goes_on_without_the_gate(gate: Gate) -> None:
    assert gate.enter(patience_s=1)
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(gate.enter(patience_s=0.05)))
    thread.start()
    thread.join()
    assert seen == [False]
    gate.leave()
    assert gate.enter(patience_s=0.05)
    gate.leave()


def in_child(work: Any) -> int:
    """Run a function in a forked child and return its exit code."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_another_process_waits_too_and_a_killed_one_leaves(gate: Gate) -> None:
    assert gate.enter(patience_s=1)
    assert in_child(lambda: int(gate.enter(patience_s=0.05))) == 0
    gate.leave()
    # The child ends inside: the operating system lets go for it.
    assert in_child(lambda: int(gate.enter(patience_s=1))) == 1
    assert gate.enter(patience_s=1)
    gate.leave()


@pytest.fixture
def free() -> Any:
    """Return a question: could somebody else enter the gate of the test's database now?"""
    if connection.vendor != "sqlite":
        pytest.fail("This file is about SQLite; the suite runs on it.")

    def ask() -> bool:
        seen: list[bool] = []

        def look() -> None:
            door = gate_of(str(connection.settings_dict["NAME"]))
            seen.append(door.enter(patience_s=0.02))
            if seen[0]:
                door.leave()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return seen[0]

    return ask


@pytest.mark.django_db(transaction=True)
def test_a_transaction_holds_the_gate_until_its_commit(free: Any) -> None:
    with transaction.atomic():
        GivenProcessId.objects.create(key="a")
        assert not free()
    assert free()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_leaves_the_gate(free: Any) -> None:
    def twice() -> None:
        with transaction.atomic():
            GivenProcessId.objects.create(key="a")
            GivenProcessId(key="a").save(force_insert=True)

    with pytest.raises(DatabaseError):
        twice()
    assert free()


@pytest.mark.django_db(transaction=True)
def test_a_write_outside_a_transaction_leaves_the_gate(free: Any) -> None:
    GivenProcessId.objects.filter(key="a").update(key="b")
    assert free()


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_in_a_transaction_leaves_the_gate(free: Any) -> None:
    def lost() -> None:
        with transaction.atomic():
            connection.close()
            GivenProcessId.objects.create(key="a")

    with pytest.raises(DatabaseError):
        lost()
    assert free()


@pytest.mark.django_db(transaction=True)
def test_reading_does_not_wait_for_a_writer(free: Any) -> None:
    found: list[int] = []

    def read() -> None:
        found.append(GivenProcessId.objects.count())
        connection.close()

    with transaction.atomic():
        GivenProcessId.objects.create(key="a")
        thread = threading.Thread(target=read)
        thread.start()
        # Less than the patience of who waits for the gate, and much more than a read needs.
        thread.join(connection.settings_dict["OPTIONS"]["timeout"] / 2)
        assert found == [0]
    thread.join()
