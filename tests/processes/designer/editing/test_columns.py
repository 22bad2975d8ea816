"""Columns of a table that get another name or are taken out, and who refers to them."""

from typing import Any

import pytest

from kianda.lib.errors import Conflict
from processes.definition.document import parse_document
from processes.designer.editing.patched_document import applied
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.designer.editing.edited import edit, node, run


def design() -> dict[str, Any]:
    """Return two tables with a column `amount`, a field of that name, and texts about all three."""
    mine = {"datasource": "kianda", "method": "orders"}
    looks = {"match": "all", "items": [
        {"left": "[lines.amount]", "operator": "not_blank"},
        {"left": "[note]", "operator": "matches", "right": "[lines.amount]"},
    ]}  # fmt: skip
    found = {"match": "all", "items": [
        {"left": "[item.lines.0.amount]", "operator": "eq", "right": "[lines.amount]"},
    ]}  # fmt: skip
    rules = [
        set_rule("amount", "=Sum([lines.amount]) + [amount] + Sum([other.amount])", id="total",
                 conditions=looks),
        set_rule("note", "[[lines.amount] is [lines.amount]", id="told"),
        {"type": "find_items", "id": "find", **mine, "filter": found,
         "on_success": [{"field": "amount", "value": "[item.amount]"}]},
        {"type": "create_item", "id": "make", **mine,
         "input_mapping": [{"target": "body.amount", "value": "=Sum([lines.amount])"}]},
        {"type": "loop_table", "id": "each", "table": "lines", "rules": [
            set_rule("row.amount", "=[row.amount] / Sum([lines.amount])", id="in-lines")]},
        {"type": "loop_table", "id": "each-other", "table": "other", "rules": [
            set_rule("row.amount", "=[row.amount] / Sum([lines.amount])", id="in-other")]},
    ]  # fmt: skip
    amount = {"type": "number", "name": "amount"}
    fields = [
        amount, text_field("note", pattern="[lines.amount]"),
        {"type": "rich_text", "name": "told_to", "text": "Due: [lines.amount]"},
        {"type": "table", "name": "lines", "columns": [amount, text_field("memo")]},
        {"type": "table", "name": "other", "columns": [amount]}, button("go", *rules),
    ]  # fmt: skip
    raw = {"name": "orders", "forms": [{"name": "order", "fields": fields}]}
    return parse_document(raw).normalised()


def with_columns(columns: list[dict[str, Any]]) -> dict[str, Any]:
    return edit("change", target="field:lines", settings={"columns": columns})


def renamed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the edit that makes the column `amount` of `lines` be called `cost`."""
    first, *others = node(document, "field:lines")["columns"]
    return with_columns([first | {"name": "cost"}, *others])


# What a piece says after the rename.
AFTER = [
    ("rule:total", ("assignments", 0, "value"),
     "=Sum([lines.cost]) + [amount] + Sum([other.amount])"),
    ("rule:total", ("conditions", "items", 0, "left"), "[lines.cost]"),
    ("rule:total", ("conditions", "items", 1, "right"), "[lines.amount]"),
    ("rule:told", ("assignments", 0, "value"), "[[lines.amount] is [lines.cost]"),
    ("rule:find", ("filter", "items", 0, "left"), "[item.lines.0.cost]"),
    ("rule:find", ("filter", "items", 0, "right"), "[lines.cost]"),
    ("rule:find", ("on_success", 0, "value"), "[item.amount]"),
    ("rule:make", ("input_mapping", 0, "target"), "body.amount"),
    ("rule:make", ("input_mapping", 0, "value"), "=Sum([lines.cost])"),
    ("rule:in-lines", ("assignments", 0, "field"), "row.cost"),
    ("rule:in-lines", ("assignments", 0, "value"), "=[row.cost] / Sum([lines.cost])"),
    ("rule:in-other", ("assignments", 0, "field"), "row.amount"),
    ("rule:in-other", ("assignments", 0, "value"), "=[row.amount] / Sum([lines.cost])"),
    ("field:note", ("pattern",), "[lines.amount]"),
    ("field:told_to", ("text",), "Due: [lines.cost]"),
    ("field:other", ("columns", 0, "name"), "amount"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "path", "text"), AFTER)
def test_a_renamed_column_is_renamed_wherever_it_is_meant_and_nowhere_else(
    target: str, path: tuple[str | int, ...], text: str
) -> None:
    before = design()
    done = run(renamed(before), before)
    found: Any = node(done.document, target)
    for part in path:
        found = found[part]
    assert found == text
    assert parse_document(done.document).normalised() == done.document
    assert applied(done.document, done.undo) == before


def test_a_column_and_its_table_are_renamed_at_once() -> None:
    before = design()
    raw = renamed(before)
    raw["settings"]["name"] = "rows"
    done = run(raw, before)
    assert node(done.document, "rule:make")["input_mapping"][0]["value"] == "=Sum([rows.cost])"
    assert applied(done.document, done.undo) == before


def test_a_column_that_is_used_is_taken_out_only_by_somebody_who_is_sure() -> None:
    before = design()
    amount, memo = node(before, "field:lines")["columns"]
    assert run(with_columns([amount]), before).document != before
    with pytest.raises(Conflict) as refused:
        run(with_columns([memo]), before)
    assert refused.value.extra["column"] == "amount"
    uses = [(use["target"], use["pointer"]) for use in refused.value.extra["uses"]]
    assert uses == [
        ("field:told_to", "/forms/0/fields/2/text"),
        ("rule:total", "/forms/0/fields/5/rules/0/conditions/items/0/left"),
        ("rule:total", "/forms/0/fields/5/rules/0/assignments/0/value"),
        ("rule:told", "/forms/0/fields/5/rules/1/assignments/0/value"),
        ("rule:find", "/forms/0/fields/5/rules/2/filter/items/0/left"),
        ("rule:make", "/forms/0/fields/5/rules/3/input_mapping/0/value"),
        ("rule:in-lines", "/forms/0/fields/5/rules/4/rules/0/assignments/0/field"),
        ("rule:in-other", "/forms/0/fields/5/rules/5/rules/0/assignments/0/value"),
    ]
    assert "The rule Total of Go uses it in its assignments." in str(refused.value)
    left = run(with_columns([memo]) | {"force": True}, before).document
    assert node(left, "field:lines")["columns"] == [memo]


# Name and title before, name and title as they are sent, the name after it.
TITLES = [
    (None, ("", "Amount due (€)"), "amount_due"),
    (None, ("", "Item"), "item"),
    (None, ("", "Memo"), "memo_2"),
    (None, ("", "Дата"), ""),
    (None, ("", ""), ""),
    (None, ("own", "Amount"), "own"),
    (("", "Cost"), ("", "Cost"), "cost"),
    (("price", "Price"), ("price", "Net price"), "net_price"),
    (("price", "Price"), ("price", "price!"), "price"),
    (("price", ""), ("price", "Net price"), "price"),
    (("own", "Price"), ("own", "Net price"), "own"),
    (("saved", "Saved"), ("saved", "Net price"), "saved"),
    (("price", "Price"), ("cost", "Net price"), "cost"),
]


@pytest.mark.parametrize(("before", "sent", "after"), TITLES)
def test_the_name_of_a_column_goes_with_its_title_until_it_is_somebodys_own(
    before: tuple[str, str] | None, sent: tuple[str, str], after: str
) -> None:
    document = design()
    memo = text_field("memo", title="Memo")
    others = [] if before is None else [text_field(before[0], title=before[1])]
    node(document, "field:lines")["columns"] = [memo, *others]
    raw = with_columns([memo, text_field(sent[0], title=sent[1])])
    done = run(raw | {"name_follows": True, "keep": ["field:lines", "saved"]}, document).document
    assert node(done, "field:lines")["columns"][1]["name"] == after
    left = run(raw, document).document
    assert node(left, "field:lines")["columns"][1]["name"] == sent[0]


def test_what_refers_to_a_column_follows_the_name_that_its_title_gives_it() -> None:
    before = design()
    amount, memo = node(before, "field:lines")["columns"]
    raw = with_columns([amount | {"title": "Net price"}, memo]) | {"name_follows": True}
    done = run(raw, before)
    assert (
        node(done.document, "rule:make")["input_mapping"][0]["value"] == "=Sum([lines.net_price])"
    )
    assert applied(done.document, done.undo) == before


def test_an_edit_is_called_by_the_words_that_people_see() -> None:
    raw = edit("change", target="field:lines", settings={"max_rows": 5, "first_rows": 2})
    assert run(raw, design()).label == "Changed maximum rows, initial rows of Lines"
