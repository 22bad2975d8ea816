"""The definition of a process: its limits and its shape."""

from typing import Any

import pytest

from kianda.lib.errors import Flaw, TooLarge
from processes.definition.document import parse_document
from tests.processes.definitions import button, process, set_rule, text_field, token_rule
from tests.processes.refusals import flaws, only_flaw


def nested(depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {"items": [{"left": "[a]", "operator": "blank"}]}
    for _ in range(depth - 1):
        group = {"items": [group]}
    return group


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
