"""From a method and its inputs to a request: every place, every encoding, every refusal."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from datasources.document import RestDatasource
from datasources.errors import CallFailed
from datasources.rest import PreparedCall, build, build_test
from kianda.lib.secret_names import MASK

BODY = [{"name": "a"}, {"name": "b", "value": "fixed"}, {"name": "c"}]


def prepared(
    inputs: dict[str, Any] | None = None, *, source: dict[str, Any] | None = None, **method: Any
) -> PreparedCall:
    """Build the call of a one-method datasource."""
    made = RestDatasource.model_validate(
        {
            "name": "crm",
            "title": "CRM",
            "base_url": "https://crm.example.org/v1",
            "methods": [{"name": "call", "url_path": "/things", **method}],
            **(source or {}),
        }
    )
    return build(made, made.methods[0], inputs or {})


def failure(*args: Any, **kwargs: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        prepared(*args, **kwargs)
    return caught.value


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
    assert json.loads(call.body or b"") == expected
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
    assert json.loads(call.body or b"") == expected
    assert call.shown["body"] == expected


def test_an_object_that_is_mapped_stays_as_it_is() -> None:
    call = prepared({"body.a": {"0": "x"}}, http_method="POST", request_body=[{"name": "a"}])
    assert json.loads(call.body or b"") == {"a": {"0": "x"}}


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
        text = (call.body or b"").decode()
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
    text = (call.body or b"").decode()
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


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("ada", "/v1/users/ada"),
        ("a/b", "/v1/users/a%2Fb"),
        ("a b?c#d", "/v1/users/a%20b%3Fc%23d"),
        ("50%", "/v1/users/50%25"),
        ("ü", "/v1/users/%C3%BC"),
        (Decimal("7"), "/v1/users/7"),
        ("{name}", "/v1/users/%7Bname%7D"),
    ],
)
def test_path_values_are_percent_encoded(value: Any, sent: str) -> None:
    call = prepared({"path.name": value}, url_path="/users/{name}")
    assert call.url == f"https://crm.example.org{sent}"


@pytest.mark.parametrize(
    "inputs", [{}, {"path.name": ""}, {"path.name": "  "}, {"path.name": None}]
)
def test_a_path_parameter_that_nobody_fills_fails_the_step(inputs: dict[str, Any]) -> None:
    failed = failure(inputs, url_path="/users/{name}")
    assert (failed.kind, failed.place) == ("value", "path.name")
    assert failed.message == "The path parameter name of Call has no value."


@pytest.mark.parametrize("value", ["..", "a/../..", "..\\x"])
def test_a_path_value_cannot_climb(value: str) -> None:
    assert failure({"path.name": value}, url_path="/users/{name}").kind == "value"


def test_a_mapped_path_replaces_the_one_of_the_method() -> None:
    call = prepared({"url_path": "/oauth/token"}, url_path="/users/{name}")
    assert call.url == "https://crm.example.org/v1/oauth/token"


@pytest.mark.parametrize(
    "path",
    ["", "x", "http://evil.example", "@evil.example/", "/a\\b", "/a\r\nHost: x", "/a/../b", "/..",
     "/%2e%2e/a", "/a/..%2fb", "/a?b", "/a#b", "/a%", "/a\0", None, 5],
)  # fmt: skip
def test_a_mapped_path_that_could_lead_elsewhere_is_refused(path: Any) -> None:
    failed = failure({"url_path": path})
    assert (failed.kind, failed.place) == ("value", "url_path")


@pytest.mark.parametrize("path", ["//evil.example/x", "/@evil.example", "/:80", "/a:b@c"])
def test_a_mapped_path_stays_with_the_origin_of_the_base_url(path: str) -> None:
    call = prepared({"url_path": path})
    assert call.url.startswith("https://crm.example.org/v1/")
    assert call.origin == ("https", "crm.example.org", 443)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
def test_line_breaks_in_a_header_are_refused(value: str) -> None:
    failed = failure({"header.X-Note": value}, request_headers=[{"name": "X-Note"}])
    assert (failed.kind, failed.place) == ("value", "header.X-Note")


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
    ("auth", "header", "value"),
    [
        ({"scheme": "basic", "username": "ada", "password": "pä:ss"}, "Authorization",
         "Basic YWRhOnDDpDpzcw=="),
        ({"scheme": "bearer", "token": "abc"}, "Authorization", "Bearer abc"),
        ({"scheme": "api_key", "key": "k1"}, "X-API-Key", "k1"),
        ({"scheme": "api_key", "name": "X-Mine", "key": "k1"}, "X-Mine", "k1"),
    ],
)  # fmt: skip
def test_credentials_go_into_their_header(auth: Any, header: str, value: str) -> None:
    call = prepared(source={"auth": auth})
    assert call.headers[header] == value
    assert call.shown["headers"][header] == MASK
    assert value in call.secrets


def test_an_api_key_may_go_into_the_query() -> None:
    auth = {"scheme": "api_key", "name": "apikey", "place": "query", "key": "k/1"}
    call = prepared(source={"auth": auth}, query=[{"name": "a", "value": "b"}])
    assert call.url.endswith("?a=b&apikey=k%2F1")
    assert call.shown["url"].endswith(f"?a=b&apikey={MASK}")
    assert "k/1" in call.secrets


def test_a_mapped_authorization_wins_over_the_stored_one() -> None:
    call = prepared(
        {"header.Authorization": "Bearer mapped"},
        source={"auth": {"scheme": "bearer", "token": "stored"}},
        request_headers=[{"name": "Authorization"}],
    )
    assert call.headers["Authorization"] == "Bearer mapped"
    assert {"Bearer mapped", "mapped"} <= set(call.secrets)


@pytest.mark.parametrize("scheme", ["basic", "bearer", "api_key"])
def test_a_scheme_without_its_secret_fails_the_step(scheme: str) -> None:
    failed = failure(source={"auth": {"scheme": scheme}})
    assert failed.kind == "configuration"
    assert failed.message.startswith("The datasource CRM has no ")


def test_what_the_trace_may_show_has_no_secret_in_it() -> None:
    call = prepared(
        {"body.client_secret": "s3", "query.token": "t0", "header.Cookie": "c=1", "body.id": "me"},
        http_method="POST",
        content_type="form",
        request_headers=[{"name": "Cookie"}],
        query=[{"name": "token"}],
        request_body=[{"name": "client_secret"}, {"name": "id"}],
    )
    assert call.shown["body"] == {"client_secret": MASK, "id": "me"}
    assert call.shown["headers"]["Cookie"] == MASK
    assert "t0" not in call.shown["url"]
    assert {"s3", "t0", "c=1"} <= set(call.secrets)


@pytest.mark.parametrize("name", ["code", "Assertion", "access_token"])
def test_a_credential_in_the_query_is_masked_by_its_place(name: str) -> None:
    call = prepared({f"query.{name}": "c0de"}, query=[{"name": name, "secret": False}])
    assert call.url.endswith(f"?{name}=c0de")
    assert "c0de" not in call.shown["url"]


def test_a_secret_in_the_path_is_masked_too() -> None:
    call = prepared({"path.token": "t/0"}, url_path="/hooks/{token}/go")
    assert call.url.endswith("/hooks/t%2F0/go")
    assert call.shown["url"].endswith(f"/hooks/{MASK}/go")
    assert "t/0" in call.secrets


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
