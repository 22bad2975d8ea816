"""What a schedule accepts, what it says of the rest, and how it reads in words."""

from typing import Any

import pytest
from pydantic import ValidationError

from kianda.lib.pointers import flaws_of
from scheduler.schedules import schedules


def flaws(settings: Any) -> list[tuple[str, ...]]:
    with pytest.raises(ValidationError) as caught:
        schedules.parse(settings)
    return [tuple(flaw) for flaw in flaws_of(caught.value, settings)]


@pytest.mark.parametrize(
    ("settings", "pointer", "words"),
    [
        ({"kind": "seconds", "every": 0}, "/every", "Enter 1 or more"),
        ({"kind": "minutes", "every": 0}, "/every", "Enter 1 or more"),
        ({"kind": "minutes", "every": -5}, "/every", "Enter 1 or more"),
        ({"kind": "minutes", "every": 10**12}, "/every", "Enter 525,600 or less"),
        ({"kind": "minutes", "every": "5"}, "/every", "whole number"),
        ({"kind": "minutes", "every": 1.5}, "/every", "whole number"),
        ({"kind": "minutes", "every": True}, "/every", "whole number"),
        ({"kind": "minutes"}, "/every", "required"),
        ({"kind": "minutes", "every": 5, "at": "09:00"}, "/at", "Unknown setting"),
        ({"kind": "hourly", "minute": 60}, "/minute", "Enter 59 or less"),
        ({"kind": "daily", "at": "25:00"}, "/at", "such as 09:30"),
        ({"kind": "daily", "at": ""}, "/at", "such as 09:30"),
        ({"kind": "daily", "at": 9}, "/at", "Enter text"),
        ({"kind": "daily"}, "/at", "required"),
        ({"kind": "weekly", "days": [], "at": "09:00"}, "/days", "at least one day"),
        ({"kind": "weekly", "days": ["funday"], "at": "09:00"}, "/days/0", "'monday'"),
        ({"kind": "monthly", "day": 32, "at": "09:00"}, "/day", "Enter 31 or less"),
        ({"kind": "monthly", "nth": 9, "weekday": "monday", "at": "09:00"}, "/nth", '"last"'),
        ({"kind": "monthly", "nth": {}, "weekday": "monday", "at": "09:00"}, "/nth", '"last"'),
        ({"kind": "monthly", "nth": [1], "weekday": "monday", "at": "09:00"}, "/nth", '"last"'),
        ({"kind": "monthly", "nth": 2, "at": "09:00"}, "", 'either "day"'),
        ({"kind": "monthly", "at": "09:00"}, "", 'either "day"'),
        (
            {"kind": "monthly", "day": 3, "nth": 2, "weekday": "monday", "at": "09:00"},
            "", 'either "day"',
        ),
        ({"kind": "once"}, "", 'either "at"'),
        ({"kind": "once", "at": "2026-01-01T09:00", "in": {"days": 1}}, "", 'either "at"'),
        ({"kind": "once", "at": "tomorrow"}, "/at", "such as 2026-11-23T09:30"),
        ({"kind": "once", "at": "9999-12-31T23:59:59"}, "/at", "is out of range"),
        ({"kind": "once", "in": {}}, "/in", "Enter 1 or more"),
        ({"kind": "once", "in": {"hours": -1}}, "/in/hours", "Enter 0 or more"),
        ({"kind": "once", "in": {"weeks": 1}}, "/in/weeks", "Unknown setting"),
        ({"kind": "cron", "expression": ""}, "/expression", "five fields"),
        ({"kind": "cron", "expression": "* * * *"}, "/expression", "five fields"),
        ({"kind": "cron", "expression": "* * * * * *"}, "/expression", "five fields"),
        ({"kind": "cron", "expression": "every day"}, "/expression", "five fields"),
        ({"kind": "cron", "expression": "61 * * * *"}, "/expression", "This is not a cron line"),
        ({"kind": "cron", "expression": "a b c d e"}, "/expression", "'a' is not valid in a cron"),
        ({"kind": "cron", "expression": "0 0 L * *"}, "/expression", "'L' is not valid in a cron"),
        ({"kind": "cron", "expression": "*/0 * * * *"}, "/expression", "This is not a cron line"),
        ({"kind": "cron", "expression": "0 0 30 2 *"}, "/expression", "This never runs"),
        ({"kind": "cron", "expression": "1 " * 300}, "/expression", "most 200"),
        ({"kind": "on_demand", "every": 1}, "/every", "Unknown setting"),
        ({"kind": "fortnightly"}, "/kind", "Choose one of"),
        ({"every": 5}, "/kind", "Enter the kind"),
        ({}, "/kind", "Enter the kind"),
    ],
)  # fmt: skip
def test_bad_settings_name_the_place_and_the_mend(
    settings: dict[str, Any], pointer: str, words: str
) -> None:
    found = flaws(settings)
    assert [place for place, _ in found] == [pointer]
    assert words in found[0][1]


@pytest.mark.parametrize("settings", [None, 5, "minutes", [], True])
def test_anything_but_an_object_is_refused(settings: Any) -> None:
    assert flaws(settings) == [("", "Enter an object.")]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "seconds", "every": 1}, "Every second"),
        ({"kind": "minutes", "every": 55}, "Every 55 minutes"),
        ({"kind": "hourly"}, "Every hour on the hour"),
        ({"kind": "hourly", "every": 6, "minute": 15}, "Every 6 hours at 15 minutes past"),
        ({"kind": "daily", "at": "9:00"}, "Every day at 09:00"),
        ({"kind": "daily", "at": "09:00", "weekdays_only": True}, "Every weekday at 09:00"),
        (
            {"kind": "weekly", "every": 2, "days": ["fri", "Monday"], "at": "09:00"},
            "Every 2 weeks on Monday and Friday at 09:00",
        ),
        ({"kind": "monthly", "day": 5, "at": "09:00"}, "Every month on day 5 at 09:00"),
        (
            {"kind": "monthly", "day": 31, "at": "09:00"},
            "Every month on day 31 (or the last day) at 09:00",
        ),
        (
            {"kind": "monthly", "nth": "first", "weekday": "mon", "at": "09:00"},
            "Every month on the first Monday at 09:00",
        ),
        ({"kind": "cron", "expression": "0 9 * * mon-fri"}, "At 09:00, Monday through Friday"),
        ({"kind": "once", "at": "2026-07-01T09:30"}, "Once at 2026-07-01 09:30:00"),
        ({"kind": "once", "in": {"days": 1, "hours": 2}}, "Once, 1 day 2 hours after the start"),
        ({"kind": "on_demand"}, "On demand"),
    ],
)
def test_a_schedule_reads_as_words(settings: dict[str, Any], words: str) -> None:
    assert schedules.parse(settings).describe() == words


@pytest.mark.parametrize("slug", list(schedules.kinds))
def test_every_kind_describes_itself(slug: str) -> None:
    kind = schedules.kinds[slug]
    assert kind.__doc__
    assert kind.label
    assert kind.model_json_schema()["properties"]["kind"]["const"] == slug


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "once", "in": {"days": 1, "hours": 0, "minutes": 0}},
        {"kind": "once", "at": "2026-07-01T09:30:00Z"},
        {"kind": "weekly", "every": 1, "days": ["monday"], "at": "09:00"},
        {"kind": "monthly", "every": 1, "nth": "last", "weekday": "friday", "at": "09:00"},
        {"kind": "cron", "expression": "0 9 * * 1"},
    ],
)
def test_what_is_stored_is_what_is_read_again(settings: dict[str, Any]) -> None:
    assert schedules.parse(settings).model_dump(by_alias=True, exclude_none=True) == settings
