"""The token endpoint as RFC 6749 wants it."""

import time
from typing import Any

import pytest

from tests.sandbox.conftest import Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_refresh_gives_a_new_access_token_and_a_new_refresh_token(client: Client) -> None:
    before = int(time.time())
    answer = client.refresh()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == [
        "access_token", "token_type", "expires_in", "created_at", "refresh_token",
    ]  # fmt: skip
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 120
    assert body["created_at"] in range(before, int(time.time()) + 1)
    assert body["refresh_token"] != client.token


def test_a_client_may_authenticate_with_basic(client: Client) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": client.token}
    answer = client.post("/oauth/token", data=form, auth=(client.id, client.secret))
    assert answer.status_code == 200


def test_client_credentials_give_an_access_token_alone(client: Client) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": client.id,
        "client_secret": client.secret,
    }
    body = client.post("/oauth/token", data=form).json()
    assert "refresh_token" not in body
    assert client.me(body["access_token"]).json()["client_id"] == client.id


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"refresh_token": "rt_unknown"}, 400, "invalid_grant"),
    ],
)
def test_a_wrong_request_is_refused_in_the_words_of_the_standard(
    client: Client, changes: dict[str, str], status: int, error: str
) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": client.token,
    }
    answer = client.post("/oauth/token", data=form | changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({"json": {"grant_type": "refresh_token"}}, 400),
        ({"data": "grant_type=a&grant_type=b", "headers": FORM}, 400),
        ({"data": b"grant_type=\xff", "headers": FORM}, 400),
        ({"data": "client_secret=x", "headers": FORM, "auth": ("a", "b")}, 400),
        ({"data": "a=b", "headers": FORM | {"Authorization": "Basic ***"}}, 401),
        ({"data": b"x" * 1_000_001, "headers": FORM}, 413),
    ],
)  # fmt: skip
def test_a_broken_request_is_refused(client: Client, extra: dict[str, Any], status: int) -> None:
    assert client.post("/oauth/token", **extra).status_code == status


def test_a_token_of_another_client_is_refused(client: Client) -> None:
    other = Client(client.url)
    answer = client.refresh(other.token)
    other.http.close()
    assert answer.json()["error"] == "invalid_grant"


def test_the_last_refresh_token_stays_good_until_the_new_one_is_used(client: Client) -> None:
    first = client.refresh().json()["refresh_token"]
    assert client.refresh().status_code == 200, "the first answer may have been lost"
    assert client.refresh(first).status_code == 200
    answer = client.refresh()
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_strict_rotation_revokes_everything_when_a_token_is_used_twice(client: Client) -> None:
    client.switch(strict_rotation=True)
    granted = client.refresh().json()
    assert client.refresh().json()["error"] == "invalid_grant"
    assert client.refresh(granted["refresh_token"]).json()["error"] == "invalid_grant"
    assert client.me(granted["access_token"]).status_code == 401


def test_many_refreshes_one_after_the_other_all_work(client: Client) -> None:
    token = client.token
    for _ in range(30):
        token = client.refresh(token).json()["refresh_token"]
    assert client.me(client.refresh(token).json()["access_token"]).status_code == 200
