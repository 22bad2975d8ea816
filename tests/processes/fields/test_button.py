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
            "where": "footer",
            "rules": [{"type": "save", "id": "save", "title": "Save"}],
        }
    )
    assert isinstance(button, Button)
    assert not button.holds_value
    assert [rule.id for rule in button.rules] == ["save"]
    assert button.empty() is None
    with pytest.raises(ValueFailure, match="holds no value"):
        button.to_python("x")


@pytest.mark.parametrize("setting", [{"required": True}, {"default": "x"}, {"where": "top"}])
def test_it_has_no_settings_of_a_value(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fields.parse({"type": "button", "name": "refresh", **setting})
