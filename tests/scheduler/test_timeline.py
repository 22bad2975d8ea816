"""The drawing of a task's last hours or days: its columns, and what is counted in each."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from scheduler import listing
from scheduler.models import Occurrence
from scheduler.views import timeline

# The clocks of Europe went back an hour in the night before the 25th.
NOW = datetime(2026, 10, 26, 9, 20, tzinfo=UTC)
BY_KEY = {window.key: window for window in timeline.WINDOWS}


def edges_of(key: Any, zone: str) -> list[Any]:
    with timezone.override(ZoneInfo(zone)):
        scale = timeline.Scale(BY_KEY[key], NOW)
        return [moment.astimezone(UTC) for moment in scale.edges()]


@pytest.mark.parametrize(
    ("key", "zone", "second", "last", "columns"),
    [
        ("24h", "UTC", datetime(2026, 10, 25, 9, 30), datetime(2026, 10, 26, 9, 0), 49),
        ("24h", "Asia/Kolkata", datetime(2026, 10, 25, 9, 30), datetime(2026, 10, 26, 9, 0), 49),
        ("7d", "UTC", datetime(2026, 10, 19, 12), datetime(2026, 10, 26, 9), 57),
        ("7d", "Asia/Kolkata", datetime(2026, 10, 19, 9, 30), datetime(2026, 10, 26, 6, 30), 57),
        ("30d", "UTC", datetime(2026, 9, 27), datetime(2026, 10, 26), 31),
        ("30d", "Europe/Vienna", datetime(2026, 9, 26, 22), datetime(2026, 10, 25, 23), 31),
    ],
)
def test_columns_begin_at_full_hours_and_midnights_of_the_person(
    key: str, zone: str, second: Any, last: Any, columns: int
) -> None:
    edges = edges_of(key, zone)
    assert edges[0] == NOW - BY_KEY[key].length
    assert edges[1] == second.replace(tzinfo=UTC)
    assert edges[-2] == last.replace(tzinfo=UTC)
    assert len(edges) - 1 == columns
    assert edges == sorted(set(edges))
    assert edges[-1] > NOW


@pytest.mark.django_db
def test_each_firing_is_counted_in_the_column_that_it_was_planned_in(make_task: Any) -> None:
    task, other = make_task(), make_task(name="Another")
    left = NOW - timedelta(hours=2)
    edges = [left, NOW - timedelta(hours=1), NOW]
    rows = [
        (task, left, "succeeded", 1),
        (task, left + timedelta(minutes=59, seconds=59), "succeeded", 1),
        (task, edges[1], "missed", 40),
        (task, edges[1] + timedelta(seconds=1), None, 1),
        (task, left - timedelta(seconds=1), "failed", 1),
        (task, NOW, "failed", 1),
        (other, left, "failed", 1),
    ]
    for one, moment, outcome, count in rows:
        Occurrence.objects.create(
            task=one, task_name=one.name, planned_at=moment, queued_at=moment, outcome=outcome,
            count=count,
        )  # fmt: skip
    found = listing.counts_between(task, edges)
    assert sorted(found) == [(0, "succeeded", 2), (1, "", 1), (1, "missed", 40)]


def test_what_failed_among_thousands_is_seen_on_top() -> None:
    scale = timeline.Scale(BY_KEY["30d"], NOW)
    edges = scale.edges()
    failed, succeeded = sorted(
        timeline.columns(scale, edges, [(3, "succeeded", 2_879), (3, "failed", 1)]),
        key=lambda bar: bar.y,
    )
    assert (failed.shape, succeeded.shape) == ("failed", "succeeded")
    assert failed.height >= 3
    assert failed.y + failed.height == pytest.approx(succeeded.y)
    assert failed.x == succeeded.x == scale.place(edges[3])
