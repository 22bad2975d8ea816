"""Field display mode says how the page that follows shows fields and forms."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.engine.runner import run_rules
from processes.rules import FieldDisplayMode, rules
from tests.fakes import FakeContext, FakeTrace
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "go": "button"}, forms=frozenset({"wish"}))


def rule(*changes: tuple[str, str], **settings: Any) -> FieldDisplayMode:
    rows = [{"field": field, "action": action} for field, action in changes]
    made = rules.parse(
        {"type": "field_display_mode", "id": "a", "changes": rows, **settings}, names=NAMES
    )
    assert isinstance(made, FieldDisplayMode)
    return made


def test_fields_and_forms_are_shown_so_and_nothing_is_kept_of_it() -> None:
    context = FakeContext({"kind": "x"})
    rule(("wish", "edit"), ("kind", "read")).run(context)
    assert context.forms.done == [("show_as", "wish", "edit"), ("show_as", "kind", "read")]
    assert context.forms.display == {}


@pytest.mark.parametrize(("kind", "mode"), [("big", "edit"), ("small", "read")])
def test_otherwise_is_done_when_the_conditions_do_not_hold(kind: str, mode: str) -> None:
    context = FakeContext({"kind": kind})
    made = rule(
        ("wish", "edit"),
        opposite=[{"field": "wish", "action": "read"}],
        conditions={"items": [{"left": "[kind]", "operator": "eq", "right": "big"}]},
    )
    run_rules([made], context, FakeTrace())
    assert context.forms.done == [("show_as", "wish", mode)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "Add a row: a field or form, and how it is shown"),
        ([("nope", "edit")], "There is no field or form nope"),
        ([("[kind]", "edit")], "without brackets"),
        ([("kind", "hide")], "Input should be 'edit' or 'read'"),
    ],
)
def test_what_it_refuses(changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(*changes)


def test_it_reads_as_a_sentence() -> None:
    said = rule(("kind", "edit"), ("wish", "read")).sentence()
    assert said == "Show kind as editable and wish as read-only"
