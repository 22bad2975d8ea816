"""Expressions are bounded: in length, in depth, in what they make."""

import tracemalloc
from typing import Any

import pytest

from processes.language.expressions import Template, TemplateError
from processes.language.values import ValueFailure
from tests.processes.language.expressions.values import VALUES, value_of


def test_the_source_of_an_expression_is_bounded() -> None:
    assert Template.parse("=1" + " " * 1999).evaluate(VALUES.__getitem__) == 1
    with pytest.raises(TemplateError, match="2,000 characters"):
        Template.parse("=1" + " " * 2000)


def test_plain_text_may_be_longer_than_an_expression() -> None:
    assert value_of("x" * 100_000 + "[status]").endswith("xOpen")


@pytest.mark.parametrize(
    "source",
    [
        "=" + "+".join(["1"] * 20_000),
        "=" + "+".join(["1"] * 900),
        "=" + "(" * 900 + "1" + ")" * 900,
        "=" + "-" * 1_900 + "1",
        "=" + "not " * 400 + "1",
        "=" + "Abs(" * 300 + "1" + ")" * 300,
        "=" + "[ " * 500 + " ]" * 500,
        "=" + "1 if 1 else " * 150 + "1",
    ],
)
def test_depth_is_bounded(source: str) -> None:
    with pytest.raises(TemplateError):
        Template.parse(source)


def test_depth_of_fifty_is_allowed() -> None:
    assert value_of("=" + "+".join(["1"] * 50)) == 50
    with pytest.raises(TemplateError, match="more than 50 deep"):
        Template.parse("=" + "+".join(["1"] * 51))


def test_texts_are_bounded_before_they_are_made() -> None:
    big = "x" * 900_000
    known: dict[str, Any] = {"big": big, "many": ["a"] * 9_999}

    def evaluate(source: str) -> Any:
        return Template.parse(source).evaluate(known.__getitem__)

    tracemalloc.start()
    for source in [
        "=[big] + [big]",
        "[big][big]",
        "=Concat([big], [big])",
        '="[big][big]"',
        "=Replace([big], 'x', [big])",
        "=Join([many], [big])",
        "=Replace(Replace([big], 'x', 'xxxxxxxxxx'), 'x', 'xxxxxxxxxx')",
    ]:
        with pytest.raises(ValueFailure, match="more than 1,000,000 characters"):
            evaluate(source)
    for source in ["=[many] + [many]", "=Sum([many], [many])", "=Split([big], 'x')"]:
        with pytest.raises(ValueFailure, match="more than 10,000"):
            evaluate(source)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40_000_000


def test_a_text_cannot_be_repeated_by_multiplication() -> None:
    with pytest.raises(ValueFailure, match="is not a number"):
        value_of("='a' * 1000000000")


@pytest.mark.timeout(20)
def test_a_catastrophic_pattern_is_harmless() -> None:
    text = "a" * 100_000 + "!"
    template = Template.parse("=Matches([text], '^(a+)+$')")
    assert template.evaluate({"text": text}.__getitem__) is False


def test_a_value_nested_very_deep_is_a_failure_and_no_crash() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueFailure, match="nested too deep"):
        Template.parse("=[deep] == 1").evaluate({"deep": deep}.__getitem__)
    while deep:  # taken apart by hand: the collector would recurse
        deep = deep[0]
