"""Tokens go to whom they were given for, and to nobody else, whoever changes the settings."""

from typing import Any

import pytest
from django.utils import timezone

from datasources.connections.rows import Tokens, sealed, tokens_of
from datasources.models import Connection
from datasources.selectors import get_document
from datasources.services.connection_tests import test_connection as tested
from datasources.services.connections import disconnect
from datasources.services.datasources import create_datasource, patch_datasource
from tests.datasources.connections.bodies import oauth_datasource
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider
from tests.datasources.servers import Visit, answer, serving

pytestmark = pytest.mark.django_db(transaction=True)


def connected(make: Make, provider: TokenProvider) -> Connection:
    row = make(
        grant="authorization_code", authorize_url=f"{provider.url}/authorize", refresh_token=""
    )
    row.tokens = sealed(row, Tokens("access-of-ann", refresh_token="refresh-of-ann"))
    row.state, row.refreshed_at = "healthy", timezone.now()
    row.save()
    return row


def changed(auth: dict[str, Any]) -> None:
    shown = get_document("books").masked()["auth"]
    patch_datasource(name="books", changes={"auth": shown | auth}, user=None)


def test_an_address_to_revoke_at_elsewhere_is_shown_no_token(
    make: Make, provider: TokenProvider, root: Any
) -> None:
    row = connected(make, provider)
    with TokenProvider() as other:
        # Whoever does not know the secret writes another one.
        changed({"revoke_url": f"{other.url}/revoke", "client_secret": "guessed"})
        row.refresh_from_db()
        assert (tokens_of(row), row.state) == (None, "disconnected")
        disconnect("books", root)
        assert other.revoked == []


def test_another_path_to_revoke_at_keeps_what_is_connected(
    make: Make, provider: TokenProvider, root: Any
) -> None:
    row = connected(make, provider)
    changed({"revoke_url": f"{provider.url}/other"})
    changed({"revoke_url": ""})
    changed({"revoke_url": f"{provider.url}/revoke"})
    row.refresh_from_db()
    assert tokens_of(row) is not None
    disconnect("books", root)
    assert provider.revoked == ["refresh-of-ann"]


def test_a_failure_after_the_refresh_does_not_tell_the_new_token(
    provider: TokenProvider, loopback: None, spool: Any, root: Any
) -> None:
    def tells(visit: Visit) -> None:
        while request := visit.read():
            sent = request.partition(b"Bearer ")[2].partition(b"\r\n")[0]
            first = sent == b"access-1"
            status = "401 Unauthorized" if first else f"403 Not {sent.decode()}"
            visit.write(answer(status=status))

    with serving(tells) as server:
        body = oauth_datasource(provider.url) | {"base_url": server.url}
        create_datasource(raw=body, user=None)
        told = tested(name="books", user=root, to="")
    assert len(server.requests) == 2
    assert (told["status"], "access-2" in told["detail"]) == (403, False)
    assert "Not ********" in told["detail"]
