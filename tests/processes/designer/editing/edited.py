"""A definition to be edited, and a row for each edit."""

from collections.abc import Callable
from typing import Any

from processes.definition import tree
from processes.definition.document import parse_document
from processes.designer.editing import clipboard
from processes.designer.editing.edits import Applied, apply_edit, parse_edit
from tests.processes.definitions import button, set_rule, text_field


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
             content=clipboard.text_of(design(), ["field:amount", "field:box"])),
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


def every_rule(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a definition in which every sort of rule refers to `amount`, `lines` and `order`."""
    looks = {"match": "all", "items": [{"left": "[item.amount]", "operator": "eq", "right": "1"}]}
    mine = {"datasource": "kianda", "method": "orders"}
    gets = [{"field": "amount", "value": "=[item.amount] + [amount]"}]
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
        {"type": "delete_form"},
        {"type": "process_security", "see": ["creator"]},
        {"type": "user_alert", "to": ["creator"], "subject": "[amount]"},
        {"type": "send_email", "to": ["[amount]", "creator"], "cc": ["[who]"],
         "subject": "[amount]", "body": "**[amount]** [[amount]",
         "attachments": [{"field": "amount"}]},
        {"type": "meeting_request", "to": ["creator"], "subject": "[amount]", "body": "[amount]",
         "start": "[amount]", "end": "[amount]", "location": "[amount]"},
        {"type": "anonymous_form_link", "form": "order", "field": "amount", "message": "[amount]"},
        {"type": "get_user_property", "user": "[amount]",
         "properties": [{"field": "amount", "property": "phone"}]},
        {"type": "lookup_user_by_property", "property": "phone", "value": "[amount]",
         "field": "who"},
        {"type": "update_user_property", "user": "[amount]",
         "properties": [{"property": "phone", "value": "[amount]"}]},
        {"type": "field_display_mode", "changes": [{"field": "order", "action": "edit"}],
         "opposite": [{"field": "amount", "action": "read"}]},
    ]  # fmt: skip
    for number, rule in enumerate(rules):
        rule["id"] = f"r-{number}"
    columns = [{"type": "text", "name": "note"}, {"type": "number", "name": "price"}]
    order = [
        {"type": "number", "name": "amount"},
        {"type": "user_picker", "name": "who"},
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
