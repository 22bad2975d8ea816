"""A connection and django-oauth-toolkit, a server as many have it: pairs that rotate, and end."""

from collections.abc import Iterator
from typing import Any

import pytest

from datasources.auth.oauth2 import OAuth2Auth
from datasources.http.client import client
from datasources.oauth.token_requests import Code, RefreshToken
from tests.datasources.oauth.settings import oauth2
from tests.datasources.real_servers.talking import agreed, refused, revoke, token
from tests.datasources.real_servers.toolkit_server import CLIENT, SECRET

pytestmark = pytest.mark.integration
WAYS: dict[str, dict[str, Any]] = {
    "basic": {"client_auth": "basic"},
    "form": {"client_auth": "post"},
    "public": {"client_auth": "none", "client_secret": ""},
}


@pytest.fixture
def settings_of(address: str, loopback: None) -> Iterator[Any]:
    def make(name: str, **more: Any) -> OAuth2Auth:
        known = {
            "client_id": f"{CLIENT} {name}",
            "client_secret": SECRET,
            "token_url": f"{address}/token/",
            "authorize_url": f"{address}/authorize/",
            "revoke_url": f"{address}/revoke_token/",
        }
        return oauth2(**{**known, **WAYS.get(name, {}), **more})

    yield make
    client.close()


@pytest.mark.parametrize("name", WAYS)
def test_a_person_agrees_and_the_pair_rotates(settings_of: Any, name: str) -> None:
    auth = settings_of(name, grant="authorization_code", scopes=["read", "write"])
    first = token(auth, agreed(auth))
    assert first.scopes is not None
    assert set(first.scopes) == {"read", "write"}
    assert first.expires_at is not None
    second = token(auth, RefreshToken(first.refresh_token or ""))
    third = token(auth, RefreshToken(second.refresh_token or ""))
    assert len({one.refresh_token for one in (first, second, third)}) == 3
    assert len({one.access_token for one in (first, second, third)}) == 3
    spent = refused(auth, RefreshToken(first.refresh_token or ""))
    assert (spent.code, spent.permanent) == ("invalid_grant", True)


def test_a_code_is_bound_to_its_verifier_and_good_once(settings_of: Any) -> None:
    auth = settings_of("basic", grant="authorization_code")
    assert refused(auth, agreed(auth, verifier="b" * 43)).code == "invalid_grant"
    code = agreed(auth)
    assert token(auth, code).access_token
    assert refused(auth, code).code == "invalid_grant"
    nowhere = Code(agreed(auth).code, "http://127.0.0.1:9/elsewhere/", code.code_verifier)
    assert refused(auth, nowhere).code in {"invalid_grant", "invalid_request"}


@pytest.mark.parametrize("client_auth", ["basic", "post"])
def test_a_client_gets_a_token_of_its_own(settings_of: Any, client_auth: str) -> None:
    auth = settings_of("alone", client_auth=client_auth, scopes=["read"])
    found = token(auth)
    assert (found.scopes, found.refresh_token) == (("read",), None)
    wrong = refused(settings_of("alone", client_auth=client_auth, client_secret="no"))
    assert (wrong.code, wrong.permanent) == ("invalid_client", True)
    narrow = refused(settings_of("alone", client_auth=client_auth, scopes=["everything"]))
    assert (narrow.code, narrow.permanent) == ("invalid_scope", True)


def test_a_password_is_exchanged_and_a_wrong_one_is_not_told(settings_of: Any) -> None:
    person = {"grant": "password", "username": "emma", "scopes": ["read"]}
    auth = settings_of("password", **person, password="p/w +1")
    held = token(auth).refresh_token
    seeded = settings_of("password", grant="refresh_token", refresh_token=held)
    assert token(seeded).refresh_token not in {None, held}
    found = refused(settings_of("password", **person, password="p/w  1"))
    assert found.code == "invalid_grant"
    assert "p/w  1" not in found.reason


@pytest.mark.parametrize("name", WAYS)
def test_a_connection_that_is_revoked_is_over(settings_of: Any, name: str) -> None:
    auth = settings_of(name, grant="authorization_code", scopes=["read"])
    held = token(auth, agreed(auth)).refresh_token or ""
    assert revoke(auth, held) == 200
    assert refused(auth, RefreshToken(held)).code == "invalid_grant"
