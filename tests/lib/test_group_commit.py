"""Group commit: what is ready at one moment is stored by one COMMIT, and each write fails alone."""

import os
import threading
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.utils import timezone

from kianda.lib.db.group_commit import Group, _group_of, commit_together
from processes.models import BulkPressRow, GivenProcessId
from tests.plain_orm import prepared_alone
from tests.threads import until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    prepared_alone("on the plain ORM, no thread commits for another one"),
]
Work = Callable[[], Any]


class Writer(threading.Thread):
    """A thread that writes, and remembers what came of it."""

    def __init__(self, work: Work, *, before: Work = lambda: None) -> None:
        super().__init__()
        self.work, self.before = work, before
        self.value: Any = None
        self.error: BaseException | None = None
        self.keeps_its_connection = False

    def run(self) -> None:
        try:
            self.before()
            opened = connection.connection
            self.value = commit_together(self.work)
            self.keeps_its_connection = connection.connection is opened
        except BaseException as error:  # noqa: BLE001 - a leader may be told to end
            self.error = error
        finally:
            connection.close()


def together(*writers: Writer) -> None:
    """Have all of them ready in this order while another one writes; the first leads the rest."""
    group = _group_of(connections[DEFAULT_DB_ALIAS])
    if group is None:
        pytest.fail("This file is about SQLite; the suite runs on it.")
    all_ready = threading.Event()
    first = Writer(lambda: all_ready.wait(20))
    first.start()
    until(lambda: group._is_led and not group._waiting)
    for ready, writer in enumerate(writers, start=1):
        writer.start()
        until(partial(_waits, group, ready))
    all_ready.set()
    for thread in (first, *writers):
        thread.join()
    assert first.value
    assert not group._is_led


def _waits(group: Group, ready: int) -> bool:
    return len(group._waiting) == ready


def writes(key: str) -> Work:
    """Return work that stores a key and returns the thread that did it."""

    def work() -> int:
        GivenProcessId.objects.create(key=key)
        return threading.get_ident()

    return work


def stored() -> set[str]:
    return set(GivenProcessId.objects.values_list("key", flat=True))


def test_what_is_ready_at_one_moment_is_stored_in_one_transaction() -> None:
    writers = [Writer(writes(key)) for key in "abc"]
    together(*writers)
    assert {writer.value for writer in writers} == {writers[0].ident}
    assert stored() == {"a", "b", "c"}


def test_one_that_is_alone_writes_in_its_own_thread() -> None:
    assert commit_together(writes("a")) == threading.get_ident()
    with pytest.raises(IntegrityError):
        commit_together(lambda: GivenProcessId(key="a").save(force_insert=True))
    assert stored() == {"a"}


def test_a_write_that_fails_fails_alone_and_leaves_nothing() -> None:
    def half() -> None:
        GivenProcessId.objects.create(key="half")
        GivenProcessId(key="a").save(force_insert=True)

    first = Writer(writes("a"), before=lambda: connection.ensure_connection())
    writers = [first, Writer(half), Writer(writes("c"))]
    together(*writers)
    assert [type(writer.error) for writer in writers] == [type(None), IntegrityError, type(None)]
    assert stored() == {"a", "c"}
    assert first.keeps_its_connection


def test_when_the_transaction_breaks_the_others_are_stored_and_the_connection_is_left() -> None:
    def breaks() -> None:
        # What SQLite does by itself when the disk is full.
        connection.connection.rollback()
        raise OperationalError("database or disk is full")

    first = Writer(writes("a"), before=lambda: connection.ensure_connection())
    writers = [first, Writer(breaks), Writer(writes("c"))]
    together(*writers)
    assert [str(writer.error) for writer in writers] == ["None", "database or disk is full", "None"]
    assert [writers[0].value, writers[2].value] == [writers[0].ident, writers[2].ident]
    assert not first.keeps_its_connection
    assert stored() == {"a", "c"}


def test_a_reference_to_nothing_is_found_at_the_commit_and_fails_alone() -> None:
    def refers_to_nothing() -> None:
        BulkPressRow.objects.create(press_id=987_654, process_id="p-1", key="p-1")

    writers = [Writer(writes("a")), Writer(refers_to_nothing), Writer(writes("c"))]
    together(*writers)
    assert [type(writer.error) for writer in writers] == [type(None), IntegrityError, type(None)]
    assert stored() == {"a", "c"}
    assert not BulkPressRow.objects.exists()


def test_a_transaction_that_ended_unnoticed_is_noticed() -> None:
    def hides() -> None:
        connection.connection.rollback()

    writers = [Writer(writes("a")), Writer(hides), Writer(writes("c"))]
    together(*writers)
    assert stored() == {"a", "c"}


def test_a_commit_that_fails_is_told_to_each_and_stores_nothing() -> None:
    def fails() -> None:
        raise OperationalError("disk I/O error")

    def broken_disk() -> None:
        connection.ensure_connection()
        connection.commit = fails  # type: ignore[method-assign]

    leads = Writer(writes("a"), before=broken_disk)
    writers = [leads, Writer(writes("b")), Writer(lambda: 1 / 0)]
    together(*writers)
    kinds = [type(writer.error) for writer in writers]
    assert kinds == [OperationalError, OperationalError, ZeroDivisionError]
    assert writers[0].error is not writers[1].error
    assert stored() == set()


def test_when_no_transaction_can_begin_all_that_wait_are_told() -> None:
    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("BEGIN"):
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    leads = Writer(writes("a"), before=lambda: connection.execute_wrappers.append(refuse))
    writers = [leads, Writer(writes("b"))]
    together(*writers)
    assert [str(writer.error) for writer in writers] == ["database is locked"] * 2
    assert stored() == set()


def test_a_leader_that_is_told_to_end_leaves_nobody_waiting() -> None:
    def ends() -> None:
        raise SystemExit

    writers = [Writer(ends), Writer(writes("b")), Writer(writes("c"))]
    together(*writers)
    assert isinstance(writers[0].error, SystemExit)
    assert stored() == {"b", "c"}


def test_hooks_and_the_time_zone_are_those_of_who_asked() -> None:
    ran: list[tuple[str, int, bool]] = []
    dublin = ZoneInfo("Europe/Dublin")

    def work(name: str) -> str:
        transaction.on_commit(
            lambda: ran.append((name, threading.get_ident(), connection.in_atomic_block))
        )
        if name == "failed":
            raise ValueError
        return timezone.get_current_timezone_name()

    writers = [
        Writer(lambda: work("first"), before=lambda: timezone.activate(UTC)),
        Writer(lambda: work("failed")),
        Writer(lambda: work("third"), before=lambda: timezone.activate(dublin)),
    ]
    together(*writers)
    assert [writers[0].value, writers[2].value] == ["UTC", "Europe/Dublin"]
    expected = [("first", writers[0].ident, False), ("third", writers[2].ident, False)]
    assert sorted(ran) == expected


def test_within_a_transaction_it_is_a_part_of_that_one() -> None:
    def outer() -> None:
        with transaction.atomic():
            commit_together(writes("a"))
            raise ValueError

    with pytest.raises(ValueError):
        outer()
    assert stored() == set()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_waits_for_none_of_its_parents_threads() -> None:
    group = Group()
    group._is_led = True
    child = os.fork()
    if child == 0:
        os._exit(int(group._is_led))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
