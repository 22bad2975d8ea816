"""A condition holds or does not: every operator, nested groups, today."""

from decimal import Decimal
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from processes.language.comparisons import OPERATORS
from processes.language.conditions import ConditionGroup, OperatorName
from processes.language.values import Value, ValueFailure
from tests.processes.language.conditions.rows import NO, TODAY, YES, group, row

D = Decimal
VALUES: dict[str, Value] = {
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
    "me": "user:niamh",
    "my_group": "group:HR",
    "several": ["user:mark", "user:niamh"],
    "others": ["user:mark", "group:IT"],
    "only_me": ["user:niamh"],
    "user.username": "niamh",
    "user.groups": ["HR", "Crew"],
}


def holds(*items: Any, match: str = "all") -> Any:
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
        ("[me]", "is_me", None, True),
        ("[only_me]", "is_me", None, True),
        ("[several]", "is_me", None, False),
        ("[my_group]", "is_me", None, False),
        ("[blank]", "is_me", None, False),
        ("[empty]", "is_me", None, False),
        ("[none]", "is_me", None, False),
        ("niamh", "is_me", None, False),
        ("[me]", "has_me", None, True),
        ("[my_group]", "has_me", None, True),
        ("[several]", "has_me", None, True),
        ("[others]", "has_me", None, False),
        ("[blank]", "has_me", None, False),
        ("[none]", "has_me", None, False),
        ("group:Crew", "has_me", None, True),
        ("[key]", "eq", "[other_key]", True),
        ("=[amount] * 2", "gt", "=[amount] + 5", True),
    ],
)
def test_operators(left: str, operator: str, right: str | None, verdict: bool) -> None:
    assert holds(row(left, operator, right)) is verdict


def test_every_operator_of_the_contract_is_there() -> None:
    assert set(OPERATORS) == set(get_args(OperatorName))


def test_a_comma_in_a_value_does_not_make_it_a_list() -> None:
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
def test_what_cannot_be_compared_is_a_failure(left: str, operator: str, right: str | None) -> None:
    with pytest.raises(ValueFailure):
        holds(row(left, operator, right))


def test_a_moment_is_put_on_a_day_of_the_zone() -> None:
    late = group(row("[moment]", "after_today"))
    assert not late.holds(VALUES.__getitem__, TODAY)
    assert late.holds(VALUES.__getitem__, TODAY, zone=ZoneInfo("Europe/Berlin"))


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
def test_groups(items: list[Any], match: str, verdict: bool) -> None:
    assert holds(*items, match=match) is verdict


def test_match_is_all_when_left_out() -> None:
    assert not ConditionGroup.model_validate({"items": [YES, NO]}).holds(VALUES.get, TODAY)


def test_later_rows_are_not_looked_at_when_the_verdict_is_clear() -> None:
    assert not holds(NO, row("=1/0", "eq", "1"))
    assert holds(YES, row("=1/0", "eq", "1"), match="any")


@pytest.mark.timeout(20)
def test_a_catastrophic_pattern_is_harmless() -> None:
    slow = group(row("[text]", "matches", "^(([a-z])+.)+[A-Z]([a-z])+$"))
    assert not slow.holds({"text": "a" * 50_000}.__getitem__, TODAY)


@pytest.mark.parametrize("operator", ["is_me", "has_me"])
@pytest.mark.parametrize("left", ["user:", "", "[who]", "[all]"])
def test_where_nobody_is_nothing_is_mine(operator: str, left: str) -> None:
    values: dict[str, Value] = {"user.username": "", "user.groups": [], "who": None, "all": []}
    assert not group(row(left, operator)).holds(values.__getitem__, TODAY)
