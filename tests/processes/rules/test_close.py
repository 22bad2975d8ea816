"""Close leaves the form, and ends the instance when it has a status."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import Close, rules
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"kind": "text", "key": "secret"})


def rule(**settings: Any) -> Close:
    made = rules.parse({"type": "close", "id": "a", **settings}, names=NAMES)
    assert isinstance(made, Close)
    return made


@pytest.mark.parametrize(
    ("settings", "status", "can_fail"),
    [
        ({}, "", False),
        ({"status": "Refused"}, "Refused", True),
        ({"status": "[kind]"}, "big", True),
    ],
)
def test_it_closes(settings: dict[str, Any], status: str, can_fail: bool) -> None:
    context = FakeContext({"kind": "big"})
    made = rule(**settings)
    made.run(context)
    assert context.forms.done == [("close", status)]
    assert made.can_end_the_run() is can_fail


def test_a_status_is_no_secret() -> None:
    with pytest.raises(ValidationError, match="key is a secret field"):
        rule(status="[key]")


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Close the form"
    assert rule(status="Refused").sentence() == "Close with the status Refused"
