"""Forms that wait for no one, that nothing opens or ends: a designer is told before."""

from typing import Any

from tests.processes.definition.checks.catalog import advice, references
from tests.processes.definitions import button

SUBMIT = {"type": "submit"}


def forms(*given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the advice about a process of these forms, which is published all the same."""
    raw = {"name": "leave", "forms": list(given)}
    assert references(raw) == []
    return sorted(advice(raw))


def form(name: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a form with one button that has these rules; without rules it has no button."""
    fields = [button(f"{name}_go", *rules)] if rules else []
    return {"name": name, "fields": fields, **more}


OWNED = {"owners": {"groups": ["Buyers"]}}
NO_OWNER = "“Decision” has no owner. It is assigned to the creator of the record."
NEVER_OPENS = "“Decision” never opens. Add a Submit rule to an earlier form."


def test_forms_that_follow_each_other_and_have_owners_are_well() -> None:
    assert forms(form("ask", SUBMIT), form("decision", **OWNED)) == []
    # One form alone is nobody's to give away, and may be open for ever.
    assert forms(form("token")) == []


def test_a_later_form_without_owner_goes_to_the_creator() -> None:
    assert forms(form("ask"), form("decision")) == [("/forms/1/owners", NO_OWNER)]
    assign = {"type": "assign_form", "form": "decision", "to": {"users": ["[ask_by]"]}}
    given = {"name": "ask_by", "type": "user_picker"}
    ask = form("ask", assign, SUBMIT)
    ask["fields"].append(given)
    assert forms(ask, form("decision")) == []
    assert (("/forms/1/owners", NO_OWNER)) in forms(
        {**ask, "fields": [given, button("go", assign | {"enabled": False}, SUBMIT)]},
        form("decision"),
    )


def test_a_form_that_no_submission_and_no_rule_opens_never_opens() -> None:
    closed = {"type": "close", "status": "Done"}
    off = SUBMIT | {"enabled": False}
    assert forms(form("ask", off, closed), form("decision", **OWNED)) == [("/forms/1", NEVER_OPENS)]
    for opening in (
        {"type": "go_to_form", "form": "decision", "make_current": True},
        {"type": "assign_form", "form": "decision", "to": {"groups": ["Buyers"]}, "opens": True},
    ):
        assert forms(form("ask", off, closed, opening), form("decision", **OWNED)) == []
    beside = form("decision", activate_with="ask", **OWNED)
    assert forms(form("ask", off, closed), beside) == []


def test_a_form_whose_buttons_lead_nowhere_never_closes() -> None:
    never = "“Ask” never closes. Add a button with a Submit rule."
    assert ("/forms/0/fields", never) in forms(
        form("ask", SUBMIT | {"enabled": False}), form("decision", **OWNED)
    )
    # It is submitted from another form.
    elsewhere = form("decision", SUBMIT | {"form": "ask"}, **OWNED)
    assert forms(form("ask", SUBMIT | {"enabled": False}), elsewhere) == []


def test_who_comes_after_a_submit_may_be_no_one() -> None:
    given = {"name": "boss", "type": "user_picker"}

    def sending(*rules: dict[str, Any]) -> list[tuple[str, str]]:
        ask = {"name": "ask", "fields": [given, button("go", *rules)]}
        return forms(ask, form("decision", **OWNED))

    assign = {"type": "assign_form", "form": "decision", "to": {"users": ["[boss]"]}}
    late = (
        "If no one is found, this rule fails after the form was submitted. Move it before "
        "Submit, or add a condition."
    )
    assert sending(SUBMIT, assign) == [("/forms/0/fields/1/rules/1/to", late)]
    assert sending(assign, SUBMIT) == []
    met = {"items": [{"left": "[boss]", "operator": "not_blank"}]}
    assert sending(SUBMIT, assign | {"conditions": met}) == []
    assert sending(SUBMIT, assign | {"to": {"users": ["ada", "[boss]"]}}) == []
    assert sending(SUBMIT | {"enabled": False}, assign)[0][0] == "/forms/0/fields"


def going_past(*last: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """Return the advice about a process whose first form goes past its second one to the third."""
    go = {"type": "go_to_form", "form": "pay", "make_current": True, **more}
    return forms(
        form("ask", go, SUBMIT), form("decision", SUBMIT, **OWNED), form("pay", *last, **OWNED)
    )


SKIPPED = (
    "/forms/0/fields/0/rules/0/form",
    "This skips “Decision”, which opens after the last form instead. Hide it before this rule, or "
    "end the record with a Close rule.",
)


def test_a_form_that_a_rule_goes_past_opens_after_the_last_one() -> None:
    closed = {"type": "close", "status": "Paid"}
    assert going_past(SUBMIT) == [SKIPPED]
    # An end that depends on something does not always come.
    maybe = closed | {"conditions": {"items": [{"left": "[process.id]", "operator": "blank"}]}}
    assert going_past(SUBMIT, maybe) == [SKIPPED]
    assert going_past(SUBMIT, closed | {"enabled": False}) == [SKIPPED]
    assert going_past(SUBMIT, closed) == []
    # A form without buttons is submitted by the page.
    assert going_past() == [SKIPPED]


def test_a_form_that_is_hidden_or_not_gone_past_is_not_told() -> None:
    hide = {"type": "hide_or_disable", "changes": [{"field": "decision", "action": "hide"}]}
    go = {"type": "go_to_form", "form": "pay", "make_current": True}
    decision, pay = form("decision", SUBMIT, **OWNED), form("pay", SUBMIT, **OWNED)
    assert forms(form("ask", hide, go, SUBMIT), decision, pay) == []
    assert forms(form("ask", go | {"make_current": False}, SUBMIT), decision, pay) == []
    assert forms(form("ask", go | {"enabled": False}, SUBMIT), decision, pay) == []
    assert forms(form("ask", go | {"form": "decision"}, SUBMIT), decision, pay) == []
    beside = decision | {"activate_with": "ask"}
    assert forms(form("ask", go, SUBMIT), beside, pay) == []
    # To an earlier form, the way leads back.
    back = go | {"form": "ask"}
    assert forms(form("ask", SUBMIT), decision, form("pay", back, SUBMIT, **OWNED)) == []
