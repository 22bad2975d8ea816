"""Each edit and its undoing, on plain values."""

import copy
import json
import random
import re
from typing import Any

import pytest

from kianda.lib.errors import ApplicationError, Conflict, Invalid
from processes.designer.editing import clipboard
from processes.designer.editing.edits import AnyEdit
from processes.designer.editing.patched_document import applied
from processes.designer.editing.patches import PATCH, inverse
from processes.fields import fields
from tests.processes.definitions import text_field
from tests.processes.designer.editing.edited import (
    EDITS,
    ROWS,
    Check,
    at,
    design,
    edit,
    every_rule,
    names,
    node,
    run,
)


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


CONTENT = clipboard.text_of(design(), ["field:amount"])
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (edit("nonsense"), "/do", "Unknown do 'nonsense'"),
    (edit("add_field", type="joy", place=at("form:order", "fields")), "/type", "no field type"),
    (edit("add_rule", type="pray", place=at("form:order", "rules")), "/type", "no rule type"),
    (
        edit("add_field", type="text", place=at("form:order", "fields"),
             settings={"name": "AMOUNT"}),
        "/name", "field Amount already has the name",
    ),
    (edit("rename", target="field:note", name="check"), "/name", "form Check already has the name"),
    (edit("rename", target="field:note", name="2nd"), "/name", "Start with a letter"),
    (edit("rename", target="field:note", name="user"), "/name", "reserved"),
    (edit("rename", target="rule:one", name="x"), "/name", "cannot be changed"),
    (edit("change", target="field:go", settings={"rules": []}), "/rules", "separately"),
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
    ({"a": object()}, "/settings/title/a", "not a text"),
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
    (edit("change", target="field:gone", settings={}), "The field gone no longer exists."),
    (edit("move", target="field:box", place=at("field:box", "fields")), "into itself"),
    (edit("move", target="field:go", place=at("field:note", "fields")), "is a text and holds no"),
    (edit("move", target="field:go", place=at("form:order", "rules")), "A field cannot be"),
    (edit("move", target="rule:one", place=at("rule:two", "rules")), "and has no rules."),
    (edit("move", target="process", place=at("process", "forms")), "process itself"),
    (edit("add_rule", type="save", place=at("field:box", "rules")), "Box is a panel and has no"),
    (edit("duplicate", target="process"), "list of designs"),
    (edit("switch_rule", target="field:go", enabled=True), "Only rules"),
    (edit("paste", place=at("form:order", "rules"), content=CONTENT), "A field cannot be"),
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


def test_names_stay_unique_whatever_their_case_and_numbering() -> None:
    document = design()
    for wanted in ("field:amount_2", "field:amount_3"):
        done = run(edit("duplicate", target="field:amount"), document)
        document = done.document
        assert done.selected == wanted
    done = run(edit("duplicate", target="field:amount_2"), document)
    assert done.selected == "field:amount_4"


def test_no_field_gets_a_number_before_there_is_another_of_its_kind() -> None:
    empty = {"name": "visits", "forms": [{"name": "visit", "fields": []}]}
    place = at("form:visit", "fields")
    named = {
        slug: run(edit("add_field", type=slug, place=place), empty).selected
        for slug in fields.kinds
    }
    assert named["user_picker"] == "field:person"
    assert not [target for target in named.values() if re.search(r"\d", target)]
    first = run(edit("add_field", type="user_picker", place=place), empty).document
    assert node(first, "field:person")["title"] == "Person"
    second = run(edit("add_field", type="user_picker", place=place), first)
    assert second.selected == "field:person_2"


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
    with pytest.raises(Invalid, match="nested at most 8 levels deep"):
        run(edit("add_field", type="text", place=at(owner, "fields")), document)


def test_a_piece_without_its_list_gets_one_and_loses_it_by_undo() -> None:
    bare = {"name": "x", "forms": [{"name": "f"}]}
    done = run(edit("add_field", type="text", place=at("form:f", "fields")), bare)
    assert names(done.document, "form:f", "fields") == ["text"]
    assert applied(done.document, done.undo) == bare


LOOPS: list[tuple[dict[str, Any], str]] = [
    (edit("move", target="rule:r-15", place=at("rule:r-15", "rules")), "moved into itself"),
    (edit("move", target="rule:r-7", place=at("rule:r-15", "rules")), "Close cannot be inside"),
    (
        edit("add_rule", type="loop_table", place=at("rule:r-15", "rules")),
        "Loop table cannot be inside Loop table",
    ),
    (
        edit("paste", place=at("rule:r-15", "rules"),
             content=clipboard.text_of(every_rule(ROWS), ["rule:r-6"])),
        "Submit cannot be inside",
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
