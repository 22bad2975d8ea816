"""What a text, a template and a formula come to."""

from typing import Any

import pytest

from processes.language.expressions import Template
from tests.processes.language.expressions.values import D, value_of


@pytest.mark.parametrize(
    ("source", "value"),
    [
        # The table of contract 2.
        ("refresh_token", "refresh_token"),
        ("[refresh_token]", "r-1"),
        ("Bearer [access_token]", "Bearer a-1"),
        ("=[price] * [quantity]", D(10)),
        ("==[status]", "=Open"),
        ("== 1", "= 1"),
        ("[[", "["),
        ("", ""),
        # The type is kept by a reference alone.
        ("[price]", D("2.5")),
        ("[blank]", None),
        ("[tags]", ["red", "blue"]),
        ("[done]", True),
        ("[response.body]", {"a": D(1), "b": [True]}),
        # Text around it makes text.
        ("[price] EUR", "2.5 EUR"),
        ("[price][quantity]", "2.54"),
        ("<[blank]>", "<>"),
        ("done: [done]", "done: true"),
        ("[tags]!", '["red","blue"]!'),
        ("x [response.body]", 'x {"a":1,"b":[true]}'),
        # Names of the system and paths.
        ("[process.id]", "token-refresh-1"),
        ("[response.headers.X-Rate-Limit]", "9"),
        ("[response.body.items.0.id]", D(7)),
        # Escapes.
        ("[[status]", "[status]"),
        ("[[[status]", "[Open"),
        ("[[[[", "[["),
        ("a [[b] c", "a [b] c"),
        # Any other bracket is plain text.
        ("[1, 2]", "[1, 2]"),
        ("[ ]", "[ ]"),
        ("[]", "[]"),
        ("[a-z]", "[a-z]"),
        ("[a link](url)", "[a link](url)"),
        ("[_private]", "[_private]"),
        ("[1st]", "[1st]"),
        ("[.x]", "[.x]"),
        ("[x.]", "[x.]"),
        ("[status", "[status"),
        ("status]", "status]"),
        ("[stätus]", "[stätus]"),
        ('{"a": [1], "b": "[status]"}', '{"a": [1], "b": "Open"}'),
        # Values are never read again.
        ("[formula]", "=[price] [status] {{1}}"),
        ("-> [formula]", "-> =[price] [status] {{1}}"),
        # Only one = at the very start begins a formula.
        (" =1", " =1"),
        ("a=1", "a=1"),
    ],
)
def test_field_or_text(source: str, value: Any) -> None:
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("text", ()),
        ("[a] [b] [a]", ("a", "b")),
        ("=[b] + [a] * Sum([c])", ("b", "a", "c")),
        ('="to [a]" + [b]', ("a", "b")),
        ("=If([b] > 1, [a], [c])", ("b", "a", "c")),
        ("[[a] [b.c]", ("b.c",)),
    ],
)
def test_a_template_knows_its_references(source: str, names: tuple[Any, ...]) -> None:
    assert Template.parse(source).references == names


def test_a_template_says_what_it_is() -> None:
    assert Template.parse("x").is_constant
    assert not Template.parse("=1").is_constant
    assert Template.parse("=1").is_expression
    assert not Template.parse("==1").is_expression
    assert Template.parse("[a]").only_reference == "a"
    assert Template.parse("[a] ").only_reference is None
    assert Template.parse("=[a]").only_reference is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("=1 + 2", D(3)),
        ("=0.1 + 0.2", D("0.3")),
        ("=1 / 3 * 3", D("0.9999999999999999999999999999")),
        ("=7 % 3", D(1)),
        ("=-7 % 3", D(2)),
        ("=2 ** 10", D(1024)),
        ("=-[price]", D("-2.5")),
        ("=+'3'", D(3)),
        ("=(1 + 2) * 3", D(9)),
        ("=1\n+ 1", D(2)),
        # A blank number counts as 0 in + - Sum.
        ("=[blank] + 1", D(1)),
        ("=1 - [blank]", D(1)),
        ("=[blank] - 1", D(-1)),
        ("=[empty] + [price]", D("2.5")),
        ("=[blank] + [blank]", D(0)),
        ("=Sum([price], [blank], 1)", D("3.5")),
        ("=Sum([numbers])", D(3)),
        # A blank factor leaves the product blank.
        ("=[blank] * 2", None),
        ("=2 / [blank]", None),
        ("=-[blank]", None),
        # Numeric text counts; other text is put together.
        ("=[seconds_text] + 3600", D(1764003600)),
        ("='3' * 2", D(6)),
        ("='a' + 'b'", "ab"),
        ("='n' + 1", "n1"),
        ("='2' + '3'", "23"),
        # Moments.
        ("=[created] + 3600", "2026-11-23T11:00:00Z"),
        ("=[created] - 3600", "2026-11-23T09:00:00Z"),
        ("=[now] - [created]", D(0)),
        # Comparison.
        ("=[price] > 2", True),
        ("=[price] == '2.50'", True),
        ('=[status] == "Open"', True),
        ("=[status] != 'Open'", False),
        ("=1 < 2 < 3", True),
        ("=[blank] > 1", False),
        ("=[blank] == ''", True),
        ("='red' in [tags]", True),
        ("='x' not in 'abc'", True),
        ("='2026-11-24' > [day]", True),
        ("='2026-11-23T11:00:00+02:00' < [created]", True),
        ("=[done] == true", True),
        # Choice and logic.
        ("=not [blank]", True),
        ("=[done] and [price] > 1", True),
        ("=false or null", None),
        ("=If([zero] == 0, 'none', [price] / [zero])", "none"),
        ("='a' if [done] else 'b'", "a"),
        # Brackets in a formula: a list when it is no name, text inside quotes.
        ("=[1, 2]", [D(1), D(2)]),
        ("=[ [price], 'x' ]", [D("2.5"), "x"]),
        ('="Hi [status]!"', "Hi Open!"),
        ('="[[status]"', "[status]"),
        ('="[a-z]"', "[a-z]"),
        ("='it\\'s'", "it's"),
        ('="a\\nb"', "a\nb"),
        ("=''", ""),
        ("=[formula]", "=[price] [status] {{1}}"),
    ],
)
def test_expressions(source: str, value: Any) -> None:
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


def test_names_are_looked_up_only_when_they_are_needed() -> None:
    asked = []

    def resolve(name: str) -> Any:
        asked.append(name)
        return D(1)

    Template.parse("=If([a] == 1, [b], [c])").evaluate(resolve)
    assert asked == ["a", "b"]


def test_an_evaluation_inside_a_lookup_keeps_its_own_names() -> None:
    def resolve(name: str) -> Any:
        if name == "outer":
            return Template.parse("=[inner] + 1").evaluate({"inner": D(1)}.__getitem__)
        return D(10)

    assert Template.parse("=[outer] + [other]").evaluate(resolve) == 12


def test_a_failure_of_the_lookup_comes_through() -> None:
    class NotThere(Exception):
        pass

    def resolve(name: str) -> None:
        raise NotThere(name)

    for source in ["[a]", "x[a]", "=[a] + 1"]:
        with pytest.raises(NotThere):
            Template.parse(source).evaluate(resolve)
