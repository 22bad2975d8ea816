"""Conditions read as a sentence, know their references, and refuse what cannot stand in them."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from processes.language.conditions import Condition, ConditionGroup, ItemFilter
from tests.processes.definitions import name_table
from tests.processes.language.conditions.rows import NO, TODAY, YES, group, row


@pytest.mark.parametrize(
    ("items", "match", "words"),
    [
        (
            [row("[status]", "eq", "Open"), row("[amount]", "gt", "10")],
            "all",
            "Status is Open and Amount is more than 10",
        ),
        ([row("[status]", "neq", "Open"), YES], "any", "Status is not Open or a is a"),
        ([row("[access_token]", "not_blank")], "all", "Access token is not blank"),
        ([row("[status]", "eq", "")], "all", "Status is empty"),
        ([row("[status]", "in", "Open,New")], "all", "Status is one of Open, New"),
        ([row("[amount]", "between", "1, [max]")], "all", "Amount is between 1 and Max"),
        ([row("[status]", "matches", "^[a-z]$")], "all", "Status matches ^[a-z]$"),
        ([row("[due]", "before_today")], "all", "Due is before today"),
        (
            [{"match": "any", "items": [YES, NO]}, row("[process.id]", "eq", "x-1")],
            "all",
            "(a is a or a is b) and Process ID is x-1",
        ),
        ([], "all", ""),
    ],
)
def test_conditions_read_as_a_sentence(items: list[Any], match: str, words: str) -> None:
    assert group(*items, match=match).in_words() == words


def test_titles_stand_in_the_sentence_when_they_are_given() -> None:
    assert group(row("[due]", "today")).in_words({"due": "Due date"}) == "Due date is today"


def test_conditions_know_their_references_but_patterns_have_none() -> None:
    found = group(
        row("[a]", "eq", "[b] [a]"),
        row("[c]", "matches", "[x]"),
        row("[d]", "in", "[e], f"),
        {"items": [row("[g]", "blank", "[unused]")]},
    ).references()
    assert found == ("a", "b", "c", "d", "e", "g")


NAMES = name_table(
    {"status": "text", "amount": "number", "key": "secret", "other_key": "secret", "go": "button"}
)


def flaws(raw: Any, model: Any = ConditionGroup) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw, context={"names": NAMES})
    return [(error["loc"][-1], error["msg"]) for error in caught.value.errors()]


@pytest.mark.parametrize(
    ("condition", "place", "words"),
    [
        (row("[Status]", "eq", "x"), "left", r"Did you mean \[status\]\?.*write \[\[Status\]"),
        (row("[status]", "eq", "[nobody]"), "right", "no field or name nobody"),
        (row("[go]", "blank"), "left", "is a button and has no value"),
        (row("=[amount] +", "eq", "x"), "left", "cannot be read"),
        (row("[response.status]", "eq", "200"), "left", "only in an on-success mapping"),
        (row("[item.x]", "eq", "200"), "left", "finds items"),
        (row("[status]", "matches", "[a-z"), "right", "not a valid pattern"),
        (row("[status]", "matches", "(?=x)"), "right", "without lookaround"),
        (row("[status]", "matches", "x" * 1001), "right", "1,000 characters"),
        (row("[amount]", "between", "1"), "right", "two values"),
        (row("[amount]", "between"), "right", "two values"),
        (row("[key]", "gt", "1"), "operator", "blank or not_blank"),
        (row("[key]", "matches", "x"), "operator", "key is a secret field"),
        (row("[key]", "contains", "x"), "operator", "key is a secret field"),
        (row("[key]", "eq", "x"), "right", "only with another secret field"),
        (row("[key]", "eq"), "right", "only with another secret field"),
        (row("[key]", "eq", "[status]"), "right", "only with another secret field"),
        (row("[key]x", "eq", "[other_key]"), "right", "alone on its side"),
        (row("=Left([key], 1)", "eq", "[other_key]"), "right", "alone on its side"),
        (row("[status]", "eq", "[key]"), "right", "only with another secret field"),
        (row("[status]", "in", "a, [key]"), "right", "only with another secret field"),
        (row("[status]", "roughly", "x"), "operator", "Input should be"),
    ],
)
def test_what_a_condition_refuses(condition: Any, place: str, words: str) -> None:
    found = flaws({"items": [condition]})
    assert [name for name, _ in found] == [place]
    assert re.search(words, found[0][1])


@pytest.mark.parametrize(
    "condition",
    [
        row("[key]", "blank"),
        row("[key]", "not_blank"),
        row("[key]", "eq", "[other_key]"),
        row("[key]", "neq", "[other_key]"),
        row("[status]", "matches", "[nobody]"),
        row("[process.id]", "eq", "[user.email] [today] [now]"),
        row("[[status]", "eq", "[1, 2]"),
    ],
)
def test_what_a_condition_takes(condition: Any) -> None:
    ConditionGroup.model_validate({"items": [condition]}, context={"names": NAMES})


def test_only_a_filter_speaks_of_items() -> None:
    raw = {"items": [{"items": [row("[item.process.id]", "eq", "token-refresh-1")]}]}
    found = ItemFilter.model_validate(raw, context={"names": NAMES})
    assert found.holds({"item.process.id": "token-refresh-1"}.__getitem__, TODAY)
    assert flaws(raw)


def test_names_are_not_checked_in_a_stored_design() -> None:
    Condition.model_validate(row("[whatever]", "eq", "[item.x]"))


def test_groups_are_nested_eight_deep_at_most() -> None:
    raw = {"items": [YES]}
    for _ in range(7):
        raw = {"items": [raw]}
    assert ConditionGroup.model_validate(raw).depth == 8
    assert flaws({"items": [raw]}) == [
        ("items", "Groups of conditions can be nested at most 8 levels deep.")
    ]


def test_what_was_read_is_written_back() -> None:
    raw = {"match": "any", "items": [row("[a]", "eq", "b"), {"match": "all", "items": []}]}
    assert ConditionGroup.model_validate(raw).model_dump(mode="json") == raw
