"""Each edit and its undoing, on plain values."""

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from kianda.lib.errors import ApplicationError, Conflict, Invalid
from processes.designing import copies, tree
from processes.designing.edits import AnyEdit, Applied, apply_edit, parse_edit
from processes.designing.patches import PATCH, inverse
from processes.designing.sheet import applied
from processes.designing.uses import uses_of
from processes.document import parse_document
from processes.rules import rules
from tests.processes.definitions import button, set_rule, text_field, token_refresh


def design() -> dict[str, Any]:
    """Return two forms, a panel, conditions, mappings and a pattern that refer to `amount`."""
    seen = {"match": "all", "items": [{"left": "[amount]", "operator": "not_blank"}]}
    raw = {
        "name": "orders",
        "process_id": "{process}-[amount]-{number}",
        "rules": [set_rule("note", "Opened by [user.name]", id="greet")],
        "forms": [
            {
                "name": "order",
                "rules": [set_rule("note", "=[amount] * 2", id="double")],
                "fields": [
                    {"type": "number", "name": "amount", "rules": []},
                    text_field("note", pattern="[amount]"),
                    {"type": "panel", "name": "box", "fields": [text_field("inside")]},
                    button(
                        "go",
                        set_rule("amount", "1", id="one", title="Set [amount]", conditions=seen),
                        set_rule("note", "[[amount] is [amount]", id="two"),
                        {"type": "save", "id": "save"},
                    ),
                ],
            },
            {"name": "check", "fields": [text_field("remark")]},
        ],
    }
    return parse_document(raw).normalised()


def at(owner: str, key: str, position: int | None = None) -> dict[str, Any]:
    return {"in": owner, "list": key} | ({} if position is None else {"at": position})


def edit(do: str, **settings: Any) -> dict[str, Any]:
    return {"do": do, **settings}


def run(raw: dict[str, Any], document: dict[str, Any] | None = None) -> Applied:
    return apply_edit(design() if document is None else document, parse_edit(raw))


def names(document: dict[str, Any], owner: str, key: str) -> list[str]:
    held = tree.find(document, owner).node[key]
    return [one["id" if "rules" in key else "name"] for one in held]


def node(document: dict[str, Any], target: str) -> dict[str, Any]:
    return tree.find(document, target).node


Check = Callable[[dict[str, Any]], bool]
EDITS: list[tuple[dict[str, Any], str, str, Check]] = [
    (
        edit("add_form"), "Added form Form", "form:form",
        lambda d: names(d, "process", "forms") == ["order", "check", "form"],
    ),
    (
        edit("add_form", title="Order", at=0), "Added form Order", "form:order_2",
        lambda d: names(d, "process", "forms") == ["order_2", "order", "check"],
    ),
    (
        edit("add_field", type="text", place=at("form:order", "fields", 1)),
        "Added Text", "field:text",
        lambda d: names(d, "form:order", "fields")[:2] == ["amount", "text"],
    ),
    (
        edit("add_field", type="number", place=at("field:box", "fields"),
             settings={"title": "Amount"}),
        "Added Amount", "field:amount_2",
        lambda d: names(d, "field:box", "fields") == ["inside", "amount_2"],
    ),
    (
        edit("add_rule", type="save", place=at("form:check", "load_rules")),
        "Added rule Save", "rule:save-2",
        lambda d: names(d, "form:check", "load_rules") == ["save-2"],
    ),
    (
        edit("add_rule", type="set_form_field", place=at("process", "rules", 0),
             settings={"title": "Double", "assignments": []}),
        "Added rule Double", "rule:double-2",
        lambda d: names(d, "process", "rules") == ["double-2", "greet"],
    ),
    (
        edit("change", target="field:amount", settings={"title": "Total", "width": "wide"}),
        "Changed title, width of Amount", "field:amount",
        lambda d: node(d, "field:amount")["width"] == "wide",
    ),
    (
        edit("change", target="field:amount", settings={"title": "Total", "name": "total"}),
        "Changed title, name of Amount", "field:total",
        lambda d: d["process_id"] == "{process}-[total]-{number}",
    ),
    (
        edit("change", target="field:amount", settings={"title": "Net price"}, name_follows=True),
        "Changed title of Amount", "field:net_price",
        lambda d: d["process_id"] == "{process}-[net_price]-{number}",
    ),
    (
        edit("change", target="form:check", settings={"title": "Order"}, name_follows=True),
        "Changed title of Check", "form:order_2",
        lambda d: names(d, "process", "forms") == ["order", "order_2"],
    ),
    (
        edit("change", target="field:note", settings={"type": "number"}),
        "Changed type of Note", "field:note",
        lambda d: "pattern" not in node(d, "field:note"),
    ),
    (
        edit("rename", target="form:order", name="first"), "Renamed order to first", "form:first",
        lambda d: names(d, "process", "forms") == ["first", "check"],
    ),
    (
        edit("rename", target="field:amount", name="Amount"),
        "Renamed amount to Amount", "field:Amount",
        lambda d: node(d, "rule:double")["assignments"][0]["value"] == "=[Amount] * 2",
    ),
    (
        edit("move", target="field:go", place=at("form:check", "fields", 0)),
        "Moved Go", "field:go",
        lambda d: names(d, "form:check", "fields") == ["go", "remark"],
    ),
    (
        edit("move", target="field:amount", place=at("form:order", "fields", 2)),
        "Moved Amount", "field:amount",
        lambda d: names(d, "form:order", "fields") == ["note", "box", "amount", "go"],
    ),
    (
        edit("move", target="rule:one", place=at("form:order", "rules")),
        "Moved Set [amount]", "rule:one",
        lambda d: names(d, "form:order", "rules") == ["double", "one"],
    ),
    (
        edit("move", target="form:check", place=at("process", "forms", 0)),
        "Moved Check", "form:check",
        lambda d: names(d, "process", "forms") == ["check", "order"],
    ),
    (
        edit("duplicate", target="rule:one"), "Duplicated Set [amount]", "rule:one-2",
        lambda d: names(d, "field:go", "rules") == ["one", "one-2", "two", "save"],
    ),
    (
        edit("duplicate", target="form:order"), "Duplicated Order", "form:order_2",
        lambda d: node(d, "rule:double-2")["assignments"][0]
        == {"field": "note_2", "value": "=[amount_2] * 2"},
    ),
    (
        edit("remove", target="rule:one"), "Removed Set [amount]", "rule:two",
        lambda d: names(d, "field:go", "rules") == ["two", "save"],
    ),
    (
        edit("remove", target="form:check"), "Removed Check", "form:order",
        lambda d: names(d, "process", "forms") == ["order"],
    ),
    (
        edit("remove", target="field:amount", force=True), "Removed Amount", "field:note",
        lambda d: names(d, "form:order", "fields") == ["note", "box", "go"],
    ),
    (
        edit("paste", place=at("form:check", "fields", 0),
             content=copies.text_of(design(), ["field:amount", "field:box"])),
        "Pasted 2 fields", "field:box_2",
        lambda d: names(d, "form:check", "fields") == ["amount_2", "box_2", "remark"],
    ),
    (
        edit("switch_rule", target="rule:one", enabled=False), "Switched off Set [amount]",
        "rule:one", lambda d: node(d, "rule:one")["enabled"] is False,
    ),
    (
        edit("set_process", settings={"title": "All orders"}), "Changed title of the process",
        "process", lambda d: d["title"] == "All orders",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "label", "selected", "holds"), EDITS, ids=[f"{e[0]['do']}-{e[2]}" for e in EDITS]
)
def test_each_edit_does_what_it_says_and_undo_restores_the_exact_definition(
    raw: dict[str, Any], label: str, selected: str, holds: Check
) -> None:
    before = design()
    seen = copy.deepcopy(before)
    done = run(raw, before)
    assert before == seen, "the definition that was given is changed"
    assert (done.label, done.selected) == (label, selected)
    assert holds(done.document)
    assert json_of(applied(done.document, done.undo)) == json_of(seen)
    kept = PATCH.validate_python(json.loads(json.dumps(PATCH.dump_python(done.patch, mode="json"))))
    assert applied(seen, kept) == done.document
    assert applied(done.document, inverse(kept)) == seen


def json_of(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


def test_there_is_a_row_for_each_edit() -> None:
    assert {raw["do"] for raw, *_ in EDITS} == {
        kind.model_fields["do"].default for kind in AnyEdit.__args__[0].__args__
    }


@pytest.mark.parametrize("seed", range(12))
def test_any_row_of_edits_can_be_undone_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    document, past = design(), []
    for raw, *_ in chance.choices(EDITS, k=25):
        try:
            done = run(raw, document)
        except ApplicationError:
            continue
        past.append((document, done))
        document = done.document
    assert len(past) > 5
    for before, done in reversed(past):
        document = applied(document, done.undo)
        assert json_of(document) == json_of(before)


CONTENT = copies.text_of(design(), ["field:amount"])
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (edit("nonsense"), "/do", "There is no do 'nonsense'"),
    (edit("add_field", type="joy", place=at("form:order", "fields")), "/type", "no field type"),
    (edit("add_rule", type="pray", place=at("form:order", "rules")), "/type", "no rule type"),
    (
        edit("add_field", type="text", place=at("form:order", "fields"),
             settings={"name": "AMOUNT"}),
        "/name", "is taken by the field Amount",
    ),
    (edit("rename", target="field:note", name="check"), "/name", "taken by the form Check"),
    (edit("rename", target="field:note", name="2nd"), "/name", "Start with a letter"),
    (edit("rename", target="field:note", name="user"), "/name", "reserved"),
    (edit("rename", target="rule:one", name="x"), "/name", "cannot be changed"),
    (edit("change", target="field:go", settings={"rules": []}), "/rules", "by itself"),
    (edit("change", target="rule:one", settings={"id": "uno"}), "/id", "cannot be changed"),
    (edit("change", target="field:go", settings={"type": "x"}), "/type", "no field type"),
    (edit("change", target="process", settings={"name": "x"}), "/name", "cannot be changed"),
    (edit("paste", place=at("form:order", "fields"), content=CONTENT[:-9]), "/content", "part of"),
    (edit("paste", place=at("form:order", "fields"), content="{}"), "/content", "not copied from"),
    (edit("paste", place=at("form:order", "fields"), content="x" * 2_000_000), "/content", "1 MB"),
    (edit("paste", place=at("form:order", "fields"), content="[" * 99_999), "/content", "part of"),
    (
        edit("paste", place=at("form:order", "fields"), content='{"kianda": "\\u0000"}'),
        "/content/kianda", "NUL",
    ),
    (
        edit("paste", place=at("form:order", "fields"),
             content='{"kianda": "field", "pieces": [{"type": "panel", "name": "p"}, {}]}'),
        "/content", "is missing",
    ),
    (edit("add_field", type="text", place=at("form:f", "fields", -1)), "/place/at", "0 or more"),
    (edit("add_field", type="text", place=at("form:order", "rules")), "/place/list", "fields"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "place", "sentence"), REFUSED)
def test_a_wrong_edit_is_refused_at_its_place(
    raw: dict[str, Any], place: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        run(raw)
    [flaw] = refused.value.errors
    assert flaw.pointer == place
    assert sentence in flaw.detail


DEEP: Any = "x"
for _ in range(70):
    DEEP = [DEEP]
UNSTORABLE = [
    ("a\0b", "/settings/title", "NUL"),
    ("a\ud800", "/settings/title", "surrogate"),
    (float("inf"), "/settings/title", "too large"),
    ({"a": object()}, "/settings/title/a", "no text"),
    ({"a\0": 1}, "/settings/title", "key"),
    (DEEP, "/settings/title/0/0/0/0/0/0", "nested deeper"),
]


@pytest.mark.parametrize(("value", "place", "sentence"), UNSTORABLE)
def test_what_no_database_could_keep_is_refused(value: Any, place: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        run(edit("change", target="field:amount", settings={"title": value}))
    [flaw] = refused.value.errors
    assert (flaw.pointer, sentence in flaw.detail) == (place, True)


CONFLICTS: list[tuple[dict[str, Any], str]] = [
    (edit("change", target="field:gone", settings={}), "The field gone is no longer there."),
    (edit("move", target="field:box", place=at("field:box", "fields")), "into itself"),
    (edit("move", target="field:go", place=at("field:note", "fields")), "is a text and holds no"),
    (edit("move", target="field:go", place=at("form:order", "rules")), "A field cannot stand"),
    (edit("move", target="rule:one", place=at("rule:two", "rules")), "and has no rules."),
    (edit("move", target="process", place=at("process", "forms")), "process itself"),
    (edit("add_rule", type="save", place=at("field:box", "rules")), "Box is a panel and has no"),
    (edit("duplicate", target="process"), "list of designs"),
    (edit("switch_rule", target="field:go", enabled=True), "Only rules"),
    (edit("paste", place=at("form:order", "rules"), content=CONTENT), "A field cannot stand"),
    (edit("remove", target="field:amount"), "Amount is still used."),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "sentence"), CONFLICTS)
def test_an_edit_that_does_not_fit_is_refused_with_a_sentence(
    raw: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Conflict, match=sentence.replace(".", r"\.")):
        run(raw)


def test_a_panel_is_not_moved_into_a_panel_inside_it() -> None:
    inner = run(edit("add_field", type="panel", place=at("field:box", "fields"))).document
    with pytest.raises(Conflict, match="Box cannot be moved into itself"):
        run(edit("move", target="field:box", place=at("field:panel", "fields")), inner)


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


def test_names_stay_unique_whatever_their_case_and_numbering() -> None:
    document = design()
    for wanted in ("field:amount_2", "field:amount_3"):
        done = run(edit("duplicate", target="field:amount"), document)
        document = done.document
        assert done.selected == wanted
    done = run(edit("duplicate", target="field:amount_2"), document)
    assert done.selected == "field:amount_4"


def big(count: int) -> dict[str, Any]:
    return {"name": "x", "forms": [{"name": f"f{n}", "fields": []} for n in range(count)]}


def test_the_limits_of_a_definition_are_kept_at_the_edit() -> None:
    with pytest.raises(Invalid, match="At most 50 forms"):
        run(edit("add_form"), big(50))
    full = big(1)
    full["forms"][0]["fields"] = [text_field(f"t{n}") for n in range(500)]
    with pytest.raises(Invalid, match="At most 500 fields"):
        run(edit("add_field", type="text", place=at("form:f0", "fields")), full)
    rules = [{"type": "save", "id": f"s-{n}"} for n in range(100)]
    full["forms"][0] |= {"rules": rules, "load_rules": []}
    with pytest.raises(Invalid, match="At most 100 rules"):
        run(edit("duplicate", target="rule:s-1"), full)
    moved = run(edit("move", target="rule:s-1", place=at("form:f0", "load_rules")), full)
    assert names(moved.document, "form:f0", "load_rules") == ["s-1"]


def test_containers_nest_eight_deep_and_no_deeper() -> None:
    document, owner = design(), "form:order"
    for level in range(8):
        done = run(edit("add_field", type="panel", place=at(owner, "fields")), document)
        document, owner = done.document, done.selected
        assert level < 8
    with pytest.raises(Invalid, match="nested 8 deep"):
        run(edit("add_field", type="text", place=at(owner, "fields")), document)


def test_a_piece_without_its_list_gets_one_and_loses_it_by_undo() -> None:
    bare = {"name": "x", "forms": [{"name": "f"}]}
    done = run(edit("add_field", type="text", place=at("form:f", "fields")), bare)
    assert names(done.document, "form:f", "fields") == ["text"]
    assert applied(done.document, done.undo) == bare


def every_rule(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a definition in which every sort of rule refers to `amount`, `lines` and `order`."""
    looks = {"match": "all", "items": [{"left": "[item.amount]", "operator": "eq", "right": "1"}]}
    mine = {"datasource": "kianda", "method": "orders"}
    gets = [{"field": "amount", "value": "[item.amount]"}]
    gives = [{"target": "body.amount", "value": "[amount]"}]
    rules: list[dict[str, Any]] = [
        set_rule("amount", "[amount] of [[amount]", conditions=looks_at("[amount]")),
        {"type": "find_items", **mine, "filter": looks, "on_success": gets},
        {"type": "create_item", **mine, "input_mapping": gives, "on_success": gets},
        {"type": "update_item", **mine, "filter": looks, "input_mapping": gives},
        {"type": "delete_item", **mine, "filter": looks},
        {"type": "save"},
        {"type": "submit", "form": "order", "status": "[amount]"},
        {"type": "close", "status": "[amount]"},
        {"type": "validate_input", "field": "amount", "message": "[amount] is too much",
         "conditions": looks_at("[amount]")},
        {"type": "hide_or_disable", "changes": [{"field": "order", "action": "hide"}],
         "opposite": [{"field": "amount", "action": "show"}]},
        {"type": "make_required", "changes": [{"field": "amount", "action": "required"}]},
        {"type": "go_to_form", "form": "order"},
        {"type": "assign_form", "form": "order", "to": {"users": ["[amount]"]}},
        {"type": "start_a_process", "process": "orders", "target": "go#r-0", "on_success": gets,
         "input_mapping": [{"target": "amount", "value": "[amount]"}]},
        {"type": "start_a_process", "process": "orders", "target": "form:order#submit"},
        {"type": "loop_table", "table": "lines", "rules": rows},
    ]  # fmt: skip
    for number, rule in enumerate(rules):
        rule["id"] = f"r-{number}"
    columns = [{"type": "text", "name": "note"}, {"type": "number", "name": "price"}]
    order = [
        {"type": "number", "name": "amount"},
        {"type": "table", "name": "lines", "columns": columns},
        button("go", *rules),
    ]
    forms = [{"name": "order", "fields": order}, {"name": "late", "activate_with": "order"}]
    return {"name": "orders", "forms": forms}


def looks_at(left: str) -> dict[str, Any]:
    return {"match": "all", "items": [{"left": left, "operator": "not_blank"}]}


ROWS = [
    set_rule("row.note", "[row.price] [amount] [[row.price]", id="in-1"),
    {"type": "find_items", "id": "in-2", "datasource": "kianda", "method": "orders",
     "on_success": [{"field": "row.price", "value": "=[item.amount] + [row.price]"}]},
]  # fmt: skip


def test_every_sort_of_rule_stands_in_the_table_of_renames() -> None:
    document = every_rule(ROWS)
    assert parse_document(document)
    slugs = {e.node["type"] for e in tree.walk(document) if e.kind == "rule"}
    assert slugs == set(rules.kinds)


@pytest.mark.parametrize(
    ("target", "new"), [("field:amount", "total"), ("form:order", "first"), ("field:lines", "rows"),
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


LOOPS: list[tuple[dict[str, Any], str]] = [
    (edit("move", target="rule:r-15", place=at("rule:r-15", "rules")), "moved into itself"),
    (edit("move", target="rule:r-7", place=at("rule:r-15", "rules")), "Close cannot stand inside"),
    (
        edit("add_rule", type="loop_table", place=at("rule:r-15", "rules")),
        "Loop table cannot stand inside Loop table",
    ),
    (
        edit("paste", place=at("rule:r-15", "rules"),
             content=copies.text_of(every_rule(ROWS), ["rule:r-6"])),
        "Submit cannot stand inside",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "sentence"), LOOPS)
def test_a_loop_takes_no_loop_and_nothing_that_ends_the_form(
    raw: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Conflict, match=sentence):
        run(raw, every_rule(ROWS))


def test_rules_go_into_a_loop_and_out_of_it() -> None:
    document = every_rule(ROWS)
    done = run(edit("move", target="rule:r-5", place=at("rule:r-15", "rules", 1)), document)
    assert names(done.document, "rule:r-15", "rules") == ["in-1", "r-5", "in-2"]
    back = run(edit("move", target="rule:in-1", place=at("form:late", "rules")), done.document)
    assert names(back.document, "form:late", "rules") == ["in-1"]
    assert applied(back.document, back.undo) == done.document
