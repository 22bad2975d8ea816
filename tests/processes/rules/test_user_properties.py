"""Rules about people: their properties are read, they are found by them, and changed."""

from typing import Any

import pytest
from pydantic import ValidationError

from kianda.lib.dialogs.specs import spec_of
from processes.language.people import PARTS
from processes.rules import GetUserProperty, LookupUserByProperty, UpdateUserProperty, rules
from processes.rules.base import Rule, RuleFailed
from processes.rules.get_user_property import PropertyRow
from processes.rules.ports import PeopleQuery, PersonAct
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

# Attributes of the workspace are looked up.
pytestmark = pytest.mark.django_db

NAMES = name_table({"who": "user_picker", "mail": "text", "boss": "user_picker", "go": "button"})
MARK = {"ref": "user:mark", "email": "mark@example.org", "manager": "user:root"}
ADA, BEN = {"ref": "user:ada"}, {"ref": "user:ben"}


def rule(kind: str, **settings: Any) -> Rule:
    made = rules.parse({"type": kind, "id": "a", **settings}, names=NAMES)
    assert isinstance(made, GetUserProperty | LookupUserByProperty | UpdateUserProperty)
    return made


def getting(*rows: tuple[str, str], **settings: Any) -> Rule:
    given = rows or (("mail", "email"),)
    properties = [{"field": field, "property": name} for field, name in given]
    return rule("get_user_property", properties=properties, user="[who]", **settings)


def looking(**settings: Any) -> Rule:
    return rule(
        "lookup_user_by_property",
        **{"property": "department", "value": "[mail]", "field": "boss", **settings},
    )


def updating(*rows: tuple[str, str], **settings: Any) -> Rule:
    given = rows or (("phone", "1"),)
    properties = [{"property": name, "value": value} for name, value in given]
    return rule("update_user_property", **{"properties": properties, "user": "[who]", **settings})


def failure(made: Rule, context: FakeContext) -> tuple[str, str]:
    with pytest.raises(RuleFailed) as raised:
        made.run(context)
    return raised.value.kind, raised.value.message


# --- get user property ----------------------------------------------------------------------------


def test_every_property_can_be_got() -> None:
    property = spec_of(PropertyRow, "property")
    assert property is not None
    assert property.choices == PARTS


@pytest.mark.parametrize("who", ["user:mark", "mark", "mark@example.org", ["user:mark"]])
def test_properties_of_a_person_come_into_fields(who: Any) -> None:
    context = FakeContext({"who": who}, people=[MARK])
    getting(("mail", "email"), ("boss", "manager")).run(context)
    assert (context.values["mail"], context.values["boss"]) == ("mark@example.org", "user:root")
    named = who[0] if isinstance(who, list) else who
    assert context.queries == [PeopleQuery("id", named, wanted=("email", "manager"))]


@pytest.mark.parametrize(
    ("who", "kind", "words"),
    [
        ("user:gone", "not_found", "No user named gone."),
        ("", "not_found", "[who] does not name a user."),
        ("group:HR", "value", "HR is a group. Choose a user."),
        (
            ["user:ada", "user:ben"],
            "value",
            "user:ada, user:ben are more than one user. Choose one.",
        ),
    ],
)
def test_whose_properties_cannot_be_got(who: Any, kind: str, words: str) -> None:
    context = FakeContext({"who": who, "mail": "before"})
    assert failure(getting(), context) == (kind, words)
    assert context.values["mail"] == "before"


@pytest.mark.parametrize("who", ["user:gone", ""])
def test_a_run_goes_on_without_the_person_when_it_may(who: str) -> None:
    context = FakeContext({"who": who, "mail": "before"})
    getting(on_none="continue").run(context)
    assert context.values["mail"] == "before"


def test_without_a_user_it_is_whoever_starts_the_run() -> None:
    made = rule("get_user_property", properties=[{"field": "mail", "property": "name"}])
    assert made.sentence() == "Get Name of [user.username]"


# --- look up user by property ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("several", "people", "most", "taken"),
    [
        ("fail", [ADA], 2, "user:ada"),
        ("first", [ADA, BEN], 1, "user:ada"),
        ("all", [ADA, BEN], 101, ["user:ada", "user:ben"]),
    ],
)
def test_who_is_found_comes_into_the_user_field(
    several: str, people: list[Any], most: int, taken: Any
) -> None:
    context = FakeContext({"mail": " HR "}, people=people)
    looking(several=several, operator="contains").run(context)
    assert context.values["boss"] == taken
    assert context.queries == [PeopleQuery("department", "HR", "contains", most=most)]


@pytest.mark.parametrize(
    ("several", "people", "kind", "words"),
    [
        ("fail", [], "not_found", "No user is found whose Department is “HR”."),
        ("fail", [ADA, BEN], "value", "More than one user is found whose Department is “HR”."),
        ("all", [ADA] * 101, "value", "More than 100 users are found whose Department is “HR”."),
    ],
)
def test_finding_nobody_or_too_many_fails(
    several: str, people: list[Any], kind: str, words: str
) -> None:
    context = FakeContext({"mail": "HR"}, people=people)
    assert failure(looking(several=several), context) == (kind, words)


def test_nobody_is_found_by_a_blank_value_though_much_is_not_known_of_many() -> None:
    context = FakeContext({"mail": " "}, people=[ADA])
    assert failure(looking(), context)[0] == "not_found"
    looking(on_none="continue").run(context)
    assert not context.queries
    assert "boss" not in context.values


# --- update user property -------------------------------------------------------------------------


def test_a_person_is_changed_and_that_is_made_durable() -> None:
    context = FakeContext({"who": "user:ada", "boss": "user:mark", "mail": "+353 1 "})
    updating(("manager", "[boss]"), ("phone", "[mail]"), ("department", "")).run(context)
    values = {"manager": "mark", "phone": "+353 1", "department": ""}
    assert context.acts == [PersonAct("user:ada", values)]
    assert context.events == ["accept"]


def test_nobody_is_changed_when_nobody_is_named() -> None:
    context = FakeContext({"who": ""})
    assert failure(updating(), context) == ("not_found", "[who] does not name a user.")
    assert not context.acts


# --- what is refused, and how they read -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("get_user_property", {"properties": []}, "Add a row"),
        ("get_user_property", {"properties": [{"field": "nope", "property": "name"}]},
         "There is no field nope"),
        ("get_user_property", {"properties": [{"field": "mail", "property": "shoes"}]},
         "Users have no attribute shoes"),
        ("lookup_user_by_property", {"property": "name", "value": "x", "field": "mail"},
         "mail is not a user field"),
        ("lookup_user_by_property", {"property": "name", "value": "[nope]", "field": "boss"},
         "There is no field or name nope"),
        ("update_user_property", {"user": "ada", "properties": []}, "Add a row"),
        ("update_user_property", {"user": "ada", "properties": [
            {"property": "phone", "value": "1"}, {"property": "phone", "value": "2"}]},
         "Phone is set twice"),
        ("update_user_property", {"user": "ada", "properties": [
            {"property": "email", "value": "x"}]},
         "Users have no attribute email"),
    ],
)  # fmt: skip
def test_what_they_refuse(kind: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(kind, **settings)


def test_they_read_as_sentences() -> None:
    assert [made.sentence() for made in (getting(), looking(), updating())] == [
        "Get Email of [who]",
        "Find the user whose Department is “[mail]”, into boss",
        "Change Phone of [who]",
    ]
