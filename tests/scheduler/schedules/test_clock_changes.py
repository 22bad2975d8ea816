"""Clocks go forward and back, and each kind of schedule follows the stated rule."""

from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.schedules import schedules
from tests.scheduler.schedules.moments import DUBLIN, NEW_YORK, moment, upcoming


@pytest.mark.parametrize("zone", [DUBLIN, NEW_YORK, "Australia/Lord_Howe"])
def test_no_clock_change_moves_an_interval(zone: str) -> None:
    found = schedules.parse({"kind": "minutes", "every": 45}).next_n(
        5_000, moment("2026-02-01T00:00"), start=moment("2026-02-01T00:00"), zone=ZoneInfo(zone)
    )
    steps = {later - sooner for sooner, later in pairwise(found)}
    assert steps == {timedelta(minutes=45)}


# Dublin goes forward on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC.
# New York goes forward on 2026-03-08 at 07:00 UTC, back on 2026-11-01 at 06:00 UTC.
@pytest.mark.parametrize(
    ("settings", "zone", "after", "expected"),
    [
        (
            {"kind": "daily", "at": "01:30"}, DUBLIN, "2026-03-28T00:00",
            # 01:30 is skipped on the 29th: it fires when the clock jumps, at 01:00 UTC.
            ["2026-03-28 01:30:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00"],
        ),
        (
            {"kind": "daily", "at": "01:30"}, DUBLIN, "2026-10-24T00:00",
            # 01:30 comes twice on the 25th: it fires the first time only.
            ["2026-10-24 00:30:00", "2026-10-25 00:30:00", "2026-10-26 01:30:00"],
        ),
        (
            {"kind": "daily", "at": "02:30"}, NEW_YORK, "2026-03-07T00:00",
            ["2026-03-07 07:30:00", "2026-03-08 07:00:00", "2026-03-09 06:30:00"],
        ),
        (
            {"kind": "daily", "at": "01:30"}, NEW_YORK, "2026-10-31T00:00",
            ["2026-10-31 05:30:00", "2026-11-01 05:30:00", "2026-11-02 06:30:00"],
        ),
        (
            {"kind": "daily", "at": "09:00"}, DUBLIN, "2026-03-28T00:00",
            ["2026-03-28 09:00:00", "2026-03-29 08:00:00", "2026-03-30 08:00:00"],
        ),
        (
            {"kind": "hourly"}, DUBLIN, "2026-03-28T23:30",
            ["2026-03-29 00:00:00", "2026-03-29 01:00:00", "2026-03-29 02:00:00"],
        ),
        (
            {"kind": "hourly"}, DUBLIN, "2026-10-24T23:30",
            # 01:00 summer time, 01:00 winter time: two real hours, two firings.
            ["2026-10-25 00:00:00", "2026-10-25 01:00:00", "2026-10-25 02:00:00"],
        ),
        (
            {"kind": "hourly", "minute": 30}, NEW_YORK, "2026-11-01T04:45",
            ["2026-11-01 05:30:00", "2026-11-01 06:30:00", "2026-11-01 07:30:00"],
        ),
        (
            {"kind": "hourly", "every": 6, "minute": 15}, DUBLIN, "2026-03-28T10:20",
            # Hours count from the hour of the start.
            ["2026-03-28 16:15:00", "2026-03-28 22:15:00", "2026-03-29 04:15:00"],
        ),
        (
            # The clocks of Lord Howe shift by half an hour on 2026-04-04 at 15:00 UTC.
            {"kind": "hourly"}, "Australia/Lord_Howe", "2026-04-04T13:30",
            ["2026-04-04 14:00:00", "2026-04-04 15:30:00", "2026-04-04 16:30:00"],
        ),
        (
            {"kind": "cron", "expression": "*/20 * * * *"}, DUBLIN, "2026-10-25T00:35",
            ["2026-10-25 00:40:00", "2026-10-25 01:00:00", "2026-10-25 01:20:00"],
        ),
        (
            {"kind": "cron", "expression": "*/30 * * * *"}, DUBLIN, "2026-03-29T00:25",
            ["2026-03-29 00:30:00", "2026-03-29 01:00:00", "2026-03-29 01:30:00"],
        ),
        (
            # Two times in the gap fire once, at the jump.
            {"kind": "cron", "expression": "15,45 1 * * *"}, DUBLIN, "2026-03-28T12:00",
            ["2026-03-29 01:00:00", "2026-03-30 00:15:00", "2026-03-30 00:45:00"],
        ),
        (
            {"kind": "cron", "expression": "15,45 1 * * *"}, DUBLIN, "2026-10-24T12:00",
            ["2026-10-25 00:15:00", "2026-10-25 00:45:00", "2026-10-26 01:15:00"],
        ),
        (
            # Samoa left out the whole of 2011-12-30.
            {"kind": "daily", "at": "08:00"}, "Pacific/Apia", "2011-12-29T00:00",
            ["2011-12-29 18:00:00", "2011-12-30 10:00:00", "2011-12-30 18:00:00"],
        ),
    ],
)  # fmt: skip
def test_clock_changes_follow_the_stated_rule(
    settings: dict[str, Any], zone: str, after: str, expected: list[str]
) -> None:
    assert upcoming(settings, after, len(expected), zone=zone) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "hourly", "every": 5, "minute": 10},
        {"kind": "daily", "every": 2, "at": "02:30"},
        {"kind": "weekly", "days": ["sunday"], "at": "01:15"},
        {"kind": "monthly", "nth": "last", "weekday": "sunday", "at": "01:15"},
        {"kind": "cron", "expression": "10,50 0-4 * * *"},
        {"kind": "cron", "expression": "*/17 * * * *"},
    ],
)
@pytest.mark.parametrize("zone", [DUBLIN, NEW_YORK, "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_asking_one_by_one_gives_the_same_moments_as_asking_for_many(
    settings: dict[str, Any], zone: str
) -> None:
    schedule = schedules.parse(settings)
    start = moment("2026-02-20T06:07:08")
    many = schedule.next_n(120, start, start=start, zone=ZoneInfo(zone))
    single = [start]
    for _ in many:
        planned = schedule.next_after(single[-1], start=start, zone=ZoneInfo(zone))
        assert planned is not None
        single.append(planned)
    assert single[1:] == many
    assert sorted(set(many)) == many
