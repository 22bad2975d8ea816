"""What is wrong with a working copy: found piece by piece, and the same as by the whole."""

import random
from typing import Any

import pytest

from kianda.lib.errors import ApplicationError, Invalid
from processes.definition import tree
from processes.definition.document import parse_document
from processes.designer.editing.edits import apply_edit, parse_edit
from processes.designer.editing.validation import checked, marks_of
from tests.fakes import Nothing
from tests.processes.definitions import (
    button,
    process,
    set_rule,
    text_field,
    token_refresh,
    token_rule,
)
from tests.processes.designer.editing.edited import EDITS, ROWS, design, every_rule


def by_whole(raw: dict[str, Any]) -> set[tuple[str, str]]:
    try:
        parse_document(raw)
    except Invalid as refused:
        return {(flaw.pointer, flaw.detail) for flaw in refused.errors}
    return set()


def by_pieces(raw: dict[str, Any]) -> set[tuple[str, str]]:
    return {(mark.pointer, mark.detail) for mark in checked(raw).errors}


BROKEN = [
    {},
    {"name": "Not a slug", "forms": []},
    process(text_field("a"), text_field("A")),
    process(text_field("a", width="wide", colour="red"), {"type": "spell", "name": "b"}),
    process(text_field("a", default="[b]"), {"type": "panel", "name": "p", "width": 0}),
    process(text_field("a"), process_id="{process}-[b]", title=5),
    process(button("go", {"type": "save", "id": "s"}, {"type": "save", "id": "s"})),
    process(button("go", set_rule("gone", "[gone] [lost]"), {"id": "x"}, {"type": "fly"})),
    process(button("go", set_rule("go", "=1 +", conditions={"items": [{"left": "[x]"}]}))),
    process(
        {
            "type": "panel", "name": "p",
            "fields": [{"type": "panel", "name": "q", "fields": [text_field("r", pattern="(")]}],
        }
    ),
    every_rule([set_rule("row.gone", "[row.price] [row.lost]"), {"type": "submit"}]),
    every_rule([]),
    token_rule(1, on_success=[{"field": "nobody", "value": "[response.boddy]"}], extra=1),
]  # fmt: skip


def with_ids(raw: dict[str, Any]) -> dict[str, Any]:
    """Name the rules, as every rule of a working copy is named."""
    for number, element in enumerate(list(tree.walk(raw))):
        if element.kind == "rule":
            element.node.setdefault("id", f"r-{number}")
    return raw


WHOLE = [token_refresh(), design(), every_rule(ROWS)]


# A name that every user lacks may be an attribute of the workspace: it is looked up.
@pytest.mark.django_db
@pytest.mark.parametrize("raw", [*map(with_ids, BROKEN), *WHOLE])
def test_the_pieces_together_find_what_the_whole_finds(raw: dict[str, Any]) -> None:
    assert by_pieces(raw) == by_whole(raw)


@pytest.mark.parametrize("seed", range(8))
def test_they_still_agree_after_any_edits(seed: int) -> None:
    chance = random.Random(seed)
    document = design()
    values = ["", None, 7, True, "[gone]", "=[amount", [], {"x": 1}]
    for _ in range(20):
        raw = chance.choice(EDITS)[0]
        if chance.random() < 0.5:
            piece = chance.choice([e for e in tree.walk(document) if e.kind != "process"])
            keys = [k for k in piece.node if k not in {*tree.STRUCTURE, "id", "name", "type"}]
            settings = {chance.choice(keys): chance.choice(values)}
            raw = {"do": "change", "target": piece.target, "settings": settings}
        try:
            document = apply_edit(document, parse_edit(raw)).document
        except ApplicationError:
            continue
        assert by_pieces(document) == by_whole(document)


@pytest.mark.django_db
def test_a_whole_definition_is_put_together_as_it_was() -> None:
    for made in (design(), token_refresh(), every_rule(ROWS)):
        raw = parse_document(made).normalised()
        document = checked(raw).document
        assert document is not None
        assert document.normalised() == raw
        assert document == parse_document(raw)


def test_each_flaw_says_its_piece_and_the_place_in_it() -> None:
    raw = with_ids(
        process(
            text_field("a", width="wide"),
            {"type": "panel", "name": "p", "fields": [text_field("b", colour="red")]},
            button("go", set_rule("gone", "x", id="set")),
            process_id="{process}-[lost]",
        )
    )
    marks = marks_of(checked(raw), Nothing())
    assert [(mark.target, mark.inner, mark.level) for mark in marks] == [
        ("process", "/process_id", "error"),
        ("field:a", "/width", "error"),
        ("field:b", "/colour", "error"),
        ("rule:set", "/assignments/0/field", "error"),
    ]


def test_what_is_missing_outside_keeps_its_place_beside_broken_pieces() -> None:
    raw = token_refresh()
    rules = raw["forms"][0]["fields"][-1]["rules"]
    rules.insert(0, set_rule("gone", "x", id="broken"))
    raw["forms"].insert(0, {"name": "first", "title": 5, "fields": [{"type": "?", "name": "z"}]})
    marks = marks_of(checked(raw), Nothing())
    [reference] = [mark for mark in marks if mark.level == "reference"]
    assert (reference.target, reference.inner) == ("rule:get-token", "/datasource")
    assert reference.pointer == "/forms/1/fields/9/rules/2/datasource"
    assert {mark.target for mark in marks if mark.level == "error"} == {
        "form:first", "field:z", "rule:broken",
    }  # fmt: skip
