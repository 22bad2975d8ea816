"""The API that wants the current access token."""

import time

import pytest

from tests.sandbox.conftest import Client


def test_orders_are_shown_to_who_has_a_token(client: Client) -> None:
    token = client.refresh().json()["access_token"]
    answer = client.get("/api/orders/acme", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == ["acme-1", "acme-2", "acme-3"]


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer at_unknown", "Basic YTpi", "at_unknown"])
def test_without_a_current_token_the_api_challenges(client: Client, header: str) -> None:
    answer = client.get("/api/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_an_access_token_expires(client: Client) -> None:
    client.switch(lifetime_s=1)
    token = client.refresh().json()["access_token"]
    until = time.monotonic() + 5
    while client.me(token).status_code == 200 and time.monotonic() < until:
        time.sleep(0.05)
    assert client.me(token).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 405),
        ("GET", "/nothing", 404),
        ("GET", "/oauth/token", 405),
        ("DELETE", "/switches", 405),
        ("POST", "/api/me", 405),
        ("GET", "/api/me/%00", 401),
    ],
)
def test_addresses_and_methods(client: Client, method: str, path: str, status: int) -> None:
    assert client.http.request(method, client.url + path, timeout=10).status_code == status


def test_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_the_name_of_the_demo_is_served(client: Client) -> None:
    assert client.get("/", headers={"Host": "sandbox.internal"}).status_code == 200
