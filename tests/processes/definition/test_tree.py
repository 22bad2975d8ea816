"""The tree of a definition bears with anything, and says where each piece stands."""

from typing import Any

import pytest

from processes.definition.tree import PROCESS, DefinitionTree, Gone, Piece, walk
from tests.processes.definitions import button, process, set_rule, text_field

LINES = {"type": "table", "name": "lines", "columns": [{"type": "number", "name": "price"}, 7]}
PANEL = {"type": "panel", "name": "panel", "fields": [text_field("inside"), LINES, "nothing"]}
WHOLE = process(text_field("first"), PANEL, button("go", set_rule("first", "x", id="one")))


def test_each_piece_knows_where_it_stands() -> None:
    inside = DefinitionTree(WHOLE)["field:inside"]
    assert inside.path == ("forms", 0, "fields", 1, "fields", 0)
    assert (inside.holder, inside.key, inside.at) == ("field:panel", "fields", 0)
    assert inside.form == DefinitionTree(WHOLE).forms[0]
    rule = DefinitionTree(WHOLE)["rule:one"]
    assert rule.place_owner.target == "field:go"
    assert DefinitionTree(WHOLE).process.has(rule)
    assert not rule.has(inside)


def test_a_piece_stands_before_what_it_holds() -> None:
    targets = [piece.target for piece in DefinitionTree(WHOLE).walk()]
    assert targets[:1] == [PROCESS]
    assert targets.index("field:panel") < targets.index("field:inside") < targets.index("rule:one")
    assert targets == [piece.target for piece in walk(WHOLE)]


def test_without_rules_the_order_is_the_same() -> None:
    tree = DefinitionTree(WHOLE)
    kinds = ("form", "field")
    assert [*tree.walk(*kinds)] == [piece for piece in tree.walk() if piece.kind in kinds]


def test_the_names_are_those_of_what_has_a_name_and_a_type() -> None:
    names = DefinitionTree(WHOLE).names()
    assert {"first", "panel", "inside", "lines", "go"} <= names.fields.keys()
    assert names.holds_value("inside")
    assert not names.holds_value("panel")
    assert list(names.tables) == ["lines"]
    assert list(names.in_rows_of("lines").row or {}) == ["price"]


@pytest.mark.parametrize("raw", [
    None, 7, [], "process", {}, {"forms": 3}, {"forms": [None, 7, {"fields": {"a": 1}}]},
    {"rules": [{"rules": "x"}], "forms": [{"name": 5, "fields": [{"type": [], "name": {}}]}]},
])  # fmt: skip
def test_it_bears_with_what_has_no_shape(raw: Any) -> None:
    tree = DefinitionTree(raw)
    assert [piece.title for piece in tree.walk()][1:] == [
        piece.label for piece in tree.walk() if piece.owner
    ]
    assert tree.names().fields == {}
    assert tree.get("") is None
    with pytest.raises(Gone):
        tree["field:first"]


def test_of_two_with_one_name_the_first_is_meant() -> None:
    tree = DefinitionTree(process(text_field("twice"), {"type": "number", "name": "twice"}))
    assert tree["field:twice"].slug == "text"
    assert sum(piece.name == "twice" for piece in tree.walk("field")) == 2


def test_a_piece_that_stands_alone_has_no_place() -> None:
    alone = Piece("field:a", "field", (), text_field("a"))
    assert (alone.holder, alone.key, alone.at, alone.siblings()) == ("", "", 0, [])
