"""The pages of connections, without a browser: how each is, what was tried, and adding one."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datasources.connections import rehearsal
from datasources.connections.live import live_token
from datasources.models import Connection, ConnectionState, Datasource
from datasources.selectors import document_of, get_document
from datasources.views import connections
from kianda.web.times import moment_in_sentence, moment_words
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says
from tests.pages import client_of, markup_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/connections/"
NEW = "/connections/new/"
ONE = "/connections/books/"


@pytest.fixture
def manager(dan: Any) -> Client:
    return client_of(dan)


def test_without_a_connection_the_first_one_is_offered(manager: Client) -> None:
    page = text_of(manager.get(LIST))
    assert page.count("No connection yet") == 1
    assert "Add a connection" in page


def test_the_list_says_how_each_connection_is(
    make: Make, provider: TokenProvider, manager: Client
) -> None:
    row = make()
    assert "Not connected The first token is fetched when you connect it, or at" in text_of(
        manager.get(LIST)
    )
    live_token(get_document("books"))
    page = text_of(manager.get(LIST))
    assert "The connection works" in page
    assert "Books A refresh token Connected Refreshed today" in page
    Connection.objects.filter(pk=row.pk).update(
        state=ConnectionState.NEEDS_ATTENTION, reason="The provider said no.", next_refresh_at=None
    )
    page = text_of(manager.get(LIST))
    assert "1 of 1 connections needs attention" in page
    assert "Needs attention The provider said no. The token is valid for" in page


def test_the_list_is_searched_and_filtered(make: Make, manager: Client) -> None:
    make()
    for asked, there in (
        ({"q": "BOOK"}, True), ({"q": "ship"}, False), ({"state": "disconnected"}, True),
        ({"state": "healthy"}, False), ({"state": "nonsense"}, False),
    ):  # fmt: skip
        assert ("Books" in text_of(manager.get(LIST, asked))) == there, asked


def test_one_in_the_recycle_bin_is_not_listed(make: Make, manager: Client) -> None:
    row = make()
    Datasource.objects.filter(pk=row.datasource_id).update(deleted_at=timezone.now())
    assert "No connection yet" in text_of(manager.get(LIST))
    assert manager.get(ONE).status_code == 404


def test_a_connection_tells_its_state_and_what_was_tried(
    make: Make, provider: TokenProvider, manager: Client
) -> None:
    row = make()
    assert "Not connected" in text_of(manager.get(ONE))
    live_token(get_document("books"))
    page = text_of(manager.get(ONE))
    assert "Connected. The token is valid for" in page
    # Within an hour of midnight it is valid until tomorrow.
    ends = Connection.objects.get(pk=row.pk).expires_at
    assert ends is not None
    assert f"Needed by a call Refreshed {moment_words(ends)}" in page
    assert "access-1" not in page
    Connection.objects.filter(pk=row.pk).update(next_refresh_at=timezone.now())
    provider.reactions.append(says("503 Service Unavailable"))
    with pytest.raises(Exception, match="503"):
        live_token(get_document("books"), refused="access-1")
    page = text_of(manager.get(ONE))
    assert "The last refresh failed. The old token is valid for" in page
    assert "Call answered 401 Failed" in page
    failures = text_of(manager.get(ONE, {"show": "failures"}))
    assert "Call answered 401 Failed" in failures
    assert "Needed by a call" not in failures


def test_a_token_that_has_ended_is_told(make: Make, manager: Client) -> None:
    row = make()
    past = timezone.now() - timedelta(minutes=5)
    coming = timezone.now() + timedelta(minutes=2)
    Connection.objects.filter(pk=row.pk).update(
        state=ConnectionState.FAILING, reason="It is away.", refreshed_at=past, expires_at=past,
        next_refresh_at=coming,
    )  # fmt: skip
    page = text_of(manager.get(ONE))
    assert "No valid token. Next attempt: in" in page
    assert f"It is away. Next attempt: {moment_in_sentence(coming)}" in page


def test_a_refused_secret_is_entered_on_the_data_source(
    make: Make, manager: Client, ada: Any
) -> None:
    row = make()
    hint = "If they are wrong, enter them there first."
    assert hint not in text_of(manager.get(ONE))
    Connection.objects.filter(pk=row.pk).update(state=ConnectionState.NEEDS_ATTENTION)
    page = manager.get(ONE)
    assert hint in text_of(page)
    assert 'href="/datasources/books/#f-auth-scheme"' in page.content.decode()
    # Who cannot change the data source is not sent there.
    assert hint not in text_of(client_of(ada).get(ONE))


def test_a_designer_looks_and_changes_nothing(make: Make, ada: Any) -> None:
    make()
    page = markup_of(client_of(ada).get(ONE))
    assert "Refresh now" not in page
    assert "Disconnect" not in page
    assert client_of(ada).get(NEW).status_code == 403


def test_a_user_does_not_see_connections(make: Make, ben: Any) -> None:
    make()
    assert client_of(ben).get(LIST).status_code == 403
    assert client_of(ben).get(ONE).status_code == 403


def test_a_datasource_without_oauth_has_no_connection(manager: Client, dan: Any) -> None:
    from datasources.services.datasources import create_datasource
    from tests.datasources.conftest import raw_datasource

    create_datasource(raw=raw_datasource(), user=dan)
    page = manager.get("/connections/token-service/")
    assert page.status_code == 404
    assert "There is no connection token-service" in text_of(page)


def test_the_providers_are_offered_with_what_they_need(manager: Client, settings: Any) -> None:
    page = text_of(manager.get(NEW))
    for title in ("Microsoft 365", "Xero", "GitHub", "Other provider"):
        assert title in page
    page = markup_of(manager.get(NEW, {"provider": "microsoft"}))
    assert "Connect Microsoft 365" in page
    assert f"{settings.KIANDA_PUBLIC_URL}/connections/callback/" in page
    assert 'name="/blanks/tenant"' in page
    assert 'value="offline_access" checked' in page
    page = markup_of(manager.get(NEW, {"provider": "microsoft", "grant": "client_credentials"}))
    assert "connections/callback" not in page


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(manager: Client) -> None:
    sent = {"/title": "Shop", "/name": "shop", "/blanks/shop": "https://no good"}
    page = manager.post(f"{NEW}?provider=shopify", sent)
    assert page.status_code == 422
    said = text_of(page)
    assert "Enter it as in the example, without https:// and spaces." in said
    assert "Enter a value." in said
    assert Datasource.objects.count() == 0
    page = manager.post(f"{NEW}?provider=other", {"/title": "X", "/name": "x"})
    assert "Enter the token URL, or an issuer that publishes it." in text_of(page)
    assert Datasource.objects.count() == 0


def test_scopes_that_were_ticked_and_typed_are_asked_for(
    manager: Client, provider: TokenProvider, loopback: None
) -> None:
    sent = {
        "/title": "Own", "/name": "own", "/base_url": provider.url,
        "/auth/token_url": f"{provider.url}/token", "/auth/client_id": "kianda",
        "/auth/client_secret": "s3cret", "more_scopes": "read, write read",
    }  # fmt: skip
    manager.post(f"{NEW}?provider=other&grant=client_credentials", sent)
    row = Datasource.objects.get(name="own")
    auth: Any = document_of(row).auth  # type: ignore[attr-defined]
    assert (auth.grant, auth.scopes, auth.client_id) == (
        "client_credentials", ["read", "write"], "kianda"
    )  # fmt: skip


def test_the_page_of_the_datasource_tells_of_its_connection(make: Make, manager: Client) -> None:
    make()
    page = text_of(manager.get("/datasources/books/"))
    assert "Connection Not connected The first token is fetched when you connect" in page
    live_token(get_document("books"))
    page = text_of(manager.get("/datasources/books/"))
    assert "Connection Connected Refreshed today" in page


def test_one_that_a_person_has_to_connect_says_so(make: Make, manager: Client) -> None:
    make(grant="authorization_code", authorize_url="https://books.example.org/authorize")
    assert "Calls fail until it is connected." in text_of(manager.get(ONE))


def test_each_fault_of_a_provider_is_rehearsed_on_a_page(
    make: Make, provider: TokenProvider, manager: Client, ada: Any
) -> None:
    make()
    assert {fault for fault, _words in connections.FAULTS} == set(rehearsal.FAULTS)
    where = f"{ONE}rehearsal/"
    assert "Refreshed A new token is stored, valid for 3600 s." in text_of(manager.get(where))
    page = text_of(manager.get(where, {"fault": "refused"}))
    assert "The old token works until it expires" in page
    assert "A new token is stored" in text_of(manager.get(where, {"fault": "made-up"}))
    assert provider.forms == []
    assert client_of(ada).get(where).status_code == 403
