"""Make required says which fields must be filled in."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.engine.runner import run_rules
from processes.rules import MakeRequired, rules
from tests.fakes import FakeContext, FakeTrace
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "why": "text", "go": "button"})


def rule(*changes: tuple[str, str], **settings: Any) -> MakeRequired:
    rows = [{"field": field, "action": action} for field, action in changes]
    made = rules.parse(
        {"type": "make_required", "id": "a", "changes": rows, **settings}, names=NAMES
    )
    assert isinstance(made, MakeRequired)
    return made


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("required", False, True),
        ("required", True, True),
        ("not_required", True, False),
        ("toggle", True, False),
        ("toggle", False, True),
    ],
)
def test_what_each_action_does(action: str, before: bool, after: bool) -> None:
    context = FakeContext()
    context.forms.display["why", "required"] = before
    rule(("why", action)).run(context)
    assert context.forms.display["why", "required"] is after


@pytest.mark.parametrize(("kind", "required"), [("big", True), ("small", False)])
def test_otherwise_is_done_when_the_conditions_do_not_hold(kind: str, required: bool) -> None:
    context = FakeContext({"kind": kind})
    made = rule(
        ("why", "required"),
        opposite=[{"field": "why", "action": "not_required"}],
        conditions={"items": [{"left": "[kind]", "operator": "eq", "right": "big"}]},
    )
    run_rules([made], context, FakeTrace())
    assert context.forms.display == {("why", "required"): required}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "Add a row"),
        ([("nope", "required")], "There is no field nope"),
        ([("go", "required")], "is a button and has no value"),
        ([("why", "perhaps")], "Input should be"),
    ],
)
def test_what_it_refuses(changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(*changes)


def test_it_reads_as_a_sentence() -> None:
    made = rule(("why", "required"), ("kind", "not_required"))
    assert made.sentence() == "Set why to required and kind to not required"
