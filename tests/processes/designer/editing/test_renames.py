"""Names that are changed by an edit, and who refers to them."""

import re
from typing import Any

import pytest

from kianda.lib.errors import Conflict
from processes.definition import tree
from processes.definition.document import parse_document
from processes.designer.editing.patched_document import applied
from processes.designer.editing.uses import uses_of
from processes.rules import rules
from tests.processes.definitions import button, process, text_field, token_refresh
from tests.processes.designer.editing.edited import (
    ROWS,
    at,
    design,
    edit,
    every_rule,
    names,
    node,
    run,
)


def test_who_refers_to_a_field_is_known_wherever_it_stands() -> None:
    found = uses_of(design(), "field:amount")
    assert [(use.target, use.pointer, use.sentence) for use in found] == [
        ("process", "/process_id", "The pattern of the Process ID uses it."),
        (
            "rule:double", "/forms/0/rules/0/assignments/0/value",
            "The rule Double of Order uses it in its assignments.",
        ),
        (
            "rule:one", "/forms/0/fields/3/rules/0/conditions/items/0/left",
            "The rule Set [amount] of Go uses it in its conditions.",
        ),
        (
            "rule:one", "/forms/0/fields/3/rules/0/assignments/0/field",
            "The rule Set [amount] of Go uses it in its assignments.",
        ),
        (
            "rule:two", "/forms/0/fields/3/rules/1/assignments/0/value",
            "The rule Two of Go uses it in its assignments.",
        ),
    ]  # fmt: skip
    with pytest.raises(Conflict) as refused:
        run(edit("remove", target="field:amount"))
    assert refused.value.extra["uses"] == [use._asdict() for use in found]


def test_what_only_a_removed_form_uses_itself_is_no_use() -> None:
    alone = run(edit("move", target="field:amount", place=at("form:check", "fields"))).document
    [use] = [one for one in uses_of(alone, "form:order") if "pattern" not in one.sentence]
    assert use.sentence == "The rule Greet of the process uses it in its assignments."


def test_a_rename_changes_references_and_nothing_that_only_looks_like_one() -> None:
    done = run(edit("rename", target="field:amount", name="total")).document
    assert parse_document(done).normalised() == done
    assert node(done, "field:note")["pattern"] == "[amount]"
    assert node(done, "rule:one")["title"] == "Set [amount]"
    assert node(done, "rule:one")["assignments"] == [{"field": "total", "value": "1"}]
    assert node(done, "rule:two")["assignments"][0]["value"] == "[[amount] is [total]"
    assert node(done, "rule:one")["conditions"]["items"][0]["left"] == "[total]"


def test_a_rename_reaches_every_mapping_of_the_scenario() -> None:
    done = run(edit("rename", target="field:refresh_token", name="rt"), token_refresh()).document
    rule = node(done, "rule:get-token")
    assert rule["input_mapping"][4] == {"target": "body.refresh_token", "value": "[rt]"}
    assert rule["on_success"][1] == {
        "field": "rt", "value": "[response.body.refresh_token]", "if_missing": "keep",
    }  # fmt: skip
    parse_document(done)


def test_a_copy_of_a_form_refers_to_its_own_fields() -> None:
    done = run(edit("duplicate", target="form:order")).document
    copied = parse_document(done)
    assert len(copied.fields) == 11
    assert node(done, "rule:one-2")["conditions"]["items"][0]["left"] == "[amount_2]"
    assert names(done, "process", "forms") == ["order", "order_2", "check"]


# Name and title before, the new title, the name after it.
TITLES = [
    ("text", "Text", "Client ID", "client_id"),
    ("text_2", "Text", "Client ID", "client_id"),
    ("text_2", "Text 2", "Client ID", "client_id"),
    ("text", "", "Client ID", "client_id"),
    ("text", "Text", "Amount", "amount_2"),
    ("text", "Text", "User", "user_2"),
    ("text", "Text", "Überweisung für Éire", "uberweisung_fur_eire"),
    ("text", "Text", "Ж Ü", "u"),
    ("client_id", "Client ID", "client id!", "client_id"),
    ("note_2", "Amount", "Note", "note_2"),
    ("own", "Text", "Client ID", "own"),
    ("ClientId", "Client ID", "Customer", "ClientId"),
    ("text", "Text", "Дата", "text"),
    ("text", "Text", "", "text"),
    ("text", "Text", 7, "text"),
]


@pytest.mark.parametrize(("name", "title", "new", "after"), TITLES)
def test_a_name_goes_with_its_title_until_it_is_somebodys_own(
    name: str, title: str, new: Any, after: str
) -> None:
    document = design()
    node(document, "field:remark").update(name=name, title=title)
    raw = edit("change", target=f"field:{name}", settings={"title": new}, name_follows=True)
    assert run(raw, document).selected == f"field:{after}"
    assert run(raw | {"name_follows": False}, document).selected == f"field:{name}"


def test_every_sort_of_rule_stands_in_the_table_of_renames() -> None:
    document = every_rule(ROWS)
    assert parse_document(document)
    slugs = {e.node["type"] for e in tree.walk(document) if e.kind == "rule"}
    assert slugs == set(rules.kinds)


@pytest.mark.parametrize(
    ("target", "new"), [("field:amount", "total"), ("form:order", "first"), ("field:lines", "rows"),
                        ("field:who", "somebody"),
                        ("field:go", "start")]
)  # fmt: skip
def test_a_rename_reaches_every_sort_of_rule(target: str, new: str) -> None:
    before = parse_document(every_rule(ROWS)).normalised()
    done = run(edit("rename", target=target, name=new), before)
    after = parse_document(done.document).normalised()
    assert after == done.document
    old = tree.name_of(target)
    left = [
        text for text in strings(after) if re.search(rf"(?<!\[\[)\b{old}\b", text)
        and text not in {"[[amount] of", f"The {old}"}
    ]  # fmt: skip
    assert left == []
    assert applied(done.document, done.undo) == before


def test_a_rename_reaches_whoever_is_named_in_rights() -> None:
    boss = ["[boss]"]
    secure = {"type": "process_security", "id": "secure", "see": boss}
    before = process(
        {"type": "user_picker", "name": "boss", "see": boss}, text_field("note", edit=boss),
        {**button("go", secure), "press": boss}, security={"see": boss},
    )  # fmt: skip
    before["forms"][0]["edit"] = boss
    before["forms"][0]["quick_actions"] = {"reassign": boss, "edit_again": boss}
    done = run(edit("rename", target="field:boss", name="chief"), before).document
    assert parse_document(done)
    texts = strings(done)
    assert (texts.count("[boss]"), texts.count("[chief]")) == (0, 8)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for k, v in value.items() if k not in {"title", "type"} for s in strings(v)]
    if isinstance(value, list):
        return [s for v in value for s in strings(v)]
    return [value] if isinstance(value, str) else []


def test_a_renamed_column_is_renamed_in_the_rules_of_its_rows() -> None:
    before = parse_document(every_rule(ROWS)).normalised()
    columns = [dict(one) for one in node(before, "field:lines")["columns"]]
    columns[1]["name"] = "cost"
    done = run(edit("change", target="field:lines", settings={"columns": columns}), before)
    assert parse_document(done.document)
    assert node(done.document, "rule:in-1")["assignments"][0]["value"] == (
        "[row.cost] [amount] [[row.price]"
    )
    assert node(done.document, "rule:in-2")["on_success"] == [
        {"field": "row.cost", "value": "=[item.amount] + [row.cost]", "if_missing": "fail"}
    ]
    assert applied(done.document, done.undo) == before
    swapped = edit("change", target="field:lines", settings={"columns": columns[::-1]})
    assert node(run(swapped, before).document, "rule:in-1") == node(before, "rule:in-1")
