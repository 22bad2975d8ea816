"""Moments and durations in words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kianda.web import times

NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW.replace(hour=14, minute=5), "Today 14:05"),
        (NOW - timedelta(hours=20), "Yesterday 18:20"),
        (NOW + timedelta(days=1), "Tomorrow 14:20"),
        (datetime(2026, 11, 20, 16, 2, tzinfo=UTC), "Fri 20 Nov, 16:02"),
        (datetime(2025, 11, 20, 16, 2, tzinfo=UTC), "20 Nov 2025, 16:02"),
    ],
)
def test_moments(moment: Any, words: str) -> None:
    assert times.moment_words(moment, now=NOW) == words


def test_the_zone_decides_which_day_it_is() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert times.moment_words(late, now=NOW, seconds=True) == "Tomorrow 07:30:00"
        assert times.full_words(late) == (
            "Tuesday 24 November 2026, 07:30:00 Asia/Tokyo (23 Nov 2026, 22:30:00 UTC)"
        )
    assert times.full_words(late) == "Monday 23 November 2026, 22:30:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "now"),
        (40 * 60, "in 40 min"),
        (-48 * 60, "48 min ago"),
        (13_200, "in 3 h 40 min"),
        (7200, "in 2 h"),
        (26 * 3600, "in 26 h"),
        (4 * 86_400, "in 4 days"),
        (-59, "59 s ago"),
    ],
)
def test_distances(seconds: float, words: str) -> None:
    assert times.distance_words(NOW + timedelta(seconds=seconds), now=NOW) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(0, "0 ms"), (161.6, "162 ms"), (2400, "2.4 s"), (180_000, "3 min")]
)
def test_durations(milliseconds: float, words: str) -> None:
    assert times.duration_words(milliseconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "30 s"), (90, "1 min 30 s"), (120, "2 min"), (599.6, "10 min"), (3300, "55 min")],
)
def test_spans_where_seconds_matter(seconds: float, words: str) -> None:
    assert times.exact_span_words(timedelta(seconds=seconds)) == words
