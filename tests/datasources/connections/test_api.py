"""Connections over the API: who sees what, connecting, refreshing, ending, the token itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from time_machine import travel

from datasources.models import Connection
from datasources.services.access import set_security
from kianda.accounts.models import AuditEntry
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/api/v1/connections/"
ONE = f"{LIST}books/"
Api = Callable[..., APIClient]
KEYS = {
    "datasource", "grant", "state", "reason", "scopes", "account", "expires_at", "refreshed_at",
    "next_refresh_at", "refresh_expires_at", "failures",
}  # fmt: skip
POSTS = ("connect/", "refresh/", "disconnect/")


def acts() -> list[tuple[str, str]]:
    """Return what the audit log says."""
    return [(entry.action, entry.detail) for entry in AuditEntry.objects.order_by("pk")]


def test_a_connection_is_there_as_soon_as_its_datasource_is(make: Make, api: Api, dan: Any) -> None:
    make()
    found = api(dan).get(LIST).json()
    assert found["count"] == 1
    [one] = found["results"]
    assert set(one) == KEYS
    assert one == api(dan).get(ONE).json()
    assert (one["state"], one["grant"], one["expires_at"]) == (
        "disconnected", "refresh_token", None,
    )  # fmt: skip


def test_connecting_without_a_person_fetches_the_first_token(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    row = make(grant="client_credentials")
    answer = api(dan).post(f"{ONE}connect/")
    assert answer.status_code == 200
    assert answer.json()["state"] == "healthy"
    assert "access-1" not in answer.content.decode()
    row.refresh_from_db()
    assert row.connected_by == dan
    assert acts()[-1] == ("connected", "")
    [line] = api(dan).get(f"{ONE}refreshes/").json()["results"]
    assert (line["cause"], line["outcome"]) == ("connect", "refreshed")


def test_what_the_provider_says_is_told_and_nothing_is_connected(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make(grant="client_credentials")
    provider.reactions = [says("401 Unauthorized", error="invalid_client")]
    answer = api(dan).post(f"{ONE}connect/")
    assert answer.status_code == 409
    assert "invalid_client" in answer.json()["detail"]
    assert "s3cret-of-books" not in answer.content.decode()
    assert api(dan).get(ONE).json()["state"] == "needs_attention"
    # A person may try again at once.
    assert api(dan).post(f"{ONE}connect/").json()["state"] == "healthy"


def test_a_refresh_by_hand_waits_for_no_pause(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make()
    api(dan).post(f"{ONE}connect/")
    provider.reactions = [says("503 Busy")]
    assert api(dan).post(f"{ONE}refresh/").status_code == 409
    assert api(dan).get(ONE).json()["state"] == "failing"
    answer = api(dan).post(f"{ONE}refresh/").json()
    assert (answer["state"], answer["failures"]) == ("healthy", 0)
    causes = [line["cause"] for line in api(dan).get(f"{ONE}refreshes/").json()["results"]]
    assert causes == ["manual", "manual", "connect"]
    failed = api(dan).get(f"{ONE}refreshes/?outcome=failed").json()["results"]
    assert ["503" in line["reason"] for line in failed] == [True]


def test_who_disconnects_leaves_no_token_behind(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    row = make()
    api(dan).post(f"{ONE}connect/")
    answer = api(dan).post(f"{ONE}disconnect/").json()
    assert (answer["state"], answer["expires_at"], answer["reason"]) == ("disconnected", None, "")
    assert provider.revoked == ["refresh-1"]
    row.refresh_from_db()
    assert row.tokens is None
    # Nobody but a person connects it again.
    call = api(dan).post("/api/v1/datasources/books/methods/read/call/", {"input": {}}).json()
    assert "is not connected" in call["error"]["message"]
    assert api(dan).post(f"{ONE}refresh/").status_code == 409
    assert len(provider.forms) == 1
    provider.refresh = "seed"
    assert api(dan).post(f"{ONE}connect/").json()["state"] == "healthy"


def test_a_provider_that_takes_no_token_back_is_told_of(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make(revoke_url=f"{provider.url}/nowhere")
    api(dan).post(f"{ONE}connect/")
    answer = api(dan).post(f"{ONE}disconnect/").json()
    assert answer["state"] == "disconnected"
    assert "401" in answer["reason"]


def test_the_token_is_read_with_its_scope_and_audited(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make()
    for scopes in (["read"], ["datasources"], ["run"]):
        assert api(dan, scopes).get(f"{ONE}token/").status_code == 403
    answer = api(dan, ["tokens"]).get(f"{ONE}token/")
    assert answer["Cache-Control"] == "no-store"
    found = answer.json()
    assert (found["access_token"], found["token_type"]) == ("access-1", "Bearer")
    assert acts()[-1] == ("called", "Its access token was read")
    row = Connection.objects.get()
    assert row.expires_at is not None
    with travel(row.expires_at - timedelta(seconds=59), tick=True):
        assert api(dan, ["tokens"]).get(f"{ONE}token/").json()["access_token"] == "access-2"
    assert "access-" not in str(acts())


def test_whoever_may_not_call_the_datasource_sees_no_connection(
    make: Make, api: Api, dan: Any, ada: Any, root: Any
) -> None:
    make()
    set_security(
        name="books",
        raw={"callers": {"users": ["dan"]}, "editors": {"users": ["dan"]}},
        user=root,
    )
    for url in (ONE, f"{ONE}refreshes/", f"{ONE}token/"):
        assert api(ada).get(url).status_code == 404
        assert api(dan).get(url).status_code == 200
    assert api(ada).get(LIST).json()["count"] == 0
    assert api(root).get(LIST).json()["count"] == 1


def test_who_may_change_it_but_not_call_it_does_not_get_its_token(
    make: Make, api: Api, dan: Any, root: Any
) -> None:
    make()
    set_security(name="books", raw={"callers": {"users": ["root"]}}, user=root)
    assert api(dan).get(ONE).status_code == 200
    assert api(dan).get(f"{ONE}token/").status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_only_who_may_change_the_datasource_connects(
    make: Make, api: Api, dan: Any, ada: Any, ben: Any, root: Any, path: str
) -> None:
    make()
    for person in (ada, ben):
        assert api(person).post(f"{ONE}{path}").status_code == 403
    assert api(dan, ["read", "tokens"]).post(f"{ONE}{path}").status_code == 403
    set_security(name="books", raw={"editors": {"users": ["root"]}}, user=root)
    assert api(dan).post(f"{ONE}{path}").status_code == 403
    assert APIClient().post(f"{ONE}{path}").status_code == 401


@pytest.mark.parametrize("path", ["", "refreshes/", "token/"])
def test_a_datasource_without_oauth_has_no_connection(
    make: Make, api: Api, dan: Any, path: str
) -> None:
    assert api(dan).get(f"{ONE}{path}").status_code == 404


def test_a_deleted_datasource_shows_no_connection(make: Make, api: Api, dan: Any) -> None:
    make()
    assert api(dan).delete("/api/v1/datasources/books/").status_code == 204
    assert api(dan).get(LIST).json()["count"] == 0
    assert api(dan).get(ONE).status_code == 404


def test_a_refresh_that_is_under_way_is_told(make: Make, api: Api, dan: Any) -> None:
    row = make()
    now = timezone.now()
    Connection.objects.filter(pk=row.pk).update(
        in_flight_at=now, lease_until=now + timedelta(seconds=30)
    )
    assert api(dan).get(ONE).json()["state"] == "refreshing"
