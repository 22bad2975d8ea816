"""Hide or disable changes what is shown and what can be changed."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.engine.runner import run_rules
from processes.rules import HideOrDisable, rules
from tests.fakes import FakeContext, FakeTrace
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "go": "button"}, forms=frozenset({"wish"}))


def rule(*changes: tuple[str, str], **settings: Any) -> HideOrDisable:
    rows = [{"field": field, "action": action} for field, action in changes]
    made = rules.parse(
        {"type": "hide_or_disable", "id": "a", "changes": rows, **settings}, names=NAMES
    )
    assert isinstance(made, HideOrDisable)
    return made


@pytest.mark.parametrize(
    ("action", "before", "part", "after", "value"),
    [
        ("hide", True, "visible", False, "x"),
        ("show", False, "visible", True, "x"),
        ("disable", True, "enabled", False, "x"),
        ("enable", False, "enabled", True, "x"),
        ("toggle_visible", True, "visible", False, "x"),
        ("toggle_visible", False, "visible", True, "x"),
        ("toggle_enabled", True, "enabled", False, "x"),
        ("toggle_enabled", False, "enabled", True, "x"),
        ("hide_and_clear", True, "visible", False, ""),
    ],
)
def test_what_each_action_does(
    action: str, before: bool, part: Any, after: bool, value: str
) -> None:
    context = FakeContext({"kind": "x"})
    context.forms.display["kind", part] = before
    rule(("kind", action)).run(context)
    assert context.forms.display == {("kind", part): after}
    assert context.values == {"kind": value}


@pytest.mark.parametrize(("kind", "shown"), [("big", True), ("small", False)])
def test_otherwise_is_done_when_the_conditions_do_not_hold(kind: str, shown: bool) -> None:
    context, trace = FakeContext({"kind": kind}), FakeTrace()
    made = rule(
        ("go", "show"),
        opposite=[{"field": "go", "action": "hide"}],
        conditions={"items": [{"left": "[kind]", "operator": "eq", "right": "big"}]},
    )
    run_rules([made], context, trace)
    assert context.forms.display == {("go", "visible"): shown}
    assert trace.statuses == ["succeeded"]
    assert bool(trace.reasons[0]) is not shown


def test_without_otherwise_it_is_skipped() -> None:
    context, trace = FakeContext({"kind": "small"}), FakeTrace()
    condition = {"items": [{"left": "[kind]", "operator": "eq", "right": "big"}]}
    run_rules([rule(("go", "hide"), conditions=condition)], context, trace)
    assert (context.forms.display, trace.statuses) == ({}, ["skipped"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "Add a row"),
        ([("nope", "hide")], "There is no field or form nope"),
        ([("[kind]", "hide")], "without brackets"),
        ([("kind", "vanish")], "Input should be"),
    ],
)
def test_what_it_refuses(changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(*changes)


def test_forms_and_buttons_can_be_hidden_too() -> None:
    context = FakeContext()
    rule(("wish", "hide"), ("go", "disable")).run(context)
    assert context.forms.display == {("wish", "visible"): False, ("go", "enabled"): False}


def test_hide_and_clear_empties_what_stands_inside_and_only_hides_what_holds_nothing() -> None:
    context = FakeContext({"kind": "x", "why": "y", "stays": "z"})
    context.forms.inside = {"wish": ["kind", "why"], "go": []}
    rule(("wish", "hide_and_clear"), ("go", "hide_and_clear")).run(context)
    assert context.forms.display == {("wish", "visible"): False, ("go", "visible"): False}
    assert context.values == {"kind": "", "why": "", "stays": "z"}


def test_it_reads_as_a_sentence() -> None:
    assert rule(("kind", "hide"), ("go", "disable")).sentence() == "Hide kind and disable go"
