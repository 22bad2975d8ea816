"""Toggle fields."""

from typing import Any

import pytest

from processes.fields import Toggle
from processes.language.values import ValueFailure


@pytest.mark.parametrize(
    ("raw", "value", "shown"),
    [
        (None, None, ""),
        (True, True, "Yes"),
        ("no", False, "Off"),
        ("1", True, "Yes"),
        (0, False, "Off"),
    ],
)
def test_it_takes_booleans_and_their_words(raw: Any, value: bool | None, shown: str) -> None:
    field = Toggle(name="done", off_text="Off")
    assert field.to_python(raw) is value
    assert field.to_json(value) is value
    assert field.shown(value) == shown


@pytest.mark.parametrize("raw", ["on", 2, [], {}])
def test_it_refuses_other_words(raw: Any) -> None:
    with pytest.raises(ValueFailure, match="neither true nor false"):
        Toggle(name="done").to_python(raw)


def test_only_nothing_is_missing() -> None:
    assert Toggle(name="done", required=True).missing(None)
    assert not Toggle(name="done", required=True).missing(False)
