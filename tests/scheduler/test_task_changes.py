"""What a change of a task, a pause or its end does to what was planned."""

from datetime import timedelta
from typing import Any

import pytest

from kianda.lib.errors import Invalid, PreconditionFailed
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import (
    change_task,
    delete_task,
    pause_task,
    plan,
    resume_task,
)
from tests.scheduler.conftest import NOON, Make, body

pytestmark = pytest.mark.django_db


def test_a_designer_may_not_change_what_a_task_does_in_anothers_name(
    make_task: Make, admin: Any, ada: Any
) -> None:
    key = str(make_task(user=admin).pk)
    later, _ = change_task(
        task_id=key, raw={"schedule": {"kind": "minutes", "every": 5}}, user=ada, partial=True
    )
    assert later.run_as == admin
    with pytest.raises(Invalid) as caught:
        change_task(task_id=key, raw={"target": "fail"}, user=ada, partial=True)
    assert caught.value.errors[0].pointer == "/run_as"
    own, _ = change_task(
        task_id=key, raw={"target": "fail", "run_as": "ada"}, user=ada, partial=True
    )
    assert own.run_as == ada


def test_a_changed_schedule_starts_a_new_grid_and_another_change_does_not(
    make_task: Make, ada: Any
) -> None:
    key = str(make_task().pk)
    moment = NOON + timedelta(seconds=20)

    def change(**raw: Any) -> ScheduledTask:
        return change_task(task_id=key, raw=raw, user=ada, partial=True, moment=moment)[0]

    assert change(name="Renamed").next_run_at == NOON + timedelta(minutes=1)
    assert change(timezone="UTC").next_run_at == NOON + timedelta(minutes=1)
    assert change(expires={"after_runs": 9}).next_run_at == NOON + timedelta(minutes=1)
    changed = change(schedule={"kind": "minutes", "every": 5})
    assert changed.next_run_at == moment + timedelta(minutes=5)
    again = change(schedule={"kind": "minutes", "every": 5})
    assert again.start == changed.start
    assert again.revision == 6


def test_another_time_zone_moves_a_calendar_schedule(make_task: Make, ada: Any) -> None:
    task = make_task(schedule={"kind": "daily", "at": "15:00"})
    assert task.next_run_at == NOON.replace(hour=15)
    moved, _ = change_task(
        task_id=str(task.pk),
        raw={"timezone": "America/New_York"},
        user=ada,
        partial=True,
        moment=NOON,
    )
    assert moved.next_run_at == NOON.replace(hour=20)


def test_what_was_due_when_the_schedule_changed_is_missed_not_lost(
    make_task: Make, ada: Any
) -> None:
    task = make_task()
    moment = NOON + timedelta(minutes=3, seconds=5)
    change_task(
        task_id=str(task.pk),
        raw={"schedule": {"kind": "minutes", "every": 9}},
        user=ada,
        partial=True,
        moment=moment,
    )
    missed = Occurrence.objects.get()
    assert (missed.outcome, missed.count) == ("missed", 3)
    assert missed.planned_until == NOON + timedelta(minutes=3)


def test_switching_enabled_is_a_pause_and_a_resume(make_task: Make, ada: Any) -> None:
    key = str(make_task().pk)

    def switch(enabled: bool, **delay: float) -> ScheduledTask:
        return change_task(
            task_id=key,
            raw={"enabled": enabled},
            user=ada,
            partial=True,
            moment=NOON + timedelta(**delay),
        )[0]

    assert switch(False, seconds=30).paused_at == NOON + timedelta(seconds=30)
    assert plan(NOON + timedelta(minutes=3)) == []
    resumed = switch(True, minutes=3, seconds=30)
    assert resumed.paused_at is None
    assert resumed.next_run_at == NOON + timedelta(minutes=4, seconds=30)
    skipped = Occurrence.objects.get()
    assert (skipped.outcome, skipped.count) == ("skipped", 3)


def test_pause_and_resume_change_nothing_twice(make_task: Make, ada: Any) -> None:
    key = str(make_task().pk)
    assert resume_task(task_id=key, user=ada).revision == 1
    paused = pause_task(task_id=key, user=ada)
    assert pause_task(task_id=key, user=ada).revision == paused.revision == 2


def test_a_task_that_had_ended_lives_again_with_another_schedule(make_task: Make, ada: Any) -> None:
    task = make_task(schedule={"kind": "once", "in": {"minutes": 1}})
    plan(NOON + timedelta(minutes=1))
    moment = NOON + timedelta(minutes=9)
    renamed, _ = change_task(
        task_id=str(task.pk), raw={"name": "Done"}, user=ada, partial=True, moment=moment
    )
    assert renamed.finished_at == NOON + timedelta(minutes=1)
    alive, _ = change_task(
        task_id=str(task.pk),
        raw={"schedule": {"kind": "hourly"}},
        user=ada,
        partial=True,
        moment=moment,
    )
    assert alive.finished_at is None
    assert alive.next_run_at == NOON + timedelta(hours=1)


def test_a_past_moment_that_was_there_before_may_stay(make_task: Make, ada: Any) -> None:
    once = {"kind": "once", "at": "2026-03-02T13:00:00Z"}
    task = make_task(schedule=once)
    plan(NOON + timedelta(hours=1))
    changed, _ = change_task(
        task_id=str(task.pk),
        raw=body(name="Kept", schedule=once),
        user=ada,
        partial=False,
        moment=NOON + timedelta(hours=2),
    )
    assert changed.next_run_at is None


def test_a_change_of_what_somebody_else_changed_is_refused(make_task: Make, ada: Any) -> None:
    task = make_task()
    with pytest.raises(PreconditionFailed):
        change_task(task_id=str(task.pk), raw={}, user=ada, partial=True, revision=7)
    with pytest.raises(PreconditionFailed):
        delete_task(task_id=str(task.pk), user=ada, revision=7)


def test_the_history_outlives_the_task(make_task: Make, ada: Any) -> None:
    task = make_task()
    plan(NOON + timedelta(minutes=5))
    delete_task(task_id=str(task.pk), user=ada)
    assert sorted(row.outcome or "" for row in Occurrence.objects.all()) == ["missed", "skipped"]
