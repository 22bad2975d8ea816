"""A schedule in words names the task's zone where the reader's clock shows another time."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from scheduler.models import ScheduledTask
from scheduler.services.due_times import words_of

DAILY = {"kind": "daily", "at": "09:00"}
HOURLY = {"kind": "hourly", "minute": 5}


@pytest.mark.parametrize(
    ("schedule", "zone", "reader", "words"),
    [
        (DAILY, "UTC", "Asia/Kathmandu", "Every day at 09:00, UTC"),
        (DAILY, "Asia/Kathmandu", "Asia/Kathmandu", "Every day at 09:00"),
        (DAILY, "Etc/UTC", "Etc/UTC", "Every day at 09:00"),
        (DAILY, "UTC", "Etc/UTC", "Every day at 09:00"),
        (DAILY, "Etc/GMT+5", "Etc/GMT+5", "Every day at 09:00"),
        (DAILY, "Asia/Tokyo", "UTC", "Every day at 09:00, Asia/Tokyo"),
        (
            {"kind": "weekly", "days": ["monday"], "at": "09:00"}, "UTC", "Asia/Tokyo",
            "Every week on Monday at 09:00, UTC",
        ),
        (
            {"kind": "monthly", "day": 5, "at": "09:00"}, "UTC", "Asia/Tokyo",
            "Every month on day 5 at 09:00, UTC",
        ),
        ({"kind": "cron", "expression": "0 9 * * *"}, "UTC", "Asia/Tokyo", "At 09:00, UTC"),
        ({"kind": "cron", "expression": "*/5 * * * *"}, "UTC", "Asia/Tokyo", "Every 5 minutes"),
        (
            {"kind": "cron", "expression": "*/5 * * * mon"}, "UTC", "Asia/Tokyo",
            "Every 5 minutes, only on Monday, UTC",
        ),
        (HOURLY, "UTC", "Asia/Tokyo", "Every hour at 5 minutes past"),
        (HOURLY, "UTC", "Asia/Kathmandu", "Every hour at 5 minutes past, UTC"),
        (HOURLY, "Atlantis/City", "UTC", "Every hour at 5 minutes past, Atlantis/City"),
        ({"kind": "minutes", "every": 55}, "UTC", "Asia/Tokyo", "Every 55 minutes"),
        (
            {"kind": "once", "at": "2026-07-01T09:30"}, "UTC", "Asia/Tokyo",
            "Once at 2026-07-01 09:30:00, UTC",
        ),
        (
            {"kind": "once", "at": "2026-07-01T09:30Z"}, "Asia/Tokyo", "Asia/Kathmandu",
            "Once at 2026-07-01 09:30:00 UTC",
        ),
        ({"kind": "on_demand"}, "UTC", "Asia/Tokyo", "On demand"),
    ],
)  # fmt: skip
def test_the_words_of_a_schedule(schedule: Any, zone: str, reader: str, words: str) -> None:
    with timezone.override(ZoneInfo(reader)):
        assert words_of(ScheduledTask(schedule=schedule, time_zone=zone)) == words
