"""Where the buttons of a form lead, as its design alone tells."""

from typing import Any

import pytest

from processes.definition.document import parse_document
from processes.definition.flow import ways_from
from tests.processes.definitions import button

SUBMIT = {"type": "submit"}


def ways(form: str, *forms: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return title, destination, status and sureness of the ways on from a form."""
    document = parse_document({"name": "leave", "forms": list(forms)})
    found = next(one for one in document.forms if one.name == form)
    return [
        (one.title, one.leads_to, one.status, one.is_sure) for one in ways_from(document, found)
    ]


def form(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields), **more}


def set_to(field: str, value: str) -> dict[str, Any]:
    return {"type": "set_form_field", "assignments": [{"field": field, "value": value}]}


def only_if(left: str, right: str) -> dict[str, Any]:
    return {"conditions": {"match": "all", "items": [{"left": left, "operator": "eq",
                                                     "right": right}]}}  # fmt: skip


def test_a_submit_leads_to_the_next_form_and_from_the_last_to_the_end() -> None:
    ask = form("ask", button("send", SUBMIT | {"status": "Sent"}))
    decide = form("decide", button("ok", SUBMIT))
    assert ways("ask", ask, decide) == [("Send", "decide", "Sent", True)]
    assert ways("decide", ask, decide) == [("Ok", "", "", True)]


def test_what_opens_with_the_next_form_opens_too() -> None:
    ask, decide = form("ask", button("send", SUBMIT)), form("decide", button("ok", SUBMIT))
    pay = form("pay", button("done", SUBMIT), activate_with="decide")
    assert [one[1] for one in ways("ask", ask, decide, pay)] == ["decide", "pay"]
    # It waits for no turn of its own.
    assert ways("decide", ask, decide, pay) == [("Ok", "", "", True)]
    told = form("told", button("read", SUBMIT), activate_with="pay")
    assert [one[1] for one in ways("ask", ask, decide, pay, told)] == ["decide", "pay", "told"]


def test_a_form_that_no_button_submits_is_submitted_by_the_page() -> None:
    ask = form("ask", {"type": "text", "name": "what"})
    assert ways("ask", ask, form("decide", button("ok", SUBMIT))) == [
        ("Submit", "decide", "", True)
    ]
    # A single form is open for ever.
    assert ways("ask", ask) == []


def test_a_button_leads_back_or_ends_where_its_rules_say_so() -> None:
    back = {"type": "go_to_form", "form": "ask", "make_current": True}
    closed = {"type": "close", "status": "Withdrawn"}
    off = {"type": "close", "status": "Off", "enabled": False}
    decide = form("decide", button("back", back), button("stop", closed), button("no", off))
    found = ways("decide", form("ask", button("send", SUBMIT)), decide)
    assert found[:2] == [("Back", "ask", "", True), ("Stop", "", "Withdrawn", True)]
    assert "No" not in [one[0] for one in found]


def test_what_depends_on_a_condition_may_happen_and_may_not() -> None:
    closed = {"type": "close", "status": "Small", **only_if("[amount]", "1")}
    ask = form("ask", {"type": "number", "name": "amount"}, button("send", closed, SUBMIT))
    assert ways("ask", ask, form("decide", button("ok", SUBMIT))) == [
        ("Send", "", "Small", False), ("Send", "decide", "", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("press", "leads"),
    [("approve", ("Approve", "pay", "yes", True)), ("reject", ("Reject", "", "Rejected", True))],
)
def test_a_decision_that_the_button_sets_is_known_to_the_rules_of_the_form(
    press: str, leads: tuple[str, str, str, bool]
) -> None:
    rejected = {"type": "close", "status": "Rejected", **only_if("[decision]", "no")}
    submit = SUBMIT | {"status": "[decision]"}
    decide = form(
        "decide", {"type": "text", "name": "decision"},
        button("approve", set_to("decision", "yes"), submit),
        button("reject", set_to("decision", "no"), submit),
        rules=[rejected],
    )  # fmt: skip
    found = ways("decide", decide, form("pay", button("done", SUBMIT)))
    assert [one for one in found if one[0].lower() == press] == [leads]


@pytest.mark.parametrize(
    "rules",
    [
        [set_to("decision", "[wish]")],
        [set_to("decision", "=If([wish] == 1, 2, 3)")],
        [set_to("decision", "yes"), set_to("decision", "[wish]")],
        [set_to("decision", "yes"), set_to("decision", "no") | only_if("[wish]", "1")],
    ],
)
def test_a_decision_that_is_worked_out_may_be_any(rules: list[dict[str, Any]]) -> None:
    rejected = {"type": "close", "status": "Rejected", **only_if("[decision]", "no")}
    texts = [{"type": "text", "name": name} for name in ("decision", "wish")]
    decide = form("decide", *texts, button("send", *rules, SUBMIT), rules=[rejected])
    assert ways("decide", decide, form("pay", button("done", SUBMIT))) == [
        ("Send", "", "Rejected", False), ("Send", "pay", "", False),
    ]  # fmt: skip
