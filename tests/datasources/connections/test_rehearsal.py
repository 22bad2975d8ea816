"""Rehearsing what a provider may do: told in sentences, with nothing sent and nothing changed."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from datasources.connections.rehearsal import FAULTS
from datasources.connections.rows import tokens_of
from datasources.models import Connection, ConnectionRefresh
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/connections/books/simulate/"
Api = Callable[..., APIClient]
OUTCOMES = {
    "none": "refreshed", "500": "failed", "503": "failed", "429": "failed",
    "slow": "lost_answer", "lost_answer": "lost_answer", "reset": "lost_answer",
    "cut_gzip": "failed", "error_in_200": "needs_attention", "nested_error": "needs_attention",
    "not_json": "failed", "latin1": "refreshed", "no_token": "failed", "token_not_text": "failed",
    "no_expiry": "refreshed", "no_refresh_token": "refreshed", "expires_text": "refreshed",
    "expires_words": "refreshed", "expires_negative": "refreshed", "expires_zero": "refreshed",
    "expires_huge": "refreshed", "expires_milliseconds": "refreshed", "expires_on": "refreshed",
    "refused": "needs_attention",
}  # fmt: skip
AUTHS: list[dict[str, Any]] = [
    {"grant": "refresh_token"},
    {"grant": "client_credentials", "client_auth": "post"},
    {"grant": "password", "username": "somebody", "password": "pw-1234"},
    {"grant": "authorization_code", "authorize_url": "https://books.example.org/authorize"},
]


def told(client: APIClient, *faults: str) -> dict[str, Any]:
    """Return what is told of some faults, of all when none is named."""
    answer = client.post(URL, {"faults": list(faults)} if faults else {})
    assert answer.status_code == 200, answer.content
    return {one["fault"]: one for one in answer.json()}


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: str(auth["grant"]))
def test_each_fault_is_told_with_what_comes_of_it(
    make: Make, api: Api, dan: Any, provider: TokenProvider, auth: dict[str, Any]
) -> None:
    make(**auth)
    found = told(api(dan))
    assert {fault: one["outcome"] for fault, one in found.items()} == OUTCOMES
    assert all(one["sentence"].endswith(".") for one in found.values())
    assert set(FAULTS) == set(OUTCOMES)
    assert provider.forms == []


def test_the_sentences_tell_what_happens_next(make: Make, api: Api, dan: Any) -> None:
    make()
    found = told(api(dan))
    assert "in 120 s" in found["429"]["sentence"]
    assert "The next attempt is in 30 to 45 s" in found["500"]["sentence"]
    assert "does not respond within 45 s" in found["slow"]["sentence"]
    assert "The old token works until it expires" in found["refused"]["sentence"]
    assert "The old refresh token was kept." in found["no_refresh_token"]["sentence"]
    assert (
        "A new token is stored, valid for 3600 s. The next refresh is in 2700 s."
        in found["none"]["sentence"]
    )
    assert "valid for 3600 s" in found["expires_milliseconds"]["sentence"]
    assert "until a call is refused" in found["no_expiry"]["sentence"]


def test_a_rehearsal_changes_nothing(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make()
    api(dan).post("/api/v1/connections/books/connect/")
    before = Connection.objects.values().get()
    assert set(told(api(dan), "500", "refused", "500")) == {"500", "refused"}
    after = Connection.objects.values().get()
    assert before == after
    assert tokens_of(Connection.objects.get()) is not None
    assert ConnectionRefresh.objects.count() == 1
    assert len(provider.forms) == 1


def test_a_fault_that_is_not_known_is_told_with_its_place(
    make: Make, api: Api, dan: Any, ada: Any
) -> None:
    make()
    answer = api(dan).post(URL, {"faults": ["500", "earthquake"]})
    assert answer.status_code == 400
    [flaw] = answer.json()["errors"]
    assert flaw["pointer"] == "/faults/1"
    assert "earthquake" in flaw["detail"]
    assert api(ada).post(URL, {}).status_code == 403
    assert api(dan, ["read"]).post(URL, {}).status_code == 403
