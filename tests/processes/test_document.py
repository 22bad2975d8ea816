"""The definition of a process: what holds, what is refused, and where."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kianda.lib.errors import Flaw, Invalid, TooLarge
from processes.document import TargetMissing, load_document, parse_document
from tests.processes.definitions import (
    TOKEN_REFRESH,
    button,
    process,
    set_rule,
    text_field,
    token_refresh,
    token_rule,
)


def flaws(raw: object) -> list[Flaw]:
    with pytest.raises(Invalid) as caught:
        parse_document(raw)
    return caught.value.errors


def only_flaw(raw: object) -> Flaw:
    found = flaws(raw)
    assert len(found) == 1, found
    return found[0]


def nested(depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {"items": [{"left": "[a]", "operator": "blank"}]}
    for _ in range(depth - 1):
        group = {"items": [group]}
    return group


# --- the example and its defaults


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


# --- rule ids


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


# --- names


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


# --- limits


def test_more_than_fifty_forms_are_refused() -> None:
    forms = [{"name": f"f{number}"} for number in range(51)]
    flaw = only_flaw({"name": "a", "forms": forms})
    assert flaw == Flaw("/forms", "At most 50 forms are allowed here; there are 51.")
    parse_document({"name": "a", "forms": forms[:50]})


def test_more_than_five_hundred_fields_are_refused() -> None:
    def with_fields(count: int) -> dict[str, Any]:
        fields = [text_field(f"f{number}") for number in range(count)]
        return {
            "name": "a",
            "forms": [
                {"name": "one", "fields": fields[:250]},
                {"name": "two", "fields": fields[250:]},
            ],
        }

    flaw = only_flaw(with_fields(501))
    assert flaw == Flaw("/forms", "At most 500 fields are allowed here; there are 501.")
    parse_document(with_fields(500))


@pytest.mark.parametrize(
    ("place", "raw"),
    [
        ("/rules", {"name": "a", "rules": [{"type": "save"}] * 101}),
        (
            "/forms/0/load_rules",
            {"name": "a", "forms": [{"name": "f", "load_rules": [{"type": "save"}] * 101}]},
        ),
        (
            "/forms/0/rules",
            {"name": "a", "forms": [{"name": "f", "rules": [{"type": "save"}] * 101}]},
        ),
        ("/forms/0/fields/0/rules", process(button("go", *[{"type": "save"}] * 101))),
    ],
)
def test_more_than_a_hundred_rules_in_a_list_are_refused(place: str, raw: dict[str, Any]) -> None:
    flaw = only_flaw(raw)
    assert flaw.pointer == place
    assert flaw.detail.startswith("At most 100 ")
    assert flaw.detail.endswith("rules are allowed here; there are 101.")


def test_conditions_are_nested_eight_deep_at_most() -> None:
    def rule(depth: int) -> dict[str, Any]:
        return process(text_field("a"), button("go", {"type": "save", "conditions": nested(depth)}))

    parse_document(rule(8))
    flaw = only_flaw(rule(9))
    assert flaw.pointer.startswith("/forms/0/fields/1/rules/0/conditions")
    assert "8" in flaw.detail


def test_json_that_is_nested_without_end_is_refused_at_once() -> None:
    flaw = only_flaw(process(button("go", {"type": "save", "conditions": nested(5_000)})))
    assert "nested" in flaw.detail


def test_a_definition_of_more_than_a_megabyte_is_too_large() -> None:
    fields = [text_field(f"f{number}", help="x" * 1_000) for number in range(500)]
    with pytest.raises(TooLarge, match="1 MB"):
        parse_document({**process(*fields), "description": "x" * 600_000})


def test_two_thousand_fields_are_refused_with_their_limit() -> None:
    fields = [text_field(f"f{number}") for number in range(2_000)]
    assert "At most 500 fields" in only_flaw(process(*fields)).detail


# --- shape


@pytest.mark.parametrize("raw", [None, [], "text", 5, True])
def test_a_definition_is_an_object(raw: object) -> None:
    assert only_flaw(raw).pointer == ""


def test_an_empty_body_lacks_a_name() -> None:
    assert only_flaw({}) == Flaw("/name", "This is required.")


@pytest.mark.parametrize(
    ("raw", "place", "known"),
    [
        ({"name": "a", "form": []}, "/form", "forms"),
        ({"name": "a", "forms": [{"name": "f", "field": 1}]}, "/forms/0/field", "load_rules"),
        (process(text_field("a", colour="red")), "/forms/0/fields/0/colour", "max_length"),
        (token_rule(0, assign=1), "/forms/0/fields/9/rules/0/assign", "assignments"),
    ],
)
def test_an_unknown_key_is_refused_with_the_known_ones(
    raw: dict[str, Any], place: str, known: str
) -> None:
    flaw = only_flaw(raw)
    assert flaw.pointer == place
    assert known in flaw.detail


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    field = only_flaw(process({"type": "nonsense", "name": "a"}))
    assert field.pointer == "/forms/0/fields/0/type"
    assert "'text', 'number', 'secret'" in field.detail
    rule = only_flaw(process(button("go", {"type": "nonsense"})))
    assert rule.pointer == "/forms/0/fields/0/rules/0/type"
    assert "'set_form_field', 'create_item'" in rule.detail


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": 5}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"enabled": "yes"}, "enabled"),
        ({"conditions": []}, "conditions"),
        ({"omit_blank": 1}, "omit_blank"),
        ({"on_failure": "retry"}, "on_failure"),
        ({"datasource": "No Slug"}, "datasource"),
        ({"method": ""}, "method"),
        ({"input_mapping": {}}, "input_mapping"),
        ({"input_mapping": [{"target": "body.a"}]}, "input_mapping/0/value"),
        ({"input_mapping": [{"target": "cookie.a", "value": ""}]}, "input_mapping/0/target"),
        ({"on_success": [{"field": "refresh", "value": ""}]}, "on_success/0/field"),
        (
            {"on_success": [{"field": "last_error", "value": "", "if_missing": "skip"}]},
            "on_success/0/if_missing",
        ),
        ({"on_error": [{"field": "last_error", "value": "[item.a]"}]}, "on_error/0/value"),
        ({"on_failure": "stop"}, "on_failure"),
    ],
)
def test_a_wrong_setting_is_told_at_its_place(change: dict[str, Any], place: str) -> None:
    assert only_flaw(token_rule(1, **change)).pointer == f"/forms/0/fields/9/rules/1/{place}"


def test_all_errors_of_a_body_come_in_one_pass() -> None:
    raw = {
        "name": "Bad Name",
        "colour": "red",
        "forms": [
            {
                "name": "main",
                "fields": [
                    text_field("a"),
                    text_field("A", max_length="x"),
                    {"type": "nonsense", "name": "n"},
                    button(
                        "go",
                        set_rule("nowhere", "[gone]", id="x"),
                        {"type": "save", "id": "x", "conditions": {"items": [{"left": "[b]"}]}},
                    ),
                ],
            }
        ],
    }
    assert {flaw.pointer for flaw in flaws(raw)} == {
        "/name",
        "/colour",
        "/forms/0/fields/1/name",
        "/forms/0/fields/1/max_length",
        "/forms/0/fields/2/type",
        "/forms/0/fields/3/rules/0/assignments/0/field",
        "/forms/0/fields/3/rules/0/assignments/0/value",
        "/forms/0/fields/3/rules/1/id",
        "/forms/0/fields/3/rules/1/conditions/items/0/left",
        "/forms/0/fields/3/rules/1/conditions/items/0/operator",
    }


# --- references and secrets


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


# --- the pattern of the Process ID


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


# --- the token that a process keeps


@pytest.mark.parametrize("name", ["", "key", "plain"])
def test_a_process_may_name_a_text_or_a_secret_as_its_token(name: str) -> None:
    assert parse_document(process(*SECRETS, token_field=name)).token_field == name


@pytest.mark.parametrize("name", ["gone", "[key]", "count", "go", "row.key", None, 5])
def test_nothing_else_is_a_token(name: object) -> None:
    raw = process(*SECRETS, {"type": "number", "name": "count"}, button("go"), token_field=name)
    assert only_flaw(raw).pointer == "/token_field"


# --- targets


@pytest.fixture
def full() -> Any:
    return parse_document(
        {
            "name": "orders",
            "rules": [{"type": "save", "id": "opened"}],
            "forms": [
                {
                    "name": "main",
                    "rules": [{"type": "save", "id": "submitted"}],
                    "load_rules": [{"type": "save", "id": "loaded"}],
                    "fields": [
                        text_field("status", rules=[{"type": "save", "id": "changed"}]),
                        text_field("plain"),
                        button("go", {"type": "save", "id": "a"}, {"type": "save", "id": "b"}),
                        button("nothing"),
                    ],
                }
            ],
        }
    )


@pytest.mark.parametrize(
    ("target", "ids", "kind"),
    [
        ("go", ["a", "b"], "button"),
        ("go#b", ["b"], "button"),
        ("nothing", [], "button"),
        ("status", ["changed"], "change"),
        ("status#changed", ["changed"], "change"),
        ("plain", [], "change"),
        ("form:main#load", ["loaded"], "load"),
        ("form:main#submit", ["submitted"], "submit"),
        ("process#load", ["opened"], "load"),
    ],
)
def test_a_target_names_rules(full: Any, target: str, ids: list[str], kind: str) -> None:
    assert [rule.id for rule in full.rules_of(target)] == ids
    assert full.kind_of(target) == kind


@pytest.mark.parametrize(
    "target",
    [
        "",
        "gone",
        "go#gone",
        "go#",
        "go#changed",
        "form:gone#load",
        "form:main",
        "form:main#change",
        "process",
        "process#submit",
        "main",
    ],
)
def test_a_target_that_is_not_there_is_missing(full: Any, target: str) -> None:
    with pytest.raises(TargetMissing):
        full.rules_of(target)


def test_every_target_offered_can_be_triggered(full: Any) -> None:
    offered = full.targets()
    assert [target.target for target in offered] == [
        "status",
        "status#changed",
        "go",
        "go#a",
        "go#b",
        "nothing",
        "form:main#load",
        "form:main#submit",
        "process#load",
    ]
    for target in offered:
        assert full.kind_of(target.target) == target.kind


def test_value_fields_leave_buttons_out(full: Any) -> None:
    assert list(full.value_fields) == ["status", "plain"]


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
