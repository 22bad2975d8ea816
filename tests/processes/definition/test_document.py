"""The definition of a process: its example, defaults, ids and names."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.document import load_document, parse_document
from tests.processes.definitions import TOKEN_REFRESH, button, process, text_field, token_refresh
from tests.processes.refusals import flaws, only_flaw


def test_the_example_of_the_contract_loads_as_it_stands() -> None:
    document = parse_document(TOKEN_REFRESH)
    assert list(document.fields) == [
        "grant_type",
        "client_id",
        "client_secret",
        "redirect_url",
        "refresh_token",
        "access_token",
        "expires_in",
        "created_at",
        "last_error",
        "refresh",
    ]
    assert [rule.id for rule in document.rules_of("refresh")] == ["clear", "get-token", "save"]


def test_parsing_leaves_the_sent_body_alone() -> None:
    body = process(button("go", {"type": "save"}))
    before = json.dumps(body)
    parse_document(body)
    assert json.dumps(body) == before


def test_what_is_returned_holds_what_was_sent() -> None:
    def inside(part: Any, whole: Any) -> bool:
        if isinstance(part, dict):
            return all(key in whole and inside(value, whole[key]) for key, value in part.items())
        if isinstance(part, list):
            return len(part) == len(whole) and all(map(inside, part, whole))
        return bool(part == whole)

    assert inside(TOKEN_REFRESH, parse_document(TOKEN_REFRESH).normalised())


def test_what_is_returned_can_be_sent_again() -> None:
    once = parse_document(token_refresh()).normalised()
    assert parse_document(once).normalised() == once
    assert load_document(json.loads(json.dumps(once))).normalised() == once


def test_what_is_left_out_takes_its_default() -> None:
    made = parse_document(
        process(text_field("first_name"), button("go", {"type": "save"}))
    ).normalised()
    assert made["title"] == "Orders"
    assert made["description"] == ""
    assert made["process_id"] == "{process}-{number}"
    assert made["rules"] == []
    form = made["forms"][0]
    assert (form["title"], form["rules"], form["load_rules"]) == ("Main", [], [])
    assert form["fields"][0]["title"] == "First name"
    rule = form["fields"][1]["rules"][0]
    assert rule == {
        "id": "save",
        "type": "save",
        "title": "Save",
        "enabled": True,
        "conditions": None,
    }


def test_a_process_needs_only_a_name() -> None:
    assert parse_document({"name": "empty"}).fields == {}


def test_a_call_rule_takes_its_defaults() -> None:
    rule = parse_document(
        process(button("go", {"type": "create_item", "datasource": "a", "method": "b"}))
    ).normalised()["forms"][0]["fields"][0]["rules"][0]
    assert rule["title"] == "Create item"
    assert rule["input_mapping"] == rule["on_success"] == rule["on_error"] == []
    assert rule["omit_blank"] is False
    assert rule["on_failure"] is None


def ids(*rules: dict[str, Any]) -> list[str]:
    return [rule.id for rule in parse_document(process(button("go", *rules))).rules_of("go")]


def test_a_rule_id_is_made_from_the_title() -> None:
    assert ids({"type": "save", "title": "Store it, now!"}) == ["store-it-now"]


def test_rule_ids_made_are_unique_and_leave_those_that_were_given() -> None:
    found = ids(
        {"type": "save"},
        {"type": "save", "id": "save-2"},
        {"type": "save", "id": ""},
        {"type": "save", "title": "保存"},
        {"type": "save", "title": "x" * 80},
        {"type": "save", "title": "x" * 80},
    )
    assert found == ["save", "save-2", "save-3", "rule", "x" * 63, "x" * 61 + "-2"]


def test_rule_ids_are_made_once_and_kept() -> None:
    once = parse_document(process(button("go", {"type": "save", "title": "A"}))).normalised()
    once["forms"][0]["fields"][0]["rules"].insert(0, {"type": "save", "title": "A"})
    found = parse_document(once).rules_of("go")
    assert [rule.id for rule in found] == ["a-2", "a"]


def test_a_title_left_out_comes_from_the_id() -> None:
    found = parse_document(process(button("go", {"type": "save", "id": "keep-it"})))
    assert found.rules_of("go")[0].title == "Keep it"


def test_a_rule_id_used_twice_in_the_process_is_refused() -> None:
    raw = process(
        button("go", {"type": "save", "id": "a"}), button("stop", {"type": "save", "id": "a"})
    )
    flaw = only_flaw(raw)
    assert flaw.pointer == "/forms/0/fields/1/rules/0/id"
    assert "used twice" in flaw.detail


def test_a_rule_id_that_is_no_slug_is_refused() -> None:
    flaw = only_flaw(process(button("go", {"type": "save", "id": "Not a slug"})))
    assert flaw.pointer == "/forms/0/fields/0/rules/0/id"


@pytest.mark.parametrize("name", ["", "Orders", "a b", "a--b", "-a", "a" * 64, "kianda", "import"])
def test_a_process_name_is_a_slug_and_not_reserved(name: str) -> None:
    assert [flaw.pointer for flaw in flaws({"name": name})] == ["/name"]


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "ä", "a" * 65])
def test_a_form_or_field_name_starts_with_a_letter(name: str) -> None:
    assert only_flaw(process(text_field(name))).pointer == "/forms/0/fields/0/name"
    assert only_flaw({"name": "a", "forms": [{"name": name}]}).pointer == "/forms/0/name"


@pytest.mark.parametrize(
    "name", ["process", "user", "now", "today", "row", "item", "response", "error", "request"]
)
def test_reserved_names_are_refused_in_any_case(name: str) -> None:
    for spelling in (name, name.capitalize()):
        flaw = only_flaw(process(text_field(spelling)))
        assert flaw.pointer == "/forms/0/fields/0/name"
        assert "reserved" in flaw.detail


def test_forms_and_fields_share_their_names_without_case() -> None:
    raw = {
        "name": "orders",
        "forms": [
            {"name": "main", "fields": [text_field("status"), text_field("Status")]},
            {"name": "Main", "fields": [text_field("MAIN"), text_field("other")]},
        ],
    }
    found = flaws(raw)
    assert [flaw.pointer for flaw in found] == [
        "/forms/0/fields/1/name",
        "/forms/1/name",
        "/forms/1/fields/0/name",
    ]
    assert "The name Status is used twice." in found[0].detail


ROW_CALL = {
    "type": "create_item", "datasource": "crm", "method": "put",
    "input_mapping": [{"target": "body.who", "value": "[row.who]"}],
    "on_success": [{"field": "row.got", "value": "[response.body.id]", "if_missing": "keep"}],
    "on_error": [{"field": "note", "value": "[error.message]"}], "on_failure": "continue",
}  # fmt: skip
FILTER = {"match": "all", "items": [{"left": "[item.note]", "operator": "eq", "right": "x"}]}
EVERYTHING: dict[str, Any] = {
    "name": "everything", "title": "Everything", "description": "", "token_field": "",
    "rules": [{"type": "set_form_field", "assignments": [{"field": "note", "value": "x"}]}],
    "forms": [
        {"name": "first", "owners": {"users": ["ada"], "groups": []}, "activate_with": "",
         "rules": [{"type": "submit"}], "fields": [
            {"type": "text", "name": "note", "pattern": "[a-z]+", "default": "x",
             "rules": [{"type": "save"}]},
            {"type": "number", "name": "count", "min": 1, "max": 4, "decimals": 2},
            {"type": "date", "name": "due", "mode": "datetime"},
            {"type": "list", "name": "kind", "choices": ["a", "b"], "multiple": True},
            {"type": "toggle", "name": "sure"},
            {"type": "secret", "name": "key"},
            {"type": "table", "name": "lines", "first_rows": 2, "columns": [
                {"type": "text", "name": "who"}, {"type": "text", "name": "got"}]},
            {"type": "panel", "name": "side", "fields": [
                {"type": "field_group", "name": "group", "fields": [
                    {"type": "rich_text", "name": "hint", "text": "<b>[note]</b>"},
                    {"type": "link", "name": "more", "url": "https://example.org/[note]"}]}]},
            {"type": "button", "name": "go", "rules": [
                {"type": "loop_table", "table": "lines", "on_row_failure": "continue",
                 "rules": [ROW_CALL, {"type": "hide_or_disable",
                                      "changes": [{"field": "note", "action": "hide"}]}]},
                {"type": "start_a_process", "process": "orders", "lookup": "existing",
                 "process_id": "[note]", "target": "look",
                 "input_mapping": [{"target": "who", "value": "[note]"}],
                 "on_success": [{"field": "note", "value": "[item.process.id]"}],
                 "conditions": {"match": "any", "items": [
                     {"left": "[note]", "operator": "eq", "right": "x"}, FILTER | {
                         "items": [{"left": "[count]", "operator": "between", "right": "1,2"}]}]}},
                {"type": "find_items", "datasource": "kianda", "method": "orders",
                 "filter": FILTER, "on_success": [{"field": "note", "value": "[item.who]"}]},
                {"type": "update_item", "datasource": "kianda", "method": "orders",
                 "matches": "all", "filter": FILTER,
                 "input_mapping": [{"target": "body.who", "value": "[note]"}]},
                {"type": "delete_item", "datasource": "kianda", "method": "orders",
                 "filter": FILTER},
                {"type": "make_required", "changes": [{"field": "note", "action": "required"}]},
                {"type": "validate_input", "field": "note", "message": "No.", "conditions": {
                    "items": [{"left": "[note]", "operator": "blank"}]}},
                {"type": "go_to_form", "form": "second"},
                {"type": "assign_form", "form": "second", "to": {"users": ["ada"]}},
                {"type": "close", "status": "Done"}]}]},
        {"name": "second", "fields": [{"type": "text", "name": "z"}]},
    ],
}  # fmt: skip


def places(node: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each setting of a definition."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*place, key)
        yield from places(node[key], (*place, key))


@pytest.mark.parametrize("emptied", [False, True], ids=["left out", "empty"])
def test_what_is_accepted_with_a_setting_missing_can_be_read_again(*, emptied: bool) -> None:
    """A draft that is stored and cannot be loaded would be lost, and its page with it."""
    accepted = 0
    for *way, last in places(EVERYTHING):
        raw = copy.deepcopy(EVERYTHING)
        holder: Any = raw
        for key in way:
            holder = holder[key]
        if emptied:
            holder[last] = type(holder[last])()
        else:
            del holder[last]
        try:
            document = parse_document(raw)
        except Invalid:
            continue
        accepted += 1
        assert load_document(document.normalised()) == document, (way, last)
    assert accepted > 20
