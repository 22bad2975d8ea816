"""Date fields."""

from decimal import Decimal
from typing import Any

import pytest

from processes.fields import Date
from processes.language.values import ValueFailure


@pytest.mark.parametrize(
    ("mode", "raw", "value", "shown"),
    [
        ("date", None, None, ""),
        ("date", "", None, ""),
        ("date", "2026-11-23", "2026-11-23", "2026-11-23"),
        ("date", "2026-11-23T23:00:00Z", "2026-11-23", "2026-11-23"),
        ("date", 1764000000, "2025-11-24", "2025-11-24"),
        ("datetime", None, None, ""),
        ("datetime", "2026-11-23", "2026-11-23T00:00:00Z", "2026-11-23 00:00:00 UTC"),
        (
            "datetime",
            "2026-11-23T10:00:00+02:00",
            "2026-11-23T08:00:00Z",
            "2026-11-23 08:00:00 UTC",
        ),
        ("datetime", 1764000000, "2025-11-24T16:00:00Z", "2025-11-24 16:00:00 UTC"),
        ("datetime", Decimal("1764000000"), "2025-11-24T16:00:00Z", "2025-11-24 16:00:00 UTC"),
        ("datetime", "1764000000", "2025-11-24T16:00:00Z", "2025-11-24 16:00:00 UTC"),
        ("time", None, None, ""),
        ("time", " ", None, ""),
        ("time", "10:30", "10:30:00", "10:30"),
        ("time", "9:05", "09:05:00", "09:05"),
        ("time", "T23:59:59", "23:59:59", "23:59:59"),
        ("time", "10:30:15.25", "10:30:15", "10:30:15"),
        ("time", "2026-11-23T10:30:00+02:00", "10:30:00", "10:30"),
        ("time", 1764000000, "16:00:00", "16:00"),
    ],
)
def test_it_takes_iso_8601_and_seconds(mode: str, raw: Any, value: str | None, shown: str) -> None:
    field = Date(name="due", mode=mode)
    assert field.to_python(raw) == value
    assert field.to_python(value) == value
    assert field.to_json(value) == value
    assert field.shown(value) == shown


@pytest.mark.parametrize("mode", ["date", "datetime", "time"])
@pytest.mark.parametrize("raw", ["tomorrow", "2026-02-30", True, [], {}, 1e15])
def test_it_refuses_what_is_no_date(mode: str, raw: Any) -> None:
    with pytest.raises(ValueFailure):
        Date(name="due", mode=mode).to_python(raw)


@pytest.mark.parametrize("raw", ["24:00", "10:60", "10", "2026-11-23", "10:30 pm", "1:2:3"])
def test_what_is_no_time_of_day_is_refused_with_an_example(raw: str) -> None:
    with pytest.raises(ValueFailure, match=r"time of day. Write it as 10:30|seconds"):
        Date(name="at", mode="time").to_python(raw)
