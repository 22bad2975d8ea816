"""A call with a token passes few layers, and is answered as by all of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kianda.accounts.services.tokens import create_token
from kianda.web.token_calls import LAYERS, POLICY, TokenCalls, brings_token
from kianda.wsgi import application

pytestmark = pytest.mark.django_db
Answer = tuple[int, dict[str, str], bytes]
# Each request has its own id; a token call depends on no cookie, and what data may load is less.
MAY_DIFFER = {"X-Request-ID", "Vary", "Content-Security-Policy"}


@pytest.fixture(autouse=True)
def in_one_transaction() -> Iterator[None]:
    """Keep the connection, and the test's transaction on it, between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask(
    way: Any, path: str = "/api/v1/me/", *, method: str = "GET", body: bytes = b"", **environ: str
) -> Answer:
    """Send a request through a WSGI application and return its answer."""
    asked: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_HOST": "testserver"}
    asked |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    setup_testing_defaults(asked)
    asked["wsgi.input"].write(body)
    asked["wsgi.input"].seek(0)
    got: list[Any] = []
    found = way({**asked, **environ}, lambda *head: got.append(head))
    content = b"".join(found)
    found.close()
    [(status, headers)] = got
    return int(status[:3]), dict(headers), content


@pytest.fixture
def token(ada: Any) -> str:
    """What Ada's program sends."""
    return f"Bearer {create_token(ada, name='robot', scopes=[], expires_at=None)[1]}"


def both(**request: Any) -> Answer:
    """Send a request on both ways; return the answer, which is the same but for what may differ."""
    short, long = (ask(way, **request) for way in (TokenCalls(), WSGIHandler()))
    assert short[0] == long[0]
    assert short[2] == long[2]
    heads = [{name: v for name, v in one[1].items() if name not in MAY_DIFFER}
             for one in (short, long)]  # fmt: skip
    assert heads[0] == heads[1]
    assert ("Content-Security-Policy" in short[1]) is ("Content-Security-Policy" in long[1])
    return short


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (200, {}),
        (200, {"method": "HEAD"}),
        (200, {"method": "OPTIONS"}),
        (401, {"HTTP_AUTHORIZATION": "Bearer kia_unknown"}),
        (401, {"HTTP_AUTHORIZATION": "Bearer"}),
        (404, {"path": "/api/v1/instances/nobody-1/"}),
        (404, {"path": "/api/v1/nothing/"}),
        (404, {"path": "/api/v1/\0/"}),
        (405, {"method": "DELETE"}),
        (406, {"HTTP_ACCEPT": "text/csv"}),
        (308, {"path": "/api/v1/me", "QUERY_STRING": "a=b"}),
        (400, {"path": "/api/v1/instances/", "method": "POST", "body": b"{"}),
        (400, {"HTTP_HOST": "elsewhere.example"}),
        (411, {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}),
        (415, {"path": "/api/v1/instances/", "method": "POST", "body": b"a=b",
               "CONTENT_TYPE": "application/x-www-form-urlencoded"}),
    ],
)  # fmt: skip
def test_what_a_token_call_is_answered_does_not_depend_on_its_way(
    settings: Any, token: str, status: int, request_: dict[str, Any]
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    found, head, body = both(**{"HTTP_AUTHORIZATION": token, **request_})
    assert found == status
    if status >= 400 and request_.get("method") != "HEAD":
        assert head["Content-Type"] == "application/problem+json"
        assert json.loads(body)["status"] == status


def test_plain_http_is_led_to_https_which_browsers_are_to_keep_to(
    settings: Any, token: str
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    status, head, _body = both(HTTP_AUTHORIZATION=token)
    assert (status, head["Location"]) == (301, "https://testserver/api/v1/me/")
    secure = {"wsgi.url_scheme": "https", "HTTP_AUTHORIZATION": token}
    status, head, _body = both(**secure)
    assert (status, head["Strict-Transport-Security"][:12]) == (200, "max-age=3600")


@contextmanager
def failing(error: Exception) -> Iterator[None]:
    def fail(*_statement: Any) -> None:
        raise error

    with connection.execute_wrapper(fail):
        yield


def test_a_failure_of_ours_is_told_without_its_cause(token: str) -> None:
    with failing(RuntimeError("the cause")):
        status, _head, body = both(HTTP_AUTHORIZATION=token)
    assert (status, b"the cause" in body) == (500, False)
    with failing(OperationalError("away")):
        status, head, _body = both(HTTP_AUTHORIZATION=token)
    assert (status, head["Retry-After"]) == (503, "5")


def test_too_many_are_told_when_to_come_again(settings: Any, token: str) -> None:
    rates = {"user": "1/min", "anon": "1/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    for sent, first in ((token, 200), ("Bearer kia_guessed", 401)):
        calls = [ask(application, HTTP_AUTHORIZATION=sent) for _ in range(2)]
        assert [call[0] for call in calls] == [first, 429]
        assert 0 < int(calls[1][1]["Retry-After"]) <= 60


def test_with_a_token_the_session_beside_it_counts_for_nothing(
    token: str, client: Client, ben: Any
) -> None:
    client.force_login(ben)
    cookie = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    with CaptureQueriesContext(connection) as queries:
        status, head, body = ask(application, HTTP_AUTHORIZATION=token, HTTP_COOKIE=cookie)
    assert (status, json.loads(body)["username"]) == (200, "ada")
    assert head["Content-Security-Policy"] == POLICY
    assert not any("session" in query["sql"] for query in queries)
    assert "Set-Cookie" not in head
    wrong = {"HTTP_AUTHORIZATION": "Bearer kia_unknown", "HTTP_COOKIE": cookie}
    assert ask(application, **wrong)[0] == 401  # type: ignore[arg-type]
    status, head, body = ask(application, HTTP_COOKIE=cookie)
    assert (status, json.loads(body)["username"]) == (200, "ben")
    assert head["Content-Security-Policy"] != POLICY


# What a call with a token has no use for: sessions, forms, files of pages, who is locked out.
FOR_PAGES = {
    "WhiteNoiseMiddleware", "SessionMiddleware", "CsrfViewMiddleware", "AuthenticationMiddleware",
    "PersonalTime", "PersonalLanguage", "MessageMiddleware", "CSPMiddleware", "AxesMiddleware",
    "SecondFactorFirst", "AccountMiddleware",
}  # fmt: skip


def test_each_layer_of_the_settings_is_on_both_ways_or_said_to_be_for_pages(settings: Any) -> None:
    in_settings = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
    short = [getattr(layer, "__name__", "") for layer in LAYERS]
    assert [name for name in in_settings if name not in FOR_PAGES] == short[:-1]


@pytest.mark.parametrize(
    ("path", "authorization", "short"),
    [
        ("/api/v1/me/", "Bearer kia_x", True),
        ("/api/v1/me/", " bEARER  kia_x", True),
        ("/api/v1/me/", "Bearer", True),
        ("/api/v1/me/", "Basic YTpi", False),
        ("/api/v1/me/", "Bearerkia_x", False),
        ("/api/v1/me/", "", False),
        ("/api/docs/", "Bearer kia_x", False),
        ("/hooks/abc/", "Bearer kia_x", False),
        ("/api/v1", "Bearer kia_x", False),
        ("/", "Bearer kia_x", False),
    ],
)
def test_the_short_way_is_for_calls_of_the_api_with_a_token(
    path: str, authorization: str, *, short: bool
) -> None:
    assert brings_token({"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization}) is short
    assert not brings_token({"PATH_INFO": path})
