"""The machine's clock goes forward, or forward and back: no task stands still, none fires twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from processes.models import ProcessInstance
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import plan, plan_anew, unplanned
from scheduler.services.due_times import next_run_after
from scheduler.services.execution import execute
from scheduler.services.tasks import change_task, create_task
from tests.scheduler.conftest import NOON, Make, body, total

pytestmark = pytest.mark.django_db

STEPS = pytest.mark.parametrize(
    "step",
    [timedelta(seconds=30), timedelta(hours=1), timedelta(days=30), timedelta(days=400)],
    ids=["seconds", "an hour", "a month", "more than a year"],
)
KINDS: list[dict[str, Any]] = [
    {"kind": "seconds", "every": 2},
    {"kind": "minutes", "every": 55},
    {"kind": "hourly", "every": 1, "minute": 30},
    {"kind": "daily", "every": 1, "at": "12:10"},
    {"kind": "weekly", "every": 1, "days": ["monday"], "at": "12:30"},
    {"kind": "monthly", "every": 1, "day": 2, "at": "13:00"},
    {"kind": "cron", "expression": "*/5 * * * *"},
    {"kind": "once", "at": "2026-03-02T12:20:00Z"},
]


def at(**gone: float) -> datetime:
    return NOON + timedelta(**gone)


def fire(moment: datetime) -> None:
    """Plan as beat does, and let every firing end well."""
    plan_anew(moment)
    fired = Occurrence.objects.filter(pk__in=plan(moment))
    ended = timezone.now()
    ScheduledTask.objects.filter(occurrences__in=fired).update(last_run_at=ended)
    fired.update(outcome="succeeded", finished_at=ended)


def rows(task: ScheduledTask) -> list[Occurrence]:
    return list(Occurrence.objects.filter(task=task).order_by("planned_at"))


def found(task: ScheduledTask) -> ScheduledTask:
    return ScheduledTask.objects.get(pk=task.pk)


def covered(task: ScheduledTask, period: timedelta) -> list[datetime]:
    """Return every planned moment of the history of a task whose moments lie on a grid."""
    return [row.planned_at + n * period for row in rows(task) for n in range(row.count)]


@STEPS
def test_a_task_goes_on_where_it_was_after_the_clock_was_ahead_for_a_while(
    make_task: Make, step: timedelta
) -> None:
    period = timedelta(seconds=2)
    task = make_task(schedule={"kind": "seconds", "every": 2})
    for seconds in (2, 4):
        fire(at(seconds=seconds))
    for seconds in (6, 8, 10, 12):
        fire(at(seconds=seconds) + step)
    assert found(task).next_run_at == at(seconds=14) + step
    assert unplanned(at(seconds=14)) == 1

    for seconds in (14, 16, 18):
        fire(at(seconds=seconds))
    assert unplanned(at(seconds=18)) == 0
    assert found(task).next_run_at == at(seconds=20)
    succeeded = [row.planned_at for row in rows(task) if row.outcome == "succeeded"]
    # What the clock went over when it was ahead is missed up to where it is put back to.
    assert succeeded[:4] == [at(seconds=2), at(seconds=4), at(seconds=16), at(seconds=18)]
    moments = covered(task, period)
    assert len(set(moments)) == len(moments), "a moment lies in two rows"
    assert [one for one in moments if one <= at(seconds=18)] == [
        at(seconds=seconds) for seconds in range(2, 20, 2)
    ]
    last = found(task).last_run_at
    assert last is not None


@STEPS
def test_the_history_says_why(make_task: Make, step: timedelta) -> None:
    task = make_task(schedule={"kind": "seconds", "every": 2})
    fire(at(seconds=2) + step)
    fire(at(seconds=4))
    missed, early = rows(task)[0], rows(task)[-1]
    assert (missed.outcome, missed.count, missed.planned_until) == ("missed", 2, at(seconds=4))
    assert "was ahead" in missed.reason
    assert early.outcome == "succeeded"
    assert "Ran early, because the server clock was ahead and was then set back" in early.reason
    assert "Ran early, because the server clock was ahead and was then set back" in early.reason


@STEPS
def test_no_kind_of_schedule_stands_still_or_fires_a_moment_twice(
    make_task: Make, step: timedelta
) -> None:
    tasks = [make_task(name=str(n), schedule=kind, timezone="UTC") for n, kind in enumerate(KINDS)]
    same = [
        make_task(name=f"Same {task.name}", schedule=task.schedule, timezone="UTC")
        for task in tasks
    ]
    ScheduledTask.objects.filter(pk__in=[task.pk for task in same]).update(enabled=False)
    fire(at(seconds=10) + step)
    plan_anew(at(seconds=20))
    for task, untouched in zip(tasks, same, strict=True):
        fired = {row.planned_at for row in rows(task) if row.outcome == "succeeded"}
        # As one that nothing has happened to, but for what was fired already.
        expected, goes_on = next_run_after(found(untouched), at(seconds=20)), found(task)
        assert (goes_on.next_run_at == expected) == (expected not in fired), task.schedule
        assert (goes_on.finished_at is not None) == (goes_on.next_run_at is None), task.schedule
    # The clock comes to what was fired early: each moment is in the history once.
    for minutes in range(1, 3 * 60 + 1):
        fire(at(minutes=minutes))
    for task in tasks:
        moments = [row.planned_at for row in rows(task)]
        assert len(set(moments)) == len(moments), task.schedule
    assert unplanned(at(hours=3)) == 0


def test_a_task_that_a_wrong_clock_ended_goes_on(make_task: Make) -> None:
    task = make_task(
        schedule={"kind": "minutes", "every": 1}, expires={"at": "2026-03-20T00:00:00Z"}
    )
    fire(at(days=30))
    assert found(task).next_run_at is None
    fire(at(seconds=30))
    assert (found(task).next_run_at, found(task).finished_at) == (at(minutes=1), None)


def test_what_fires_once_and_was_fired_early_stays_finished(
    counter: ProcessInstance, make_task: Make
) -> None:
    task = make_task(schedule={"kind": "once", "in": {"hours": 1}})
    (pk,) = plan(at(hours=2))
    execute(pk)
    for seconds in range(0, 2 * 3600, 600):
        fire(at(seconds=seconds))
    assert found(task).next_run_at is None
    assert found(task).finished_at is not None
    assert total(counter) == 1


def test_a_task_made_or_changed_while_the_clock_was_ahead_begins_now(
    make_task: Make, ada: Any
) -> None:
    made, _ = create_task(raw=body(name="Made"), user=ada, moment=at(days=30))
    changed = make_task()
    raw = {"schedule": {"kind": "minutes", "every": 2}}
    change_task(task_id=str(changed.pk), raw=raw, user=ada, partial=True, moment=at(days=30))
    assert unplanned(at(seconds=5)) == 2
    assert plan_anew(at(seconds=5)) == 2
    assert found(made).next_run_at == at(minutes=1, seconds=5)
    assert found(changed).next_run_at == at(minutes=2, seconds=5)


def test_a_clock_that_was_behind_and_is_put_right_fires_the_latest_and_misses_the_others(
    make_task: Make,
) -> None:
    task = make_task()
    fire(at(minutes=1))
    fire(at(days=30))
    assert [(row.outcome, row.count) for row in rows(task)] == [
        ("succeeded", 1),
        ("missed", 30 * 24 * 60 - 2),
        ("succeeded", 1),
    ]
    assert plan_anew(at(days=30)) == 0


def test_what_was_planned_before_this_was_noted_is_looked_at_once(make_task: Make) -> None:
    right, far = make_task(), make_task(name="Far")
    ScheduledTask.objects.update(next_run_set_at=None)
    ScheduledTask.objects.filter(pk=far.pk).update(next_run_at=at(days=30))
    assert plan_anew(at(seconds=1)) == 1
    assert found(right).next_run_at == found(far).next_run_at == at(minutes=1)
    assert plan_anew(at(seconds=1)) == 0


def test_small_differences_between_the_clocks_of_machines_plan_nothing_anew(
    make_task: Make,
) -> None:
    make_task(moment=at(seconds=9))
    assert plan_anew(NOON) == 0
    assert unplanned(NOON) == 0


def test_a_task_that_is_due_and_that_nobody_plans_is_counted(make_task: Make) -> None:
    make_task()
    assert unplanned(at(minutes=1, seconds=14)) == 0
    assert unplanned(at(minutes=1, seconds=15)) == 1


def test_a_schedule_that_cannot_be_read_does_not_hold_the_others_up(make_task: Make) -> None:
    broken, good = make_task(moment=at(days=1)), make_task(name="Good", moment=at(days=1))
    ScheduledTask.objects.filter(pk=broken.pk).update(schedule={"kind": "sundial"})
    plan_anew(NOON)
    assert found(good).next_run_at == at(minutes=1)
    assert unplanned(NOON) == 0
