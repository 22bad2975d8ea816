"""What a datasource may look like: defaults, limits, a sentence for each thing that is wrong."""

from typing import Any

import pytest

from datasources.rest.document import MEGABYTE, RestDatasource
from datasources.selectors import as_rest
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid, TooLarge
from tests.datasources.conftest import raw_datasource
from tests.processes.definitions import TOKEN_SERVICE


def flaws(raw: Any, **more: Any) -> dict[str, str]:
    """Return what is wrong with a body, by pointer."""
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw, **more)
    return dict(caught.value.errors)


def method(**changes: Any) -> dict[str, Any]:
    """Return the body of a datasource with one method."""
    return raw_datasource(methods=[{"name": "call", **changes}])


def test_the_example_of_the_contract_loads_and_survives_a_round_trip() -> None:
    made = parse_datasource(TOKEN_SERVICE)
    assert RestDatasource.model_validate(made.plain()) == made
    assert parse_datasource(made.masked(), stored=made) == made
    shown = made.masked()
    assert {key: shown[key] for key in TOKEN_SERVICE if key != "methods"} == {
        key: value for key, value in TOKEN_SERVICE.items() if key != "methods"
    }


def test_what_is_left_out_takes_its_default() -> None:
    made = parse_datasource({"name": "crm-system", "base_url": "https://crm.example.org"}).masked()
    assert made == {
        "name": "crm-system",
        "title": "Crm system",
        "kind": "rest",
        "base_url": "https://crm.example.org",
        "auth": {"scheme": "none"},
        "timeout_s": 30,
        "test_path": None,
        "follow_redirects": False,
        "max_answer_bytes": 5 * MEGABYTE,
        "allowed_addresses": [],
        "client_certificate": None,
        "trusted_ca": None,
        "rate": None,
        "concurrency": None,
        "breaker": None,
        "methods": [],
    }


def test_numbers_are_given_back_as_they_were_written() -> None:
    raw = raw_datasource(timeout_s=2.0, max_answer_bytes=10.0)
    shown = parse_datasource(raw).masked()
    assert [repr(shown[key]) for key in ("timeout_s", "max_answer_bytes")] == ["2", "10"]
    assert parse_datasource(raw_datasource(timeout_s=0.5)).masked()["timeout_s"] == 0.5
    assert repr(parse_datasource(raw_datasource()).masked()["timeout_s"]) == "30"


def test_whether_a_parameter_is_secret_is_true_false_or_left_out() -> None:
    found = flaws(method(request_body=[{"name": "client_secret", "secret": None}]))
    assert list(found) == ["/methods/0/request_body/0/secret"]


def test_parameters_with_secret_names_are_secret_from_the_start() -> None:
    body = {"request_body": [{"name": "client_id"}, {"name": "client_secret"}, {"name": "API-Key"}]}
    headers = {"request_headers": [{"name": "Authorization"}, {"name": "Accept"}]}
    made = parse_datasource(method(**body, **headers)).methods[0]
    assert [item.secret for item in made.request_body] == [False, True, True]
    assert [item.secret for item in made.request_headers] == [True, False]
    opened = {"request_body": [{"name": "page_token", "secret": False, "value": "abc"}]}
    assert parse_datasource(method(**opened)).masked()["methods"][0]["request_body"] == [
        {"name": "page_token", "type": None, "value": "abc", "secret": False, "required": False}
    ]


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("auth.example.org", "with its scheme"),
        ("//auth.example.org", "with its scheme"),
        ("https:auth.example.org", "with its scheme"),
        ("ftp://auth.example.org", "scheme ftp is not supported"),
        ("file:///etc/passwd", "scheme file is not supported"),
        ("https://user:pass@auth.example.org", "Remove the credentials"),
        ("https://user@auth.example.org", "Remove the credentials"),
        ("https://@auth.example.org", "Remove the credentials"),
        ("https://auth.example.org/?a=1", "cannot contain ? or #"),
        ("https://auth.example.org/#top", "cannot contain ? or #"),
        ("https://auth.example.org?", "cannot contain ? or #"),
        ("https://", "The host or port is missing"),
        ("https://:443", "The host or port is missing"),
        ("https://auth.example.org:0", "The host or port is missing"),
        ("https://auth.example.org:99999", "not an address"),
        ("https://[::1", "not an address"),
        ("https://[fe80::1%25eth0]", "zone"),
        ("https://auth example.org", "Remove spaces"),
        ("https://auth.example.org\r\nHost: x", "Remove spaces"),
        ("https://auth.example.org\\x", "backslashes"),
        ("https://auth..example.org", "not a host name"),
        ("https://auth.example.org/../x", ".. as a part"),
        ("", "This is required."),
    ],
)
def test_a_base_url_that_is_wrong_says_why(base_url: str, words: str) -> None:
    assert words in flaws(raw_datasource(base_url=base_url))["/base_url"]


@pytest.mark.parametrize(
    ("base_url", "stem", "origin"),
    [
        ("https://a.example.org", "https://a.example.org", ("https", "a.example.org", 443)),
        ("https://a.example.org/", "https://a.example.org", ("https", "a.example.org", 443)),
        ("HTTPS://A.Example.org:443", "https://a.example.org", ("https", "a.example.org", 443)),
        ("http://a.example.org:8080/v1/", "http://a.example.org:8080/v1", None),
        ("https://bücher.example", "https://xn--bcher-kva.example", None),
        ("http://[::1]:9000/x", "http://[::1]:9000/x", ("http", "::1", 9000)),
        ("https://a.example.org/ä", "https://a.example.org/%C3%A4", None),
    ],
)
def test_base_urls_are_sent_in_one_spelling(base_url: str, stem: str, origin: Any) -> None:
    made = as_rest(parse_datasource(raw_datasource(base_url=base_url)))
    assert made.stem == stem
    assert origin is None or made.origin == origin
    assert made.masked()["base_url"] == base_url


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"name": "Token Service"}, "/name", "lower-case letters"),
        ({"name": "x" * 64}, "/name", "63"),
        ({"name": "kianda"}, "/name", "reserved"),
        ({"name": "import"}, "/name", "reserved"),
        ({"name": None}, "/name", "text"),
        ({"title": "x" * 201}, "/title", "200"),
        ({"kind": "soap"}, "/kind", "rest"),
        ({"timeout_s": 0}, "/timeout_s", "above 0"),
        ({"timeout_s": 301}, "/timeout_s", "at most 300"),
        ({"timeout_s": "30"}, "/timeout_s", "number"),
        ({"timeout_s": True}, "/timeout_s", "number"),
        ({"max_answer_bytes": 0}, "/max_answer_bytes", "1 or more"),
        ({"follow_redirects": "yes"}, "/follow_redirects", "true or false"),
        ({"test_path": "health"}, "/test_path", "Start the path with /"),
        ({"auth": {"scheme": "magic"}}, "/auth/scheme", "Unknown scheme 'magic'"),
        ({"auth": {}}, "/auth/scheme", "scheme"),
        ({"auth": None}, "/auth", "object"),
        ({"auth": {"scheme": "basic", "pass": "x"}}, "/auth/pass", "Unknown setting"),
        ({"auth": {"scheme": "bearer", "token": 5}}, "/auth/token", "text"),
        (
            {"auth": {"scheme": "bearer", "token": "a\nb"}},
            "/auth/token",
            "Remove line breaks and control characters",
        ),
        ({"auth": {"scheme": "api_key", "name": "a b"}}, "/auth/name", "pattern"),
        ({"methods": {}}, "/methods", "list"),
        ({"methods": ["x"]}, "/methods/0", "object"),
        ({"colour": "red"}, "/colour", "Unknown setting"),
        ({"meta": []}, "/meta", "object"),
    ],
)
def test_settings_that_are_wrong_are_named(
    changes: dict[str, Any], pointer: str, words: str
) -> None:
    assert words in flaws(raw_datasource(**changes))[pointer]


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"name": "a b"}, "/methods/0/name", "lower-case letters"),
        ({"http_method": "FETCH"}, "/methods/0/http_method", "'GET'"),
        ({"url_path": "x"}, "/methods/0/url_path", "Start the path with /"),
        ({"url_path": "/a?b=1"}, "/methods/0/url_path", "? or #"),
        ({"url_path": "/a#b"}, "/methods/0/url_path", "? or #"),
        ({"url_path": "/a/../b"}, "/methods/0/url_path", ".."),
        ({"url_path": "/a/%2e%2E/b"}, "/methods/0/url_path", ".."),
        ({"url_path": "/a\\b"}, "/methods/0/url_path", "Remove backslashes"),
        ({"url_path": "/a\nb"}, "/methods/0/url_path", "control"),
        ({"url_path": "/a%zz"}, "/methods/0/url_path", "%25"),
        ({"url_path": "/{a"}, "/methods/0/url_path", "braces"),
        ({"url_path": "/{a b}"}, "/methods/0/url_path", "braces"),
        ({"url_path": "/{a}/{a}"}, "/methods/0/url_path", "once"),
        ({"content_type": "yaml"}, "/methods/0/content_type", "'json'"),
        ({"media_type": "text"}, "/methods/0/media_type", "pattern"),
        ({"query": [{}]}, "/methods/0/query/0/name", "required"),
        ({"query": [{"name": ""}]}, "/methods/0/query/0/name", "This is required."),
        ({"query": [{"name": "a", "value": 5}]}, "/methods/0/query/0/value", "text"),
        (
            {"query": [{"name": "a"}, {"name": "a"}]},
            "/methods/0/query/1/name",
            "already in this list",
        ),
        (
            {"request_headers": [{"name": "accept"}, {"name": "Accept"}]},
            "/methods/0/request_headers/1/name",
            "already in this list",
        ),
        (
            {"request_headers": [{"name": "a b"}]},
            "/methods/0/request_headers/0/name",
            "not a header",
        ),
        (
            {"request_headers": [{"name": "Host"}]},
            "/methods/0/request_headers/0/name",
            "set automatically",
        ),
        (
            {"request_headers": [{"name": "X", "value": "a\r\nB: c"}]},
            "/methods/0/request_headers/0/value",
            "line breaks",
        ),
        (
            {"request_body": [{"name": "a"}, {"name": "a.b"}]},
            "/methods/0/request_body/0/name",
            "a cannot have both a value and parts",
        ),
        ({"request_body": [{"name": "a..b"}]}, "/methods/0/request_body/0/name", "empty"),
        (
            {"content_type": "raw", "request_body": [{"name": "x"}]},
            "/methods/0/request_body/0/name",
            "named body",
        ),
    ],
)
def test_methods_that_are_wrong_are_named(
    changes: dict[str, Any], pointer: str, words: str
) -> None:
    assert words in flaws(method(**changes))[pointer]


def test_all_errors_of_one_body_are_reported_together() -> None:
    found = flaws(
        {
            "base_url": "ftp://x.example.org",
            "timeout_s": -1,
            "auth": {"scheme": "basic", "password": "********"},
            "methods": [
                {"name": "a", "url_path": "nowhere"},
                {"name": "a", "request_headers": [{"name": "a b"}]},
            ],
            "extra": 1,
        }
    )
    assert set(found) == {
        "/name",
        "/base_url",
        "/timeout_s",
        "/auth/password",
        "/methods/0/url_path",
        "/methods/1/name",
        "/methods/1/request_headers/0/name",
        "/extra",
    }


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(raw: object) -> None:
    assert flaws(raw) == {"": "Send an object."}


def test_a_definition_of_more_than_a_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge, match="1 MB"):
        parse_datasource(raw_datasource(title="x" * (MEGABYTE + 1)))


def test_a_method_knows_its_targets_and_its_outputs() -> None:
    orders = parse_datasource(TOKEN_SERVICE).method("get-orders")
    assert orders is not None
    assert orders.input_targets() == [
        "url_path",
        "path.customer",
        "query.status",
        "header.Authorization",
    ]
    assert orders.canonical_target("header.authorization") == "header.Authorization"
    assert orders.canonical_target("query.Status") is None
    assert orders.is_secret_target("header.AUTHORIZATION")
    assert not orders.is_secret_target("query.status")
    assert orders.output_paths()["response.body.first"] == "response.body.items.0.id"


def test_a_raw_method_always_has_a_body_target() -> None:
    made = parse_datasource(method(content_type="raw", http_method="POST"))
    assert made.methods[0].input_targets() == ["url_path", "body"]
