"""No value leads a request elsewhere: not in the path, not in a header."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.datasources.rest.building import failure, prepared


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


@pytest.mark.parametrize(
    "value",
    [
        "..",
        "a/../..",
        "..\\x",
        "..;",
        "..;x=1",
        "a/..;/b",
        "..;;",
        "..\t;",
        ".. ",
        "%2e%2e",
        "%252e%252e%253bx",
        "x%2f..%2fy",
    ],
)
def test_a_path_value_cannot_climb(value: str) -> None:
    assert failure({"path.name": value}, url_path="/users/{name}").kind == "value"


def test_a_mapped_path_replaces_the_one_of_the_method() -> None:
    call = prepared({"url_path": "/oauth/token"}, url_path="/users/{name}")
    assert call.url == "https://crm.example.org/v1/oauth/token"


@pytest.mark.parametrize(
    "path",
    ["", "x", "http://evil.example", "@evil.example/", "/a\\b", "/a\r\nHost: x", "/a/../b", "/..",
     "/%2e%2e/a", "/a/..%2fb", "/a/..;/b", "/..;x=1/b", "/a/..;", "/%2e%2e;/b", "/.%2E;a/b",
     "/..%3b/b", "/%2e%2E%3Bx/b", "/%252e%252e/b", "/a/%25252e.%253b/b", "/a%252f..%252fb",
     "/..%253b/b", "/%2525252e%2525252e/b", "/a%255c..%255cb", "/a%2f..;%2fb",
     "/..;/..;/", "/a?b", "/a#b", "/a%", "/a\0", None, 5],
)  # fmt: skip
def test_a_mapped_path_that_could_lead_elsewhere_is_refused(path: Any) -> None:
    failed = failure({"url_path": path})
    assert (failed.kind, failed.place) == ("value", "url_path")


@pytest.mark.parametrize("path", ["//evil.example/x", "/@evil.example", "/:80", "/a:b@c"])
def test_a_mapped_path_stays_with_the_origin_of_the_base_url(path: str) -> None:
    call = prepared({"url_path": path})
    assert call.url.startswith("https://crm.example.org/v1/")
    assert call.origin == ("https", "crm.example.org", 443)


@pytest.mark.parametrize(
    "path", ["/a;v=1/b", "/...;/b", "/a..;/b", "/.;/b", "/;../b", "/a;..b", "/50%2525", "/%252e"]
)
def test_other_parameters_of_a_path_part_are_taken(path: str) -> None:
    assert prepared({"url_path": path}).url == f"https://crm.example.org/v1{path}"


@pytest.mark.parametrize("part", ["..", "..;", "%2e%2e;x", "..%3B", "%252e.", "..%253b"])
def test_no_address_of_a_datasource_climbs(part: str) -> None:
    for source in (
        {"base_url": f"https://crm.example.org/{part}/v1"},
        {"test_path": f"/a/{part}/b"},
        {"methods": [{"name": "call", "url_path": f"/a/{part}/b"}]},
    ):
        with pytest.raises(ValidationError, match=r"cannot contain \.\. as a part"):
            prepared(source=source)


def test_two_path_values_cannot_climb_together() -> None:
    failed = failure({"path.a": ".", "path.b": ".;"}, url_path="/users/{a}{b}/x")
    assert failed.kind == "value"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
def test_line_breaks_in_a_header_are_refused(value: str) -> None:
    failed = failure({"header.X-Note": value}, request_headers=[{"name": "X-Note"}])
    assert (failed.kind, failed.place) == ("value", "header.X-Note")
