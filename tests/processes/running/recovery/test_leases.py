"""Nobody takes a run over while its lease holds; then one does, and its holder sends no more."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from processes.document_cache import document_of
from processes.instances.leases import LEASE, TRUSTED_FOR_S, TakenOver, holder
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from processes.running.checkpoints import RunCheckpoints
from tests.processes.conftest import answers
from tests.processes.running.recovery.dying import Died, another_process, recover
from tests.processes.stories import Make, press, values_of
from tests.threads import at_once, in_background, name_of_the_dead

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_is_left_alone_while_its_lease_holds(died_after: Died) -> None:
    _, run = died_after("calling")
    soon = timezone.now() + LEASE - timedelta(seconds=5)
    assert recover(moment=soon) == []
    assert Run.objects.get(pk=run.pk).status == "running"


def test_a_run_is_taken_over_within_a_minute_once_its_lease_is_over(died_after: Died) -> None:
    _, run = died_after("answered")
    [finished] = recover(moment=timezone.now() + timedelta(seconds=31))
    assert (finished.pk, finished.status) == (run.pk, "succeeded")


@pytest.mark.parametrize(
    ("phase", "status"), [("calling", "interrupted"), ("answered", "succeeded")]
)
def test_a_run_is_taken_over_at_once_when_its_process_is_known_to_be_gone(
    died_after: Died, provider: HTTPServer, phase: str, status: str
) -> None:
    instance, run = died_after(phase)
    Run.objects.filter(pk=run.pk).update(holder=name_of_the_dead())
    assert run.lease_until is not None
    [ended] = recover(moment=run.lease_until - LEASE, by_lease=False)
    assert (ended.pk, ended.status) == (run.pk, status)
    assert not provider.log
    assert press(instance, run.run_as).status == "succeeded"


def test_a_run_whose_process_lives_waits_for_its_lease_whatever_that_says_of_other_machines(
    died_after: Died,
) -> None:
    _, run = died_after("calling")
    for name in (run.holder, f"elsewhere.{name_of_the_dead().split('.', 1)[1]}"):
        Run.objects.filter(pk=run.pk).update(holder=name)
        assert recover() == []
    late = timezone.now() + 2 * LEASE
    assert recover(moment=late, by_lease=False) == []
    assert len(recover(moment=late)) == 1


def test_what_is_only_to_be_closed_does_not_wait_for_what_is_carried_on(died_after: Died) -> None:
    _, first = died_after("answered")
    _, second = died_after("calling")
    assert [run.pk for run in recover(everything=True)] == [second.pk, first.pk]


def test_a_clock_that_is_put_back_delays_no_takeover(died_after: Died) -> None:
    _, run = died_after("calling")
    yesterday = timezone.now() - timedelta(days=1)
    with another_process():
        # Its holder may be alive: then it renews the lease by today's clock.
        assert runs.recover_runs(moment=yesterday) == []
        assert runs.recover_runs(moment=yesterday + LEASE) == []
        (found,) = runs.recover_runs(moment=yesterday + LEASE + timedelta(seconds=1))
    assert (found.pk, found.status) == (run.pk, "interrupted")


def test_a_process_does_not_take_over_what_it_works_on_itself(died_after: Died) -> None:
    _, run = died_after("calling")
    assert runs.recover_runs(everything=True) == []
    holder.holds(run.pk)
    try:
        assert runs.recover_runs(moment=timezone.now() + 2 * LEASE) == []
    finally:
        holder.lets_go(run.pk)


def test_a_process_takes_over_its_own_run_that_it_could_not_close(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()

    def away(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if "finished" in sql.split("WHERE")[0] and sql.startswith("UPDATE"):
            raise OperationalError("The database is away.")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        press(instance, ada)
    assert runs.recover_runs() == []
    [finished] = runs.recover_runs(moment=timezone.now() + LEASE)
    assert (finished.status, finished.saved) == ("succeeded", True)
    assert values_of(instance)["access_token"] == "at-new"
    assert len(provider.log) == 1


@pytest.mark.parametrize("phase", [None, "calling", "answered"])
def test_of_two_successors_only_one_takes_the_run_over(
    died_after: Died, provider: HTTPServer, phase: str | None
) -> None:
    instance, run = died_after(phase, trigger="schedule")
    Run.objects.filter(pk=run.pk).update(holder="a process that died")
    found = at_once(2, lambda: runs.recover_runs(everything=True))
    assert sorted(len(taken) for taken in found) == [0, 1]
    assert len(provider.log) == (1 if phase is None else 0)
    assert ProcessInstance.objects.get(pk=instance.pk).revision == (1 if phase == "calling" else 2)


def test_a_stalled_holder_that_wakes_up_writes_nothing(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    taken: list[Run] = []

    def stall(request: Request) -> Response:
        # While the call is under way, its holder counts as dead and is succeeded.
        taken.extend(recover(everything=True))
        connection.close()
        return Response('{"access_token": "at-late"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(stall)
    instance = make_token()
    run = press(instance, ada)
    assert [t.pk for t in taken] == [run.pk]
    assert run.status == "interrupted"
    assert "may have been carried out" in run.error["message"]
    assert values_of(instance)["access_token"] == "at-old"
    assert not Change.objects.exists()


def test_a_stalled_holder_writes_nothing_while_its_successor_works(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    def succeed(request: Request) -> Response:
        Run.objects.filter(status="running").update(holder="the successor")
        connection.close()
        return Response('{"access_token": "at-late"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(succeed)
    instance = make_token()
    run = press(instance, ada)
    assert (run.status, run.holder) == ("running", "the successor")
    assert run.journal["phase"] == "calling"
    assert run.data is None
    assert values_of(instance)["access_token"] == "at-old"


def test_a_write_that_waited_long_for_its_turn_does_not_lengthen_the_lease(
    make_token: Make, provider: HTTPServer, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[float] = []
    answers(provider)
    # The thread that renews leases may come round meanwhile.
    monkeypatch.setattr(type(holder), "renew", lambda *_: None)

    def waits(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('UPDATE "processes_run"') and not late:
            time.sleep(0.05)
            late.append(time.monotonic())
        elif late and len(late) == 1:
            # The next statement of the run, after the lease was renewed.
            late.append(next(iter(holder._runs.values())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(waits):
        press(make_token(), ada)
    assert late[1] <= late[0] - 0.05


def test_a_holder_that_has_not_renewed_its_lease_no_longer_sends(died_after: Died) -> None:
    instance, run = died_after("calling")
    checkpoints = RunCheckpoints(run, instance, document_of(instance.version))
    holder.holds(run.pk)
    checkpoints.check()
    holder._runs[run.pk] -= TRUSTED_FOR_S + 1
    try:
        with pytest.raises(TakenOver):
            checkpoints.check()
        holder.renew([run.pk])
        checkpoints.check()
    finally:
        holder.lets_go(run.pk)


def test_renewing_keeps_a_long_call_from_being_taken_over(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    taken: list[Run] = []

    def wait_long(request: Request) -> Response:
        [pk] = Run.objects.values_list("pk", flat=True)
        # The lease is as good as over; the renewing thread comes round.
        Run.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        holder.renew([pk])
        taken.extend(recover(moment=timezone.now() + timedelta(seconds=25)))
        connection.close()
        return Response('{"access_token": "at-new"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(wait_long)
    run = press(make_token(), ada)
    assert taken == []
    assert run.status == "succeeded"


def test_renewing_does_not_touch_a_run_of_another_holder(died_after: Died) -> None:
    _, run = died_after("calling")
    Run.objects.filter(pk=run.pk).update(holder="somebody else")
    before = Run.objects.get(pk=run.pk).lease_until
    holder.holds(run.pk)
    try:
        holder.renew([run.pk])
        assert Run.objects.get(pk=run.pk).lease_until == before
    finally:
        holder.lets_go(run.pk)


def test_a_call_that_waits_has_the_renewing_thread_beside_it(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    names: list[str] = []

    def look(request: Request) -> Response:
        names.extend(thread.name for thread in threading.enumerate())
        return Response('{"access_token": "at-new"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(look)
    press(make_token(), ada)
    assert "leases" in names


def test_a_renewal_that_outlives_its_test_fails_no_other_one(
    died_after: Died, django_db_blocker: Any
) -> None:
    _, run = died_after("calling")
    begun, over = threading.Event(), threading.Event()

    def wait(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        begun.set()
        assert over.wait(timeout=20)
        return execute(sql, params, many, context)

    def renew() -> str:
        with connection.execute_wrapper(wait):
            holder.renew([run.pk])
        return "it has ended"

    thread, ended = in_background(renew)
    assert begun.wait(timeout=20)
    # As between two tests: what is under way then goes on.
    with django_db_blocker.block():
        over.set()
        thread.join()
    assert ended == ["it has ended"]
