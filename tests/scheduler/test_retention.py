"""What is pruned, what is kept."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from processes import retention as processes_retention
from processes.models import Change, ProcessInstance, Run
from scheduler.models import Occurrence
from scheduler.periodic_tasks import SYSTEM_TASKS
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


@pytest.mark.parametrize(
    ("make", "prune"),
    [
        (lambda: run(200, "succeeded", None), processes_retention.prune),
        (lambda: occurrence(200, "succeeded", task=None), prune_occurrences),
    ],
    ids=["runs", "occurrences"],
)
def test_a_transaction_deletes_a_hundred_rows_at_most(db: None, make: Any, prune: Any) -> None:
    for _ in range(230):
        make()
    with CaptureQueriesContext(connection) as asked:
        assert prune(NOON) == 230
    rows = [one["sql"] for one in asked if re.match(r"DELETE .*_(run|occurrence)\"", one["sql"])]
    counts = [sql.count(",") + 1 for sql in rows]
    # Smaller ones follow where the machine is slow.
    assert (counts[0], max(counts), sum(counts)) == (100, 100, 230)


def test_after_a_transaction_that_took_long_the_next_ones_are_smaller(db: None) -> None:
    for _ in range(300):
        run(200, "succeeded", None)
    seconds = itertools.count()
    with CaptureQueriesContext(connection) as asked:
        gone = processes_retention.delete_in_batches(
            [Run.objects.all()], size=100, batches=6, clock=lambda: float(next(seconds))
        )
    rows = [one["sql"] for one in asked if re.match(r'DELETE .*_run"', one["sql"])]
    assert [sql.count(",") + 1 for sql in rows] == [100, 50, 25, 12, 10, 10]
    assert gone == 207


def test_a_run_that_wrote_many_records_is_forgotten_by_a_hundred_of_them_at_a_time(
    counter: ProcessInstance,
) -> None:
    old = run(200, "succeeded", None)
    Change.objects.bulk_create(
        Change(instance=counter, run=old, revision=number, at=NOON, fields=[])
        for number in range(230)
    )
    with CaptureQueriesContext(connection) as asked:
        assert processes_retention.prune(NOON) == 1
    rows = [one["sql"] for one in asked if re.match(r'UPDATE .*_change" .*"id" IN', one["sql"])]
    assert [sql.count(", ") + 1 for sql in rows] == [100, 100]
    assert Change.objects.filter(run=None).count() == 230
    assert not Run.objects.exists()


def test_a_turn_keeps_up_with_sixty_runs_a_second_and_their_changes() -> None:
    deleted = processes_retention.BATCH * processes_retention.BATCHES
    seconds, _ = SYSTEM_TASKS["scheduler.prune"]
    assert deleted >= 2 * 60 * seconds


def test_when_its_batches_are_used_up_a_turn_asks_for_no_further_instance(
    counter: ProcessInstance,
) -> None:
    for _ in range(130):
        run(200, "succeeded", counter)
        run(200, "succeeded", None)
    with CaptureQueriesContext(connection) as asked:
        assert processes_retention.prune(NOON, batches=1) == 100
    assert not any(f'"instance_id" = {counter.pk}' in one["sql"] for one in asked)


def test_of_an_instance_with_young_runs_only_one_of_them_is_looked_at(
    counter: ProcessInstance,
) -> None:
    for days in (200, 200, *[1] * 110):
        run(days, "succeeded", counter)
    with CaptureQueriesContext(connection) as asked:
        assert processes_retention.prune(NOON) == 2
    first_young = Run.objects.filter(finished__gt=NOON - timedelta(days=2)).earliest("pk")
    bounded = [one for one in asked if f'"id" < {first_young.pk}' in one["sql"]]
    assert len(bounded) == 2
    assert processes_retention.prune(NOON) == 0
