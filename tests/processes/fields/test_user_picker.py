"""User: what it takes, how it is written, what can be read through it."""

from datetime import UTC
from typing import Any

import pytest
from pydantic import ValidationError

from kianda.lib.pointers import flaws_of
from processes.fields import UserPicker, fields
from processes.language.people import PARTS, refs_of_me
from processes.language.values import ValueFailure


def picker(**settings: Any) -> UserPicker:
    made = fields.parse({"type": "user_picker", "name": "who", **settings})
    assert isinstance(made, UserPicker)
    return made


@pytest.mark.parametrize(
    ("settings", "raw", "value"),
    [
        ({}, "user:niamh", "user:niamh"),
        ({}, " niamh ", "user:niamh"),
        ({}, ["user:niamh"], "user:niamh"),
        ({}, "", None),
        ({}, None, None),
        ({}, [], None),
        ({"choose": "both"}, "group:HR", "group:HR"),
        ({"choose": "groups"}, "HR", "group:HR"),
        ({"multiple": True}, "niamh", ["user:niamh"]),
        ({"multiple": True}, ["niamh", "user:niamh", "", "mark"], ["user:niamh", "user:mark"]),
        ({"multiple": True}, None, []),
    ],
)
def test_names_become_refs(settings: dict[str, Any], raw: Any, value: Any) -> None:
    field = picker(**settings)
    assert field.to_python(raw) == value
    assert field.to_python(field.to_json(value)) == value


@pytest.mark.parametrize(
    ("settings", "raw", "sentence"),
    [
        ({}, ["a", "b"], "Select only one"),
        ({}, "x" * 151, "is not a valid user or group name"),
        ({}, "user:", "is not a valid user or group name"),
        ({}, {"a": 1}, "is an object"),
        ({}, "a\0b", "NUL"),
        ({}, "group:HR", "Choose a person, not a group."),
        ({"choose": "groups"}, "user:niamh", "Choose a group, not a person."),
        ({"multiple": True}, [f"a{at}" for at in range(101)], "Choose at most 100."),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    settings: dict[str, Any], raw: Any, sentence: str
) -> None:
    field = picker(**settings)
    with pytest.raises(ValueFailure, match=sentence):
        field.clean(field.to_python(raw))


@pytest.mark.parametrize(
    ("multiple", "value", "written"),
    [
        (False, "user:niamh", "user:niamh"),
        (False, None, ""),
        (True, ["user:niamh", "group:HR"], "user:niamh\ngroup:HR"),
        (True, [], ""),
    ],
)
def test_its_control_holds_refs(multiple: bool, value: Any, written: str) -> None:
    field = picker(multiple=multiple, choose="both")
    assert field.to_control(value, zone=UTC) == written
    assert field.to_python(field.from_control(written, zone=UTC)) == value


def test_typed_names_are_divided_by_commas_and_lines() -> None:
    field = picker(multiple=True)
    assert field.to_python(field.from_control("niamh, mark\n\n emma", zone=UTC)) == [
        "user:niamh", "user:mark", "user:emma",
    ]  # fmt: skip
    single = picker()
    with pytest.raises(ValueFailure):
        single.to_python(single.from_control("niamh, mark", zone=UTC))


ME: dict[str, Any] = {"user.username": "niamh", "user.groups": ["HR"], "user.manager": "user:mark"}


@pytest.mark.parametrize(
    ("settings", "names", "value"),
    [
        ({"default_to_me": True}, ME, "user:niamh"),
        ({"default_to_me": True, "multiple": True}, ME, ["user:niamh"]),
        ({"default_to_me": True, "within": "HR"}, ME, "user:niamh"),
        ({"default_to_me": True, "within": "IT"}, ME, None),
        ({"default_to_me": True}, {"user.username": "", "user.groups": []}, None),
        ({"default": "[user.manager]"}, ME, "user:mark"),
        ({"default": "mark"}, ME, "user:mark"),
        ({}, ME, None),
    ],
)
def test_it_starts_with_whoever_is_wanted(
    settings: dict[str, Any], names: dict[str, Any], value: Any
) -> None:
    assert picker(**settings).initial(names.__getitem__) == value


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"default_to_me": True, "choose": "groups"}, "cannot start with a person"),
        ({"default": "group:HR"}, "Choose a person, not a group."),
        ({"default": "[status]"}, "cannot be used in a default"),
        ({"choose": "everybody"}, "Choose one of"),
        ({"within": "x" * 81}, "Use at most 80 characters."),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], sentence: str) -> None:
    raw = {"type": "user_picker", "name": "who", **settings}
    with pytest.raises(ValidationError) as caught:
        fields.parse(raw)
    assert sentence in " ".join(one.detail for one in flaws_of(caught.value, raw))


@pytest.mark.django_db
def test_what_is_known_of_one_person_is_read_through_it() -> None:
    assert list(UserPicker.parts_in({})) == list(PARTS)
    assert UserPicker.parts_in({"multiple": True}) == {}
    assert UserPicker.parts_in({"multiple": "yes"}) != {}


@pytest.mark.parametrize(
    ("username", "groups", "refs"),
    [
        ("niamh", ["HR"], ["user:niamh", "group:HR"]),
        ("niamh", "", ["user:niamh"]),
        ("", ["HR"], []),
    ],
)
def test_who_i_am(username: str, groups: Any, refs: list[str]) -> None:
    assert refs_of_me(username, groups) == refs
