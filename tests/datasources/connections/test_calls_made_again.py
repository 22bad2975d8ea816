"""A call that is made again with another token is the same call for whom it reaches."""

from typing import Any

import pytest

from datasources.services.datasources import call_method, create_datasource
from tests.datasources.connections.bodies import oauth_datasource
from tests.datasources.connections.provider import TokenProvider
from tests.datasources.servers import Visit, answer, serving

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_whose_token_ends_between_two_attempts_keeps_its_key(
    provider: TokenProvider, loopback: None, spool: Any, root: Any
) -> None:
    keys: list[bytes] = []

    def handle(visit: Visit) -> None:
        while request := visit.read():
            keys.append(request.partition(b"X-Call: ")[2].partition(b"\r\n")[0])
            if len(keys) == 1:
                return  # It is carried out, but nobody hears of it.
            visit.write(answer(status="401 Unauthorized") if len(keys) == 2 else answer(b"{}"))

    with serving(handle) as server:
        body = oauth_datasource(provider.url) | {"base_url": server.url}
        body["methods"] = [
            {
                "name": "pay", "http_method": "POST", "url_path": "/pay",
                "idempotency_header": "X-Call",
                "retry": {"attempts": 2, "wait_s": 0.01, "on": ["connection"]},
            }
        ]  # fmt: skip
        create_datasource(raw=body, user=None)
        for _time in range(2):
            assert call_method(name="books", method="pay", inputs={}, user=root)["status"] == 200
    # Three requests of one call, then one of another call.
    assert [len(keys), len(set(keys[:3])), len(set(keys))] == [4, 1, 2]
    assert all(keys)


def test_a_call_that_was_taken_is_not_made_again_when_what_it_leads_to_is_refused(
    provider: TokenProvider, loopback: None, spool: Any, root: Any
) -> None:
    def handle(visit: Visit) -> None:
        while request := visit.read():
            if request.startswith(b"POST"):
                visit.write(answer(status="303 See Other", more=("Location: /done",)))
            else:
                visit.write(answer(status="401 Unauthorized"))

    with serving(handle) as server:
        body = oauth_datasource(provider.url) | {"base_url": server.url}
        body["methods"] = [{"name": "pay", "http_method": "POST", "follow_redirects": True}]
        create_datasource(raw=body, user=None)
        assert call_method(name="books", method="pay", inputs={}, user=root)["status"] == 401
    assert [request.partition(b" ")[0] for request in server.requests] == [b"POST", b"GET"]


def test_what_was_done_is_not_done_again_when_the_answer_behind_it_tells_of_an_old_token(
    provider: TokenProvider, loopback: None, spool: Any, root: Any
) -> None:
    def handle(visit: Visit) -> None:
        while request := visit.read():
            if request.startswith(b"POST"):
                visit.write(answer(status="303 See Other", more=("Location: /done",)))
            else:
                visit.write(answer(b'{"error": "expired"}'))

    expired = {"items": [{"left": "[response.body.error]", "operator": "eq", "right": "expired"}]}
    with serving(handle) as server:
        body = oauth_datasource(provider.url, expired_when=expired) | {"base_url": server.url}
        body["methods"] = [
            {"name": "pay", "http_method": "POST", "follow_redirects": True},
            {"name": "look", "url_path": "/look"},
        ]
        create_datasource(raw=body, user=None)
        assert call_method(name="books", method="pay", inputs={}, user=root)["status"] == 200
        asked = [request.partition(b" ")[0] for request in server.requests]
        call_method(name="books", method="look", inputs={}, user=root)
    assert asked == [b"POST", b"GET"]
    # A request that only reads is made again with a new token.
    assert [request[:9] for request in server.requests[2:]] == [b"GET /look"] * 2
