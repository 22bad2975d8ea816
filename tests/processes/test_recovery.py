"""Runs whose process died: taken over once, and brought to the right end (contract 4.5)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from kianda.lib.secrets import MASK
from processes.models import Change, ProcessInstance, Run
from processes.services import runs
from processes.services.documents import document_of
from processes.services.leases import LEASE, TRUSTED_FOR_S, TakenOver, holder
from processes.services.ledger import RunLedger
from processes.services.values import stored_values
from tests.processes.conftest import GOOD_ANSWER, RULES, answers
from tests.processes.stories import Make, enqueued, press
from tests.threads import at_once

Rows = dict[str, Any]
pytestmark = pytest.mark.django_db(transaction=True)

AGAIN = {**RULES[1], "id": "again", "title": "Call again"}
STAMP = {
    "type": "set_form_field",
    "id": "stamp",
    "title": "Stamp",
    "assignments": [{"field": "redirect_url", "value": "[access_token] stamped"}],
}


@contextmanager
def another_process() -> Iterator[None]:
    """Be another holder of leases for a while, as a second process is."""
    name, held = holder.name, holder._runs
    holder.renew_identity()
    try:
        yield
    finally:
        holder.name, holder._runs = name, held


def stored(instance: ProcessInstance) -> Rows:
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


class Diary:
    """What the rows of a run were after each of its writes, so that it can end at any of them."""

    def __init__(self, instance: ProcessInstance) -> None:
        self.instance = instance
        self.pages: list[tuple[Rows, Rows]] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        with connection.execute_wrapper(self._note):
            yield

    def _note(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        verb, _, rest = sql.partition(" ")
        if verb in {"INSERT", "UPDATE"} and '"processes_run"' in rest.split(" SET ")[0]:
            self.pages.append((self._run(), self._instance()))
        return done

    def _run(self) -> Rows:
        return Run.objects.values().get(process_id=self.instance.process_id)

    def _instance(self) -> Rows:
        return ProcessInstance.objects.values().get(pk=self.instance.pk)

    def phases(self) -> list[str | None]:
        return [(run["journal"] or {}).get("phase") for run, _ in self.pages]

    def die_after(self, phase: str | None) -> Run:
        """Put the rows back to what a process leaves that dies after this durable point."""
        run, instance = self.pages[self.phases().index(phase)]
        Run.objects.filter(pk=run["id"]).update(**{k: v for k, v in run.items() if k != "id"})
        ProcessInstance.objects.filter(pk=instance["id"]).update(
            **{k: v for k, v in instance.items() if k != "id"}
        )
        Change.objects.filter(run=run["id"], revision__gt=instance["revision"]).delete()
        return Run.objects.get(pk=run["id"])


Died = Callable[..., tuple[ProcessInstance, Run]]


@pytest.fixture
def died_after(make_token: Make, provider: HTTPServer, ada: Any) -> Died:
    """Return `died_after(phase)`: the instance and run that a process left at that point."""

    def died(
        phase: str | None, *, rules: list[Any] | None = None, trigger: str = "button"
    ) -> tuple[ProcessInstance, Run]:
        if not provider.handlers:
            answers(provider)
        instance = make_token(rules)
        diary = Diary(instance)
        with diary.kept():
            press(instance, ada, trigger=trigger)
        run = diary.die_after(phase)
        provider.clear_log()
        assert run.status == "running"
        return instance, run

    return died


def recover(**more: Any) -> list[Run]:
    with another_process():
        return runs.recover_runs(**more)


def test_a_run_whose_answer_is_stored_is_finished_under_the_same_id(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("answered")
    [finished] = recover(everything=True)
    assert (finished.pk, finished.status, finished.saved) == (run.pk, "succeeded", True)
    assert stored(instance)["access_token"] == "at-new"
    assert stored(instance)["refresh_token"] == "rt-new-77"
    assert [(s["rule"], s["status"]) for s in finished.steps] == [
        ("clear", "succeeded"),
        ("get-token", "succeeded"),
        ("save", "succeeded"),
    ]
    assert not provider.log


def test_a_run_without_an_answer_is_interrupted_and_says_that_the_call_may_have_been_made(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("calling")
    [closed] = recover(everything=True)
    assert (closed.pk, closed.status, closed.saved) == (run.pk, "interrupted", False)
    assert "may have been carried out" in closed.error["message"]
    assert closed.error["step"] == "get-token"
    assert stored(instance)["access_token"] == "at-old"
    assert stored(instance)["refresh_token"] == "rt-old-42"
    assert not provider.log


def test_the_step_under_way_is_shown_as_interrupted(died_after: Died) -> None:
    died_after("calling")
    [closed] = recover(everything=True)
    step = closed.steps[-1]
    assert (step["rule"], step["status"]) == ("get-token", "failed")
    assert step["reason"].startswith("Interrupted")


def test_a_run_that_saved_goes_on_with_the_rule_after_the_save(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("saved", rules=[*RULES, STAMP, {**RULES[2], "id": "save-2"}])
    assert stored(instance)["access_token"] == "at-new"
    [finished] = recover(everything=True)
    assert (finished.pk, finished.status) == (run.pk, "succeeded")
    assert stored(instance)["redirect_url"] == "at-new stamped"
    assert [s["rule"] for s in finished.steps] == ["clear", "get-token", "save", "stamp", "save-2"]
    assert ProcessInstance.objects.get(pk=instance.pk).revision == 3
    assert list(Change.objects.values_list("revision", flat=True)) == [3, 2]
    assert not provider.log


def test_a_persons_run_that_did_nothing_yet_is_interrupted_and_says_so(died_after: Died) -> None:
    instance, _ = died_after(None)
    [closed] = recover(everything=True)
    assert closed.status == "interrupted"
    assert "before any call began" in closed.error["message"]
    assert stored(instance)["access_token"] == "at-old"


@pytest.mark.parametrize("trigger", ["schedule", "webhook", "manual"])
def test_an_occurrences_run_that_did_nothing_yet_starts_again(
    died_after: Died, provider: HTTPServer, trigger: str
) -> None:
    instance, run = died_after(None, trigger=trigger)
    [done] = recover(everything=True)
    assert (done.pk, done.status) == (run.pk, "succeeded")
    assert stored(instance)["access_token"] == "at-new"
    assert len(provider.log) == 1


@pytest.mark.parametrize("phase", [None, "calling", "answered"])
def test_the_journal_is_erased_and_the_instance_free_after_a_recovery(
    died_after: Died, make_token: Make, ada: Any, phase: str | None
) -> None:
    instance, run = died_after(phase)
    recover(everything=True)
    closed = Run.objects.get(pk=run.pk)
    assert (closed.journal, closed.lease_until) == (None, None)
    assert closed.finished is not None
    assert press(instance, ada).status == "succeeded"


@pytest.mark.parametrize("phase", [None, "calling", "answered"])
def test_a_recovered_run_shows_no_secret(died_after: Died, phase: str | None) -> None:
    _, run = died_after(phase)
    recover(everything=True)
    closed = Run.objects.get(pk=run.pk)
    seen = repr([closed.steps, closed.data, closed.error])
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in seen


def test_a_successor_masks_what_the_run_had_read_before(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    # The second call sends no secret, and its provider answers with one that the first had sent.
    again = {**AGAIN, "input_mapping": [{"target": "body.grant_type", "value": "x"}]}
    instance = make_token([RULES[1], again, RULES[2]])
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    told = {"access_token": "at-2", "refresh_token": "rt-3", "debug": "was cs-secret-1, rt-old-42"}
    for _ in range(2):
        provider.expect_ordered_request("/oauth/token").respond_with_json(told)
    diary = Diary(instance)
    with diary.kept():
        press(instance, ada)
    diary.die_after("answered")
    [finished] = recover(everything=True)
    assert finished.status == "succeeded"
    assert finished.steps[1]["response"]["body"]["debug"] == f"was {MASK}, {MASK}"


def test_what_an_earlier_call_brought_can_be_stored_after_an_interruption_in_a_later_one(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = make_token([RULES[0], RULES[1], AGAIN, RULES[2]])
    diary = Diary(instance)
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    provider.expect_ordered_request("/oauth/token").respond_with_json(
        {"access_token": "at-second", "refresh_token": "rt-second"}
    )
    with diary.kept():
        press(instance, ada)
    diary.pages = diary.pages[diary.phases().index("answered") :]
    diary.die_after("calling")
    [closed] = recover(everything=True)
    assert (closed.status, closed.unsaved_answer) == ("interrupted", True)
    assert stored(instance)["access_token"] == "at-old"
    assert closed.unsaved_values["access_token"] == "at-new"


def test_a_handled_error_before_the_death_is_still_counted(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    provider.expect_ordered_request("/oauth/token").respond_with_data("no", status=500)
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    first = {**RULES[1], "id": "first", "on_failure": "continue"}
    instance = make_token([first, RULES[1], RULES[2]])
    diary = Diary(instance)
    with diary.kept():
        press(instance, ada)
    diary.die_after("answered")
    [finished] = recover(everything=True)
    assert (finished.status, finished.handled_errors) == ("succeeded", 1)


def test_a_run_is_left_alone_while_its_lease_holds(died_after: Died) -> None:
    _, run = died_after("calling")
    soon = timezone.now() + LEASE - timedelta(seconds=5)
    assert recover(moment=soon) == []
    assert Run.objects.get(pk=run.pk).status == "running"


def test_a_run_is_taken_over_within_a_minute_once_its_lease_is_over(died_after: Died) -> None:
    _, run = died_after("answered")
    [finished] = recover(moment=timezone.now() + timedelta(seconds=31))
    assert (finished.pk, finished.status) == (run.pk, "succeeded")


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
    assert stored(instance)["access_token"] == "at-new"
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
    assert stored(instance)["access_token"] == "at-old"
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
    assert stored(instance)["access_token"] == "at-old"


def test_a_write_that_waited_long_for_its_turn_does_not_lengthen_the_lease(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    late: list[float] = []
    answers(provider)

    def waits(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('UPDATE "processes_run"') and not late:
            time.sleep(0.2)
            late.append(time.monotonic())
        elif late and len(late) == 1:
            # The next statement of the run, after the lease was renewed.
            late.append(next(iter(holder._runs.values())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(waits):
        press(make_token(), ada)
    assert late[1] <= late[0] - 0.2


def test_a_holder_that_has_not_renewed_its_lease_no_longer_sends(died_after: Died) -> None:
    instance, run = died_after("calling")
    ledger = RunLedger(run, instance, document_of(instance.version))
    holder.holds(run.pk)
    ledger.check()
    holder._runs[run.pk] -= TRUSTED_FOR_S + 1
    try:
        with pytest.raises(TakenOver):
            ledger.check()
        holder.renew([run.pk])
        ledger.check()
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


def test_a_run_whose_instance_was_deleted_by_force_is_closed(died_after: Died) -> None:
    instance, run = died_after("answered")
    Change.objects.all().delete()
    ProcessInstance.objects.filter(pk=instance.pk).delete()
    [closed] = recover(everything=True)
    assert (closed.pk, closed.status) == (run.pk, "interrupted")
    assert "gone" in closed.error["message"]


def test_a_queued_run_that_nobody_got_is_sent_again_and_runs_once(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    queued = enqueued(instance, ada)
    now = timezone.now()
    assert runs.queued_to_send(now) == []
    assert runs.queued_to_send(now + timedelta(seconds=6)) == [queued.pk]
    assert recover(everything=True) == []
    for _ in range(2):
        runs.execute_queued(queued.pk)
    assert runs.queued_to_send(now + timedelta(seconds=6)) == []
    assert len(provider.log) == 1


def test_a_queued_run_is_looked_after_though_the_clock_was_put_back(
    make_token: Make, ada: Any
) -> None:
    instance = make_token()
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="api")
    yesterday = timezone.now() - timedelta(days=1)
    assert runs.queued_to_send(yesterday) == []
    assert runs.queued_to_send(yesterday + timedelta(seconds=5)) == [run.pk]


def test_an_asynchronous_run_that_died_early_says_so_and_keeps_no_sent_secret(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    queued = enqueued(instance, ada, client_secret="cs-sent")
    Run.objects.filter(pk=queued.pk).update(
        status="running", started=timezone.now(), holder="a process that died", journal=None
    )
    [closed] = runs.recover_runs(everything=True)
    assert closed.status == "interrupted"
    assert not provider.log
