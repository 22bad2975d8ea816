"""Values that their fields cannot store: a designer is told before the rule fails."""

from typing import Any

import pytest

from tests.processes.definition.checks.catalog import advice, references
from tests.processes.definitions import button, process, set_rule, text_field

TOTAL = {"type": "number", "name": "total", "title": "Total"}
LINES = {
    "type": "table", "name": "lines",
    "columns": [{"type": "number", "name": "price"}, {"type": "text", "name": "what"}],
}  # fmt: skip
DUE = {"type": "date", "name": "due"}


def told(*rules: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the advice about a button with these rules, which is published all the same."""
    raw = process(TOTAL, LINES, DUE, text_field("note"), button("go", *rules, {"type": "save"}))
    assert references(raw) == []
    return advice(raw)


AT = "/forms/0/fields/4/rules/0"


@pytest.mark.parametrize(("field", "value", "words"), [
    ("total", "abc", 'not valid for Total. "abc" is not a number.'),
    ("total", "12,5", 'not valid for Total. "12,5" is not a number.'),
    ("total", '="abc"', 'not valid for Total. "abc" is not a number.'),
    ("due", "tomorrow", "not valid for Due."),
    ("lines", "pen", "not valid for Lines."),
])  # fmt: skip
def test_a_value_that_its_field_cannot_store_is_told(field: str, value: str, words: str) -> None:
    [(place, said)] = told(set_rule(field, value))
    assert place == f"{AT}/assignments/0/value"
    assert said.startswith("The rule fails: this is ")
    assert words in said


@pytest.mark.parametrize(("field", "value"), [
    ("total", "12.5"), ("total", "=2 * 3"), ("total", ""), ("total", "[note]"),
    ("total", "=[note]"), ("due", "2026-12-24"), ("note", "abc"),
])  # fmt: skip
def test_what_a_field_can_store_or_only_a_record_knows_is_not_told(field: str, value: str) -> None:
    assert told(set_rule(field, value)) == []


def test_a_cell_is_told_by_its_column() -> None:
    loop = {
        "type": "loop_table", "table": "lines",
        "rules": [set_rule("row.what", "abc"), set_rule("row.price", "abc")],
    }  # fmt: skip
    [(place, said)] = told(loop)
    assert place == f"{AT}/rules/1/assignments/0/value"
    assert 'not valid for Price. "abc" is not a number.' in said


def test_what_an_error_or_a_response_maps_is_told_too_and_a_rule_switched_off_is_not() -> None:
    call = {
        "type": "start_a_process", "process": "orders",
        "on_success": [{"field": "total", "value": "all"}],
        "on_error": [{"field": "total", "value": "none"}],
    }  # fmt: skip
    assert [place for place, _said in told(call)] == [
        f"{AT}/on_success/0/value", f"{AT}/on_error/0/value",
    ]  # fmt: skip
    assert told(set_rule("total", "abc", enabled=False)) == []
