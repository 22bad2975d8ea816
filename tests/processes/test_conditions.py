"""Conditions: every operator, nested groups, the sentence, and what may stand in them."""

import time
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from processes.comparisons import OPERATORS
from processes.conditions import Condition, ConditionGroup, ItemFilter, OperatorName
from processes.names import NameTable
from processes.values import ValueFailure

D = Decimal
TODAY = "2026-11-23"
VALUES = {
    "status": "Open",
    "amount": D(10),
    "amount_text": "10.0",
    "blank": None,
    "empty": "",
    "none": [],
    "one": ["red"],
    "tags": ["red", "blue"],
    "done": True,
    "off": False,
    "zero": D(0),
    "day": "2026-11-23",
    "moment": "2026-11-23T23:30:00Z",
    "comma": "a, b",
    "key": "s3",
    "other_key": "s3",
    "today": TODAY,
}


def group(*items, match="all"):
    return ConditionGroup.model_validate({"match": match, "items": list(items)})


def row(left, operator, right=None):
    made = {"left": left, "operator": operator}
    return made if right is None else {**made, "right": right}


def holds(*items, match="all"):
    return group(*items, match=match).holds(VALUES.__getitem__, TODAY)


@pytest.mark.parametrize(
    ("left", "operator", "right", "verdict"),
    [
        ("[status]", "eq", "Open", True),
        ("[status]", "eq", "open", False),
        ("[status]", "neq", "Closed", True),
        ("[amount]", "eq", "10.0", True),
        ("[amount]", "eq", "ten", False),
        ("[amount_text]", "eq", "10", False),
        ("[blank]", "eq", "", True),
        ("[none]", "eq", "[blank]", True),
        ("[zero]", "eq", "", False),
        ("[off]", "eq", "", False),
        ("[done]", "eq", "yes", True),
        ("[done]", "eq", "true", True),
        ("[off]", "neq", "true", True),
        ("[one]", "eq", "red", True),
        ("[tags]", "eq", "red", False),
        ("[status]", "contains", "pe", True),
        ("[status]", "contains", "x", False),
        ("[tags]", "contains", "blue", True),
        ("[tags]", "contains", "blu", False),
        ("[status]", "not_contains", "x", True),
        ("[tags]", "not_contains", "red", False),
        ("[status]", "starts_with", "Op", True),
        ("[status]", "starts_with", "pen", False),
        ("[amount]", "gt", "9", True),
        ("[amount]", "gt", "10", False),
        ("[amount]", "gte", "10", True),
        ("[amount]", "lt", "10.5", True),
        ("[amount]", "lte", "9.9", False),
        ("[amount_text]", "gt", "9", True),
        ("[blank]", "gt", "0", False),
        ("[blank]", "lte", "0", False),
        ("[day]", "lt", "2026-11-24", True),
        ("[moment]", "gt", "2026-11-24T00:00:00+02:00", True),
        ("[blank]", "blank", None, True),
        ("[empty]", "blank", None, True),
        ("[none]", "blank", None, True),
        ("[zero]", "blank", None, False),
        ("[off]", "blank", None, False),
        ("[status]", "not_blank", None, True),
        ("[blank]", "not_blank", None, False),
        ("[status]", "matches", "^O", True),
        ("[status]", "matches", "pe", True),
        ("[status]", "matches", "^pe", False),
        ("[status]", "matches", "[a-z]+$", True),
        ("[status]", "matches", "(?i)OPEN", True),
        ("[status]", "not_matches", "[0-9]", True),
        ("[status]", "in", "Open, Closed", True),
        ("[status]", "in", "Closed,Waiting", False),
        ("[amount]", "in", "5, 10", True),
        ("[amount]", "in", "5, [zero], [amount]", True),
        ("red", "in", "[tags]", True),
        ("[tags]", "in", "blue, green", True),
        ("[status]", "in", '=["Open", "New"]', True),
        ("[amount]", "between", "1, 10", True),
        ("[amount]", "between", "11, 20", False),
        ("[amount]", "between", "[zero], [amount]", True),
        ("[amount]", "between", "=[1, 20]", True),
        ("[day]", "between", "2026-11-01, 2026-11-30", True),
        ("[blank]", "between", "0, 1", False),
        ("2026-11-22", "before_today", None, True),
        ("[day]", "before_today", None, False),
        ("[day]", "today", None, True),
        ("[moment]", "today", None, True),
        ("[day]", "after_today", None, False),
        ("2026-11-24", "after_today", None, True),
        ("[blank]", "before_today", None, False),
        ("[blank]", "today", None, False),
        ("[blank]", "after_today", None, False),
        ("[key]", "eq", "[other_key]", True),
        ("=[amount] * 2", "gt", "=[amount] + 5", True),
    ],
)
def test_operators(left, operator, right, verdict):
    assert holds(row(left, operator, right)) is verdict


def test_every_operator_of_the_contract_is_there():
    assert set(OPERATORS) == set(get_args(OperatorName))


def test_a_comma_in_a_value_does_not_make_it_a_list():
    assert holds(row("a, b", "in", "x, [comma]"))
    assert not holds(row("a", "in", "x, [comma]"))


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        ("[status]", "gt", "[amount]"),
        ("[tags]", "lt", "1"),
        ("[status]", "today", None),
        ("[done]", "gt", "1"),
        ("=1/0", "eq", "1"),
        ("[amount]", "between", "[tags]x, 5"),
    ],
)
def test_what_cannot_be_compared_is_a_failure(left, operator, right):
    with pytest.raises(ValueFailure):
        holds(row(left, operator, right))


def test_a_moment_is_put_on_a_day_of_the_zone():
    late = group(row("[moment]", "after_today"))
    assert not late.holds(VALUES.__getitem__, TODAY)
    assert late.holds(VALUES.__getitem__, TODAY, zone=ZoneInfo("Europe/Berlin"))


YES, NO = row("a", "eq", "a"), row("a", "eq", "b")


@pytest.mark.parametrize(
    ("items", "match", "verdict"),
    [
        ([], "all", True),
        ([], "any", True),
        ([YES, YES], "all", True),
        ([YES, NO], "all", False),
        ([YES, NO], "any", True),
        ([NO, NO], "any", False),
        ([{"match": "any", "items": [NO, YES]}, YES], "all", True),
        ([{"match": "all", "items": [NO, YES]}, NO], "any", False),
        ([{"match": "all", "items": [{"match": "any", "items": [NO, YES]}]}], "all", True),
    ],
)
def test_groups(items, match, verdict):
    assert holds(*items, match=match) is verdict


def test_match_is_all_when_left_out():
    assert not ConditionGroup.model_validate({"items": [YES, NO]}).holds(VALUES.get, TODAY)


def test_later_rows_are_not_looked_at_when_the_verdict_is_clear():
    assert not holds(NO, row("=1/0", "eq", "1"))
    assert holds(YES, row("=1/0", "eq", "1"), match="any")


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
def test_conditions_read_as_a_sentence(items, match, words):
    assert group(*items, match=match).in_words() == words


def test_titles_stand_in_the_sentence_when_they_are_given():
    assert group(row("[due]", "today")).in_words({"due": "Due date"}) == "Due date is today"


def test_conditions_know_their_references_but_patterns_have_none():
    found = group(
        row("[a]", "eq", "[b] [a]"),
        row("[c]", "matches", "[x]"),
        row("[d]", "in", "[e], f"),
        {"items": [row("[g]", "blank", "[unused]")]},
    ).references()
    assert found == ("a", "b", "c", "d", "e", "g")


NAMES = NameTable(
    {"status": "text", "amount": "number", "key": "secret", "other_key": "secret", "go": "button"}
)


def flaws(raw, model=ConditionGroup):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw, context={"names": NAMES})
    return [(error["loc"][-1], error["msg"]) for error in caught.value.errors()]


@pytest.mark.parametrize(
    ("condition", "place", "words"),
    [
        (row("[Status]", "eq", "x"), "left", r"Did you mean \[status\]\?.*write \[\[Status\]"),
        (row("[status]", "eq", "[nobody]"), "right", "no field or name nobody"),
        (row("[go]", "blank"), "left", "is a button and holds no value"),
        (row("=[amount] +", "eq", "x"), "left", "cannot be read"),
        (row("[response.status]", "eq", "200"), "left", "only in an on-success mapping"),
        (row("[item.x]", "eq", "200"), "left", "finds items"),
        (row("[status]", "matches", "[a-z"), "right", "not a pattern"),
        (row("[status]", "matches", "(?=x)"), "right", "no look-around"),
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
def test_what_a_condition_refuses(condition, place, words):
    found = flaws({"items": [condition]})
    assert [name for name, _ in found] == [place]
    import re

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
def test_what_a_condition_takes(condition):
    ConditionGroup.model_validate({"items": [condition]}, context={"names": NAMES})


def test_only_a_filter_speaks_of_items():
    raw = {"items": [{"items": [row("[item.process.id]", "eq", "token-refresh-1")]}]}
    found = ItemFilter.model_validate(raw, context={"names": NAMES})
    assert found.holds({"item.process.id": "token-refresh-1"}.__getitem__, TODAY)
    assert flaws(raw)


def test_names_are_not_checked_in_a_stored_design():
    Condition.model_validate(row("[whatever]", "eq", "[item.x]"))


def test_groups_are_nested_eight_deep_at_most():
    raw = {"items": [YES]}
    for _ in range(7):
        raw = {"items": [raw]}
    assert ConditionGroup.model_validate(raw).depth == 8
    assert flaws({"items": [raw]}) == [
        ("items", "Groups of conditions can be nested 8 deep at most.")
    ]


def test_what_was_read_is_written_back():
    raw = {"match": "any", "items": [row("[a]", "eq", "b"), {"match": "all", "items": []}]}
    assert ConditionGroup.model_validate(raw).model_dump(mode="json") == raw


def test_a_catastrophic_pattern_is_harmless():
    started = time.perf_counter()
    slow = group(row("[text]", "matches", "^(([a-z])+.)+[A-Z]([a-z])+$"))
    assert not slow.holds({"text": "a" * 50_000}.__getitem__, TODAY)
    assert time.perf_counter() - started < 2
