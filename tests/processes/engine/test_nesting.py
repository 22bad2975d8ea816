"""Panels and field groups: what stands in them is found, checked, pointed at and shown."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.diff import describe_changes
from processes.definition.display import displays
from processes.definition.document import Document, TargetMissing, parse_document
from processes.definition.serialization import definition_text
from processes.forms.fill_in import editable
from processes.instances.version_moves import renamed_fields
from tests.processes.definitions import process

BUTTON: dict[str, Any] = {
    "type": "button",
    "name": "press",
    "rules": [{"type": "set_form_field", "id": "set", "assignments": [
        {"field": "city", "value": "[street]"}]}],
}  # fmt: skip


def panel(name: str, *fields: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"type": "panel", "name": name, "fields": list(fields), **settings}


def text(name: str, **settings: Any) -> dict[str, Any]:
    return {"type": "text", "name": name, **settings}


def nested(**outer: Any) -> Document:
    inner = panel("inner", text("city", required=True), BUTTON) | {"type": "field_group"}
    return parse_document(process(text("first"), panel("outer", text("street"), inner, **outer)))


def test_fields_are_flat_by_name_and_walked_with_their_pointers() -> None:
    document = nested()
    names = ["first", "outer", "street", "inner", "city", "press"]
    assert list(document.fields) == names
    assert list(document.value_fields) == ["first", "street", "city"]
    assert [(found.pointer, found.field.name) for found in document.walk_fields()] == [
        ("/forms/0/fields/0", "first"),
        ("/forms/0/fields/1", "outer"),
        ("/forms/0/fields/1/fields/0", "street"),
        ("/forms/0/fields/1/fields/1", "inner"),
        ("/forms/0/fields/1/fields/1/fields/0", "city"),
        ("/forms/0/fields/1/fields/1/fields/1", "press"),
    ]


def test_rules_in_a_panel_are_placed_triggered_and_written() -> None:
    document = nested()
    places = {rule.id: place for place, rule in document.placed_rules()}
    assert places == {"set": "/forms/0/fields/1/fields/1/fields/1/rules/0"}
    assert [rule.id for rule in document.rules_of("press")] == ["set"]
    assert {"press", "press#set"} <= {target.target for target in document.targets()}
    assert "outer" not in {target.target for target in document.targets()}
    assert parse_document(document.normalised()) == document
    assert '"fields": [' in definition_text(document)


def test_a_panel_itself_runs_nothing() -> None:
    with pytest.raises(TargetMissing, match="outer is a panel; it has no rules"):
        nested().rules_of("outer")
    with pytest.raises(Invalid) as caught:
        parse_document(process(panel("p", rules=[{"type": "save", "id": "s"}])))
    assert [(flaw.pointer, flaw.detail) for flaw in caught.value.errors] == [
        ("/forms/0/fields/0/rules",
         "A panel has no rules. Add them to a button, or to a field that has a value."),
    ]  # fmt: skip


@pytest.mark.parametrize(("inner", "place", "words"), [
    (text("first"), "/forms/0/fields/1/fields/0/name", "The name first is used twice"),
    (text("x", pattern="("), "/forms/0/fields/1/fields/0/pattern", "pattern"),
    ({"type": "panle", "name": "x"}, "/forms/0/fields/1/fields/0/type", "Unknown type"),
    ({**BUTTON, "name": "x"}, "/forms/0/fields/1/fields/0/rules/0/assignments/0/field", "city"),
])  # fmt: skip
def test_what_is_wrong_in_a_panel_is_said_at_its_place(
    inner: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse_document(process(text("first"), panel("p", inner)))
    assert any(flaw.pointer == place and words in flaw.detail for flaw in caught.value.errors)


def deep(levels: int) -> dict[str, Any]:
    made = text("bottom")
    for level in range(levels):
        made = panel(f"p{level}", made)
    return process(made)


def test_eight_panels_in_one_another_are_allowed_and_nine_are_not() -> None:
    assert "bottom" in parse_document(deep(8)).fields
    with pytest.raises(Invalid) as caught:
        parse_document(deep(9))
    assert [(flaw.pointer, flaw.detail) for flaw in caught.value.errors] == [
        ("/forms/0" + "/fields/0" * 9 + "/fields",
         "Fields can be nested at most 8 levels deep. Move these further out."),
    ]  # fmt: skip


@pytest.mark.parametrize("levels", [20, 40, 400])
def test_a_definition_that_is_nested_for_ever_is_refused(levels: int) -> None:
    with pytest.raises(Invalid) as caught:
        parse_document(deep(levels))
    assert any("nested" in flaw.detail for flaw in caught.value.errors)


def test_fields_in_panels_count_for_the_limit() -> None:
    with pytest.raises(Invalid) as caught:
        parse_document(process(panel("p", *(text(f"f{n}") for n in range(500)))))
    assert caught.value.errors[0].detail == (
        "At most 500 fields are allowed here; there are 501."
    )  # fmt: skip


@pytest.mark.parametrize(("outer", "open_fields", "shown"), [
    ({}, {"first", "street", "city"}, True),
    ({"visible": False}, {"first"}, False),
    ({"enabled": False}, {"first"}, True),
])  # fmt: skip
def test_a_panel_hides_or_switches_off_what_stands_in_it(
    outer: dict[str, Any], open_fields: set[str], *, shown: bool
) -> None:
    document = nested(**outer)
    assert set(editable(document)) == open_fields
    assert displays(document)["city"].visible is shown
    assert displays(document)["city"].required is ("city" in open_fields)


def test_what_rules_have_set_stands_over_the_design() -> None:
    document = nested(visible=False)
    stand = displays(document, {"outer": {"visible": True}, "street": {"required": True}})
    assert stand["city"].visible
    assert stand["street"].required
    fields = editable(document, {"outer": {"visible": True}, "street": {"required": True}})
    assert fields["street"].required
    assert fields["street"].missing("")


def test_differences_name_the_panel_that_a_field_moved_into() -> None:
    before = parse_document(process(text("a"), text("b"), panel("p", text("c"), text("d"))))
    after = parse_document(process(text("b"), panel("p", text("d"), text("a"), text("c"))))
    assert describe_changes(before, after) == [
        'Field "A" (a) moved from form "Main" to panel "P".',
        'The fields of panel "P" are in another order.',
    ]


def test_a_renamed_field_in_a_panel_carries_its_value() -> None:
    before = parse_document(process(panel("p", text("street", title="Street"))))
    after = parse_document(process(panel("p", text("road", title="Street"))))
    assert renamed_fields(before, after) == {"street": "road"}
