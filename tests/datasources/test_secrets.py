"""Secrets of a datasource: shown as asterisks, kept when left out, never moved to another place."""

from typing import Any

import pytest

from datasources.rest.document import DatasourceDocument, RestDatasource
from datasources.selectors import as_rest
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from kianda.lib.secret_names import MASK
from tests.datasources.conftest import raw_datasource
from tests.datasources.test_document import flaws


def body(*, auth: Any = None, value: Any = "left out", **changes: Any) -> dict[str, Any]:
    """Return a datasource whose one method has the secret header X-Api-Key."""
    header = {"name": "X-Api-Key"} | ({} if value == "left out" else {"value": value})
    methods = [{"name": "call", "request_headers": [header]}]
    auth = {"scheme": "basic", "username": "ada"} if auth is None else auth
    return raw_datasource(auth=auth, methods=methods, **changes)


@pytest.fixture
def stored() -> RestDatasource:
    """A datasource with two secrets."""
    auth = {"scheme": "basic", "username": "ada", "password": "open sesame"}
    return as_rest(parse_datasource(body(auth=auth, value="key-1234")))


def secrets_of(parsed: DatasourceDocument) -> tuple[str, str | None]:
    made = as_rest(parsed)
    return made.auth.credentials()["password"], made.methods[0].request_headers[0].value


def test_secrets_are_shown_as_asterisks_when_set(stored: RestDatasource) -> None:
    shown = stored.masked()
    assert shown["auth"]["password"] == MASK
    assert shown["auth"]["username"] == "ada"
    assert shown["methods"][0]["request_headers"] == [
        {"name": "X-Api-Key", "type": None, "value": MASK, "secret": True, "required": False}
    ]
    assert "open sesame" not in repr(stored.auth)
    assert secrets_of(stored) == ("open sesame", "key-1234")


def test_secrets_that_are_not_set_are_shown_empty() -> None:
    shown = parse_datasource(body()).masked()
    assert shown["auth"]["password"] == ""
    assert shown["methods"][0]["request_headers"][0]["value"] == ""


@pytest.mark.parametrize(
    ("auth", "value", "expected"),
    [
        ({"scheme": "basic", "username": "ada"}, "left out", ("open sesame", "key-1234")),
        ({"scheme": "basic", "password": MASK}, MASK, ("open sesame", "key-1234")),
        ({"scheme": "basic", "password": ""}, "", ("", None)),
        ({"scheme": "basic", "password": None}, None, ("", None)),
        ({"scheme": "basic", "password": "new"}, "other", ("new", "other")),
    ],
)
def test_a_secret_that_is_left_out_or_masked_stays_and_an_empty_one_goes(
    stored: RestDatasource, auth: Any, value: Any, expected: Any
) -> None:
    assert secrets_of(parse_datasource(body(auth=auth, value=value), stored=stored)) == expected


def test_asterisks_where_nothing_is_stored_are_refused() -> None:
    found = flaws(body(auth={"scheme": "bearer", "token": MASK}, value=MASK))
    assert set(found) == {"/auth/token", "/methods/0/request_headers/0/value"}
    assert all("No value is stored yet" in words for words in found.values())


def test_another_scheme_does_not_inherit_the_secret(stored: RestDatasource) -> None:
    raw = body(auth={"scheme": "bearer", "token": MASK})
    assert set(flaws(raw, stored=stored)) == {"/auth/token"}


@pytest.mark.parametrize(
    "base_url",
    [
        "http://auth.example.org",
        "https://evil.example.org",
        "https://auth.example.org:8443",
        "https://auth.example.org.evil.example",
    ],
)
@pytest.mark.parametrize("sent", ["left out", MASK])
def test_a_new_address_wants_every_secret_again(
    stored: RestDatasource, base_url: str, sent: str
) -> None:
    auth = {"scheme": "basic", "username": "ada"} | ({} if sent != MASK else {"password": MASK})
    found = flaws(body(auth=auth, value=sent, base_url=base_url), stored=stored)
    assert set(found) == {"/auth/password", "/methods/0/request_headers/0/value"}
    assert all("must be sent again" in words for words in found.values())


def test_a_new_address_with_all_secrets_sent_is_taken(stored: RestDatasource) -> None:
    auth = {"scheme": "basic", "username": "ada", "password": "new"}
    raw = body(auth=auth, value="", base_url="https://other.example.org")
    assert secrets_of(parse_datasource(raw, stored=stored)) == ("new", None)


@pytest.mark.parametrize(
    "base_url",
    ["https://auth.example.org/v2", "https://AUTH.example.org:443/", "https://auth.example.org"],
)
def test_another_path_at_the_same_address_keeps_the_secrets(
    stored: RestDatasource, base_url: str
) -> None:
    made = parse_datasource(body(base_url=base_url), stored=stored)
    assert secrets_of(made) == ("open sesame", "key-1234")


def test_a_secret_cannot_be_opened_without_its_value(stored: RestDatasource) -> None:
    raw = body(value=MASK)
    raw["methods"][0]["request_headers"][0]["secret"] = False
    assert "was secret until now" in flaws(raw, stored=stored)["/methods/0/request_headers/0/value"]
    raw["methods"][0]["request_headers"][0]["value"] = "key-1234"
    shown = parse_datasource(raw, stored=stored).masked()
    assert shown["methods"][0]["request_headers"][0]["value"] == "key-1234"


def test_a_secret_does_not_follow_into_another_parameter(stored: RestDatasource) -> None:
    raw = body(value=MASK)
    raw["methods"][0]["request_headers"][0]["name"] = "X-Other-Key"
    with pytest.raises(Invalid, match="errors"):
        parse_datasource(raw, stored=stored)


def test_headers_keep_their_secret_in_another_spelling(stored: RestDatasource) -> None:
    raw = body(value=MASK)
    raw["methods"][0]["request_headers"][0]["name"] = "x-api-key"
    assert secrets_of(parse_datasource(raw, stored=stored))[1] == "key-1234"
