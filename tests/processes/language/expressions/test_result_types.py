"""What a text gives is said before it has values, wherever it does not depend on them."""

import pytest

from processes.fields import Date, List, Number, Secret, Table, Text, Toggle
from processes.language.expressions import Template
from processes.language.functions import EVERY_FUNCTION
from processes.language.result_types import omitted_arguments, type_of, type_of_value
from processes.language.scope import NameTable
from tests.processes.language.expressions.values import value_of

NAMES = NameTable(
    fields={
        "price": Number, "day": Date, "done": Toggle, "status": Text, "tags": List,
        "token": Secret, "lines": Table,
    },
    row={"count": Number},
)  # fmt: skip

TYPES = [
    ("", "Text"),
    ("Order [price]", "Text"),
    ("[price]", "Number"),
    ("[day]", "Date"),
    ("[done]", "Toggle"),
    ("[tags]", "List"),
    ("[token]", "Secret"),
    ("[row.count]", "Number"),
    ("[now]", "Date and time"),
    ("[user.email]", "Text"),
    ("[response.body.total]", "Any value"),
    ("=[price] * 2", "Number"),
    ("=-[price]", "Number"),
    ("=[price] + 1", "Number"),
    ('=[status] + "!"', "Text"),
    ("=[day] - 86400", "Any value"),
    ("=[day] - [day]", "Any value"),
    ("=[price] > 2 and [done]", "Any value"),
    ("=[price] > 2 and [price] < 5", "Yes or no"),
    ("=not [done]", "Yes or no"),
    ("=[price]", "Number"),
    ('="Order [price]"', "Text"),
    ('=["a", "b"]', "List"),
    ("=Length([status])", "Number"),
    ("=AddDays([day], 1)", "Date"),
    ("=If([done], 1, 2)", "Number"),
    ('=If([done], 1, "none")', "Any value"),
    ("=Max([price], 2)", "Any value"),
    ("=null", "Any value"),
    ("=true", "Yes or no"),
]


@pytest.mark.parametrize(("source", "wanted"), TYPES)
def test_a_text_has_its_type_before_it_has_values(source: str, wanted: str) -> None:
    assert type_of(Template.parse(source), NAMES) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("=1", "Number"), ("=1 > 2", "Yes or no"), ("a", "Text"), ("=[tags]", "List"),
        ("[response.body]", "Object"), ("=[blank]", "Nothing"),
    ],
)  # fmt: skip
def test_a_value_has_its_type(source: str, wanted: str) -> None:
    assert type_of_value(value_of(source)) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("=Round([price])", ["places"]),
        ("=Round([price], 2)", []),
        ("=Round(Floor([price])) + DateDiff([day], [now])", ["unit", "places"]),
        ('=Join(Split([status]), "-")', ["separator"]),
        ("=If([done], Round([price]), 0)", ["places"]),
        ("=Sum([price])", []),
        ("Round([price])", []),
    ],
)
def test_the_arguments_that_calls_omit_are_found(source: str, wanted: list[str]) -> None:
    found = [one.name for one in omitted_arguments(Template.parse(source))]
    assert sorted(found) == sorted(wanted)


def test_every_function_says_a_type_that_the_language_has() -> None:
    known = {"Number", "Text", "List", "Yes or no", "Date", "Date and time", "Any value"}
    assert {one.result for one in EVERY_FUNCTION} == known
