"""What a loop can hold, and what its rules can speak of."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.document import load_document, parse_document
from tests.processes.definitions import set_rule
from tests.processes.running.loops.basket import SAVE, basket, loop


def require(field: str) -> dict[str, Any]:
    return {"type": "make_required", "changes": [{"field": field}]}


def otherwise(field: str) -> dict[str, Any]:
    return {**require("sum"), "opposite": [{"field": field}]}


@pytest.mark.parametrize(
    ("rules", "place", "words"),
    [
        ([loop(set_rule("row.nope", "x"))], "0/rules/0/assignments/0/field", "no column nope"),
        ([loop(set_rule("row.what", "[row.nope]"))], "0/rules/0/assignments/0/value", "[row.what]"),
        ([set_rule("row.what", "x")], "0/assignments/0/field", "works on a table"),
        ([set_rule("sum", "[row.price]")], "0/assignments/0/value", "works on a table"),
        ([loop(require("row.nope"))], "0/rules/0/changes/0/field", "Choose a field."),
        ([loop(require("row.what"))], "0/rules/0/changes/0/field", "required in every row or in"),
        ([loop(otherwise("row.what"))], "0/rules/0/opposite/0/field", "their own setting Required"),
        ([loop(loop(SAVE))], "0/rules/0/type", "Unknown type 'loop_table'"),
        ([loop()], "0/rules", "Add a rule that runs for each row."),
        ([{"type": "loop_table", "table": "lines"}], "0", "Add a rule that runs for each row."),
        ([{**loop(SAVE), "table": "sum"}], "0/table", "There is no table sum."),
        (
            [{**SAVE, "id": "a"}, loop({**SAVE, "id": "a"})],
            "1/rules/0/id",
            "The rule id a is used twice.",
        ),
    ],
)
def test_what_a_loop_cannot_be(rules: list[dict[str, Any]], place: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_document(basket(*rules))
    found = {flaw.pointer: flaw.detail for flaw in refused.value.errors}
    assert words in found[f"/forms/0/fields/3/rules/{place}"]


def test_a_field_is_made_required_in_a_loop_and_stored_designs_are_still_read() -> None:
    assert parse_document(basket(loop(require("sum"))))
    stored = parse_document(basket(loop(require("sum")))).normalised()
    [rule] = stored["forms"][0]["fields"][3]["rules"][0]["rules"]
    rule["changes"][0]["field"] = "row.what"
    assert load_document(stored)


def test_rules_in_a_loop_get_ids_and_are_found() -> None:
    document = parse_document(basket(loop(SAVE, SAVE)))
    assert [rule.id for _, rule in document.placed_rules()] == ["loop-table", "save", "save-2"]
    assert [place for place, _ in document.placed_rules()][1:] == [
        "/forms/0/fields/3/rules/0/rules/0",
        "/forms/0/fields/3/rules/0/rules/1",
    ]
    with pytest.raises(LookupError):
        document.rules_of("go#save")
