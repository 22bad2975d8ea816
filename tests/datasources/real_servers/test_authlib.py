"""Every grant against the authorization server of Authlib: by the book, and with mistakes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datasources.auth.oauth2 import OAuth2Auth
from datasources.http.client import client
from datasources.oauth.token_requests import Code, RefreshToken
from tests.datasources.oauth.settings import oauth2, pem, rsa_key
from tests.datasources.real_servers.authlib_server import CLIENT, SECRET, Store, running_server
from tests.datasources.real_servers.talking import agreed, refused, revoke, token

KEY: dict[str, Any] = {"client_secret": "", "private_key": pem(rsa_key())}


@pytest.fixture
def server(loopback: None) -> Iterator[Store]:
    with running_server() as store:
        yield store
    client.close()


def settings(server: Store, **more: Any) -> OAuth2Auth:
    known = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "token_url": f"{server.address}/token",
        "authorize_url": f"{server.address}/authorize",
        "revoke_url": f"{server.address}/revoke",
    }
    return oauth2(**{**known, **more})


@pytest.mark.parametrize(
    "ways",
    [
        {"client_auth": "basic"},
        {"client_auth": "post"},
        {"client_auth": "private_key_jwt", **KEY},
        {"client_auth": "none"},
    ],
    ids=lambda ways: ways["client_auth"],
)
def test_a_client_gets_a_token_in_each_way_to_say_who_it_is(
    server: Store, ways: dict[str, Any]
) -> None:
    auth = settings(server, scopes=["read", "write"], **ways)
    before = datetime.now(UTC)
    first, second = token(auth), token(auth)
    assert first.access_token.startswith("at-")
    assert first.access_token != second.access_token
    assert first.scopes == ("read", "write")
    assert first.expires_at is not None
    assert timedelta(0) <= first.expires_at - before - timedelta(seconds=1800)
    assert first.refresh_token is None


def test_a_client_that_is_not_known_is_refused_for_good(server: Store) -> None:
    found = refused(settings(server, client_secret="another"))
    assert (found.code, found.permanent) == ("invalid_client", True)
    assert "another" not in found.reason


def test_a_person_agrees_and_the_pair_is_renewed_again_and_again(server: Store) -> None:
    auth = settings(server, grant="authorization_code", scopes=["read"])
    code = agreed(auth)
    found = token(auth, code)
    assert found.scopes == ("read",)
    seen = [found]
    for _ in range(3):
        assert seen[-1].refresh_token is not None
        seen.append(token(auth, RefreshToken(seen[-1].refresh_token)))
    assert len({one.access_token for one in seen}) == 4
    assert len({one.refresh_token for one in seen}) == 4
    # What was used once is spent, the code too.
    spent = [refused(auth, RefreshToken(seen[0].refresh_token or "")), refused(auth, code)]
    assert [(one.code, one.permanent) for one in spent] == [("invalid_grant", True)] * 2
    assert token(auth, RefreshToken(seen[-1].refresh_token or "")).access_token


def test_a_code_is_of_no_use_to_whoever_has_not_the_verifier(server: Store) -> None:
    auth = settings(server, grant="authorization_code", client_auth="none", client_secret="")
    code = agreed(auth, verifier="b" * 43)
    assert refused(auth, code).code == "invalid_grant"
    own = Code(code.code, code.redirect_uri, "")
    assert not refused(auth, own).reason.startswith("The provider answered 2")


def test_a_password_is_exchanged_for_a_token(server: Store) -> None:
    auth = settings(server, grant="password", username="emma", password="p/w +1")
    assert token(auth).refresh_token
    wrong = settings(server, grant="password", username="emma", password="p/w 1")
    assert refused(wrong).code == "invalid_request"
    assert "p/w 1" not in refused(wrong).reason


def test_a_signed_statement_is_exchanged_for_a_token(server: Store) -> None:
    signed = {"grant": "jwt_bearer", "client_auth": "none", **KEY}
    assert token(settings(server, **signed, subject="emma")).access_token
    assert refused(settings(server, **signed, subject="nobody")).code == "invalid_grant"
    elsewhere = settings(
        server, **signed, subject="emma", assertion_audience="https://other.example"
    )
    assert refused(elsewhere).code == "invalid_grant"


def test_a_refresh_token_that_was_typed_is_the_first_one(server: Store) -> None:
    person = settings(server, grant="password", username="emma", password="p/w +1")
    seed = token(person).refresh_token
    auth = settings(server, grant="refresh_token", refresh_token=seed)
    first = token(auth)
    assert first.refresh_token not in {None, seed}
    assert refused(auth).code == "invalid_grant"


@pytest.mark.parametrize("client_auth", ["basic", "post", "private_key_jwt"])
def test_a_token_that_is_revoked_is_of_no_use_any_more(server: Store, client_auth: str) -> None:
    ways = {"client_auth": client_auth, "private_key": KEY["private_key"]}
    auth = settings(server, grant="password", username="emma", password="p/w +1", **ways)
    held = token(auth).refresh_token or ""
    assert revoke(auth, held) == 200
    assert refused(auth, RefreshToken(held)).code == "invalid_grant"
