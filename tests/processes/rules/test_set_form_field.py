"""Set form field gives fields new values."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import Rule, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"a": "text", "b": "text", "key": "secret", "other_key": "secret"})


def rule(*rows: tuple[str, str], **context: Any) -> Rule:
    return rules.parse(
        {
            "type": "set_form_field",
            "id": "set",
            "assignments": [{"field": field, "value": value} for field, value in rows],
        },
        **context,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("[amount]", Decimal("2.5")),
        ("[amount] pieces", "2.5 pieces"),
        ("=[amount] * 2", Decimal("5.0")),
        ("[[amount]", "[amount]"),
        ("==x", "=x"),
        ("[process.id]", "p-1"),
    ],
)
def test_a_field_takes_text_a_field_or_an_expression(value: str, expected: object) -> None:
    context = FakeContext({"a": "old", "amount": Decimal("2.5")})
    rule(("a", value)).run(context)
    assert context.values["a"] == expected


def test_what_a_field_holds_is_never_read_as_a_reference() -> None:
    context = FakeContext({"a": "", "b": "[key] =1+1"})
    rule(("a", "[b]")).run(context)
    assert context.values["a"] == "[key] =1+1"


def test_rows_are_carried_out_in_their_order() -> None:
    context = FakeContext({"a": "", "b": ""})
    rule(("a", "1"), ("b", "[a]2")).run(context)
    assert context.values == {"a": "1", "b": "12"}


def test_a_value_that_cannot_be_made_fails_and_names_the_field() -> None:
    with pytest.raises(RuleFailed, match=r"^a: "):
        rule(("a", "=1/0")).run(FakeContext({"a": ""}))


def test_nothing_is_stored() -> None:
    context = FakeContext({"a": "old"})
    rule(("a", "new")).run(context)
    assert context.stored == {"a": "old"}


def test_a_secret_may_go_into_a_secret_field_only() -> None:
    rule(("other_key", "[key]"), names=NAMES)
    with pytest.raises(ValidationError, match="key is a secret field"):
        rule(("a", "[key]"), names=NAMES)


def test_it_sets_something() -> None:
    with pytest.raises(ValidationError, match="Add a row"):
        rule()


def test_it_reads_as_a_sentence() -> None:
    assert rule(("a", ""), ("b", "[a]")).sentence() == "Set a to empty and b to [a]"


def test_only_rows_that_may_fail_endanger_a_run() -> None:
    assert rule(("a", "done"), ("b", "")).can_end_the_run() is False
    assert rule(("a", "=[b] * 2")).can_end_the_run() is True
