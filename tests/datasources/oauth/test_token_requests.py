"""The requests of each grant, as the papers and the real token endpoints want them."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from datasources.oauth.token_requests import (
    ClientCredentials,
    Code,
    Grant,
    JwtBearer,
    Password,
    RefreshToken,
    authorize_url,
    first_grant,
    revoke_request,
    token_request,
)
from datasources.rest.errors import CallFailed
from kianda.lib.secret_names import MASK
from tests.datasources.oauth.settings import NOW, TOKEN_URL, form_of, oauth2

VERIFIER = "v" * 43
CODE = Code("code-1", "https://kianda.example/connections/callback/", VERIFIER)
FROM_CODE: dict[str, Any] = {
    "grant": "authorization_code",
    "authorize_url": "https://auth.example.org/authorize",
}


@pytest.mark.parametrize(
    ("settings", "grant", "form"),
    [
        (
            {"scopes": ["read", "write"], "audience": "https://api.example.org"},
            ClientCredentials(),
            {
                "grant_type": "client_credentials",
                "scope": "read write",
                "audience": "https://api.example.org",
            },
        ),
        ({}, ClientCredentials(), {"grant_type": "client_credentials"}),
        (
            FROM_CODE | {"scopes": ["read"], "audience": "https://api.example.org"},
            CODE,
            {
                "grant_type": "authorization_code",
                "code": "code-1",
                "redirect_uri": "https://kianda.example/connections/callback/",
                "code_verifier": VERIFIER,
            },
        ),
        (
            FROM_CODE | {"pkce": False},
            CODE,
            {
                "grant_type": "authorization_code",
                "code": "code-1",
                "redirect_uri": "https://kianda.example/connections/callback/",
            },
        ),
        (
            FROM_CODE | {"scopes": ["read"]},
            RefreshToken("rt-1"),
            {"grant_type": "refresh_token", "refresh_token": "rt-1"},
        ),
        (
            {"grant": "refresh_token", "refresh_token": "seed", "scopes": ["a", "b"]},
            RefreshToken("seed"),
            {"grant_type": "refresh_token", "refresh_token": "seed", "scope": "a b"},
        ),
        (
            {
                "grant": "password", "username": "ada", "password": "pw-1",
                "scopes": ["a", "b"], "scope_separator": ",",
            },
            Password(),
            {"grant_type": "password", "username": "ada", "password": "pw-1", "scope": "a,b"},
        ),
    ],
)  # fmt: skip
def test_each_grant_asks_for_its_token(
    settings: dict[str, Any], grant: Grant, form: dict[str, str]
) -> None:
    call = token_request(oauth2(**settings), grant, now=NOW)
    assert (call.verb, call.url) == ("POST", TOKEN_URL)
    assert form_of(call) == form
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.headers["Accept"] == "application/json"
    assert call.follow_redirects is False


def test_the_client_is_form_encoded_before_it_goes_into_the_header() -> None:
    auth = oauth2(client_id="a:b c", client_secret="p%/+ä")
    sent = str(token_request(auth, ClientCredentials(), now=NOW).headers["Authorization"])
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"a%3Ab%20c:p%25%2F%2B%C3%A4"


@pytest.mark.parametrize(
    ("client_auth", "told"),
    [
        ("basic", {}),
        ("post", {"client_id": "kianda", "client_secret": "s3cr3t-of-kianda"}),
        ("none", {"client_id": "kianda"}),
    ],
)
def test_the_client_says_who_it_is_in_one_way_alone(client_auth: str, told: dict[str, str]) -> None:
    call = token_request(oauth2(client_auth=client_auth), ClientCredentials(), now=NOW)
    assert form_of(call) == {"grant_type": "client_credentials", **told}
    assert ("Authorization" in call.headers) is (client_auth == "basic")


def test_no_secret_of_a_token_request_is_shown() -> None:
    auth = oauth2(
        **FROM_CODE,
        client_auth="post",
        token_parameters=[{"name": "api_key", "value": "k-77"}, {"name": "tenant", "value": "t"}],
    )
    call = token_request(auth, CODE, now=NOW)
    shown = str(call.shown)
    assert not any(one in shown for one in ("s3cr3t-of-kianda", "code-1", VERIFIER, "k-77"))
    assert call.shown["body"]["client_secret"] == call.shown["body"]["api_key"] == MASK
    assert call.shown["body"]["tenant"] == "t"
    assert {"s3cr3t-of-kianda", "code-1", VERIFIER, "k-77"} <= set(call.secrets)
    assert "code-1" not in repr(CODE)
    assert "rt-9" not in repr(RefreshToken("rt-9"))


def test_parameters_of_the_settings_are_sent_too_and_replace_what_is_usual() -> None:
    given = [
        {"name": "grant_type", "value": "account_credentials"},
        {"name": "account_id", "value": "acc-1"},
        {"name": "scope", "value": "everything"},
    ]
    auth = oauth2(scopes=["read"], token_parameters=given)
    assert form_of(token_request(auth, ClientCredentials(), now=NOW)) == {
        "grant_type": "account_credentials",
        "account_id": "acc-1",
        "scope": "everything",
    }
    again = form_of(token_request(auth, RefreshToken("rt-1"), now=NOW))
    assert again == {"grant_type": "refresh_token", "refresh_token": "rt-1", "account_id": "acc-1"}


def test_the_query_of_a_token_address_stays_in_it() -> None:
    auth = oauth2(token_url="https://auth.example.org:8443/t%20x/token?p=policy+1&code=k")
    call = token_request(auth, ClientCredentials(), now=NOW)
    assert call.url == "https://auth.example.org:8443/t%20x/token?p=policy+1&code=k"


def test_the_browser_goes_to_the_authorization_address_with_a_challenge() -> None:
    auth = oauth2(
        **FROM_CODE | {"authorize_url": "https://auth.example.org/authorize?p=1"},
        scopes=["read", "offline_access"],
        audience="https://api.example.org",
        authorize_parameters=[{"name": "prompt", "value": "consent"}],
    )
    url = authorize_url(auth, redirect_uri=CODE.redirect_uri, state="st-1", code_verifier=VERIFIER)
    assert url.startswith("https://auth.example.org/authorize?p=1&response_type=code&")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "p": "1",
        "response_type": "code",
        "client_id": "kianda",
        "redirect_uri": "https://kianda.example/connections/callback/",
        "scope": "read offline_access",
        "state": "st-1",
        "audience": "https://api.example.org",
        "prompt": "consent",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    plain = authorize_url(
        oauth2(**FROM_CODE, pkce=False), redirect_uri="https://k.example/", state="s",
        code_verifier=VERIFIER,
    )  # fmt: skip
    assert "code_challenge" not in plain
    assert "scope" not in plain


def test_a_token_is_revoked_by_the_client_that_got_it() -> None:
    auth = oauth2(revoke_url="https://auth.example.org/revoke", client_auth="post")
    call = revoke_request(auth, "rt-1")
    assert call.url == "https://auth.example.org/revoke"
    assert form_of(call) == {
        "token": "rt-1",
        "client_id": "kianda",
        "client_secret": "s3cr3t-of-kianda",
    }
    assert "rt-1" not in str(call.shown)


@pytest.mark.parametrize(
    ("settings", "grant"),
    [
        ({}, ClientCredentials()),
        ({"grant": "refresh_token", "refresh_token": "seed"}, RefreshToken("seed")),
        ({"grant": "password"}, Password()),
        ({"grant": "jwt_bearer"}, JwtBearer()),
        (FROM_CODE, None),
    ],
)
def test_the_first_token_comes_from_the_settings_or_from_a_person(
    settings: dict[str, Any], grant: Grant | None
) -> None:
    assert first_grant(oauth2(**settings)) == grant


def test_an_endpoint_that_is_not_known_yet_is_not_asked() -> None:
    auth = oauth2(token_url="", issuer="https://auth.example.org")
    with pytest.raises(CallFailed, match="The URL of the endpoint is unknown"):
        token_request(auth, ClientCredentials(), now=NOW)
