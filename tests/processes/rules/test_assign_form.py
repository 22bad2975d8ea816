"""Assign form says whose a form is."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import AssignForm, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"owner": "text", "team": "list", "key": "secret"}, forms=frozenset({"wish"}))


def rule(**settings: Any) -> AssignForm:
    made = rules.parse({"type": "assign_form", "id": "a", "form": "wish", **settings}, names=NAMES)
    assert isinstance(made, AssignForm)
    return made


ADA = {"users": ["ada"]}


@pytest.mark.parametrize(
    ("settings", "users", "groups", "append", "opens"),
    [
        ({"to": ADA}, ["ada"], [], False, False),
        ({"to": {"users": ["[owner]"]}}, ["ben"], [], False, False),
        ({"to": {"users": ["[team]"]}}, ["cleo", "dan"], [], False, False),
        ({"to": {"users": ["ada, ben;cleo\ndan"]}}, ["ada", "ben", "cleo", "dan"], [], 0, 0),
        ({"to": {"users": ["ada", "ada", "[owner]"]}}, ["ada", "ben"], [], False, False),
        ({"to": {"users": ['="a" + "da"']}}, ["ada"], [], False, False),
        ({"to": {"groups": ["Buyers"]}}, [], ["Buyers"], False, False),
        ({"to": ADA, "existing": "append"}, ["ada"], [], True, False),
        ({"to": ADA, "opens": True}, ["ada"], [], False, True),
        ({"everyone": True, "existing": "append"}, [], [], False, False),
    ],
)  # fmt: skip
def test_whom_it_names(
    settings: dict[str, Any], users: list[str], groups: list[str], append: bool, opens: bool
) -> None:
    context = FakeContext({"owner": "ben", "team": ["cleo", "dan"]})
    rule(**settings).run(context)
    assert context.forms.done == [("assign", ["wish"], users, groups, append, opens)]


def test_the_name_of_the_user_stands_for_the_user_name_as_it_did_in_older_designs() -> None:
    context = FakeContext({"user.name": "Ben Byrne", "user.username": "ben"})
    rule(to={"users": ["[user.name]", "cleo"]}).run(context)
    assert context.forms.done == [("assign", ["wish"], ["ben", "cleo"], [], False, False)]


def test_whom_a_form_lacks_is_named_where_nobody_has_been_entered() -> None:
    context = FakeContext({"user.manager": "", "team": []})
    with pytest.raises(RuleFailed) as failure:
        rule(to={"users": ["[user.manager]"], "groups": ["[team]"]}).run(context)
    assert str(failure.value) == "No owner for “wish”. Empty: Manager of the user, Team."


@pytest.mark.parametrize("owner", ["", " ", ",;"])
def test_a_blank_value_does_not_open_the_form_to_everyone(owner: str) -> None:
    context = FakeContext({"owner": owner})
    with pytest.raises(RuleFailed, match="No owner for"):
        rule(to={"users": ["[owner]"]}).run(context)
    assert context.forms.done == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Enter people or groups, or choose everyone"),
        ({"to": ADA, "everyone": True}, "but not both"),
        ({"to": {"users": ["[key]"]}}, "key is a secret field"),
        ({"to": {"users": ["[nope]"]}}, "no field or name nope"),
        ({"to": {"users": ["x"] * 101}}, "at most 100"),
        ({"form": "nope", "to": ADA}, "There is no form nope"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    made = rule(to={"users": ["ada"], "groups": ["Buyers"]}, opens=True)
    assert made.sentence() == "Assign the form wish to ada and Buyers, and open it"
    assert rule(everyone=True).sentence() == "Assign the form wish to everyone"
