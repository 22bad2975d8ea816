"""Conversions between JSON, text and the values that fields hold (contract 2)."""

import json
from decimal import Decimal
from typing import Any

import pytest

from processes.language.dates import date_in, parse_moment, seconds_of, shifted, to_date, to_moment
from processes.language.values import (
    MAX_LIST,
    MAX_TEXT,
    KnownJson,
    ValueFailure,
    as_text,
    from_json,
    is_blank,
    significant,
    to_json,
    to_list,
    to_number,
    to_text,
    to_toggle,
)

D = Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" as it is ", " as it is "),
        (True, "true"),
        (False, "false"),
        (3600, "3600"),
        (3600.0, "3600"),
        (D("3600.0"), "3600"),
        (D("1E+3"), "1000"),
        (1e22, "10000000000000000000000"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (D("-0"), "0"),
        (D("1.50"), "1.5"),
        (-2.5, "-2.5"),
        ({"a": 1, "b": [True, None, "ü"]}, '{"a":1,"b":[true,null,"ü"]}'),
        ([D("1.0"), D("0.5")], "[1,0.5]"),
        ([], "[]"),
    ],
)
def test_text_takes_any_value(value: Any, text: str) -> None:
    assert as_text(value) == text
    assert to_text(value) == text


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_can_store_is_refused(text: str) -> None:
    with pytest.raises(ValueFailure, match="Remove it"):
        to_text(text)


def test_text_is_bounded() -> None:
    assert len(to_text("x" * MAX_TEXT)) == MAX_TEXT
    with pytest.raises(ValueFailure, match="1,000,000 are allowed"):
        to_text("x" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (0, D(0)),
        (12, D(12)),
        (1.5, D("1.5")),
        (0.1, D("0.1")),
        (D("2.50"), D("2.5")),
        ("12", D(12)),
        (" -1.5 ", D("-1.5")),
        ("+3", D(3)),
        (".5", D("0.5")),
        ("5.", D(5)),
        ("1e3", D(1000)),
        ("12345678901234567890", D("12345678901234567890")),
    ],
)
def test_number_takes_json_numbers_and_numeric_text(value: Any, number: Any) -> None:
    assert to_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        True,
        "abc",
        "1,000",
        "1_000",
        "NaN",
        "Infinity",
        "0x10",
        "1 2",
        "--1",
        "٣",
        [],
        [1],
        {},
        "1e999",
        "1e9999",
        float("nan"),
        float("inf"),
    ],
)
def test_number_refuses_what_is_none(value: Any) -> None:
    with pytest.raises(ValueFailure):
        to_number(value)


def test_a_refused_number_names_the_value() -> None:
    with pytest.raises(ValueFailure, match='"abc" is not a number'):
        to_number("abc")


@pytest.mark.parametrize(
    ("value", "toggle"),
    [
        (None, None),
        ("", None),
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        ("YES", True),
        (" no ", False),
        ("1", True),
        ("0", False),
        (1, True),
        (0, False),
        (1.0, True),
        (D(0), False),
    ],
)
def test_toggle_takes_booleans_and_six_words(value: Any, toggle: bool | None) -> None:
    assert to_toggle(value) is toggle


@pytest.mark.parametrize("value", ["on", "maybe", 2, "2", [], {}, [True]])
def test_toggle_refuses_other_words(value: Any) -> None:
    with pytest.raises(ValueFailure, match="neither true nor false"):
        to_toggle(value)


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (None, []),
        ("", []),
        ([], []),
        ("Open", ["Open"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2.5, True, None], ["1", "2.5", "true", ""]),
        (D(3), ["3"]),
    ],
)
def test_list_takes_texts(value: Any, items: Any) -> None:
    assert to_list(value) == items


@pytest.mark.parametrize("value", [{}, {"a": 1}, [["a"]], [{}], ["x"] * (MAX_LIST + 1)])
def test_list_refuses_structures_and_too_many(value: Any) -> None:
    with pytest.raises(ValueFailure):
        to_list(value)


@pytest.mark.parametrize(
    ("value", "moment", "day"),
    [
        (None, None, None),
        ("", None, None),
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23"),
        ("2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00Z", "2026-11-23"),
        ("2026-11-23T00:30:00+02:00", "2026-11-22T22:30:00Z", "2026-11-23"),
        ("2026-11-23 10:00", "2026-11-23T10:00:00Z", "2026-11-23"),
        ("2026-11-23t10:00:00z", "2026-11-23T10:00:00Z", "2026-11-23"),
        ("2026-11-23T10:00:00.250Z", "2026-11-23T10:00:00.250000Z", "2026-11-23"),
        ("2026-11-23", "2026-11-23T00:00:00Z", "2026-11-23"),
        ("20261123", "2026-11-23T00:00:00Z", "2026-11-23"),
        ("2026-W48-1", "2026-11-23T00:00:00Z", "2026-11-23"),
        (D(0), "1970-01-01T00:00:00Z", "1970-01-01"),
        (D(1764000000), "2025-11-24T16:00:00Z", "2025-11-24"),
        ("1764000000", "2025-11-24T16:00:00Z", "2025-11-24"),
        ("1764000000.5", "2025-11-24T16:00:00.500000Z", "2025-11-24"),
        (D(-1), "1969-12-31T23:59:59Z", "1969-12-31"),
    ],
)
def test_date_takes_iso_8601_and_seconds_since_1970(
    value: Any, moment: str | None, day: str | None
) -> None:
    assert to_moment(value) == moment
    assert to_date(value) == day


@pytest.mark.parametrize(
    "value",
    [
        "tomorrow",
        "2026-13-01",
        "2026-02-30",
        "23.11.2026",
        "2026-11-23T25:00",
        True,
        [],
        {},
        "1e30",
    ],
)
def test_date_refuses_what_is_none(value: Any) -> None:
    with pytest.raises(ValueFailure):
        to_moment(value)


def test_milliseconds_since_1970_get_a_hint() -> None:
    with pytest.raises(ValueFailure, match="Divide it by 1000"):
        to_moment(D(1764000000000))


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueFailure, match="years 1 to 9999"):
        to_moment("0001-01-01T00:00:00+10:00")


def test_a_moment_falls_on_a_day_of_the_zone() -> None:
    from zoneinfo import ZoneInfo

    auckland = ZoneInfo("Pacific/Auckland")
    assert date_in("2026-11-23T20:00:00Z", auckland) == "2026-11-24"
    assert date_in("2026-11-23", auckland) == "2026-11-23"


def test_moments_move_and_count() -> None:
    assert shifted("2026-11-23", seconds=D(86_400)) == "2026-11-24"
    assert shifted("2026-11-23", seconds=D(3_600)) == "2026-11-23T01:00:00Z"
    assert seconds_of("1970-01-02T00:00:00.5Z") == D("86400.5")
    assert parse_moment("2026-11-23T10:00:00+02:00").utcoffset() is not None
    with pytest.raises(ValueFailure, match="is outside the years 1 to 9999"):
        shifted("2026-11-23", seconds=D(10) ** 20)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (D(3600), "3600"),
        (D("3600.0"), "3600"),
        (D("0.1"), "0.1"),
        (D(1) / D(3), "0.333333333333333"),
        (D("12345678901234567890"), "12345678901234567890"),
        (D("123456789012345678.9"), "123456789012345679"),
        (True, "true"),
        ({"a": [D("1.5")]}, '{"a": [1.5]}'),
    ],
)
def test_values_are_written_as_json(value: Any, written: str) -> None:
    assert json.dumps(to_json(value)) == written


def test_json_comes_in_with_decimals_all_the_way_down() -> None:
    assert from_json({"a": [1, 2.5, True, None, "x"]}) == {"a": [D(1), D("2.5"), True, None, "x"]}
    made: Any = from_json({"a": [1]})
    assert isinstance(made["a"][0], Decimal)
    with pytest.raises(ValueFailure):
        from_json(object())


def test_stored_numbers_come_back_equal() -> None:
    for text in ["0.1", "1e-7", "2.675", "123456.789012345", "99999999999999999999"]:
        value = significant(D(text))
        assert to_number(json.loads(json.dumps(to_json(value)))) == value


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_nothing_is_blank(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [D(0), False, " ", "0", [""]])
def test_zero_and_false_are_not_blank(value: Any) -> None:
    assert not is_blank(value)


def test_values_as_json_are_made_once_while_they_stay_the_same() -> None:
    known = KnownJson()
    first, second = {"n": D(1)}, {"n": D(2)}
    known.begin()
    before = known.of([first, second])
    known.begin()
    after = known.of([first, {"n": D("2.5")}, None, "x", []])
    assert after == [{"n": 1}, {"n": 2.5}, None, "x", []]
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert after[0] is before[0]
