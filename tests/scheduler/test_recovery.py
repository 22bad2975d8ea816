"""What a killed worker and a lost message leave, and how it is put right."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from processes.models import ProcessInstance, Run
from processes.running.runs import recover_runs, trigger
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import change_task, plan, recover, settle_closed
from scheduler.services.execution import Claimed, _new_instance, claim, execute
from tests.scheduler.conftest import NOON, Make, a_run, total, waiting

pytestmark = pytest.mark.django_db
DUE = NOON + timedelta(minutes=1)


class Killed(BaseException):
    """The worker dies here."""


def planned() -> int:
    (pk,) = plan(DUE)
    return pk


def test_a_lost_message_is_sent_again_after_five_seconds_and_then_ever_more_rarely(
    make_task: Make,
) -> None:
    make_task()
    pk = planned()
    sent = [
        seconds for seconds in range(0, 200) if recover(DUE + timedelta(seconds=seconds)) == [pk]
    ]
    assert sent == [5, 10, 20, 40, 80, 140]


def test_the_first_sweep_after_a_start_sends_all_that_waits(make_task: Make) -> None:
    make_task()
    pk = planned()
    assert recover(DUE, everything=True) == [pk]
    assert recover(DUE) == [pk]
    assert recover(DUE) == []


def test_a_clock_put_back_loses_no_message(counter: ProcessInstance, make_task: Make) -> None:
    make_task()
    pk = planned()
    earlier = DUE - timedelta(days=1)
    assert recover(earlier) == []
    assert recover(earlier + timedelta(seconds=5)) == [pk]
    execute(pk)
    assert total(counter) == 1


def test_a_worker_killed_before_its_run_leaves_nothing_but_a_message_to_send_again(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    first = planned()

    def die(*_: Any) -> None:
        raise Killed

    with connection.execute_wrapper(die), pytest.raises(Killed):
        execute(first)
    assert plan(DUE + timedelta(minutes=1)) == []
    assert recover(timezone.now()) == [first]
    execute(first)
    (next_one,) = plan(DUE + timedelta(minutes=3))
    execute(next_one)
    assert total(counter) == 2


def test_an_instance_that_was_made_is_used_by_the_next_try(make_task: Make, ada: Any) -> None:
    task = make_task(process_id=None)
    pk = planned()
    mine, theirs = waiting(pk), waiting(pk)
    made = _new_instance(mine, task, ada)
    with pytest.raises(Claimed):
        _new_instance(theirs, task, ada)
    # Nor does a change of the task make another one.
    change_task(task_id=str(task.pk), raw={"name": "Counts"}, user=ada, partial=True)
    execute(pk)
    found = Occurrence.objects.select_related("run").get(pk=pk)
    assert found.run is not None
    assert found.run.process_id == made
    assert ProcessInstance.objects.filter(design__name="counter").count() == 2


def test_a_run_that_was_begun_decides_the_outcome(
    counter: ProcessInstance, make_task: Make, ada: Any
) -> None:
    make_task()
    pk = planned()
    mine = waiting(pk)

    def die(run: Run) -> None:
        claim(mine, run)
        raise Killed

    with pytest.raises(Killed):
        trigger(process_id="counter-1", target="add", user=ada, trigger="schedule", on_start=die)
    # It died inside the commit that begins the run: neither run nor claim is there.
    assert Occurrence.objects.get(pk=pk).run is None
    moment = timezone.now()
    run = a_run(
        counter, run_as=ada, holder="a worker that is dead",
        lease_until=moment - timedelta(seconds=1),
    )  # fmt: skip
    claim(mine, run)
    # A run exists: it is never fired a second time.
    assert recover(moment + timedelta(hours=1)) == []
    assert not execute(pk)
    assert [found.pk for found in recover_runs(moment=moment)] == [run.pk]
    assert settle_closed() == 1
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.run_id) == ("succeeded", run.pk)
    assert total(counter) == 1
    assert settle_closed() == 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("succeeded", "succeeded"), ("failed", "failed"), ("interrupted", "interrupted")],
)
def test_a_run_that_another_process_closed_gives_the_sweep_its_outcome(
    make_task: Make, counter: ProcessInstance, status: str, outcome: str
) -> None:
    task = make_task()
    pk = planned()
    moment = timezone.now()
    error = None if status == "succeeded" else {"kind": "internal", "message": "It ended."}
    claim(waiting(pk), a_run(counter, status=status, finished=moment, error=error))
    recover(moment)
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.finished_at) == (outcome, moment)
    assert found.reason == ("" if status == "succeeded" else "It ended.")
    task.refresh_from_db()
    assert task.last_outcome == outcome


def test_a_run_that_is_alive_is_left_alone(make_task: Make, counter: ProcessInstance) -> None:
    make_task()
    pk = planned()
    claim(waiting(pk), a_run(counter))
    assert recover(timezone.now()) == []
    assert Occurrence.objects.get(pk=pk).outcome is None


def test_an_unexpected_failure_is_recorded_and_reaches_the_log(make_task: Make) -> None:
    make_task()
    pk = planned()
    # What no firing has stands for any bug of ours.
    Occurrence.objects.update(trigger="nonsense")
    with pytest.raises(KeyError):
        execute(pk)
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.run) == ("failed", None)
    assert found.reason == "Kianda had an internal error. See its log."


def test_a_run_that_an_unexpected_failure_left_open_decides_the_outcome(make_task: Make) -> None:
    make_task()
    pk = planned()
    ScheduledTask.objects.update(time_zone="Nowhere/Land")
    with pytest.raises(Exception, match="Nowhere"):
        execute(pk)
    assert Occurrence.objects.get(pk=pk).outcome is None
    assert recover(timezone.now()) == []
    (run,) = recover_runs(moment=timezone.now() + timedelta(minutes=1))
    assert settle_closed() == 1
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.run, found.reason) == (
        "interrupted", run, "Kianda failed. The log has the reason."
    )  # fmt: skip
