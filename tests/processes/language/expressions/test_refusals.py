"""Which expressions are refused when they are read, and which fail when they are computed."""

import contextlib
import random
from typing import Any

import pytest

from processes.language.expressions import FUNCTIONS, Template, TemplateError
from processes.language.values import ValueFailure
from tests.processes.language.expressions.values import VALUES


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("=", "Write == for a plain ="),
        ("= ", "Write == for a plain ="),
        ("=1 +", "cannot be read"),
        ("=(1", "cannot be read"),
        ("='open", "cannot be read"),
        ("=price * 2", r"Write \[price\] for a field"),
        ("=Foo(1)", "There is no function Foo"),
        ("=Round()", "cannot take 0 arguments"),
        ("=Abs(1, 2)", "cannot take 2 arguments"),
        ("=If(1, 2)", "cannot take 2 arguments"),
        ("=Sum(a=1)", "function by its name"),
        ("=[price].real", "dot cannot follow"),
        ("=[price].__class__", "Put _ in quotes"),
        ("='a'.upper()", "function by its name"),
        ("=().__class__.__bases__[0]", "Put _ in quotes"),
        ("=__import__('os')", "Put _ in quotes"),
        ("=_at0", "Put _ in quotes"),
        ("=[tags][0]", "index cannot follow"),
        ("=[x for x in [1]]", "cannot be used"),
        ("=lambda: 1", "Put : in quotes"),
        ("={1: 2}", "in quotes"),
        ("=1; 2", "Put ; in quotes"),
        ("=1 # note", "Put # in quotes"),
        ("=1 << 1000", "can use"),
        ("=5 // 2", "can use"),
        ("=1 is 1", "can use"),
        ("=f'x'", "cannot be read"),
        ("=b'x'", "cannot be read"),
        ("=1j", "Put 1j in quotes"),
        ("=0x10", "Put 0x in quotes"),
        ("=1if 2else 3", "Put 1i in quotes"),
        ("=1e400", "too large"),
        ("=*[tags]", "cannot be read"),
        ("=Sum(*[tags])", "cannot be used"),
        ("=(1, 2)", "Write decimals with a point"),
        ("=12,5", "Write decimals with a point, such as 12.5"),
        ("=12,5 * [price]", "Write decimals with a point"),
        ("=...", "cannot be used"),
        ("=x = 1", "Use == to compare"),
        ("=[status] = 'Open'", "Use == to compare"),
        ("=If([status] = 'Open', 1, 0)", "Use == to compare"),
        ("=If(true, 1, [status] = 'Open')", "Use == to compare"),
        ("=If([a] <= 1 and (2", "cannot be read"),
        ("=“Open”", 'Use straight quotes, such as in "Open", instead of “'),
        ("=[[price]]", "cannot be read"),
    ],
)
def test_what_is_no_expression_is_refused_when_it_is_read(source: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        Template.parse(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("=1 / [zero]", "1 cannot be divided by 0"),
        ("=1 % [zero]", "cannot be divided by 0"),
        ("=[status] * 2", '"Open" is not a number'),
        ("=[status] - 1", '"Open" is not a number'),
        ("=[done] + 1", r"true cannot be used with \+"),
        ("=[tags] + 1", r"cannot be used with \+"),
        ("=[status] > 1", '"Open" is not a number'),
        ("=[tags] > 1", "not a number"),
        ("=9 ** 9 ** 9", "is too large"),
        ("=10 ** 101", "is too large"),
        ("=0 ** -1", "too large, or is not a number"),
        ("=0 ** 0", "not a number that can be stored"),
        ("=(-8) ** 0.5", "not a number that can be stored"),
        ("=(9999999999 ** 30) * (9999999999 ** 30)", "not a number that can be stored"),
        ("=[day] + 'x' - 1", "not a"),
        ("=AddDays('soon', 1)", '"soon" is not a date'),
        ("=AddDays([day], 10 ** 20)", "is outside the years 1 to 9999"),
        ("=DateDiff([day], [day], 'weeks')", '"weeks" is not a unit'),
        ("=Matches('a', '(')", "not a valid pattern"),
        ("=Number('x')", '"x" is not a number'),
    ],
)
def test_what_cannot_be_computed_fails_with_a_sentence(source: str, words: str) -> None:
    template = Template.parse(source)
    with pytest.raises(ValueFailure, match=words):
        template.evaluate(VALUES.__getitem__)


def test_whatever_is_written_it_is_read_evaluated_or_refused() -> None:
    """Three thousand random expressions: nothing but the two expected failures comes out."""
    chance = random.Random(7)
    atoms = [
        *(f"[{name}]" for name in VALUES),
        *("1", "0", "2.5", "'a'", '"[status]"', "true", "null", "''", "[]", "'2026-11-23'"),
    ]
    signs = ["+", "-", "*", "/", "%", "**", "==", "<", ">=", "in", "and", "or", "not in"]

    def made(depth: Any) -> Any:
        if depth == 0 or chance.random() < 0.2:
            return chance.choice(atoms)
        if chance.random() < 0.5:
            return f"({made(depth - 1)} {chance.choice(signs)} {made(depth - 1)})"
        name = chance.choice([*FUNCTIONS, "If"])
        return f"{name}({', '.join(made(depth - 1) for _ in range(chance.randint(1, 3)))})"

    evaluated = 0
    for _ in range(3_000):
        source = "=" + made(3)
        with contextlib.suppress(TemplateError, ValueFailure):
            Template.parse(source).evaluate(VALUES.__getitem__)
            evaluated += 1
    assert evaluated > 500


def test_reading_a_text_twice_reads_it_once() -> None:
    assert Template.parse("=[a] + 1") is Template.parse("=[a] + 1")
