"""An occurrence carried out: its run, its outcome, the sentence when it could not be."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from processes.instances.lifecycle import delete_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import change_task, delete_task, plan, run_now
from scheduler.services.execution import (
    Claimed,
    _at_work,
    _carried_out,
    _fire,
    claim,
    execute,
    settle_closed,
)
from tests.scheduler.conftest import NOON, Make, a_run, total, waiting
from tests.threads import at_once, in_background, until

pytestmark = pytest.mark.django_db
DUE = NOON + timedelta(minutes=1)


def fire(moment: Any = DUE) -> Occurrence:
    (pk,) = plan(moment)
    execute(pk)
    return Occurrence.objects.select_related("run", "task").get(pk=pk)


@contextmanager
def busy(instance: ProcessInstance) -> Iterator[Run]:
    """Let another run hold the instance for a while."""
    run = a_run(instance, trigger="button")
    yield run
    run.delete()


def test_a_firing_presses_the_button_as_its_person(
    counter: ProcessInstance, make_task: Make
) -> None:
    task = make_task()
    found = fire()
    assert found.outcome == "succeeded"
    assert found.reason == ""
    assert total(counter) == 1
    run = found.run
    assert run is not None
    assert (run.trigger, run.target, run.run_as_name) == ("schedule", "add", "ada")
    assert (run.time_zone, run.process_id) == ("Europe/Dublin", "counter-1")
    assert found.started_at
    assert found.finished_at == run.finished
    task.refresh_from_db()
    assert (task.last_run_at, task.last_outcome) == (found.started_at, "succeeded")


def test_a_message_delivered_twice_fires_once(counter: ProcessInstance, make_task: Make) -> None:
    make_task()
    (pk,) = plan(DUE)
    assert execute(pk)
    assert not execute(pk)
    assert total(counter) == 1
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_with_one_message_fire_once(counter: ProcessInstance, make_task: Make) -> None:
    make_task()
    (pk,) = plan(DUE)
    done = at_once(4, lambda: execute(pk))
    assert sorted(done) == [False, False, False, True]
    assert total(counter) == 1


@pytest.mark.parametrize("gone", [0, 987_654])
def test_a_message_about_nothing_does_nothing(gone: int) -> None:
    assert not execute(gone)


def test_a_failed_run_is_a_failed_occurrence_with_the_runs_sentence(make_task: Make) -> None:
    task = make_task(target="fail")
    found = fire()
    assert found.outcome == "failed"
    assert found.run is not None
    assert found.run.error is not None
    assert found.reason == found.run.error["message"]
    task.refresh_from_db()
    assert task.last_outcome == "failed"


def test_a_single_rule_may_be_the_target(counter: ProcessInstance, make_task: Make) -> None:
    make_task(target="add#add")
    assert fire().outcome == "succeeded"
    # Without the save nothing is stored.
    assert total(counter) is None


def test_each_firing_without_a_process_id_makes_an_instance(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task(process_id=None)
    fire()
    fire(DUE + timedelta(minutes=1))
    made = ProcessInstance.objects.exclude(pk=counter.pk).order_by("pk")
    assert [instance.process_id for instance in made] == ["counter-2", "counter-3"]
    assert [instance.values["total"] for instance in made] == [1, 1]
    assert {instance.mode for instance in made} == {"live"}


def test_a_busy_instance_skips_the_firing_and_names_the_run(
    counter: ProcessInstance, make_task: Make, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0.1
    make_task()
    with busy(counter) as other:
        found = fire()
        named = f"Not done: run {other.pk} "
    assert found.outcome == "skipped"
    assert found.reason.startswith(named)
    assert found.run is None


def test_a_person_who_was_deleted_fires_nothing(make_task: Make, admin: Any, ada: Any) -> None:
    make_task()
    ada.delete()
    found = fire()
    assert (found.outcome, found.reason) == (
        "failed",
        "This task runs as ada, who was deleted.",
    )


def test_a_person_who_may_not_sign_in_fires_nothing(make_task: Make, ada: Any) -> None:
    make_task()
    ada.is_active = False
    ada.save()
    assert fire().reason == "This task runs as ada, who can no longer sign in."


def test_rights_are_checked_at_each_firing(
    counter: ProcessInstance, make_task: Make, ada: Any
) -> None:
    make_task()
    assert fire().outcome == "succeeded"
    ada.groups.remove(Group.objects.get(name="Designer"))
    found = fire(DUE + timedelta(minutes=1))
    assert (found.outcome, found.reason) == ("failed", "There is no record counter-1.")
    assert total(counter) == 1


def test_an_instance_that_is_gone_fails_each_firing_with_a_sentence(
    counter: ProcessInstance, make_task: Make, admin: Any
) -> None:
    task = make_task()
    delete_instance(process_id="counter-1", user=admin, force=True)
    found = fire()
    assert (found.outcome, found.reason) == ("failed", "There is no record counter-1.")
    assert ScheduledTask.objects.get(pk=task.pk).enabled


def test_a_process_that_is_gone_fails_each_firing_with_a_sentence(make_task: Make) -> None:
    make_task(process_id=None)
    ProcessInstance.objects.all().delete()
    ProcessDesign.objects.all().delete()
    assert fire().reason == "The process counter was deleted."


def test_a_target_that_is_gone_fails_with_its_name(make_task: Make) -> None:
    task = make_task()
    ScheduledTask.objects.filter(pk=task.pk).update(target="vanished")
    found = fire()
    assert found.outcome == "failed"
    assert "vanished" in found.reason


def test_a_process_that_is_not_published_fails_with_the_mend(make_task: Make) -> None:
    make_task(process_id=None)
    ProcessDesign.objects.update(published=None)
    found = fire()
    assert found.outcome == "failed"
    assert "Publish it" in found.reason


def test_what_waits_when_its_task_is_deleted_is_skipped(
    counter: ProcessInstance, make_task: Make, ada: Any
) -> None:
    task = make_task()
    (pk,) = plan(DUE)
    delete_task(task_id=str(task.pk), user=ada)
    assert not execute(pk)
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.reason) == ("skipped", "The scheduled task was deleted.")
    assert found.task_name == "Count"
    assert total(counter) is None


def test_what_waits_follows_a_change_of_its_task(make_task: Make, ada: Any) -> None:
    task = make_task()
    (pk,) = plan(DUE)
    change_task(task_id=str(task.pk), raw={"process_id": None}, user=ada, partial=True, moment=DUE)
    execute(pk)
    found = Occurrence.objects.select_related("run").get(pk=pk)
    assert found.run is not None
    assert found.run.process_id == found.process_id == "counter-2"


def test_run_now_moves_nothing_and_counts_for_nothing(
    counter: ProcessInstance, make_task: Make, ada: Any
) -> None:
    task = make_task(expires={"after_runs": 1})
    before = task.next_run_at
    asked = run_now(task_id=str(task.pk), user=ada)
    execute(asked.pk)
    found = Occurrence.objects.select_related("run").get(pk=asked.pk)
    assert (found.trigger, found.outcome) == ("manual", "succeeded")
    assert found.run is not None
    assert found.run.trigger == "manual"
    task.refresh_from_db()
    assert (task.next_run_at, task.counted_runs) == (before, 0)
    assert task.last_outcome == "succeeded"


def test_run_now_fires_a_paused_and_a_finished_task_too(
    counter: ProcessInstance, make_task: Make, ada: Any
) -> None:
    paused = make_task(enabled=False)
    finished = make_task(name="Once", schedule={"kind": "once", "in": {"minutes": 1}})
    fire()
    for task in (paused, finished):
        execute(run_now(task_id=str(task.pk), user=ada).pk)
    assert total(counter) == 3


def test_a_second_run_now_is_coalesced_while_the_first_waits(make_task: Make, ada: Any) -> None:
    key = str(make_task().pk)
    assert run_now(task_id=key, user=ada).outcome is None
    second = run_now(task_id=key, user=ada)
    assert (second.outcome, second.reason) == (
        "coalesced",
        "Another run of this task was already queued.",
    )


def test_an_older_firing_that_ends_late_does_not_hide_the_newer_one(
    make_task: Make, ada: Any, counter: ProcessInstance
) -> None:
    task = make_task(target="fail")
    slow = run_now(task_id=str(task.pk), user=ada)
    run = a_run(counter)
    claim(slow, run)
    Run.objects.filter(pk=run.pk).update(status=Run.Status.SUCCEEDED, finished=run.started)
    # One that is under way does not hold the next one back.
    fire()
    newest = ScheduledTask.objects.get(pk=task.pk).last_run_at
    assert settle_closed() == 1
    task.refresh_from_db()
    assert (task.last_run_at, task.last_outcome) == (newest, "failed")
    assert Occurrence.objects.get(pk=slow.pk).outcome == "succeeded"


def test_of_two_processes_with_one_message_one_begins_a_run(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    (pk,) = plan(DUE)
    mine, theirs = waiting(pk), waiting(pk)
    _fire(theirs)
    with pytest.raises(Claimed):
        _fire(mine)
    assert total(counter) == 1
    assert Run.objects.count() == 1


def test_whoever_gives_up_waiting_for_the_run_of_another_notes_nothing(
    counter: ProcessInstance, make_task: Make, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0.1
    make_task()
    (pk,) = plan(DUE)
    mine, theirs = waiting(pk), waiting(pk)
    claim(theirs, a_run(counter))
    assert not _carried_out(mine)
    assert Occurrence.objects.get(pk=pk).outcome is None


@pytest.mark.django_db(transaction=True)
def test_a_second_message_is_not_waited_for_beside_the_first(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task()
    (pk,) = plan(DUE)
    with busy(counter) as other:
        thread, done = in_background(lambda: execute(pk))
        until(lambda: pk in _at_work)
        assert not execute(pk)
        assert Run.objects.get() == other
    thread.join()
    assert done == [True]
    assert total(counter) == 1
