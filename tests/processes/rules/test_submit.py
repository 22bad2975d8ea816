"""Submit completes a form; what that means to the forms is told in tests.processes.forms."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import Submit, rules
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "key": "secret"}, forms=frozenset({"wish"}))


def rule(**settings: Any) -> Submit:
    made = rules.parse({"type": "submit", "id": "a", **settings}, names=NAMES)
    assert isinstance(made, Submit)
    return made


@pytest.mark.parametrize(
    ("settings", "done"),
    [
        ({}, ("submit", "", "")),
        ({"form": "wish"}, ("submit", "wish", "")),
        ({"status": "Sent"}, ("submit", "", "Sent")),
        ({"status": "Sent: [kind]"}, ("submit", "", "Sent: big")),
        ({"status": "=If([kind] == 'big', 'Large', 'Small')"}, ("submit", "", "Large")),
    ],
)
def test_it_submits(settings: dict[str, Any], done: tuple[str, ...]) -> None:
    context = FakeContext({"kind": "big"})
    rule(**settings).run(context)
    assert context.forms.done == [done]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"form": "nope"}, "There is no form nope"),
        ({"form": "no form"}, "Enter the name of a form"),
        ({"status": "[key]"}, "key is a secret field"),
        ({"status": "x" * 201}, "at most 200"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Submit the form"
    assert rule(form="wish").sentence() == "Submit the form wish"
    assert rule(status="Sent").sentence() == "Submit the form with the status Sent"
    told = rule(form="wish", status="Sent").sentence()
    assert told == "Submit the form wish with the status Sent"
