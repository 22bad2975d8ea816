"""Number fields."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.fields import Number, fields
from processes.language.values import ValueFailure

D = Decimal


def number(**settings: Any) -> Any:
    return Number(name="amount", **settings)


@pytest.mark.parametrize(
    ("settings", "raw", "value", "shown"),
    [
        ({}, None, None, ""),
        ({}, "", None, ""),
        ({}, 3600, D(3600), "3600"),
        ({}, 3600.0, D(3600), "3600"),
        ({}, "1.50", D("1.5"), "1.5"),
        ({}, "12345678901234567890", D("12345678901234567890"), "12345678901234567890"),
        ({}, D(1) / D(3), D("0.333333333333333"), "0.333333333333333"),
        ({"decimals": 2}, "2.345", D("2.35"), "2.35"),
        ({"decimals": 2}, 1, D(1), "1.00"),
        ({"decimals": 0}, -2.5, D(-3), "-3"),
        ({"decimals": 2}, "1e300", D("1e300"), f"1{'0' * 300}.00"),
    ],
)
def test_it_takes_numbers_and_numeric_text(
    settings: dict[str, Any], raw: Any, value: Any, shown: str
) -> None:
    field = number(**settings)
    assert field.to_python(raw) == value
    assert field.shown(field.to_python(raw)) == shown
    assert field.to_python(field.to_json(field.to_python(raw))) == value


@pytest.mark.parametrize("raw", [True, "abc", [], {}, "NaN", "1,5"])
def test_it_refuses_what_is_no_number(raw: Any) -> None:
    with pytest.raises(ValueFailure, match="not a number"):
        number().to_python(raw)


def test_a_person_keeps_to_least_and_greatest() -> None:
    field = number(min=0, max=10.5)
    assert field.clean(D("10.5")) == D("10.5")
    assert field.clean(None) is None
    with pytest.raises(ValueFailure, match=r"-1 is too small\. Enter 0 or more"):
        field.clean(D(-1))
    with pytest.raises(ValueFailure, match=r"11 is too large\. Enter 10\.5 or less"):
        field.clean(D(11))


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"min": 2, "max": 1}, "max"),
        ({"min": "1"}, "min"),
        ({"min": True}, "min"),
        ({"max": float("inf")}, "max"),
        ({"decimals": 11}, "decimals"),
        ({"decimals": "2"}, "decimals"),
        ({"default": "abc"}, "default"),
        ({"default": 5, "max": 4}, "default"),
        ({"default": [1]}, "default"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        fields.parse({"type": "number", "name": "amount", **settings})
    assert [error["loc"] for error in caught.value.errors()] == [("number", place)]
