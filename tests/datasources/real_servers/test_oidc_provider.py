"""A connection and a real OpenID Connect provider: found by its issuer, renewed, revoked."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from datasources.auth.oauth2 import OAuth2Auth
from datasources.http.client import client
from datasources.oauth.discovery import discovered, discovery_requests
from datasources.oauth.token_answers import TokenRefused
from datasources.oauth.token_requests import RefreshToken
from tests.datasources.oauth.settings import ec_key, oauth2, pem, rsa_key
from tests.datasources.real_servers.talking import (
    BACK,
    agreed,
    answer_of,
    found_by_issuer,
    refused,
    revoke,
    token,
)
from tests.oidc.process import RunningProvider, running_provider

pytestmark = [pytest.mark.integration, pytest.mark.needs("oidc-provider")]
SECRET = "s/3 cr%t+:&-0123456789"
GRANTS = ["authorization_code", "refresh_token", "client_credentials"]


def metadata(client_id: str, method: str, **more: Any) -> dict[str, Any]:
    """Return a client as the provider is told of it."""
    return {
        "client_id": client_id,
        "token_endpoint_auth_method": method,
        "grant_types": GRANTS,
        "redirect_uris": [BACK],
        "scope": "openid offline_access read",
        **more,
    }


def public(key: RSAKey | ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False, kid="key-1")]}


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    clients = [
        metadata("by basic", "client_secret_basic", client_secret=SECRET),
        metadata("by form", "client_secret_post", client_secret=SECRET),
        metadata("by-rsa", "private_key_jwt", jwks=public(RSAKey.import_key(pem(rsa_key())))),
        metadata("by-curve", "private_key_jwt", jwks=public(ECKey.import_key(pem(ec_key()))),
                 token_endpoint_auth_signing_alg="ES256"),
    ]  # fmt: skip
    with running_provider({"emma": {}}, BACK, clients=clients) as running:
        yield running


WAYS = {
    "by basic": {"client_auth": "basic", "client_secret": SECRET},
    "by form": {"client_auth": "post", "client_secret": SECRET},
    "by-rsa": {"client_auth": "private_key_jwt", "private_key": pem(rsa_key()), "key_id": "key-1"},
    "by-curve": {
        "client_auth": "private_key_jwt",
        "private_key": pem(ec_key()),
        "algorithm": "ES256",
    },
}


@pytest.fixture
def settings_of(provider: RunningProvider, loopback: None) -> Iterator[Any]:
    def make(name: str, **more: Any) -> OAuth2Auth:
        known = {"client_id": name, "client_secret": "", "token_url": "", "issuer": provider.issuer}
        return found_by_issuer(oauth2(**{**known, **WAYS[name], **more}))

    yield make
    client.close()


@pytest.mark.parametrize("name", WAYS)
def test_a_client_that_is_found_by_its_issuer_gets_a_token(settings_of: Any, name: str) -> None:
    auth = settings_of(name, scopes=["read"])
    found = token(auth)
    assert found.scopes == ("read",)
    assert found.expires_at is not None
    assert found.access_token != token(auth).access_token


def test_a_wrong_secret_or_key_is_refused_for_good(settings_of: Any) -> None:
    for name, wrong in (("by basic", {"client_secret": "no"}), ("by form", {"client_secret": "no"}),
                        ("by-rsa", {"key_id": "other"})):  # fmt: skip
        found = refused(settings_of(name, **wrong))
        assert (found.code, found.permanent) == ("invalid_client", True)


@pytest.mark.parametrize("name", WAYS)
def test_a_person_agrees_and_stays_connected(settings_of: Any, name: str) -> None:
    auth = settings_of(
        name,
        grant="authorization_code",
        scopes=["openid", "offline_access"],
        authorize_parameters=[{"name": "prompt", "value": "consent"}],
    )
    first = token(auth, agreed(auth))
    second = token(auth, RefreshToken(first.refresh_token or ""))
    assert second.refresh_token not in {None, first.refresh_token}
    # A refresh token that comes twice ends all that came of it: the provider takes it for stolen.
    assert refused(auth, RefreshToken(first.refresh_token or "")).code == "invalid_grant"
    found = refused(auth, RefreshToken(second.refresh_token or ""))
    assert (found.code, found.permanent) == ("invalid_grant", True)


def test_a_code_without_its_verifier_is_refused(settings_of: Any) -> None:
    auth = settings_of("by basic", grant="authorization_code", scopes=["openid"])
    assert refused(auth, agreed(auth, verifier="b" * 43)).code == "invalid_grant"


def test_a_connection_that_is_revoked_is_over(settings_of: Any) -> None:
    auth = settings_of(
        "by form",
        grant="authorization_code",
        scopes=["openid", "offline_access"],
        authorize_parameters=[{"name": "prompt", "value": "consent"}],
    )
    held = token(auth, agreed(auth)).refresh_token or ""
    assert revoke(auth, held) == 200
    assert refused(auth, RefreshToken(held)).code == "invalid_grant"


def test_metadata_of_another_issuer_is_not_taken(provider: RunningProvider, loopback: None) -> None:
    auth = oauth2(token_url="", issuer=provider.issuer)
    answer = answer_of(discovery_requests(auth)[0])
    assert discovered(auth, answer).token_url == f"{provider.issuer}/token"
    with pytest.raises(TokenRefused, match="another issuer"):
        discovered(oauth2(token_url="", issuer=f"{provider.issuer}/other"), answer)
