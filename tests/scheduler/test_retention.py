"""What is pruned, what is kept."""

from datetime import timedelta
from typing import Any

import pytest

from processes import retention as processes_retention
from processes.models import Change, ProcessInstance, Run
from scheduler.models import Occurrence
from scheduler.services.retention import prune_occurrences
from tests.scheduler.conftest import NOON, Make

pytestmark = pytest.mark.django_db


def occurrence(days: float, outcome: str | None, *, task: Any, minute: int = 0) -> None:
    at = NOON - timedelta(days=days, minutes=minute)
    Occurrence.objects.create(
        task=task,
        task_name="Count",
        planned_at=at,
        queued_at=at,
        started_at=at,
        finished_at=at if outcome else None,
        outcome=outcome,
    )


def run(days: float, status: str, instance: ProcessInstance | None) -> Run:
    at = NOON - timedelta(days=days)
    return Run.objects.create(
        instance=instance, process_id="counter-1", process="counter", version="1.0",
        trigger="api", status=status, queued=at, started=at, finished=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "kept_days", "gone_days"),
    [
        ("succeeded", 29, 31),
        ("missed", 29, 31),
        ("skipped", 29, 31),
        ("failed", 89, 91),
        ("interrupted", 89, 91),
    ],
)
def test_occurrences_go_after_their_time(
    db: None, outcome: str, kept_days: int, gone_days: int
) -> None:
    occurrence(kept_days, outcome, task=None)
    occurrence(gone_days, outcome, task=None)
    assert prune_occurrences(NOON) == 1
    left = Occurrence.objects.get().finished_at
    assert left == NOON - timedelta(days=kept_days)


def test_the_last_hundred_of_a_task_stay_however_old(make_task: Make) -> None:
    task, quiet = make_task(), make_task(name="Quiet")
    for minute in range(130):
        occurrence(200, "succeeded", task=task, minute=minute)
    occurrence(500, "succeeded", task=quiet)
    assert prune_occurrences(NOON) == 30
    assert Occurrence.objects.filter(task=task).count() == 100
    assert Occurrence.objects.filter(task=quiet).count() == 1
    assert prune_occurrences(NOON) == 0


def test_what_is_open_is_never_pruned(make_task: Make) -> None:
    occurrence(500, None, task=None)
    assert prune_occurrences(NOON) == 0


def test_pruning_stops_after_its_batches(db: None) -> None:
    for minute in range(20):
        occurrence(200, "succeeded", task=None, minute=minute)
    assert prune_occurrences(NOON, batches=0) == 0
    assert prune_occurrences(NOON, batches=1) == 20


def test_runs_and_history_go_but_the_last_hundred_of_each_instance(
    counter: ProcessInstance,
) -> None:
    for _ in range(105):
        run(200, "succeeded", counter)
    for revision in range(103):
        Change.objects.create(
            instance=counter, revision=revision, at=NOON - timedelta(days=200), fields=[]
        )
    running = run(200, "succeeded", None)
    Run.objects.filter(pk=running.pk).update(status="running", finished=None)
    run(31, "succeeded", None)
    run(31, "failed", None)
    run(91, "interrupted", None)
    assert processes_retention.prune(NOON) == 5 + 3 + 2
    assert Run.objects.filter(instance=counter).count() == 100
    assert Change.objects.count() == 100
    assert sorted(Run.objects.filter(instance=None).values_list("status", flat=True)) == [
        "failed",
        "running",
    ]
    assert processes_retention.prune(NOON) == 0


def test_the_time_is_a_setting(db: None, settings: Any) -> None:
    settings.KIANDA_RETENTION_DAYS = 1
    occurrence(2, "succeeded", task=None)
    occurrence(2, "failed", task=None)
    assert prune_occurrences(NOON) == 1
