"""What became of a value is told in few words, and the later value comes back from them."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processes.engine.differences import difference, later

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.sampled_from("ab"),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=12,
)


def as_stored(value: Any) -> Any:
    """Return a value as the database gives it back."""
    return json.loads(json.dumps(value))


@given(before=VALUES, after=VALUES)
@example(before=1, after=True)
@example(before={"x": 1}, after={"x": 1.0})
@example(before={"x": None}, after={})
@example(before={}, after={"x": None})
@example(before=[1, 2, 3], after=[1])
@example(before=[[1], []], after=[[1], [2], None])
@example(before=[], after={})
def test_the_later_value_is_made_of_the_earlier_one_and_the_difference(
    before: Any, after: Any
) -> None:
    said = json.dumps(before)
    change = difference(before, after)
    found = later(as_stored(before), as_stored(change))
    assert json.dumps(found, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert json.dumps(before) == said
    assert (change is None) == (
        json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    )


@given(VALUES, VALUES, VALUES)
def test_what_comes_after_leaves_the_earlier_value_as_it_is(one: Any, two: Any, to: Any) -> None:
    before = {"x": [one], "y": two}
    said = json.dumps(before)
    later(before, as_stored(difference(before, {"x": [to, one], "z": two})))
    assert json.dumps(before) == said


def test_one_cell_of_a_thousand_rows_is_told_alone() -> None:
    before = {"lines": [{"what": "pen", "ticket": ""} for _ in range(1000)]}
    rows = list(before["lines"])
    rows[700] = {**rows[700], "ticket": "T-1"}
    change = difference(before, {"lines": [*rows, {"what": "ink"}]})
    assert len(json.dumps(change)) < 200


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        ([1, 2, 3], [1, 2, 4], [1]),
        ({"x": {"y": 1}}, {"x": {"y": 2}}, 3),
        ({"x": 1, "y": 2}, {"y": 2}, {}),
        ([1], [2], "a"),
    ],
)
def test_a_difference_from_something_else_is_refused(before: Any, after: Any, other: Any) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        later(other, difference(before, after))
