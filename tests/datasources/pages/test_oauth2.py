"""The settings of a connection on the page of a data source: typed, shown, kept, refused."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from datasources.auth.oauth2 import OAuth2Auth
from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document
from tests.datasources.conftest import raw_datasource
from tests.datasources.oauth.settings import pem, rsa_key
from tests.datasources.pages.forms import NEW, ONE, SETTINGS, base, is_ticked, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db

AUTH = {
    "/auth/scheme": "oauth2",
    "/auth/grant": "client_credentials",
    "/auth/token_url": "https://auth.example.org/token",
    "/auth/client_id": " kianda ",
    "/auth/client_secret": "cs-1234",
    "/auth/client_auth": "post",
    "/auth/scopes": " read \r\n\r\nwrite",
    "/auth/scope_separator": " ",
    "/auth/token_parameters/0/name": "api_key",
    "/auth/token_parameters/0/value": "k-1",
    "/auth/token_parameters/1/name": "resource",
    "/auth/token_parameters/1/value": "r-1",
    "/auth/token_parameters/1/secret": "1",
    "/auth/token_parameters/5/name": "tenant",
    "/auth/token_parameters/5/value": "t-1",
    "/auth/token_parameters/6/name": "",
    "/auth/token_parameters/6/value": "",
    "/auth/answer/access_token": "data.token",
    "/auth/claims": '{"a": [1]}',
    "/auth/lifetime_s": "1800",
    "/auth/pkce": "on",
}
PARAMETERS = [("api_key", "k-1", True), ("resource", "r-1", True), ("tenant", "t-1", False)]


@pytest.fixture
def connection(dan: Any) -> Datasource:
    """A data source with a connection whose settings are not the usual ones."""
    auth = {
        "scheme": "oauth2",
        "token_url": "https://auth.example.org/token",
        "client_id": "kianda",
        "client_secret": "cs-1234",
        "scope_separator": ",",
        "private_key": pem(rsa_key()),
        "pkce": False,
        "claims": {"deep": {"er": [1]}},
        "answer": {"scope": "data.scope"},
        "token_parameters": [
            {"name": name, "value": value, "secret": secret} for name, value, secret in PARAMETERS
        ],
    }
    return create_datasource(raw=raw_datasource(auth=auth), user=dan)


def stored() -> OAuth2Auth:
    found: Any = get_document("token-service")
    assert isinstance(found.auth, OAuth2Auth)
    return found.auth


INPUT = re.compile(r"<input[^>]*>")
TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
TEXTAREA = re.compile(r'<textarea[^>]*name="(/auth/[^"]*)"[^>]*>(.*?)<', re.DOTALL)
SELECT = re.compile(r'<select[^>]*name="(/auth/[^"]*)"[^>]*>(.*?)</select', re.DOTALL)


def as_shown(page: Any) -> dict[str, Any]:
    """Return what a browser would send of the settings of a scheme, as they are shown."""
    text = TEMPLATE.sub("", page.content.decode())
    start = text.index('id="auth-fields"')
    text = text[start : text.index("</form>", start)]
    sent: dict[str, Any] = {"/auth!shown": re.findall(r'name="/auth!shown" value="(\w+)"', text)}
    for tag in INPUT.findall(text):
        name = re.search(r'name="(/auth/[^"]*)"', tag)
        is_sent = "checkbox" not in tag or " checked" in tag
        if name and is_sent and not name[1].endswith("!remove"):
            sent[name[1]] = value_of(page, name[1])
    for setting, inner in TEXTAREA.findall(text):
        sent[setting] = html.unescape(inner).strip("\n")
    for setting, inner in SELECT.findall(text):
        sent[setting] = re.search(r'value="([^"]*)" selected', inner)[1]
    return sent


def test_a_connection_is_typed_and_stored(manager: Client) -> None:
    assert manager.post(NEW, SETTINGS | AUTH).status_code == 303
    made = stored()
    assert (made.client_id, made.client_secret, made.client_auth) == ("kianda", "cs-1234", "post")
    assert (made.scopes, made.scope_separator, made.scope) == (["read", "write"], " ", "read write")
    assert [(one.name, one.value, one.secret) for one in made.token_parameters] == PARAMETERS
    assert (made.answer.access_token, made.claims) == ("data.token", {"a": [1]})
    assert (made.lifetime_s, made.pkce) == (1800, True)


def test_saving_a_page_as_it_is_changes_nothing(manager: Client, connection: Datasource) -> None:
    before = stored()
    page = manager.get(ONE)
    sent = as_shown(page)
    assert sent["/auth/token_parameters/0/value"] == ""
    assert "/auth/pkce" not in sent
    body = SETTINGS | {"/auth/scheme": "oauth2"} | sent | base(page)
    assert manager.post(ONE, body).status_code == 303
    assert stored().model_dump() == before.model_dump()


def test_no_secret_comes_back_to_the_page(manager: Client, connection: Datasource) -> None:
    page = manager.get(ONE)
    text = page.content.decode()
    assert not any(one in text for one in ("cs-1234", "k-1", "r-1", "BEGIN"))
    assert value_of(page, "/auth/token_parameters/2/value") == "t-1"
    assert "Client secret · set" in text_of(page)
    assert "Private key · set" in text_of(page)
    # Nor after a mistake elsewhere, when they were typed and are lost.
    again = manager.post(NEW, SETTINGS | AUTH | {"/title": "", "/auth/private_key": "abc"})
    text = again.content.decode()
    assert wrong(again) == ["f-title", "f-auth-private_key"]
    assert not any(one in text for one in ("cs-1234", "k-1", "r-1", ">abc"))
    assert text_of(again).count("Not saved yet. Enter the secret again") >= 2
    assert value_of(again, "/auth/token_parameters/2/value") == "t-1"


def test_a_secret_parameter_is_replaced_removed_and_never_opened(
    manager: Client, connection: Datasource
) -> None:
    page = manager.get(ONE)
    body = SETTINGS | {"/auth/scheme": "oauth2"} | as_shown(page) | base(page)
    del body["/auth/token_parameters/1/secret"]
    opened = manager.post(ONE, body)
    assert opened.status_code == 422
    assert "was secret until now" in text_of(opened)
    body |= {
        "/auth/token_parameters/0/value": "k-2",
        "/auth/token_parameters/1/name": "",
        "/auth/private_key!remove": "1",
    }
    assert manager.post(ONE, body).status_code == 303
    assert [(one.name, one.value) for one in stored().token_parameters] == [
        ("api_key", "k-2"),
        ("tenant", "t-1"),
    ]
    assert (stored().private_key, stored().client_secret) == ("", "cs-1234")


def test_secrets_are_asked_for_again_when_the_token_address_moves(
    manager: Client, connection: Datasource
) -> None:
    page = manager.get(ONE)
    body = SETTINGS | {"/auth/scheme": "oauth2"} | as_shown(page) | base(page)
    moved = manager.post(ONE, body | {"/auth/token_url": "https://evil.example/token"})
    assert moved.status_code == 422
    assert "f-auth-client_secret" in wrong(moved)
    assert "Enter this secret again" in text_of(moved)
    assert stored().token_url == "https://auth.example.org/token"


def hidden(page: Any) -> set[str]:
    """Return the settings that do not matter with what is chosen."""
    text = page.content.decode()
    found = set()
    for part in re.findall(
        r'data-shown-for="[^"]*"\s+hidden>(.*?)name="/auth/([^"/]+)', text, re.S
    ):
        found |= set(re.findall(r'value="(\w+)"', part[0])[:1]) or {part[1]}
    return found


@pytest.mark.parametrize(
    ("grant", "client_auth", "shown"),
    [
        ("client_credentials", "basic", {"client_secret"}),
        ("client_credentials", "none", set()),
        ("client_credentials", "private_key_jwt", {"private_key", "algorithm", "key_id",
                                                   "assertion_audience"}),
        ("authorization_code", "post", {"client_secret", "authorize_url", "pkce",
                                        "authorize_parameters"}),
        ("jwt_bearer", "none", {"private_key", "algorithm", "key_id", "assertion_audience",
                                "subject", "claims"}),
        ("password", "none", {"username", "password"}),
        ("refresh_token", "none", {"refresh_token"}),
    ],
)  # fmt: skip
def test_only_what_matters_is_shown(
    manager: Client, grant: str, client_auth: str, shown: set[str]
) -> None:
    chosen = {"/auth/grant": grant, "/auth/client_auth": client_auth, "act": "scheme"}
    page = manager.post(NEW, SETTINGS | {"/auth/scheme": "oauth2"} | chosen)
    depending = {
        "client_secret", "private_key", "algorithm", "key_id", "assertion_audience", "username",
        "password", "subject", "claims", "refresh_token", "authorize_url", "pkce",
        "authorize_parameters",
    }  # fmt: skip
    assert hidden(page) == depending - shown


def test_a_setting_with_an_error_is_shown_whatever_is_chosen(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | AUTH | {"/auth/private_key": "abc"})
    assert wrong(page) == ["f-auth-private_key"]
    assert "private_key" not in hidden(page)


def test_what_is_rarely_needed_opens_when_it_is_wrong(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | AUTH)
    assert page.status_code == 303
    bad = {"/auth/claims": "[1]", "/auth/lifetime_s": "soon", "/title": "Other", "/name": "other"}
    page = manager.post(NEW, SETTINGS | AUTH | bad)
    assert wrong(page) == ["f-auth-claims", "f-auth-lifetime_s"]
    assert re.search(r'k-auth-more"\s+open', page.content.decode())


def test_a_wrong_parameter_is_marked_in_its_row(manager: Client) -> None:
    bad = {"/auth/token_parameters/0/name": "", "/auth/token_parameters/5/value": "a\x01b"}
    page = manager.post(NEW, SETTINGS | AUTH | bad)
    assert page.status_code == 422
    marked = re.findall(
        r'id="(f-auth-token_parameters-\d-name)"[^>]*aria-invalid', page.content.decode()
    )
    assert marked == ["f-auth-token_parameters-0-name", "f-auth-token_parameters-2-name"]


def test_a_switch_that_is_unticked_stays_so(manager: Client, connection: Datasource) -> None:
    assert not is_ticked(manager.get(ONE), "/auth/pkce")


def test_secret_headers_are_typed_shown_as_saved_and_kept(manager: Client) -> None:
    headers = {
        "/auth/scheme": "headers",
        "/auth/headers/0/name": "X-Key",
        "/auth/headers/0/value": "k-1234",
        "/auth/headers/1/name": "X-Account",
        "/auth/headers/1/value": "acc-9",
    }
    bad = manager.post(NEW, SETTINGS | headers | {"/auth/headers/1/name": "Host"})
    assert wrong(bad) == ["f-auth-headers-1-name", "f-auth-headers-1-value"]
    assert manager.post(NEW, SETTINGS | headers).status_code == 303
    page = manager.get(ONE)
    text = page.content.decode()
    assert not any(one in text for one in ("k-1234", "acc-9"))
    assert "/auth/headers/0/secret" not in text
    body = SETTINGS | {"/auth/scheme": "headers"} | as_shown(page) | base(page)
    assert manager.post(ONE, body | {"/auth/headers/1/value": "acc-10"}).status_code == 303
    found: Any = get_document("token-service")
    assert [(one.name, one.value) for one in found.auth.headers] == [
        ("X-Key", "k-1234"),
        ("X-Account", "acc-10"),
    ]


AUTH_IS = {"/auth/scheme": "oauth2"}
EXPIRED = {
    "/auth/expired_when/match": "any",
    "/auth/expired_when/items/0/left": "[response.body.error]",
    "/auth/expired_when/items/0/operator": "eq",
    "/auth/expired_when/items/0/right": "expired",
    "/auth/expired_when/items/1/left": "[response.status]",
    "/auth/expired_when/items/1/operator": "eq",
    "/auth/expired_when/items/1/right": "403",
    "/auth/expired_when/items/4/left": " ",
    "/auth/expired_when/items/4/operator": "eq",
    "/auth/expired_when/items/4/right": "",
}


def test_when_a_token_has_ended_is_entered_by_rows(manager: Client) -> None:
    assert manager.post(NEW, SETTINGS | AUTH | EXPIRED).status_code == 303
    items = [
        {"left": "[response.body.error]", "operator": "eq", "right": "expired"},
        {"left": "[response.status]", "operator": "eq", "right": "403"},
    ]
    assert stored().expired_when == {"match": "any", "items": items}
    page = manager.get(ONE)
    sent = as_shown(page)
    assert sent["/auth/expired_when/match"] == "any"
    assert sent["/auth/expired_when/items/1/right"] == "403"
    assert sent["/auth/expired_when/items/3/left"] == "", "two rows to spare"
    manager.post(ONE, SETTINGS | AUTH_IS | sent | base(page))
    assert stored().expired_when == {"match": "any", "items": items}
    emptied = {name: "" for name in sent if name.startswith("/auth/expired_when/items/")}
    manager.post(ONE, SETTINGS | AUTH_IS | sent | emptied | base(manager.get(ONE)))
    assert stored().expired_when is None


def test_a_condition_that_cannot_be_read_is_told_beside_its_row(manager: Client) -> None:
    odd = {"/auth/expired_when/items/0/left": "[status]"}
    page = manager.post(NEW, SETTINGS | AUTH | EXPIRED | odd)
    assert page.status_code == 422
    assert 'id="f-auth-expired_when-items-0-error"' in page.content.decode()
    assert as_shown(page)["/auth/expired_when/items/0/left"] == "[status]"


def test_groups_of_conditions_stay_as_they_are_until_they_are_removed(
    manager: Client, dan: Any
) -> None:
    one = {"left": "[response.body.error]", "operator": "not_blank"}
    groups = {"match": "any", "items": [{"match": "all", "items": [one, one]}]}
    auth = {
        "scheme": "oauth2", "token_url": "https://auth.example.org/token", "client_id": "k",
        "client_secret": "s", "expired_when": groups,
    }  # fmt: skip
    create_datasource(raw=raw_datasource(auth=auth), user=dan)
    page = manager.get(ONE)
    assert "Only the API can change groups of conditions" in text_of(page)
    sent = as_shown(page)
    manager.post(ONE, SETTINGS | AUTH_IS | sent | base(page))
    assert stored().expired_when == groups
    forget = {"/auth/expired_when/forget": "1"}
    manager.post(ONE, SETTINGS | AUTH_IS | sent | forget | base(manager.get(ONE)))
    assert stored().expired_when is None
