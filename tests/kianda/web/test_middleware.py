"""What happens to every request before a view sees it."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from kianda.web.middleware import TrustedProxies


def seen(settings: Settings, proxies: Any, address: str, forwarded: Any = None) -> Any:
    settings.KIANDA_TRUSTED_PROXIES = proxies
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=address, **extra)
    TrustedProxies(lambda _: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("proxies", "address", "forwarded", "caller"),
    [
        ([], "10.0.0.1", "203.0.113.5", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "203.0.113.5", "203.0.113.5"),
        (["10.0.0.0/8"], "10.0.0.1", "1.2.3.4, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (["10.0.0.1"], "203.0.113.9", "1.2.3.4", "203.0.113.9"),
        (["10.0.0.1"], "10.0.0.1", "nonsense", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", None, "10.0.0.1"),
    ],
)
def test_the_callers_address_comes_from_named_proxies_only(
    settings: Settings, proxies: Any, address: str, forwarded: str | None, caller: str
) -> None:
    assert seen(settings, proxies, address, forwarded).META["REMOTE_ADDR"] == caller


def test_a_stranger_cannot_pretend_to_be_encrypted(settings: Settings) -> None:
    settings.KIANDA_TRUSTED_PROXIES = []
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", HTTP_X_FORWARDED_PROTO="https")
    TrustedProxies(lambda _: HttpResponse())(request)
    assert not request.is_secure()


def test_every_answer_has_an_id() -> None:
    client = Client()
    assert client.get("/healthz/live", headers={"X-Request-ID": "mine-12345"})["X-Request-ID"] == (
        "mine-12345"
    )
    made = client.get("/healthz/live", headers={"X-Request-ID": "no\tgood id"})["X-Request-ID"]
    assert len(made) == 32


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_without_its_last_slash_leads_on_with_the_same_method(method: str) -> None:
    response = Client().generic(method, "/api/v1/instances?a=b", "{}")
    assert (response.status_code, response["Location"]) == (308, "/api/v1/instances/?a=b")
    told = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert told["status"] == 308
    assert "Send the request to /api/v1/instances/?a=b." in told["detail"]


def test_nul_in_an_address_is_not_found() -> None:
    assert Client().get("/api/v1/processes/a%00b/").status_code == 404


def test_a_body_of_unknown_length_is_refused_and_not_dropped() -> None:
    response = Client().generic(
        "POST", "/api/v1/instances/", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=""
    )
    assert response.status_code == 411
