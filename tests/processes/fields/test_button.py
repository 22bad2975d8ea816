"""Buttons."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from kianda.web.icons import is_icon
from processes.designer.settings_forms.icon_names import ICON_NAMES
from processes.fields import Button, fields
from processes.fields.icons import Icon
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


@pytest.mark.parametrize(
    "setting", [{"required": True}, {"default": "x"}, {"place": "top"}, {"icon": "no-such-icon"}]
)
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


def test_it_has_an_icon_only_where_the_design_gives_it_one() -> None:
    plain = fields.parse({"type": "button", "name": "go"})
    marked = fields.parse({"type": "button", "name": "go", "icon": "check-lg"})
    assert isinstance(plain, Button)
    assert isinstance(marked, Button)
    assert (plain.icon, marked.icon) == ("", "check-lg")


@pytest.mark.parametrize("name", [one for one in get_args(Icon) if one])
def test_each_icon_that_a_design_may_choose_can_be_drawn_and_has_a_name(name: str) -> None:
    assert is_icon(name)
    assert name in ICON_NAMES
