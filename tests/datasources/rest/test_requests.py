"""A method and its inputs become a request: every place, every encoding."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from datasources.rest.document import RestDatasource
from datasources.rest.request import build_test
from tests.datasources.rest.building import body_of, failure, prepared

BODY = [{"name": "a"}, {"name": "b", "value": "fixed"}, {"name": "c"}]


def test_the_path_is_appended_to_the_base_url() -> None:
    call = prepared()
    assert (call.verb, call.url, call.body) == ("GET", "https://crm.example.org/v1/things", None)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, {"b": "fixed"}),
        ({"body.a": "x"}, {"a": "x", "b": "fixed"}),
        ({"body.b": "mapped"}, {"b": "mapped"}),
        ({"body.a": ""}, {"a": "", "b": "fixed"}),
        ({"body.a": None}, {"a": None, "b": "fixed"}),
        ({"body.a": Decimal("5")}, {"a": 5, "b": "fixed"}),
        ({"body.a": Decimal("5.25")}, {"a": 5.25, "b": "fixed"}),
        ({"body.a": True}, {"a": True, "b": "fixed"}),
        ({"body.a": [1, {"x": "y"}]}, {"a": [1, {"x": "y"}], "b": "fixed"}),
    ],
)
def test_a_json_body_holds_what_is_fixed_or_mapped(
    inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    call = prepared(inputs, http_method="POST", request_body=BODY)
    assert json.loads(body_of(call)) == expected
    assert call.headers["Content-Type"] == "application/json"
    assert call.headers["Content-Length"] == str(len(call.body or b""))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.b.c"], {"a": {"b": {"c": 0}}}),
        (["a.b", "a.c"], {"a": {"b": 0, "c": 1}}),
        (["a.0.x", "a.1.x", "b"], {"a": [{"x": 0}, {"x": 1}], "b": 2}),
        (["a.10", "a.9"], {"a": [1, 0]}),
        (["a.0", "a.x"], {"a": {"0": 0, "x": 1}}),
    ],
)
def test_dots_nest_in_json(names: list[str], expected: Any) -> None:
    inputs = {f"body.{name}": index for index, name in enumerate(names)}
    body = [{"name": name} for name in names]
    call = prepared(inputs, http_method="POST", request_body=body)
    assert json.loads(body_of(call)) == expected
    assert call.shown["body"] == expected


def test_an_object_that_is_mapped_stays_as_it_is() -> None:
    call = prepared({"body.a": {"0": "x"}}, http_method="POST", request_body=[{"name": "a"}])
    assert json.loads(body_of(call)) == {"a": {"0": "x"}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a b&c=ä", [("x.y", "a b&c=ä")]),
        ("", [("x.y", "")]),
        (None, [("x.y", "")]),
        (Decimal("1E+3"), [("x.y", "1000")]),
        (Decimal("0.10"), [("x.y", "0.1")]),
        (1.0, [("x.y", "1")]),
        (True, [("x.y", "true")]),
        (["a", "b"], [("x.y", "a"), ("x.y", "b")]),
        ([], []),
        ({"k": 1}, [("x.y", '{"k":1}')]),
    ],
)
@pytest.mark.parametrize("place", ["form", "query"])
def test_forms_and_queries_send_names_as_written_and_repeat_lists(
    place: str, value: Any, expected: list[tuple[str, str]]
) -> None:
    if place == "form":
        call = prepared(
            {"body.x.y": value},
            http_method="POST",
            content_type="form",
            request_body=[{"name": "x.y"}],
        )
        text = body_of(call).decode()
    else:
        call = prepared({"query.x.y": value}, query=[{"name": "x.y"}])
        text = call.url.partition("?")[2]
    assert parse_qsl(text, keep_blank_values=True) == expected


def test_multipart_sends_one_part_for_each_value() -> None:
    call = prepared(
        {"body.note": 'a "b"', "body.tag": ["x", "y"]},
        http_method="POST",
        content_type="multipart",
        request_body=[{"name": "note"}, {"name": "tag"}],
    )
    kind = str(call.headers["Content-Type"])
    boundary = kind.partition("boundary=")[2]
    text = body_of(call).decode()
    assert kind.startswith("multipart/form-data")
    assert text.count(f"--{boundary}\r\n") == 3
    assert 'name="note"\r\n\r\na "b"\r\n' in text
    assert text.endswith(f"--{boundary}--\r\n")


@pytest.mark.parametrize(
    ("inputs", "expected"), [({"body": "<a/>"}, b"<a/>"), ({"body": {"a": 1}}, b'{"a":1}')]
)
def test_a_raw_body_is_sent_as_it_is(inputs: dict[str, Any], expected: bytes) -> None:
    call = prepared(inputs, http_method="PUT", content_type="raw", media_type="application/xml")
    assert (call.body, call.headers["Content-Type"]) == (expected, "application/xml")


def test_a_raw_body_may_be_fixed() -> None:
    body = [{"name": "body", "value": "ping"}]
    call = prepared(http_method="POST", content_type="raw", request_body=body)
    assert call.body == b"ping"


def test_a_post_without_a_body_says_that_it_is_empty() -> None:
    call = prepared(http_method="POST")
    assert (call.body, call.headers["Content-Length"]) == (None, "0")
    assert "Content-Length" not in prepared(http_method="DELETE").headers


def test_the_method_may_name_its_own_content_type() -> None:
    headers = [{"name": "content-type", "value": "application/vnd.api+json"}]
    call = prepared(
        {"body.a": 1}, http_method="POST", request_headers=headers, request_body=[{"name": "a"}]
    )
    assert call.headers["content-type"] == "application/vnd.api+json"
    assert "Content-Type" not in call.headers


def test_headers_are_found_in_any_spelling_and_written_as_declared() -> None:
    call = prepared({"header.x-note": "ä €"}, request_headers=[{"name": "X-Note"}])
    assert call.headers["X-Note"] == "ä €".encode()


def test_an_input_that_is_not_declared_is_a_mistake_in_the_configuration() -> None:
    failed = failure({"body.nothing": 1})
    assert (failed.kind, failed.place) == ("configuration", "body.nothing")


def test_a_value_that_json_cannot_hold_fails_the_step() -> None:
    failed = failure({"body.a": float("nan")}, http_method="POST", request_body=[{"name": "a"}])
    assert failed.kind == "value"


@pytest.mark.parametrize(
    ("base_url", "test_path", "url"),
    [
        ("https://a.example.org", None, "https://a.example.org/"),
        ("https://a.example.org/v1", None, "https://a.example.org/v1"),
        ("https://a.example.org/v1/", "/health", "https://a.example.org/v1/health"),
        ("https://a.example.org", "/h?deep=1&x= y", "https://a.example.org/h?deep=1&x=%20y"),
    ],
)
def test_a_connection_test_asks_for_the_base_url_or_its_path(
    base_url: str, test_path: str | None, url: str
) -> None:
    made = RestDatasource.model_validate(
        {"name": "a", "base_url": base_url, "test_path": test_path}
    )
    call = build_test(made)
    assert (call.verb, call.url, call.body) == ("GET", url, None)


def test_limits_of_the_method_win_over_those_of_the_datasource() -> None:
    source = {"timeout_s": 10, "max_answer_bytes": 100, "follow_redirects": True}
    inherited = prepared(source=source)
    assert (inherited.timeout_s, inherited.max_answer_bytes) == (10, 100)
    assert inherited.follow_redirects
    own = prepared(source=source, timeout_s=2, max_answer_bytes=5, follow_redirects=False)
    assert (own.timeout_s, own.max_answer_bytes, own.follow_redirects) == (2, 5, False)
