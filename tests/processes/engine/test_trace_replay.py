"""A recorded run walked through: a table of what each field held after each step."""

from typing import Any

import pytest

from processes.engine.trace_replay import values_after

STEPS: list[dict[str, Any]] = [
    {"changes": [{"field": "a", "before": "1", "after": ""}]},
    {"changes": []},
    {"changes": [{"field": "a", "before": "", "after": "3"},
                 {"field": "b", "before": None, "after": 7}]},
]  # fmt: skip
END = {"a": "3", "b": 7, "c": "same"}


@pytest.mark.parametrize(
    ("count", "values", "changed"),
    [
        (0, ["1", None, "same"], []),
        (1, ["", None, "same"], ["a"]),
        (2, ["", None, "same"], []),
        (3, ["3", 7, "same"], ["a", "b"]),
    ],
)
def test_each_step_shows_what_the_fields_held_then(
    count: int, values: list[Any], changed: list[str]
) -> None:
    known = values_after(STEPS, count, ["a", "b", "c"], END)
    assert [one.value for one in known] == values
    assert [one.name for one in known if one.changed] == changed


def test_what_was_never_recorded_is_said_to_be_unknown() -> None:
    [a, c] = values_after(STEPS, 1, ["a", "c"], None)
    assert (a.value, a.before, a.unknown) == ("", "1", False)
    assert c.unknown
