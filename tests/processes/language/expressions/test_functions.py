"""What each function comes to."""

from typing import Any

import pytest

from processes.language.dates import is_date, is_moment
from processes.language.expressions import FUNCTIONS
from processes.language.functions import EVERY_FUNCTION, Function
from processes.language.functions.function import ANY, DATE, DATE_AND_TIME
from processes.language.result_types import type_of_value
from processes.language.values import as_text
from tests.processes.language.expressions.values import D, value_of

FUNCTION_TABLE = [
    ("Sum(1, '2', [blank])", D(3)),
    ("Average(1, 2, [blank])", D("1.5")),
    ("Average([blank])", None),
    ("Min(3, 1, [blank], 2)", D(1)),
    ("Max('2026-01-01', [day])", "2026-11-23"),
    ("Count([numbers], 'a')", D(3)),
    ("Round(2.345, 2)", D("2.35")),
    ("Round(-2.5)", D(-3)),
    ("Floor(-2.5)", D(-3)),
    ("Ceiling(2.1)", D(3)),
    ("Round([blank])", None),
    ("Abs(-3)", D(3)),
    ("Length('abc')", D(3)),
    ("Length([tags])", D(2)),
    ("Upper('a')", "A"),
    ("lower('A')", "a"),
    ("Trim(' a ')", "a"),
    ("Concat('a', 1, [blank], [tags])", "a1redblue"),
    ("Left('abc', 2)", "ab"),
    ("Right('abc', 2)", "bc"),
    ("Right('abc', 0)", ""),
    ("Mid('abcd', 2, 2)", "bc"),
    ("Replace('a-b-c', '-', '+')", "a+b+c"),
    ("Split('a, b', ',')", ["a", "b"]),
    ("Join([tags], ' ')", "red blue"),
    ("Item([tags], 2)", "blue"),
    ("Item([tags], 3)", None),
    ("Contains([tags], 'red')", True),
    ("StartsWith('abc', 'ab')", True),
    ("EndsWith('abc', 'bc')", True),
    ("Matches('abc', '^a.c$')", True),
    ("IsBlank([blank])", True),
    ("IsBlank(0)", False),
    ("Coalesce([blank], '', 'x')", "x"),
    ("Number('1.5')", D("1.5")),
    ("Text(1.50)", "1.5"),
    ("AddDays([day], 1)", "2026-11-24"),
    ("AddDays([blank], 1)", None),
    ("AddHours([created], 1)", "2026-11-23T11:00:00Z"),
    ("AddMinutes([created], -1)", "2026-11-23T09:59:00Z"),
    ("AddSeconds([created], 1)", "2026-11-23T10:00:01Z"),
    ("DateDiff([day], '2026-11-25')", D(2)),
    ("DateDiff([created], [now], 'hours')", D(0)),
    ("DatePart([created])", "2026-11-23"),
    ("Moment(0)", "1970-01-01T00:00:00Z"),
    ("Seconds('1970-01-01T00:01:00Z')", D(60)),
    ("If(1 > 2, 'a', 'b')", "b"),
]


@pytest.mark.parametrize(("call", "value"), FUNCTION_TABLE)
def test_functions(call: Any, value: Any) -> None:
    assert value_of(f"={call}") == value


def test_every_function_has_a_description_and_a_row_in_the_table() -> None:
    tried = {call.partition("(")[0].lower() for call, _ in FUNCTION_TABLE}
    assert {name.lower() for name in FUNCTIONS} <= tried
    for name, function in FUNCTIONS.items():
        assert function.signature.startswith(f"{name}(")
        assert function.description.endswith(".")
        assert all(argument.help for argument in function.arguments)


@pytest.mark.parametrize("function", EVERY_FUNCTION, ids=lambda one: one.name)
def test_an_example_gives_the_result_that_it_states(function: Function) -> None:
    call, result = function.example
    assert call.startswith(f"{function.name}(")
    value = value_of(f"={call}")
    assert as_text(value) == result
    texts = {DATE: is_date, DATE_AND_TIME: is_moment}
    if function.result in texts:
        assert texts[function.result](value)
    else:
        assert function.result in {ANY, type_of_value(value)}


# The arguments that are needed, before one that may be omitted.
NEEDED = {
    "Round": "2.345", "Floor": "2.345", "Ceiling": "2.345", "Split": "'a, b'",
    "Join": "['a', 'b']", "DateDiff": "'2026-12-24', '2026-12-31'",
}  # fmt: skip


def test_an_argument_that_is_omitted_is_the_one_that_the_help_names() -> None:
    last = {one.name: one.arguments[-1] for one in EVERY_FUNCTION if one.arguments[-1].omitted}
    assert last.keys() == NEEDED.keys()
    for name, argument in last.items():
        needed = NEEDED[name]
        assert value_of(f"={name}({needed})") == value_of(f"={name}({needed}, {argument.omitted})")


def test_a_call_takes_as_many_arguments_as_its_signature_names() -> None:
    known = {one.name: one for one in EVERY_FUNCTION}
    counts = {name: (one.least, one.most) for name, one in known.items()}
    assert counts["Sum"] == (1, None)
    assert counts["Round"] == (1, 2)
    assert counts["DateDiff"] == (2, 3)
    assert counts["If"] == (3, 3)
    assert known["Sum"].placeholders == ("a", "b")
    assert known["DateDiff"].placeholders == ("from", "to", "unit")
