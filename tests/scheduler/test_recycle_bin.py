"""A deleted scheduled task lies in the recycle bin, fires no more and comes back paused."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from kianda.accounts.services.recycle_bin import remove, restore
from kianda.lib.errors import Invalid, Missing
from kianda.lib.recycle_bin import in_bin
from processes.designs.lifecycle import delete_design
from processes.instances.lifecycle import delete_instance
from processes.library.recycle_bin import DESIGNS
from processes.models import ProcessDesign, ProcessInstance, Run
from scheduler.listing import with_status
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrence_of_run, uses_of_instance, uses_of_process, visible_tasks
from scheduler.services import create_task, delete_task, execute, get_task, plan, resume_task
from scheduler.services.clock_steps import plan_anew, unplanned
from scheduler.services.planning import next_due
from scheduler.services.recovery import recover
from scheduler.services.recycle_bin import TASKS
from tests.scheduler.api.tasks import hook_of, made
from tests.scheduler.conftest import NOON, Make, body, total

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def deleted(make_task: Make, user: Any, **settings: Any) -> ScheduledTask:
    """Return a task that a person has deleted."""
    task = make_task(**settings)
    delete_task(task_id=str(task.pk), user=user)
    return task


def test_a_deleted_task_never_fires(make_task: Make, ada: Any, counter: Any) -> None:
    task = deleted(make_task, ada)
    assert (plan(LATER), next_due(), plan_anew(LATER), unplanned(LATER)) == ([], None, 0, 0)
    assert recover(LATER, everything=True) == []
    assert total(counter) is None
    assert list(in_bin(ScheduledTask)) == [task]


def test_even_a_row_that_says_it_is_enabled_does_not_fire_in_the_bin(
    make_task: Make, ada: Any
) -> None:
    task = deleted(make_task, ada)
    ScheduledTask.everything.filter(pk=task.pk).update(enabled=True, next_run_set_at=None)
    assert (plan(LATER), next_due(), plan_anew(NOON), unplanned(LATER)) == ([], None, 0, 0)


def test_a_firing_that_waits_is_skipped_and_one_that_was_claimed_fails(
    make_task: Make, ada: Any, counter: ProcessInstance
) -> None:
    task = make_task()
    (pk,) = plan(NOON + timedelta(minutes=1))
    delete_task(task_id=str(task.pk), user=ada)
    assert not execute(pk)
    Occurrence.objects.filter(pk=pk).update(outcome=None, finished_at=None, reason="")
    execute(pk)
    found = Occurrence.objects.get(pk=pk)
    assert (found.outcome, found.reason) == ("failed", "The scheduled task was deleted.")
    assert total(counter) is None


def test_it_is_nowhere_but_in_the_bin(make_task: Make, ada: Any, counter: Any) -> None:
    task = deleted(make_task, ada)
    assert not visible_tasks(ada).exists()
    assert not with_status(visible_tasks(ada), "paused").exists()
    assert (uses_of_instance("counter-1"), uses_of_process("counter")) == ([], [])
    for act in (get_task, lambda one: resume_task(task_id=one, user=ada)):
        with pytest.raises(Missing):
            act(str(task.pk))
    # Nothing that lives names the instance, so it can be deleted.
    delete_instance(process_id="counter-1", user=ada)


def test_a_run_of_it_leads_to_no_page_of_it(make_task: Make, ada: Any) -> None:
    task = make_task()
    make_task(name="Another")
    for pk in plan(NOON + timedelta(minutes=1)):
        execute(pk)
    delete_task(task_id=str(task.pk), user=ada)
    run = Run.objects.get(pk__in=Occurrence.objects.filter(task=task).values("run"))
    found = occurrence_of_run(run, ada)
    assert found is not None
    assert (found.task, found.task_name) == (None, "Count")


def test_it_comes_back_paused_with_its_history(
    make_task: Make, ada: Any, counter: ProcessInstance
) -> None:
    task = make_task()
    (pk,) = plan(NOON + timedelta(minutes=1))
    execute(pk)
    delete_task(task_id=str(task.pk), user=ada)
    restore(TASKS, pk=task.pk, user=ada)
    found = get_task(str(task.pk))
    assert (found.enabled, found.occurrences.count(), found.schedule) == (False, 1, task.schedule)
    assert plan(LATER) == []
    resume_task(task_id=str(task.pk), user=ada, moment=LATER)
    (again,) = plan(LATER + timedelta(minutes=1))
    execute(again)
    assert total(counter) == 2


def test_a_name_that_is_taken_meanwhile_asks_for_another(make_task: Make, ada: Any) -> None:
    task = deleted(make_task, ada)
    make_task()
    with pytest.raises(Invalid) as refused:
        restore(TASKS, pk=task.pk, user=ada)
    assert refused.value.errors[0].pointer == "/name"
    assert TASKS.free_name("Count") == "Count (2)"
    restore(TASKS, pk=task.pk, user=ada, name="Count (2)")
    assert get_task(str(task.pk)).name == "Count (2)"


def test_its_hook_is_unknown_while_it_is_in_the_bin(
    api: Any, ada: Any, counter: ProcessInstance
) -> None:
    task = made(api(ada), schedule={"kind": "on_demand"})
    delete_task(task_id=task["id"], user=ada)
    assert APIClient().post(hook_of(task)).status_code == 404
    restore(TASKS, pk=int(task["id"]), user=ada)
    assert APIClient().post(hook_of(task)).status_code == 202
    assert Occurrence.objects.get().reason == "The task is paused."
    resume_task(task_id=task["id"], user=ada)
    APIClient().post(hook_of(task))
    assert Occurrence.objects.filter(outcome=None).count() == 1


def test_a_task_whose_process_is_gone_comes_back_and_says_so(
    make_task: Make, ada: Any, admin: Any
) -> None:
    task = deleted(make_task, ada, process_id=None)
    delete_design(name="counter", user=admin, force=True)
    remove(DESIGNS, pk=ProcessDesign.everything.get().pk, user=admin)
    restore(TASKS, pk=task.pk, user=ada)
    resume_task(task_id=str(task.pk), user=ada, moment=LATER)
    (pk,) = plan(LATER + timedelta(minutes=1))
    execute(pk)
    assert Occurrence.objects.get(pk=pk).reason == "The process counter was deleted."


def test_removed_for_good_it_leaves_its_runs(make_task: Make, ada: Any, admin: Any) -> None:
    task = make_task()
    (pk,) = plan(NOON + timedelta(minutes=1))
    execute(pk)
    delete_task(task_id=str(task.pk), user=ada)
    remove(TASKS, pk=task.pk, user=admin)
    assert not ScheduledTask.everything.exists()
    assert Run.objects.count() == 1
    create_task(raw=body(), user=ada)
