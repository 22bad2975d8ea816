"""Validate input refuses what was entered when its conditions hold."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import ValidateInput, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"amount": "number", "key": "secret", "go": "button"})
MORE = {"items": [{"left": "[amount]", "operator": "gt", "right": "100"}]}


def rule(**settings: Any) -> ValidateInput:
    made = rules.parse(
        {"type": "validate_input", "id": "a", "field": "amount", "message": "Write 100 at most.",
         "conditions": MORE, **settings},
        names=NAMES,
    )  # fmt: skip
    assert isinstance(made, ValidateInput)
    return made


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Write 100 at most.", "Write 100 at most."),
        ("[amount] is too much.", "120 is too much."),
        ("=[amount] - 100", "20"),
    ],
)
def test_it_fails_with_the_message_beside_the_field(message: str, said: str) -> None:
    from decimal import Decimal

    with pytest.raises(RuleFailed) as failed:
        rule(message=message).run(FakeContext({"amount": Decimal(120)}))
    assert (failed.value.kind, failed.value.message) == ("value", said)
    assert failed.value.fields == {"amount": said}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"conditions": None}, "says when the input is wrong"),
        ({"conditions": {"items": []}}, "says when the input is wrong"),
        ({"message": ""}, "at least 1"),
        ({"message": "[key]"}, "key is a secret field"),
        ({"field": "nope"}, "There is no field nope"),
        ({"field": "go"}, "is a button and has no value"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Reject amount: Write 100 at most"
