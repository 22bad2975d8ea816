"""A parameter with a type makes its value that, a required one keeps the call back without it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from datasources.rest.encoding import as_text
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.conftest import raw_datasource
from tests.datasources.rest.building import body_of, failure, prepared

NO_JSON = "Enter JSON, such as a list in square brackets or an object in braces."


def sent(value: Any, **parameter: Any) -> Any:
    """Return what a value becomes in a JSON body."""
    call = prepared(
        {"body.x": value}, http_method="POST", request_body=[{"name": "x", **parameter}]
    )
    return json.loads(body_of(call))["x"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", Decimal("1.50"), "1.5"),
        ("text", True, "true"),
        ("text", {"a": 1}, '{"a":1}'),
        ("number", " 12 ", 12),
        ("number", "12.5", 12.5),
        ("number", "-1e3", -1000),
        ("number", Decimal("7"), 7),
        ("number", "", None),
        ("boolean", "YES", True),
        ("boolean", "0", False),
        ("boolean", Decimal("1"), True),
        ("boolean", False, False),
        ("boolean", "", None),
        ("json", '[1, {"a": 0.5}]', [1, {"a": 0.5}]),
        ("json", [1], [1]),
        ("json", " ", None),
        (None, "12", "12"),
        (None, Decimal("12"), 12),
    ],
)
def test_a_value_becomes_the_type_of_its_parameter(kind: Any, value: Any, expected: Any) -> None:
    found = sent(value, type=kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "a lot", "Enter a number, such as 12 or 12.5."),
        ("number", "NaN", "Enter a number, such as 12 or 12.5."),
        ("number", "1e999999999", "Enter a number, such as 12 or 12.5."),
        ("number", "٣", "Enter a number, such as 12 or 12.5."),
        ("number", True, "Enter a number, such as 12 or 12.5."),
        ("number", ["1"], "Enter a number, such as 12 or 12.5."),
        ("boolean", "perhaps", "Enter true or false."),
        ("json", "{oops", NO_JSON),
        ("json", '{"a": NaN}', NO_JSON),
        ("json", "[" * 100_000, NO_JSON),
    ],
)  # fmt: skip
def test_what_cannot_become_it_is_refused_by_name_and_not_repeated(
    kind: str, value: Any, sentence: str
) -> None:
    caught = failure(
        {"query.x": value}, query=[{"name": "x", "type": kind}]
    )  # fmt: skip
    assert (caught.kind, caught.place) == ("value", "query.x")
    assert caught.message == f"The value of the parameter query.x is not valid. {sentence}"
    if isinstance(value, str):
        assert as_text(value) not in caught.message


@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize("place", ["query", "header", "body"])
def test_a_call_without_a_required_value_is_not_made(place: str, value: Any) -> None:
    section = {"query": "query", "header": "request_headers", "body": "request_body"}[place]
    method = {"http_method": "POST", section: [{"name": "X", "required": True}]}
    given = {} if value is None else {f"{place}.X": value}
    caught = failure(given, **method)
    assert (caught.kind, caught.place) == ("value", f"{place}.X")
    assert caught.message == f"The parameter {place}.X of Call is required and has no value."


def test_a_required_parameter_is_content_with_false_zero_and_its_fixed_value() -> None:
    body = [
        {"name": "a", "required": True},
        {"name": "b", "required": True},
        {"name": "c", "required": True, "value": "12", "type": "number"},
    ]
    call = prepared({"body.a": False, "body.b": 0}, http_method="POST", request_body=body)
    assert json.loads(body_of(call)) == {"a": False, "b": 0, "c": 12}


def test_a_fixed_value_that_does_not_fit_its_type_is_refused_at_its_place() -> None:
    raw = raw_datasource()
    raw["methods"][0]["query"] = [{"name": "page", "type": "number", "value": "first"}]
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    assert [(flaw.pointer, flaw.detail) for flaw in caught.value.errors] == [
        ("/methods/0/query/0/value", "Enter a number, such as 12 or 12.5.")
    ]


def test_a_stored_document_without_these_keys_means_what_it_meant() -> None:
    shown = parse_datasource(raw_datasource()).masked()["methods"][0]["request_body"][0]
    assert (shown["type"], shown["required"]) == (None, False)
