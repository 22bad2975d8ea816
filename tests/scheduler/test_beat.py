"""The clock: beat with the planner in it, and the system's own periodic tasks."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from time_machine import travel

from kianda.accounts.models import IdempotencyRecord
from kianda.accounts.services.key_ring import TEXT, refuses_unbound
from kianda.serve.beat import PlanningScheduler
from processes.models import ProcessInstance, Run
from scheduler import tasks
from scheduler.models import Heartbeat, Occurrence, ScheduledTask
from scheduler.periodic_tasks import SYSTEM_TASKS, ensure_periodic_tasks
from scheduler.services import BATCH
from scheduler.services.clock_steps import ClockWatch
from scheduler.services.heartbeats import stamp
from tests.factories import make_user
from tests.lib.sealed_rows import lay_canary
from tests.scheduler.conftest import Make, total

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beat() -> Iterator[PlanningScheduler]:
    """Our scheduler on a broker in memory, with the system's rows."""
    ensure_periodic_tasks()
    app = Celery("beat", broker="memory://", set_as_current=False)
    made = PlanningScheduler(app=app, max_interval=1)
    yield made
    made.close()
    with app.connection() as link:
        link.default_channel.queue_purge("celery")


def messages(beat: PlanningScheduler, name: str) -> list[tuple[Any, ...]]:
    """Take all messages of a task from the queue and return their arguments."""
    found = []
    with beat.app.connection() as link:
        queue = link.SimpleQueue("celery", no_ack=True)
        while queue.qsize():
            message = queue.get_nowait()
            if message.headers["task"] == name:
                found.append(tuple(message.payload[0]))
        queue.close()
    return found


def turn(beat: PlanningScheduler) -> float:
    """Let beat do all that is due now; return how long it would sleep."""
    for _ in range(20):
        if sleep := beat.tick():
            return sleep
    raise AssertionError("beat does not come to rest")


def test_beat_plans_what_is_due_and_sends_it(beat: PlanningScheduler, make_task: Make) -> None:
    for number in range(BATCH + 1):
        make_task(name=f"Count {number}", moment=timezone.now() - timedelta(seconds=61))
    turn(beat)
    sent = messages(beat, "scheduler.execute_batch")
    assert [len(batch) for (batch,) in sent] == [BATCH, 1]
    assert {pk for (batch,) in sent for pk in batch} == {one.pk for one in Occurrence.objects.all()}


def test_beat_sleeps_until_the_next_task_is_due(beat: PlanningScheduler, make_task: Make) -> None:
    turn(beat)
    make_task(schedule={"kind": "seconds", "every": 3600}, moment=timezone.now())
    # What a turn itself took is off its sleep, and so is the time since the clock's last second.
    assert any(0.3 < turn(beat) <= 1 for _ in range(1000))
    ScheduledTask.objects.update(next_run_at=timezone.now() + timedelta(seconds=0.3))
    assert turn(beat) <= 0.3


def test_beat_sends_the_systems_own_tasks(beat: PlanningScheduler) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(hours=1))
    beat._schedule = beat.all_as_schedule()
    turn(beat)
    assert messages(beat, "scheduler.sweep") == [()]


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=30)])
def test_the_systems_own_tasks_go_on_after_the_clock_was_put_back(
    beat: PlanningScheduler, ahead: timedelta
) -> None:
    turn(beat)
    with travel(timezone.now() + ahead, tick=True):
        turn(beat)
        beat.sync()
    # One that has lived through it, and one that is started later.
    for one in (beat, PlanningScheduler(app=beat.app, max_interval=1)):
        turn(one)
        now = timezone.now()
        planned: Any = one._heap
        assert {event.entry.name for event in planned} == set(SYSTEM_TASKS)
        assert all(event.entry.last_run_at <= now for event in planned)
        assert planned[0].time <= now.timestamp() + SYSTEM_TASKS["scheduler.tick"][0]


def test_beat_plans_anew_what_a_clock_of_the_future_has_planned(
    beat: PlanningScheduler, make_task: Make
) -> None:
    task = make_task(moment=timezone.now() + timedelta(hours=1))
    turn(beat)
    task.refresh_from_db()
    assert task.next_run_at is not None
    assert task.next_run_at <= timezone.now() + timedelta(minutes=1)


def test_beat_shows_that_it_is_alive(beat: PlanningScheduler) -> None:
    turn(beat)
    assert Heartbeat.objects.get(part="planner").at <= timezone.now()


def test_beat_outlives_a_database_that_is_away(
    beat: PlanningScheduler, make_task: Make, settings: Any
) -> None:
    turn(beat)
    make_task(moment=timezone.now() - timedelta(seconds=61))
    table = ScheduledTask._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
    try:
        assert beat.tick() == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")
    turn(beat)
    assert Occurrence.objects.count() == 1


def test_the_systems_rows_are_made_once_and_put_right() -> None:
    ensure_periodic_tasks()
    changed = PeriodicTask.objects.get(name="scheduler.tick")
    changed.enabled = False
    changed.save()
    ensure_periodic_tasks()
    rows = PeriodicTask.objects.filter(name__in=SYSTEM_TASKS)
    assert {
        row.name: (row.task, row.interval.every, row.interval.period, row.expire_seconds)
        for row in rows
    } == {
        "scheduler.tick": ("scheduler.tick", 1, "seconds", 5),
        "scheduler.sweep": ("scheduler.sweep", 5, "seconds", 10),
        "scheduler.prune": ("scheduler.prune", 600, "seconds", 600),
        "datasources.refresh_ahead": ("datasources.refresh_ahead", 5, "seconds", 10),
        "processes.check_files": ("processes.check_files", 10, "seconds", 10),
        "processes.fill_lists": ("processes.fill_lists", 30, "seconds", 30),
        "kianda.mail.sweep": ("kianda.mail.sweep", 5, "seconds", 10),
        "kianda.messages.summaries": ("kianda.messages.summaries", 60, "seconds", 60),
    }
    assert all(row.enabled for row in rows)


def test_the_workers_tick_leaves_to_beat_what_beat_will_do(make_task: Make) -> None:
    make_task(moment=timezone.now() - timedelta(seconds=61))
    tasks.tick()
    assert not Occurrence.objects.exists()
    ScheduledTask.objects.update(next_run_at=timezone.now() - timedelta(seconds=3))
    tasks.tick()
    assert Occurrence.objects.count() == 1


def test_the_workers_tasks_do_what_their_services_do(
    counter: ProcessInstance, make_task: Make
) -> None:
    make_task(moment=timezone.now() - timedelta(seconds=65))
    tasks.tick()
    occurrence = Occurrence.objects.get()
    # As a message of an older version asks for it, then as one of this version does.
    tasks.execute(occurrence.pk)
    tasks.execute_batch([occurrence.pk])
    tasks.sweep()
    old = timezone.now() - timedelta(hours=25)
    IdempotencyRecord.objects.create(user=make_user("eve"), key="k", created=old)
    lay_canary(TEXT)
    tasks.prune()
    assert refuses_unbound()
    assert not IdempotencyRecord.objects.exists()
    assert total(counter) == 1
    occurrence.refresh_from_db()
    assert occurrence.outcome == "succeeded"


@pytest.fixture
def clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose clock is put forward by an hour, now."""
    step = iter([0.0, 3600.0])
    watch = ClockWatch(wall=lambda: time.time() + next(step, 3600.0))
    monkeypatch.setattr(tasks, "clock", watch)


@pytest.mark.usefixtures("clock_is_set")
def test_a_clock_that_was_just_set_takes_no_run_from_its_holder_and_prunes_nothing(
    counter: ProcessInstance,
) -> None:
    old = timezone.now() - timedelta(hours=25)
    IdempotencyRecord.objects.create(user=make_user("eve"), key="k", created=old)
    run = Run.objects.create(
        instance=counter, process_id="counter-1", process="counter", version="1.0",
        target="add", trigger="button", status=Run.Status.RUNNING, queued=old, started=old,
        holder="somebody who lives", lease_until=timezone.now() - timedelta(seconds=1),
    )  # fmt: skip
    tasks.sweep()
    tasks.prune()
    run.refresh_from_db()
    assert run.status == "running"
    assert IdempotencyRecord.objects.exists()


def test_a_heartbeat_is_one_row_and_old_ones_are_forgotten() -> None:
    now = timezone.now()
    Heartbeat.objects.create(part="worker", name="long gone", at=now - timedelta(hours=2))
    Heartbeat.objects.create(part="worker", name="of the future", at=now + timedelta(days=30))
    stamp("worker", now - timedelta(seconds=5))
    stamp("worker", now)
    assert Heartbeat.objects.get(part="worker").at == now


def test_a_worker_beats_from_a_thread_of_its_own() -> None:
    tasks.start_heartbeat()
    try:
        until = timezone.now() + timedelta(seconds=5)
        while not Heartbeat.objects.filter(part="worker").exists():
            assert timezone.now() < until
    finally:
        tasks.stop_heartbeat()
