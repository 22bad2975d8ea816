"""What a killed worker and a lost message leave, and how it is put right."""

from datetime import timedelta

import pytest
from django.utils import timezone

from processes.models import ProcessInstance, Run
from processes.running.runs import recover_runs, trigger
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import plan, recover, settle_closed
from scheduler.services.execution import _claim, _link, _new_instance, execute, longest_claim
from tests.scheduler.conftest import NOON, Make, total
from tests.threads import name_of_the_dead

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


def test_a_claim_that_began_no_run_goes_back_when_it_is_over(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    pk = planned()
    claimed = _claim(pk)
    assert claimed is not None
    assert claimed.lease_until is not None
    assert recover(timezone.now()) == []
    assert recover(claimed.lease_until + timedelta(seconds=1)) == [pk]
    execute(pk)
    assert Occurrence.objects.get(pk=pk).outcome == "succeeded"
    assert total(counter) == 1


def test_a_claim_that_began_no_run_goes_back_at_once_when_its_process_is_gone(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    pk = planned()
    assert _claim(pk) is not None
    assert recover(timezone.now()) == []
    Occurrence.objects.update(holder=name_of_the_dead())
    assert recover(timezone.now()) == [pk]
    execute(pk)
    assert total(counter) == 1


def test_a_clock_put_back_loses_neither_message_nor_claim(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    pk = planned()
    earlier = DUE - timedelta(days=1)
    assert recover(earlier) == []
    assert recover(earlier + timedelta(seconds=5)) == [pk]
    claimed = _claim(pk)
    assert claimed is not None
    assert claimed.lease_until is not None
    before = timezone.now() - timedelta(days=1)
    assert recover(before) == []
    assert recover(before + longest_claim()) == []
    assert recover(before + longest_claim() + timedelta(seconds=1)) == [pk]
    execute(pk)
    assert total(counter) == 1


def test_a_claim_that_went_back_has_taken_the_later_moments_in(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    first = planned()
    _claim(first)
    assert plan(DUE + timedelta(minutes=1)) == []
    assert recover(timezone.now(), everything=True) == [first]
    assert plan(DUE + timedelta(minutes=2)) == []
    execute(first)
    (next_one,) = plan(DUE + timedelta(minutes=3))
    execute(next_one)
    assert total(counter) == 2


def test_after_a_start_of_the_product_no_claim_holds(make_task: Make) -> None:
    make_task()
    pk = planned()
    _claim(pk)
    assert recover(timezone.now(), everything=True) == [pk]


def test_an_instance_that_was_made_is_used_by_the_next_try(make_task: Make) -> None:
    make_task(process_id=None)
    pk = planned()
    claimed = _claim(pk)
    assert claimed is not None
    assert claimed.task is not None
    assert claimed.task.run_as is not None
    made = _new_instance(claimed, claimed.task, claimed.task.run_as)
    recover(timezone.now(), everything=True)
    execute(pk)
    found = Occurrence.objects.select_related("run").get(pk=pk)
    assert found.run is not None
    assert found.run.process_id == made
    assert ProcessInstance.objects.filter(design__name="counter").count() == 2


def test_a_run_that_was_begun_decides_the_outcome(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    pk = planned()
    claimed = _claim(pk)
    assert claimed is not None

    def die(run: Run) -> None:
        _link(claimed, run)
        raise Killed

    task = claimed.task
    assert task is not None
    with pytest.raises(Killed):
        trigger(
            process_id="counter-1",
            target="add",
            user=task.run_as,
            trigger="schedule",
            on_start=die,
        )
    # It died inside the commit that begins the run: neither run nor link is there.
    assert Occurrence.objects.get(pk=pk).run is None
    moment = timezone.now()
    run = Run.objects.create(
        instance=counter,
        process_id="counter-1",
        process="counter",
        version="1.0",
        target="add",
        trigger="schedule",
        run_as=task.run_as,
        status=Run.Status.RUNNING,
        queued=moment,
        started=moment,
        holder="a worker that is dead",
        lease_until=moment - timedelta(seconds=1),
    )
    _link(claimed, run)
    # The claim is over, but a run exists: it is never fired a second time.
    assert recover(moment + timedelta(hours=1)) == []
    assert execute(pk) is None
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
def test_a_worker_killed_after_its_run_closed_leaves_the_outcome_to_the_sweep(
    make_task: Make, counter: ProcessInstance, status: str, outcome: str
) -> None:
    task = make_task()
    pk = planned()
    claimed = _claim(pk)
    assert claimed is not None
    moment = timezone.now()
    run = Run.objects.create(
        instance=counter,
        process_id="counter-1",
        process="counter",
        version="1.0",
        target="add",
        trigger="schedule",
        status=status,
        queued=moment,
        started=moment,
        finished=moment,
        error=None if status == "succeeded" else {"kind": "internal", "message": "It ended."},
    )
    _link(claimed, run)
    recover(moment)
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.finished_at) == (outcome, moment)
    assert found.reason == ("" if status == "succeeded" else "It ended.")
    task.refresh_from_db()
    assert task.last_outcome == outcome


def test_a_run_that_is_alive_is_left_alone(make_task: Make, counter: ProcessInstance) -> None:
    make_task()
    pk = planned()
    claimed = _claim(pk)
    assert claimed is not None
    moment = timezone.now()
    run = Run.objects.create(
        instance=counter, process_id="counter-1", process="counter", version="1.0",
        target="add", trigger="schedule", status=Run.Status.RUNNING, queued=moment,
        started=moment, holder="another", lease_until=moment + timedelta(seconds=30),
    )  # fmt: skip
    _link(claimed, run)
    assert recover(moment) == []
    assert Occurrence.objects.get(pk=pk).outcome is None


def test_an_unexpected_failure_is_recorded_and_reaches_the_log(
    make_task: Make,
) -> None:
    make_task(process_id=None)
    pk = planned()
    # A time zone setting that is nonsense stands for any bug of ours.
    ScheduledTask.objects.update(time_zone="Nowhere/Land")
    with pytest.raises(Exception, match="Nowhere"):
        execute(pk)
    found = Occurrence.objects.get(pk=pk)
    assert found.outcome == "failed"
    assert found.reason
