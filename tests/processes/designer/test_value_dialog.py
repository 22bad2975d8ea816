"""The dialog of one value: what it is about, its result with the values of a record, functions."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from kianda.accounts.models import Profile
from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.language.functions import EVERY_FUNCTION
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.designer.dialogs import PARTS, SHOP, said

pytestmark = pytest.mark.django_db

LEAVE = "/designs/leave/designer/parts/"


def leave(**changes: Any) -> dict[str, Any]:
    """Return a process whose Last day works out the days."""
    work_out = set_rule("days", "=1", id="work-out", title="Work out the days")
    fields: list[Any] = [
        text_field("kind", title="Kind"),
        {"type": "date", "name": "first_day", "title": "First day"},
        {"type": "date", "name": "last_day", "title": "Last day", "rules": [work_out]},
        {"type": "toggle", "name": "half_day", "title": "Half day"},
        {"type": "number", "name": "days", "title": "Days", "decimals": 1},
        {"type": "secret", "name": "pin", "title": "PIN"},
        button("go", set_rule("days", "=2", id="press", title="Set days")),
    ]
    return process(*fields, name="leave", **changes)


@pytest.fixture
def designed(ada: Any) -> Any:
    create_design(raw=leave(record={"title": "[kind], [first_day]-[last_day]"}), user=ada)
    return ada


def asked(client: Client, part: str, **sent: str) -> str:
    """Ask for a part of the dialog."""
    response = client.post(f"{LEAVE}{part}/", {"which": "value", "target": "rule:work-out", **sent})
    assert response.status_code == 200
    return response.content.decode()


def record(user: Any, kind: str, **data: Any) -> Any:
    values = {"kind": kind, "first_day": "2026-12-07", "last_day": "2026-12-11", **data}
    return create_instance(process="leave", mode="preview", data=values, user=user)


def offered(text: str) -> list[str]:
    """Return the Process IDs of the records that values can be taken from."""
    return re.findall(r'<option value="([^"]+)"', text)


HEADS = [
    ({"row_field": "days"}, "Value of Days Rule “Work out the days”, when Last day changes"),
    ({"row_field": "days", "target": "rule:press"},
     "Value of Days Rule “Set days”, when Go is pressed"),
    ({"row_target": "body.total"}, "Value of body.total Rule “Work out"),
    ({"label": "Left side, condition 1"}, "Left side, condition 1 Rule “Work out"),
    ({"target": "field:kind", "setting": "default"}, "Value of Kind Text: Kind"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "wanted"), HEADS)
@pytest.mark.usefixtures("designed")
def test_the_head_says_whose_value_it_is_and_of_which_rule(
    client: Client, sent: dict[str, str], wanted: str
) -> None:
    assert wanted in said(asked(client, "builder", **sent))


OTHERS = [
    ({"target": "rule:start", "row_target": "client_id"}, "a", "Value of Client ID"),
    ({"target": "rule:change", "row_target": "body.client_id"}, "a", "Value of Client ID"),
    ({"target": "rule:change", "row_target": "body.expires_in"}, "a", "Value of Expires in (s)"),
    ({"target": "rule:inner", "row_field": "row.price"}, "a",
     "Value of Price of the row Rule “Each price” in “Loop”"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "text", "wanted"), OTHERS)
@pytest.mark.usefixtures("workshop")
def test_a_value_may_go_to_another_process_or_to_a_row(
    client: Client, sent: dict[str, str], text: str, wanted: str
) -> None:
    asked_for = {"which": "value", "text": text, **sent}
    assert wanted in said(client.post(f"{SHOP}parts/builder/", asked_for).content.decode())
    told = said(client.post(f"{SHOP}parts/result/", asked_for).content.decode())
    title = wanted.removeprefix("Value of ").partition(" Rule")[0]
    takes_text = title == "Client ID"
    assert (f"valid for {title}" if takes_text else f"Not valid for {title}:") in told


RESULTS = [
    ("=DateDiff([first_day], [last_day]) + 1", "days", "5 Number valid for Days"),
    ("[kind]", "days", "Annual leave Text Not valid for Days: \"Annual leave\" is not a number."),
    ("[kind]", "kind", "Annual leave Text valid for Kind"),
    ("=AddDays([last_day], 3)", "first_day", "2026-12-14 Date valid for First day"),
    ("=[half_day]", "half_day", "false Toggle valid for Half day"),
    ("next week", "first_day", "Text Not valid for First day:"),
    ("", "days", "empty valid for Days"),
    ("[pin]", "days", "secret Secret"),
    ("=Foo(1)", "days", "There is no function Foo."),
    ("[kind]", "", "Annual leave Text"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "field", "wanted"), RESULTS)
def test_a_result_says_whether_its_field_can_store_it(
    client: Client, designed: Any, source: str, field: str, wanted: str
) -> None:
    record(designed, "Annual leave", half_day=False, pin="4711")
    text = asked(client, "result", text=source, row_field=field)
    assert wanted in said(text)
    assert ("valid for" in text.lower()) == ("valid for" in wanted.lower())
    assert "4711" not in text


@pytest.mark.usefixtures("designed")
def test_without_a_record_a_formula_says_its_type_alone(client: Client) -> None:
    dialog = said(asked(client, "builder", text="=1"))
    assert "Create a record to see a sample result." in dialog
    assert said(asked(client, "result", text="=[days] * 2", row_field="days")).strip() == "Number"
    plain = said(asked(client, "result", text="=2 * 2", row_field="days"))
    assert "4 Number valid for Days" in plain
    assert "Valid formula." in said(asked(client, "result", text="=Max([days], 2)"))


def test_values_come_from_the_newest_record_or_from_the_one_that_is_chosen(
    client: Client, designed: Any
) -> None:
    made = [record(designed, f"Leave {n}") for n in range(12)]
    dialog = asked(client, "builder", text="[kind]")
    # The newest ten, by their titles.
    assert offered(dialog) == [one.process_id for one in reversed(made[2:])]
    assert "Leave 11, 7\u201311 Dec" in said(dialog)
    assert "Leave 11" in said(asked(client, "result", text="[kind]"))
    older = asked(client, "result", text="[kind]", record=made[4].process_id)
    assert "Leave 4" in said(older)
    gone = asked(client, "result", text="[kind]", record="nothing-1")
    assert "Leave 11" in said(gone)


WRONG = [
    ("=Foo(1)", "Foo"), ("=1 + lost", "lost"), ("=[lost] + 1", "lost"), ("=1 # 2", "#"),
    ("=Left([kind])", "Left"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("source", "place"), WRONG)
def test_an_error_leads_to_its_place_in_every_language(
    client: Client, designed: Any, source: str, place: str, language: str
) -> None:
    Profile.objects.create(user=designed, language=language)
    text = asked(client, "result", text=source)
    assert ("Zum Fehler" if language == "de" else "Go to the error") in text
    found = re.search(r'data-start="(\d+)"\s+data-end="(\d+)"', text)
    assert found is not None
    assert source[int(found[1]) : int(found[2])] == place


FACTS = [
    ("=[first_day]", "First day Mon 7 Dec 2026"),
    ("[half_day] or [kind]", "Half day No Kind Annual leave"),
    ("=Round([days])", "Days empty places omitted: 0"),
    ("[pin]", "PIN secret"),
    ("[user.username]", "User name ada"),
]


@pytest.mark.parametrize(("source", "wanted"), FACTS)
def test_the_fields_of_a_formula_are_shown_with_their_values(
    client: Client, designed: Any, source: str, wanted: str
) -> None:
    record(designed, "Annual leave", half_day=False, pin="4711")
    assert wanted in said(asked(client, "result", text=source))


@pytest.mark.usefixtures("designed")
def test_every_function_is_listed_with_what_it_takes_and_an_example(client: Client) -> None:
    text = asked(client, "builder", text="=1")
    listed = said(text)
    for one in EVERY_FUNCTION:
        assert f'data-about="{one.name}"' in text
        assert f"Example: {one.example.call} is {one.example.result}" in listed, one.name
        assert all(f"{argument.name} {argument.help}" in listed for argument in one.arguments)
    assert 'optional; "days" if omitted' in listed


@pytest.mark.usefixtures("designed")
def test_names_and_functions_are_offered_together_where_both_are_asked_for(client: Client) -> None:
    url = f"{PARTS.replace('token-refresh', 'leave')}completion/"

    def values(words: str, functions: str = "1") -> list[str]:
        sent = {"which": "value", "q": words, "id": "x", "functions": functions}
        text = client.get(url, {**sent, "target": "rule:work-out"}).content.decode()
        return [html.unescape(one) for one in re.findall(r'data-value="([^"]*)"', text)]

    assert {"[first_day]", "Abs("} <= {*values("")}
    assert {"[days]", "AddDays("} <= {*values("days")}
    assert values("days", functions="") == ["[days]"]
