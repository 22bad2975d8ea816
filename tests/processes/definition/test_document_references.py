"""The definition of a process: what its texts refer to, and where a secret may go."""

import pytest

from kianda.lib.errors import Flaw
from processes.definition.document import load_document, parse_document
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.refusals import flaws, only_flaw


def test_an_unknown_name_is_refused_and_the_escape_is_offered() -> None:
    flaw = only_flaw(process(text_field("status"), button("go", set_rule("status", "[stauts]"))))
    assert flaw.pointer == "/forms/0/fields/1/rules/0/assignments/0/value"
    assert "[status]" in flaw.detail
    assert "[[stauts]" in flaw.detail


@pytest.mark.parametrize("value", ["[1, 2]", "[ ]", "[a-z]", "[a link](url)", "[[gone]", ""])
def test_brackets_that_are_no_names_are_plain_text(value: str) -> None:
    parse_document(process(text_field("status"), button("go", set_rule("status", value))))


SECRETS = (
    {"type": "secret", "name": "key"},
    {"type": "secret", "name": "other_key"},
    text_field("plain"),
)


def test_a_secret_may_go_into_a_secret_field() -> None:
    parse_document(process(*SECRETS, button("go", set_rule("other_key", "[key]"))))


def test_a_secret_never_goes_into_a_text_field() -> None:
    flaw = only_flaw(process(*SECRETS, button("go", set_rule("plain", "x [key]"))))
    assert flaw.pointer == "/forms/0/fields/3/rules/0/assignments/0/value"
    assert "secret" in flaw.detail


@pytest.mark.parametrize(
    ("operator", "right", "holds"),
    [
        ("blank", "", True),
        ("not_blank", "", True),
        ("eq", "[other_key]", True),
        ("neq", "[other_key]", True),
        ("eq", "abc", False),
        ("eq", "[plain]", False),
        ("contains", "a", False),
        ("matches", "a.*", False),
        ("gt", "[other_key]", False),
    ],
)
def test_a_secret_in_a_condition(operator: str, right: str, holds: bool) -> None:
    rule = {
        "type": "save",
        "conditions": {"items": [{"left": "[key]", "operator": operator, "right": right}]},
    }
    raw = process(*SECRETS, button("go", rule))
    if holds:
        parse_document(raw)
    else:
        assert only_flaw(raw).pointer.startswith("/forms/0/fields/3/rules/0/conditions/items/0/")


def test_a_secret_field_has_no_default() -> None:
    flaw = only_flaw(process({"type": "secret", "name": "key", "default": "x"}))
    assert flaw.pointer == "/forms/0/fields/0/default"


@pytest.mark.parametrize(
    "pattern", ["{process}-{number}", "{number:5}", "PO-[plain]-{number}", "fixed"]
)
def test_a_process_id_pattern_holds(pattern: str) -> None:
    assert parse_document(process(*SECRETS, process_id=pattern)).process_id == pattern


@pytest.mark.parametrize(
    "pattern", ["", "{nummer}", "{number:}", "{number:123}", "[key]", "[gone]", "a{", "[a b]", 5]
)
def test_any_other_process_id_pattern_is_refused(pattern: object) -> None:
    assert only_flaw(process(*SECRETS, process_id=pattern)).pointer == "/process_id"


@pytest.mark.parametrize("name", ["", "key", "plain"])
def test_a_process_may_name_a_text_or_a_secret_as_its_token(name: str) -> None:
    assert parse_document(process(*SECRETS, token_field=name)).token_field == name


@pytest.mark.parametrize("name", ["gone", "[key]", "count", "go", "row.key", None, 5])
def test_nothing_else_is_a_token(name: object) -> None:
    raw = process(*SECRETS, {"type": "number", "name": "count"}, button("go"), token_field=name)
    assert only_flaw(raw).pointer == "/token_field"


def forms_that_open_with(**others: str) -> dict[str, object]:
    forms = [{"name": name, "activate_with": other} for name, other in others.items()]
    return {"name": "leave", "forms": [{"name": "ask"}, *forms]}


def test_a_form_opens_with_no_form_that_waits_for_it() -> None:
    itself = forms_that_open_with(decide="decide")
    assert only_flaw(itself) == Flaw(
        "/forms/1/activate_with", "“Decide” cannot open with itself. Choose another form."
    )
    # What an earlier edition has stored is read.
    load_document(itself)
    waits = "“%s” cannot open with “%s”, which waits for it. Choose another form."
    assert flaws(forms_that_open_with(decide="pay", pay="decide", note="pay")) == [
        Flaw("/forms/1/activate_with", waits % ("Decide", "Pay")),
        Flaw("/forms/2/activate_with", waits % ("Pay", "Decide")),
    ]
    parse_document(forms_that_open_with(decide="ask", pay="decide"))
