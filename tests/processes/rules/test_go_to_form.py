"""Go to form shows a form, and makes it the current one when asked."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import GoToForm, rules
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "key": "secret"}, forms=frozenset({"wish", "books"}))


def rule(**settings: Any) -> GoToForm:
    made = rules.parse({"type": "go_to_form", "id": "a", "form": "wish", **settings}, names=NAMES)
    assert isinstance(made, GoToForm)
    return made


@pytest.mark.parametrize(
    ("settings", "done"),
    [
        ({}, ("go_to", "wish", "auto", False)),
        ({"form": "books", "mode": "read"}, ("go_to", "books", "read", False)),
        ({"make_current": True}, ("go_to", "wish", "auto", True)),
        ({"mode": "edit", "make_current": True}, ("go_to", "wish", "edit", True)),
        (
            {"make_current": True, "note": "Say more than [kind]."},
            ("go_to", "wish", "auto", True, "Say more than big."),
        ),
    ],
)
def test_it_goes_there(settings: dict[str, Any], done: tuple[Any, ...]) -> None:
    context = FakeContext({"kind": "big"})
    rule(**settings).run(context)
    assert context.forms.done == [done]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"form": "kind"}, "There is no form kind"),
        ({"form": ""}, "Enter the name of a form"),
        ({"mode": "write"}, "Input should be"),
        ({"make_current": "yes"}, "valid boolean"),
        ({"note": "x" * 1_001}, "at most 1000"),
        ({"note": "It was [key]."}, "key is a secret field"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_only_a_note_that_is_worked_out_can_fail() -> None:
    assert rule(note="Look again.").can_end_the_run()
    assert not rule().can_end_the_run()


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Go to the form wish"
    assert rule(make_current=True).sentence() == "Go to the form wish and set it as current"
