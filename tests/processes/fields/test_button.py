"""Buttons."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.fields import Button, fields
from processes.language.values import ValueFailure


def test_it_holds_rules_and_no_value() -> None:
    button = fields.parse(
        {
            "type": "button",
            "name": "refresh",
            "place": "footer",
            "rules": [{"type": "save", "id": "save", "title": "Save"}],
        }
    )
    assert isinstance(button, Button)
    assert not button.holds_value
    assert [rule.id for rule in button.rules] == ["save"]
    assert button.empty() is None
    with pytest.raises(ValueFailure, match="has no value"):
        button.to_python("x")


@pytest.mark.parametrize("setting", [{"required": True}, {"default": "x"}, {"place": "top"}])
def test_it_has_no_settings_of_a_value(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fields.parse({"type": "button", "name": "refresh", **setting})


def test_its_place_may_be_given_as_it_was_called_before() -> None:
    before = fields.parse({"type": "button", "name": "go", "where": "footer"})
    both = fields.parse({"type": "button", "name": "go", "where": "footer", "place": "body"})
    assert isinstance(before, Button)
    assert isinstance(both, Button)
    assert (before.place, both.place) == ("footer", "body")
    assert "where" not in before.model_dump()
