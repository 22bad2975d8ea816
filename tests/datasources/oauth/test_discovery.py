"""The metadata of an issuer fills in the endpoints that were left out, and nothing else."""

from typing import Any

import pytest

from datasources.oauth.discovery import discovered, discovery_requests, needs_discovery
from datasources.oauth.token_answers import TokenRefused
from tests.datasources.oauth.settings import answered, oauth2

ISSUER = "https://login.example.org/t1"
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.example.org/t1/authorize",
    "token_endpoint": "https://tokens.example.org/t1/token",
    "revocation_endpoint": "https://login.example.org/t1/revoke",
}
BY_ISSUER: dict[str, Any] = {"issuer": ISSUER, "token_url": ""}


def test_the_metadata_is_looked_for_at_both_of_its_places() -> None:
    calls = discovery_requests(oauth2(**BY_ISSUER | {"issuer": f"{ISSUER}/"}))
    assert [(call.verb, call.url) for call in calls] == [
        ("GET", "https://login.example.org/t1/.well-known/openid-configuration"),
        ("GET", "https://login.example.org/.well-known/oauth-authorization-server/t1"),
    ]
    assert not any(call.follow_redirects or call.secrets for call in calls)


def test_what_was_left_out_is_filled_in_and_what_was_entered_stays() -> None:
    own = "https://login.example.org/own/revoke"
    made = discovered(oauth2(**BY_ISSUER, revoke_url=own), answered(METADATA))
    assert made.token_url == "https://tokens.example.org/t1/token"
    assert made.authorize_url == "https://login.example.org/t1/authorize"
    assert made.revoke_url == own
    assert made.client_secret == "s3cr3t-of-kianda"


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (BY_ISSUER, True),
        ({"issuer": ISSUER}, False),
        ({"issuer": ISSUER, "grant": "authorization_code"}, True),
        ({}, False),
    ],
)
def test_the_metadata_is_asked_for_only_where_an_endpoint_is_missing(
    settings: dict[str, Any], needed: bool
) -> None:
    assert needs_discovery(oauth2(**settings)) is needed


@pytest.mark.parametrize(
    ("told", "issuer"),
    [
        ("https://login.microsoftonline.com/{tenantid}/v2.0", "https://login.microsoftonline.com/common/v2.0"),
        (f"{ISSUER}/", ISSUER),
        (ISSUER, f"{ISSUER}/"),
    ],
)  # fmt: skip
def test_an_issuer_may_leave_its_tenant_open_or_end_with_a_slash(told: str, issuer: str) -> None:
    made = discovered(oauth2(issuer=issuer, token_url=""), answered(METADATA | {"issuer": told}))
    assert made.token_url == METADATA["token_endpoint"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"issuer": "https://evil.example"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"issuer": "https://login.{any}/t1"}, "another issuer"),
        ({"issuer": f"{ISSUER}/t2"}, "another issuer"),
        ({"token_endpoint": None}, "The metadata of the issuer has no endpoints. Enter them"),
        ({"token_endpoint": 5}, "The metadata of the issuer has no endpoints. Enter them"),
        (
            {"token_endpoint": "http://login.example.org/token"},
            "not valid: token_endpoint",
        ),
        (
            {"token_endpoint": "https://a:b@c.example/"},
            "not valid: token_endpoint",
        ),
        ({"authorization_endpoint": "javascript:1"}, "not valid: authorization_endpoint"),
    ],
)
def test_metadata_that_leads_astray_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TokenRefused, match=sentence) as refused:
        discovered(oauth2(**BY_ISSUER), answered(METADATA | changes))
    assert not refused.value.permanent


@pytest.mark.parametrize("body", [None, "<html>", [], 5])
def test_an_answer_that_is_no_metadata_is_refused(body: Any) -> None:
    with pytest.raises(TokenRefused, match="not a JSON object"):
        discovered(oauth2(**BY_ISSUER), answered(body))
