"""Which moments a schedule plans: tables of settings, a moment, and what comes next."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.schedules import schedules
from tests.scheduler.schedules.moments import DUBLIN, moment, upcoming


@pytest.mark.parametrize(
    ("settings", "start", "after", "expected"),
    [
        ({"kind": "seconds", "every": 1}, "2026-03-01T10:00:00", "2026-03-01T10:00:00", "10:00:01"),
        ({"kind": "seconds", "every": 7}, "2026-03-01T10:00:00", "2026-03-01T10:00:07", "10:00:14"),
        ({"kind": "seconds", "every": 7}, "2026-03-01T10:00:00", "2026-03-01T10:00:13", "10:00:14"),
        (
            {"kind": "minutes", "every": 55},
            "2026-03-01T10:00:20",
            "2026-03-01T10:00:20",
            "10:55:20",
        ),
        (
            {"kind": "minutes", "every": 55},
            "2026-03-01T10:00:20",
            "2026-03-01T10:55:20",
            "11:50:20",
        ),
        (
            {"kind": "minutes", "every": 55},
            "2026-03-01T10:00:20",
            "2026-03-01T11:50:19",
            "11:50:20",
        ),
        # A moment before the start: the first firing is start + every.
        ({"kind": "minutes", "every": 5}, "2026-03-01T10:00:00", "2026-02-01T00:00:00", "10:05:00"),
    ],
)
def test_an_interval_lies_on_the_grid_of_its_start(
    settings: dict[str, Any], start: str, after: str, expected: str
) -> None:
    assert upcoming(settings, after, 1, start=start) == [f"2026-03-01 {expected}"]


@pytest.mark.parametrize(
    ("settings", "start", "expected"),
    [
        ({"kind": "daily", "at": "09:00"}, "2026-01-05T08:59", ["2026-01-05", "2026-01-06"]),
        ({"kind": "daily", "at": "09:00"}, "2026-01-05T09:00", ["2026-01-06", "2026-01-07"]),
        (
            {"kind": "daily", "every": 3, "at": "09:00"}, "2026-01-05T10:00",
            ["2026-01-08", "2026-01-11", "2026-01-14"],
        ),
        (
            # 2026-01-09 is a Friday.
            {"kind": "daily", "at": "09:00", "weekdays_only": True}, "2026-01-08T10:00",
            ["2026-01-09", "2026-01-12", "2026-01-13"],
        ),
        (
            {"kind": "daily", "every": 2, "at": "09:00", "weekdays_only": True}, "2026-01-08T10:00",
            ["2026-01-12", "2026-01-14", "2026-01-16", "2026-01-20"],
        ),
        (
            # From a Saturday: working days count from Monday.
            {"kind": "daily", "every": 2, "at": "09:00", "weekdays_only": True}, "2026-01-10T10:00",
            ["2026-01-12", "2026-01-14"],
        ),
        (
            {"kind": "weekly", "days": ["friday", "mon"], "at": "09:00"}, "2026-01-07T10:00",
            ["2026-01-09", "2026-01-12", "2026-01-16"],
        ),
        (
            # Every second week, counted from the week of the start (Wednesday the 7th).
            {"kind": "weekly", "every": 2, "days": ["monday", "thursday"], "at": "09:00"},
            "2026-01-07T10:00",
            ["2026-01-08", "2026-01-19", "2026-01-22", "2026-02-02"],
        ),
        (
            {"kind": "monthly", "day": 31, "at": "09:00"}, "2026-01-15T10:00",
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        ),
        (
            {"kind": "monthly", "day": 31, "at": "09:00"}, "2028-02-01T10:00",
            ["2028-02-29", "2028-03-31"],
        ),
        (
            # Every February 29: the 28th in the years between.
            {"kind": "monthly", "every": 12, "day": 29, "at": "09:00"}, "2027-02-01T10:00",
            ["2027-02-28", "2028-02-29", "2029-02-28"],
        ),
        (
            {"kind": "monthly", "nth": "last", "weekday": "friday", "at": "09:00"},
            "2026-01-15T10:00",
            ["2026-01-30", "2026-02-27", "2026-03-27"],
        ),
        (
            {"kind": "monthly", "every": 2, "nth": 2, "weekday": "tuesday", "at": "09:00"},
            "2026-01-15T10:00",
            ["2026-03-10", "2026-05-12"],
        ),
        (
            {"kind": "monthly", "every": 120, "day": 1, "at": "09:00"}, "2026-01-15T10:00",
            ["2036-01-01", "2046-01-01"],
        ),
        (
            {"kind": "cron", "expression": "0 9 29 2 *"}, "2096-03-01T00:00",
            # 2100 has no 29 February.
            ["2104-02-29", "2108-02-29"],
        ),
        (
            {"kind": "cron", "expression": "0 9 * * mon-fri"}, "2026-01-09T10:00",
            ["2026-01-12", "2026-01-13"],
        ),
        (
            {"kind": "cron", "expression": "0 9 * * 7"}, "2026-01-09T10:00",
            ["2026-01-11", "2026-01-18"],
        ),
        (
            # As in every cron: with both day fields set, either will do.
            {"kind": "cron", "expression": "0 9 13 * fri"}, "2026-01-09T10:00",
            ["2026-01-13", "2026-01-16", "2026-01-23"],
        ),
    ],
)  # fmt: skip
def test_calendar_kinds_count_from_the_day_of_the_start(
    settings: dict[str, Any], start: str, expected: list[str]
) -> None:
    found = upcoming(settings, start, len(expected), zone="UTC")
    assert found == [f"{day} 09:00:00" for day in expected]


@pytest.mark.parametrize(
    ("settings", "zone", "expected"),
    [
        ({"kind": "once", "at": "2026-07-01T09:30"}, DUBLIN, ["2026-07-01 08:30:00"]),
        ({"kind": "once", "at": "2026-07-01T09:30:00Z"}, DUBLIN, ["2026-07-01 09:30:00"]),
        ({"kind": "once", "at": "2026-07-01T09:30+02:00"}, DUBLIN, ["2026-07-01 07:30:00"]),
        ({"kind": "once", "at": "2026-01-01T00:00"}, DUBLIN, []),
        ({"kind": "once", "in": {"hours": 2, "minutes": 5}}, DUBLIN, ["2026-03-01 02:05:00"]),
        # A day of delay is 24 hours, whatever the clocks do.
        ({"kind": "once", "in": {"days": 30}}, DUBLIN, ["2026-03-31 00:00:00"]),
        ({"kind": "on_demand"}, DUBLIN, []),
    ],
)
def test_once_fires_once_and_on_demand_never_by_itself(
    settings: dict[str, Any], zone: str, expected: list[str]
) -> None:
    assert upcoming(settings, "2026-03-01T00:00", 3, zone=zone) == expected


@pytest.mark.parametrize(
    ("settings", "first", "until", "latest", "earlier", "last_earlier"),
    [
        ({"kind": "seconds", "every": 1}, "00:00:01", "00:00:01", "00:00:01", 0, None),
        ({"kind": "seconds", "every": 1}, "00:00:01", "00:00:04.5", "00:00:04", 3, "00:00:03"),
        ({"kind": "minutes", "every": 10}, "00:10:00", "23:59:59", "23:50:00", 142, "23:40:00"),
        ({"kind": "hourly"}, "01:00:00", "05:30:00", "05:00:00", 4, "04:00:00"),
        (
            {"kind": "cron", "expression": "*/15 3 * * *"},
            "03:00:00", "20:00:00", "03:45:00", 3, "03:30:00",
        ),
        ({"kind": "once", "in": {"minutes": 1}}, "00:01:00", "20:00:00", "00:01:00", 0, None),
    ],
)  # fmt: skip
def test_a_stretch_of_planned_moments_is_summed_up(
    settings: dict[str, Any],
    first: str,
    until: str,
    latest: str,
    earlier: int,
    last_earlier: str | None,
) -> None:
    def on_the_day(text: str) -> datetime:
        return moment(f"2026-03-01T{text}")

    due = schedules.parse(settings).due(
        on_the_day(first), on_the_day(until), start=on_the_day("00:00"), zone=ZoneInfo("UTC")
    )
    assert (due.latest, due.earlier) == (on_the_day(latest), earlier)
    assert due.last_earlier == (on_the_day(last_earlier) if last_earlier else None)
