"""What each function comes to."""

from typing import Any

import pytest

from processes.language.expressions import FUNCTIONS
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
