"""A run calls through a connection: with the live token, which no trace shows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from datasources.models import Connection
from datasources.services.datasources import get_document, patch_datasource
from tests.datasources.connections.bodies import oauth_datasource
from tests.datasources.connections.provider import TokenProvider
from tests.processes.stories import Make, press

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tokens() -> Iterator[TokenProvider]:
    """A provider of tokens, which also takes the calls."""
    with TokenProvider() as made:
        yield made


@pytest.fixture
def connected(dan: Any, make_token: Make, tokens: TokenProvider, settings: Any) -> Any:
    """An instance whose datasource holds a connection."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    instance = make_token()
    auth = oauth_datasource(tokens.url)["auth"]
    document = get_document("token-service")
    changes = {"base_url": tokens.url, "auth": auth, "methods": document.plain()["methods"]}
    patch_datasource(name="token-service", changes=changes, user=dan)
    return instance


def test_a_call_takes_the_live_token_and_repeats_what_was_refused(
    connected: Any, tokens: TokenProvider, ada: Any
) -> None:
    press(connected, ada)
    assert tokens.called_with == ["access-1"]
    tokens.access = "revoked early"
    run = press(connected, ada)
    assert tokens.called_with == ["access-1", "access-1", "access-2"]
    call = run.steps[1]
    assert call["request"]["headers"]["Authorization"] == "********"
    assert call["response"]["status"] == 200
    # The other side sends the token back; nobody is shown it.
    told = json.dumps([run.steps, run.error, run.journal])
    assert "access-1" not in told
    assert "access-2" not in told
    assert Connection.objects.get().state == "healthy"


def test_a_run_without_a_token_fails_with_what_is_wrong(
    connected: Any, tokens: TokenProvider, ada: Any
) -> None:
    tokens.refresh = "somebody else has it"
    run = press(connected, ada)
    assert run.status == "failed"
    assert run.error["kind"] == "configuration"
    assert "again: " in run.error["message"]
    assert tokens.called_with == []
