"""The planner: what it writes at which moment, and that it writes it once."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from processes.models import ProcessInstance
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import (
    change_task,
    next_due,
    pause_task,
    plan,
    plan_anew,
    recover,
    resume_task,
    run_now,
    unplanned,
)
from scheduler.services.execution import _at_work, execute
from tests.scheduler.conftest import NOON, Make, a_run
from tests.threads import at_once, in_background, until

pytestmark = pytest.mark.django_db


def after(**delay: float) -> datetime:
    return NOON + timedelta(**delay)


def rows(task: ScheduledTask) -> list[tuple[Any, ...]]:
    """Return outcome, planned moment as seconds from noon, count, end of the gap; oldest first."""
    found = Occurrence.objects.filter(task=task).order_by("planned_at", "pk")
    return [
        (
            row.outcome,
            (row.planned_at - NOON).total_seconds(),
            row.count,
            row.planned_until and (row.planned_until - NOON).total_seconds(),
        )
        for row in found
    ]


def test_a_task_fires_first_one_interval_after_it_was_made(make_task: Make) -> None:
    task = make_task()
    assert plan(after(seconds=59)) == []
    assert len(plan(after(seconds=60))) == 1
    assert rows(task) == [(None, 60, 1, None)]
    task.refresh_from_db()
    assert task.next_run_at == after(minutes=2)
    assert task.counted_runs == 1


def test_a_late_planner_does_not_move_the_grid(make_task: Make) -> None:
    task = make_task()
    plan(after(seconds=83))
    task.refresh_from_db()
    assert task.next_run_at == after(minutes=2)


def test_a_second_planner_finds_nothing(make_task: Make) -> None:
    task = make_task()
    assert len(plan(after(minutes=1))) == 1
    assert plan(after(minutes=1)) == []
    assert len(rows(task)) == 1


def test_downtime_gives_one_firing_for_the_latest_moment_and_one_missed_row(
    make_task: Make,
) -> None:
    task = make_task()
    sent = plan(after(minutes=90, seconds=30))
    assert len(sent) == 1
    assert rows(task) == [("missed", 60, 89, 89 * 60), (None, 90 * 60, 1, None)]
    missed = Occurrence.objects.get(outcome="missed")
    assert missed.reason.endswith(".")
    assert missed.finished_at == after(minutes=90, seconds=30)
    task.refresh_from_db()
    assert (task.next_run_at, task.counted_runs) == (after(minutes=91), 1)


def test_one_missed_moment_has_no_end_of_its_gap(make_task: Make) -> None:
    task = make_task()
    plan(after(minutes=2, seconds=1))
    assert rows(task) == [("missed", 60, 1, None), (None, 120, 1, None)]


def test_while_one_waits_later_ones_are_one_growing_row(make_task: Make) -> None:
    task = make_task()
    (waiting,) = plan(after(minutes=1))
    assert plan(after(minutes=2)) == []
    assert plan(after(minutes=3)) == []
    assert plan(after(minutes=6)) == []
    assert rows(task) == [(None, 60, 1, None), ("coalesced", 120, 5, 360)]
    # The next waiting one gets a row of its own.
    execute(waiting)
    plan(after(minutes=7))
    plan(after(minutes=8))
    assert [row[:3] for row in rows(task)[1:]] == [
        ("coalesced", 120, 5),
        (None, 420, 1),
        ("coalesced", 480, 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_one_that_waits_in_a_worker_for_its_busy_instance_is_waiting_still(
    make_task: Make, ada: Any, counter: ProcessInstance
) -> None:
    task = make_task()
    (pk,) = plan(after(minutes=1))
    busy = a_run(counter)
    thread, _done = in_background(lambda: execute(pk))
    until(lambda: pk in _at_work)
    assert plan(after(minutes=2)) == []
    assert run_now(task_id=str(task.pk), user=ada).outcome == "coalesced"
    assert rows(task)[:2] == [(None, 60, 1, None), ("coalesced", 120, 1, None)]
    busy.delete()
    thread.join()
    assert rows(task)[0] == ("succeeded", 60, 1, None)


def test_a_firing_asked_for_by_hand_that_waits_takes_the_planned_one_in(
    make_task: Make, ada: Any
) -> None:
    task = make_task()
    run_now(task_id=str(task.pk), user=ada, moment=after(seconds=30))
    assert plan(after(minutes=1)) == []
    assert [row[:3] for row in rows(task)] == [(None, 30, 1), ("coalesced", 60, 1)]
    task.refresh_from_db()
    assert task.counted_runs == 0


@pytest.mark.parametrize(
    ("expires", "fired"),
    [({"after_runs": 2}, 2), ({"at": "2026-03-02T12:03:00Z"}, 2), ({"at": "2026-03-02T12:03"}, 2)],
)
def test_a_task_fires_until_it_expires(
    make_task: Make, expires: dict[str, Any], fired: int
) -> None:
    task = make_task(expires=expires)
    for minute in range(1, 6):
        for occurrence in plan(after(minutes=minute)):
            execute(occurrence)
    assert [row[0] for row in rows(task)] == ["succeeded"] * fired
    task.refresh_from_db()
    assert task.next_run_at is None
    assert task.finished_at == after(minutes=2)
    assert next_due() is None


def test_moments_past_the_expiry_are_not_missed(make_task: Make) -> None:
    task = make_task(expires={"at": "2026-03-02T12:05:30Z"})
    plan(after(hours=9))
    assert rows(task) == [("missed", 60, 4, 240), (None, 300, 1, None)]


def test_once_fires_once_also_when_the_planner_comes_late(make_task: Make) -> None:
    task = make_task(schedule={"kind": "once", "in": {"hours": 2}})
    assert len(plan(after(days=3))) == 1
    assert plan(after(days=4)) == []
    assert rows(task) == [(None, 7200, 1, None)]
    task.refresh_from_db()
    assert task.next_run_at is None


def test_the_firings_of_a_pause_are_one_skipped_row_and_the_grid_starts_anew(
    make_task: Make, ada: Any
) -> None:
    task = make_task()
    key = str(task.pk)
    pause_task(task_id=key, user=ada, moment=after(seconds=90))
    assert next_due() is None
    assert plan(after(minutes=5)) == []
    resumed = resume_task(task_id=key, user=ada, moment=after(minutes=10, seconds=30))
    # The moment at 60 s was due and not planned yet when the pause began.
    assert rows(task) == [("skipped", 60, 10, 600)]
    reason = Occurrence.objects.get().reason
    assert reason == "The task was paused from 2026-03-02 12:01:30 to 2026-03-02 12:10:30 UTC."
    assert resumed.next_run_at == after(minutes=11, seconds=30)


def test_another_schedule_set_in_a_pause_lets_its_one_row_grow(make_task: Make, ada: Any) -> None:
    task = make_task()
    key = str(task.pk)
    pause_task(task_id=key, user=ada, moment=after(seconds=30))
    every_two = {"schedule": {"kind": "minutes", "every": 2}}
    change_task(
        task_id=key, raw=every_two, user=ada, partial=True, moment=after(minutes=3, seconds=30)
    )
    resume_task(task_id=key, user=ada, moment=after(minutes=10))
    # At 1, 2 and 3 minutes, then two minutes after the change and each two from there.
    assert rows(task) == [("skipped", 60, 3 + 3, 570)]
    reason = Occurrence.objects.get().reason
    assert reason == "The task was paused from 2026-03-02 12:00:30 to 2026-03-02 12:10:00 UTC."
    pause_task(task_id=key, user=ada, moment=after(minutes=11))
    resume_task(task_id=key, user=ada, moment=after(minutes=12, seconds=30))
    assert [row[0] for row in rows(task)] == ["skipped", "skipped"]


def test_a_short_pause_leaves_no_row(make_task: Make, ada: Any) -> None:
    task = make_task()
    pause_task(task_id=str(task.pk), user=ada, moment=after(seconds=5))
    resume_task(task_id=str(task.pk), user=ada, moment=after(seconds=10))
    assert rows(task) == []


def test_only_overdue_tasks_are_taken_by_a_planner_that_steps_in(make_task: Make) -> None:
    make_task()
    assert plan(after(minutes=1, seconds=1), overdue=timedelta(seconds=2)) == []
    assert len(plan(after(minutes=1, seconds=2), overdue=timedelta(seconds=2))) == 1


def test_a_schedule_that_cannot_be_read_ends_its_task_and_no_other(make_task: Make) -> None:
    broken, good = make_task(), make_task(name="Another")
    ScheduledTask.objects.filter(pk=broken.pk).update(schedule={"kind": "sundial"})
    assert len(plan(after(minutes=1))) == 1
    assert [row[0] for row in rows(broken)] == ["failed"]
    assert [row[0] for row in rows(good)] == [None]
    broken.refresh_from_db()
    assert broken.next_run_at is None


def test_a_clock_put_back_does_not_hold_the_planner_up(make_task: Make) -> None:
    task, other = make_task(), make_task(name="Another")
    plan(after(minutes=1))
    Occurrence.objects.update(outcome="succeeded")
    ScheduledTask.objects.filter(pk=task.pk).update(next_run_at=after(minutes=1))
    assert len(plan(after(minutes=2))) == 1
    assert [row[1] for row in rows(task)] == [60]
    assert [row[1] for row in rows(other)] == [60, 120]
    task.refresh_from_db()
    assert task.next_run_at == after(minutes=3)


def many(task: ScheduledTask, count: int, **settings: Any) -> None:
    ScheduledTask.objects.bulk_create(
        ScheduledTask(
            name=f"Many {number}",
            design=task.design,
            process_name="counter",
            process_id=f"counter-{number}",
            target="add",
            schedule={"kind": "seconds", "every": 1},
            time_zone="UTC",
            run_as=task.run_as,
            run_as_name="ada",
            start=NOON,
            next_run_at=NOON + timedelta(seconds=1),
            created=NOON,
            modified=NOON,
            **settings,
        )
        for number in range(count)
    )


def test_a_thousand_due_tasks_are_planned_with_few_statements(make_task: Make) -> None:
    many(make_task(), 1_000)
    with CaptureQueriesContext(connection) as queries:
        assert len(plan(after(seconds=1))) == 1_000
        # All of them wait now: a second pass only lets rows grow.
        assert plan(after(seconds=2)) == []
        assert plan(after(seconds=3)) == []
    assert len(queries) < 300
    assert Occurrence.objects.filter(outcome="coalesced", count=2).count() == 1_000


@pytest.mark.django_db(transaction=True)
def test_planners_at_once_write_each_moment_once(make_task: Make) -> None:
    many(make_task(), 300)
    found = at_once(4, lambda: plan(after(seconds=1)))
    assert len(found) == 4
    # Who was not first may have skipped rows; a next pass finds what nobody took.
    found.append(plan(after(seconds=1)))
    sent = [pk for pks in found for pk in pks]
    assert len(sent) == len(set(sent)) == 300
    assert Occurrence.objects.count() == 300


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL decides by how many rows there are"
)
def test_a_turn_of_the_planner_looks_at_no_task_that_is_paused_or_not_due(make_task: Make) -> None:
    make_task()
    with CaptureQueriesContext(connection) as asked:
        plan_anew(NOON)
        plan(NOON)
        next_due()
        unplanned(NOON)
    wanted = re.compile(
        r"SEARCH scheduler_scheduledtask USING (COVERING )?INDEX "
        r"(due_scheduled_tasks|tasks_by_planning_clock) \(next_run_"
    )
    assert len(asked) == 6
    with connection.cursor() as cursor:
        for one in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {one['sql']}")
            assert wanted.search(str(cursor.fetchall())), one["sql"]


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL decides by how many rows there are"
)
def test_no_firing_that_is_over_is_looked_at_for_those_that_wait(make_task: Make) -> None:
    make_task()
    with CaptureQueriesContext(connection) as asked:
        plan(after(minutes=1))
        recover(after(minutes=2))
    waiting = [
        one["sql"]
        for one in asked.captured_queries
        if one["sql"].startswith("SELECT") and '"run_id" IS NULL' in one["sql"]
    ]
    assert len(waiting) >= 3
    with connection.cursor() as cursor:
        for sql in waiting:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            assert "INDEX open_occurrences" in str(cursor.fetchall()), sql
