"""What two people changed, put together and told; what a form says that it has seen."""

from typing import Any

import pytest

from kianda.lib.three_way_merge import merge, read, told, written


@pytest.mark.parametrize(
    ("was", "mine", "theirs", "value", "conflict"),
    [
        (1, 1, 1, 1, None),
        (1, 2, 1, 2, None),
        (1, 1, 3, 3, False),
        (1, 2, 2, 2, False),
        (1, 2, 3, 2, True),
        (None, 2, 3, 2, True),
    ],
)
def test_what_only_one_changed_is_taken(
    was: Any, mine: Any, theirs: Any, value: Any, conflict: bool | None
) -> None:
    merged = merge({"a": was}, {"a": mine}, {"a": theirs}, keys=["a"])
    assert merged.values == {"a": value}
    assert [one.conflict for one in merged.differences] == ([] if conflict is None else [conflict])


def test_ones_own_is_told_only_where_both_changed_it() -> None:
    was, mine, theirs = {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 3}
    found = merge(was, mine, theirs, keys=["a", "b"]).differences
    said = told(found, titles={"a": "A", "b": "B"}, words=lambda key, value: f"{key}{value}")
    assert said == [("A", "a1", "a3", "a2"), ("B", "b1", "b3", "")]


def test_what_a_form_has_written_is_read_again() -> None:
    seen = {"name": "Zoë", "every": 5, "lists": [["a", None]], "on": True}
    assert read(written(seen)) == seen


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 50_000, '{"a": ' + "[" * 500 + "]" * 500 + "}", "\ud800"]
)
def test_what_no_form_has_written_is_nothing(text: str) -> None:
    assert read(text) == {}
