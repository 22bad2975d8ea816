"""User alert tells people something about the instance."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import UserAlert, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"days": "number", "key": "secret", "approver": "user_picker"})


def rule(**settings: Any) -> UserAlert:
    raw = {"type": "user_alert", "id": "a", "to": ["creator"], "subject": "Done", **settings}
    made = rules.parse(raw, names=NAMES)
    assert isinstance(made, UserAlert)
    return made


@pytest.mark.parametrize(
    ("settings", "alert"),
    [
        ({}, (["creator"], "Done", "")),
        ({"to": ["[approver]", "group:hr"]}, (["user:ada", "group:hr"], "Done", "")),
        ({"subject": "[days] days", "message": "=1 + 1"}, (["creator"], "3 days", "2")),
        ({"subject": "x" * 300}, (["creator"], "x" * 200, "")),
    ],
)
def test_whom_it_tells_what(settings: dict[str, Any], alert: tuple[list[str], str, str]) -> None:
    context = FakeContext({"days": Decimal(3), "approver": "user:ada"})
    rule(**settings).run(context)
    assert context.alerts == [alert]


def test_an_alert_that_says_nothing_fails() -> None:
    context = FakeContext({"days": None})
    with pytest.raises(RuleFailed, match="The alert is empty"):
        rule(subject=" [days] ").run(context)
    assert context.alerts == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"to": []}, "Enter people or groups"),
        ({"to": ["everyone"]}, "Name a group"),
        ({"to": ["[days]"]}, "There is no user field days"),
        ({"message": "[key]"}, "key is a secret field"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule(to=["owners", "group:hr"]).sentence() == "Alert owners of the open form, hr: Done"
