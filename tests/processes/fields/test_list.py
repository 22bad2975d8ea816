"""List fields."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.fields import List, fields
from processes.language.values import ValueFailure


def choice(**settings: Any) -> Any:
    return fields.parse({"type": "list", "name": "colour", **settings})


@pytest.mark.parametrize(
    ("raw", "value"),
    [(None, []), ("", []), ("red", ["red"]), (["red", 1], ["red", "1"]), (True, ["true"])],
)
def test_its_value_is_always_a_list_of_texts(raw: Any, value: Any) -> None:
    assert List(name="colour").to_python(raw) == value
    assert List(name="colour").empty() == []
    assert List(name="colour").to_json(value) == value


def test_it_refuses_objects() -> None:
    with pytest.raises(ValueFailure, match="is an object"):
        List(name="colour").to_python({"a": 1})


def test_choices_are_texts_or_have_titles() -> None:
    field = choice(choices=["red", {"value": "b", "title": "Blue"}], multiple=True)
    assert field.shown(["b", "red", "gone"]) == "Blue, red, gone"
    assert field.clean(["b", "b"]) == ["b"]
    assert field.clean([]) == []
    again = fields.parse(field.model_dump(mode="json"))
    assert again == field


@pytest.mark.parametrize(
    ("settings", "value", "words"),
    [
        ({"choices": ["red", "blue"]}, ["green"], '"green" is not one of the choices: red, blue'),
        ({"choices": ["red", "blue"]}, ["red", "blue"], "Select only one"),
        ({"choices": [str(n) for n in range(12)]}, ["x"], r"8, 9, \.\.\."),
    ],
)
def test_a_person_keeps_to_the_choices(
    settings: dict[str, Any], value: list[str], words: str
) -> None:
    with pytest.raises(ValueFailure, match=words):
        choice(**settings).clean(value)


def test_without_choices_any_text_can_be_entered() -> None:
    assert choice().clean(["anything"]) == ["anything"]


@pytest.mark.parametrize(
    "settings",
    [
        {"choices": ["red", "red"]},
        {"choices": [""]},
        {"choices": [1]},
        {"choices": ["red"], "default": "blue"},
        {"choices": ["red", "blue"], "default": ["red", "blue"]},
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        choice(**settings)
