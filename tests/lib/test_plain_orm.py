"""Prepared statements and group commit do what Django's ORM does without them."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from kianda.lib.db.group_commit import commit_together, write_all
from kianda.lib.db.prepared_statements import PreparedQuery, PreparedUpdate, insert_of, update_of
from processes.models import GivenProcessId, Run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("either_way")]


class Gone(Exception):
    """No such row."""


def stored() -> set[str]:
    return set(GivenProcessId.objects.values_list("key", flat=True))


def keep(key: str) -> None:
    GivenProcessId(key=key).save(force_insert=True)


def test_the_switch_decides_whether_a_query_is_compiled_once(ada: Any, either_way: bool) -> None:
    asked: list[str] = []

    def build(name: str) -> Any:
        asked.append(name)
        return User.objects.filter(username=name)

    by_name = PreparedQuery(build, "sample")
    assert [by_name.rows("ada"), by_name.rows("ben"), by_name.first("ada")] == [[ada], [], ada]
    assert ("sample" not in asked) is either_way


@pytest.mark.parametrize("statement", ["insert", "update", "prepared update"])
def test_a_refused_statement_breaks_its_transaction_up_to_the_savepoint(
    ada: Any, ben: Any, statement: str
) -> None:
    rename = PreparedUpdate(
        lambda pk, name: (User.objects.filter(pk=pk), {"username": name}), -4711, "sample"
    )

    def refused() -> None:
        if statement == "insert":
            insert_of(User(username="ada")).run()
        elif statement == "update":
            update_of(User, where={"id": ben.pk}, username="ada").run()
        else:
            rename.run(ben.pk, "ada")

    with transaction.atomic():
        keep("a")
        with pytest.raises(IntegrityError), transaction.atomic():
            refused()
        keep("b")
    with transaction.atomic():
        keep("c")
        with pytest.raises(IntegrityError):
            refused()
        with pytest.raises(transaction.TransactionManagementError):
            keep("d")
    assert stored() == {"a", "b"}


def test_a_row_that_was_taken_back_is_written_again_with_a_number_of_its_own(ada: Any) -> None:
    run = Run(
        process_id="p-1", process="p", version="1.0", trigger="api", status="queued",
        queued=datetime(2026, 11, 23, tzinfo=UTC), run_as=ada, steps=[1],
    )  # fmt: skip
    write = insert_of(run)
    with transaction.atomic():
        write.run()
        transaction.set_rollback(True)
    other = Run.objects.create(
        process_id="p-2", process="p", version="1.0", trigger="api", status="queued",
        queued=run.queued, run_as=ada,
    )  # fmt: skip
    write.run()
    assert run.pk != other.pk
    assert Run.objects.get(pk=run.pk).steps == [1]


def test_an_update_never_writes_a_value_that_is_not_sealed_for_its_row(ada: Any) -> None:
    run = Run.objects.create(
        process_id="p-1", process="p", version="1.0", trigger="api", status="queued",
        queued=datetime(2026, 11, 23, tzinfo=UTC), run_as=ada, journal={"a": 1},
    )  # fmt: skip
    with pytest.raises(TypeError, match="sealed for its row"):
        update_of(Run, where={"id": run.pk}, journal={"a": 2}).run()
    assert Run.objects.get(pk=run.pk).journal == {"a": 1}


@pytest.mark.parametrize("is_one_statement", [False, True])
def test_a_commit_returns_what_its_work_does_and_runs_its_hooks_after_it(
    is_one_statement: bool,
) -> None:
    ran: list[tuple[int, bool, set[str]]] = []

    def work() -> str:
        keep("a")
        transaction.on_commit(
            lambda: ran.append((threading.get_ident(), connection.in_atomic_block, stored()))
        )
        return "kept"

    assert commit_together(work, is_one_statement=is_one_statement) == "kept"
    assert ran == [(threading.get_ident(), False, {"a"})]


def test_work_that_fails_leaves_nothing_and_runs_no_hook() -> None:
    ran: list[str] = []

    def work() -> None:
        transaction.on_commit(lambda: ran.append("hook"))
        keep("a")
        keep("a")

    with pytest.raises(IntegrityError):
        commit_together(work)
    with pytest.raises(Gone):
        write_all(
            [lambda: keep("b"), update_of(User, where={"id": 0}, or_raise=Gone(), email="x").run]
        )
    assert (stored(), ran) == (set(), [])


@pytest.mark.parametrize("is_one_statement", [False, True])
def test_work_within_a_transaction_fails_alone_and_is_stored_with_it(
    is_one_statement: bool,
) -> None:
    with transaction.atomic():
        keep("a")
        with pytest.raises(IntegrityError):
            commit_together(lambda: keep("a"), is_one_statement=is_one_statement)
        commit_together(lambda: keep("b"), is_one_statement=is_one_statement)
    assert stored() == {"a", "b"}
    with transaction.atomic():
        commit_together(lambda: keep("c"), is_one_statement=is_one_statement)
        transaction.set_rollback(True)
    assert stored() == {"a", "b"}
