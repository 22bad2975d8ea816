"""A person allows access at the provider and comes back: once, soon, and as the same one."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from time_machine import travel

from datasources.connections.rows import tokens_of
from datasources.models import ConnectAttempt, Connection
from datasources.services.connecting import Begun, connect
from datasources.services.datasources import patch_datasource
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says
from tests.datasources.servers import Visit, answer
from tests.pages import client_of

pytestmark = pytest.mark.django_db(transaction=True)

CONNECT = "/api/v1/connections/books/connect/"
CALLBACK = "/connections/callback/"
Api = Callable[..., APIClient]
Query = dict[str, str]


@pytest.fixture
def asked(make: Make, api: Api, dan: Any, provider: TokenProvider) -> Query:
    """What the browser of Dan is sent to the provider with."""
    make(
        grant="authorization_code",
        refresh_token="",
        authorize_url=f"{provider.url}/authorize",
        scopes=["read", "offline_access"],
    )
    begun = api(dan).post(CONNECT).json()
    return asked_with(begun["authorize_url"])


def asked_with(url: str) -> Query:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def back(client: Client, **query: str) -> Any:
    """Come back from the provider."""
    return client.get(CALLBACK, query)


def test_the_code_is_exchanged_with_its_verifier(
    asked: Query, dan: Any, provider: TokenProvider
) -> None:
    assert asked["redirect_uri"].endswith(CALLBACK)
    response = back(client_of(dan), state=asked["state"], code="c-1")
    assert response.status_code == 303
    assert response["Location"] == "/connections/books/connected/"
    [form] = provider.forms
    assert form["code"] == "c-1"
    assert form["redirect_uri"] == asked["redirect_uri"]
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
    row = Connection.objects.get()
    assert (row.state, row.connected_by) == ("healthy", dan)
    tokens = tokens_of(row)
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("access-1", "refresh-1")


def test_it_is_told_whose_account_it_is(asked: Query, dan: Any, provider: TokenProvider) -> None:
    claims = base64.urlsafe_b64encode(b'{"email": "finance@example.org"}').decode().rstrip("=")

    def tells(_provider: TokenProvider, visit: Visit) -> None:
        body = {"access_token": "a", "expires_in": 60, "id_token": f"x.{claims}.y"}
        visit.write(answer(json.dumps(body).encode()))

    provider.reactions = [tells]
    back(client_of(dan), state=asked["state"], code="c")
    assert Connection.objects.get().account == "finance@example.org"


def test_a_state_can_be_used_once(asked: Query, dan: Any, provider: TokenProvider) -> None:
    client = client_of(dan)
    back(client, state=asked["state"], code="c-1")
    response = back(client, state=asked["state"], code="c-2")
    assert response.status_code == 400
    assert "was already used" in response.content.decode()
    assert len(provider.forms) == 1


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_state_that_nobody_gave_is_refused(
    asked: Query, dan: Any, provider: TokenProvider, state: str
) -> None:
    assert back(client_of(dan), state=state, code="c").status_code == 400
    assert provider.forms == []
    assert ConnectAttempt.objects.count() == 1


def test_after_ten_minutes_it_is_too_late(asked: Query, dan: Any, provider: TokenProvider) -> None:
    with travel(timezone.now() + timedelta(minutes=10, seconds=1), tick=True):
        assert back(client_of(dan), state=asked["state"], code="c").status_code == 400
    assert provider.forms == []


def test_somebody_else_cannot_come_back_for_a_person(
    asked: Query, root: Any, ben: Any, provider: TokenProvider
) -> None:
    assert back(client_of(root), state=asked["state"], code="c").status_code == 400
    assert back(client_of(ben), state=asked["state"], code="c").status_code == 403
    assert back(Client(), state=asked["state"], code="c").status_code == 302
    assert provider.forms == []


def test_what_began_in_a_session_ends_in_it(
    asked: Query, dan: Any, provider: TokenProvider
) -> None:
    mine, other = client_of(dan), client_of(dan)
    key = mine.session.session_key
    assert key
    begun = connect(name="books", user=dan, session_key=key)
    assert isinstance(begun, Begun)
    state = asked_with(begun.authorize_url)["state"]
    assert back(other, state=state, code="c").status_code == 400
    assert back(mine, state=state, code="c").status_code == 303
    assert len(provider.forms) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "was not allowed at the provider"),
        ("invalid_scope", "did not accept the settings"),
        ("temporarily_unavailable", "Try again later"),
        ("something_else", "something_else"),
    ],
)
def test_what_the_provider_refuses_is_told_in_plain_words(
    asked: Query, dan: Any, provider: TokenProvider, error: str, words: str
) -> None:
    response = back(
        client_of(dan), state=asked["state"], error=error, error_description="<b>No.</b>"
    )
    assert response.status_code == 409
    page = response.content.decode()
    assert words in page or error == "something_else"
    assert "&lt;b&gt;No.&lt;/b&gt;" in page
    assert Connection.objects.get().state == "disconnected"
    assert provider.forms == []


@pytest.mark.parametrize("known", [True, False])
def test_an_answer_of_another_issuer_is_refused(
    asked: Query, api: Api, dan: Any, provider: TokenProvider, known: bool
) -> None:
    if known:
        change_auth(dan, issuer=f"{provider.url}/tenant")
        asked = asked_with(api(dan).post(CONNECT).json()["authorize_url"])
    evil = back(client_of(dan), state=asked["state"], code="c", iss="https://evil.example.org")
    assert evil.status_code == 409
    assert "is not the provider of Books" in evil.content.decode()
    assert provider.forms == []
    asked = asked_with(api(dan).post(CONNECT).json()["authorize_url"])
    told = f"{provider.url}/tenant" if known else provider.url
    assert back(client_of(dan), state=asked["state"], code="c", iss=told).status_code == 303


def change_auth(user: Any, **changes: Any) -> None:
    """Change the settings of the datasource."""
    from datasources.selectors import get_document

    auth: Any = get_document("books").plain()["auth"]
    patch_datasource(name="books", changes={"auth": {**auth, **changes}}, user=user)


def test_settings_that_were_changed_meanwhile_are_asked_for_anew(
    asked: Query, dan: Any, provider: TokenProvider
) -> None:
    change_auth(dan, client_id="another")
    response = back(client_of(dan), state=asked["state"], code="c")
    assert response.status_code == 409
    assert "Connect again" in response.content.decode()
    assert provider.forms == []


def test_who_reconnects_in_vain_keeps_what_works(
    asked: Query, api: Api, dan: Any, provider: TokenProvider
) -> None:
    back(client_of(dan), state=asked["state"], code="c")
    asked = asked_with(api(dan).post(CONNECT).json()["authorize_url"])
    provider.reactions = [says("400 Bad Request", error="invalid_grant")]
    response = back(client_of(dan), state=asked["state"], code="stale")
    assert response.status_code == 409
    row = Connection.objects.get()
    tokens = tokens_of(row)
    assert tokens is not None
    assert (row.state, tokens.access_token) == ("healthy", "access-1")


def test_without_what_the_provider_asks_for_nobody_is_sent_there(
    make: Make, api: Api, dan: Any, provider: TokenProvider
) -> None:
    make(grant="authorization_code", authorize_url=f"{provider.url}/a", client_id="")
    response = api(dan).post(CONNECT)
    assert response.status_code == 409
    assert "client ID" in response.json()["detail"]


def test_the_verifier_is_stored_in_cipher(asked: Query) -> None:
    from django.db import connection

    attempt = ConnectAttempt.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed, state_digest FROM datasources_connectattempt")
        [[sealed, digest]] = cursor.fetchall()
    assert attempt.sealed["code_verifier"] not in sealed
    assert asked["state"] not in digest


def test_another_account_does_not_keep_the_refresh_token_of_the_first_one(
    asked: Query, dan: Any, api: Api, provider: TokenProvider
) -> None:
    def is_for(account: str, **more: str) -> Any:
        return says("200 OK", access_token="a", expires_in=3600, email=account, **more)

    provider.access = "a"
    provider.reactions = [
        is_for("finance@example.org", refresh_token="of-finance"),
        is_for("finance@example.org"),
        is_for("sales@example.org"),
    ]
    kept = []
    for _time in range(3):
        back(client_of(dan), state=asked["state"], code="c")
        tokens = tokens_of(Connection.objects.get())
        kept.append(tokens and tokens.refresh_token)
        asked = asked_with(api(dan).post(CONNECT).json()["authorize_url"])
    assert kept == ["of-finance", "of-finance", ""]
