"""A failed call is made again where its method says so: not longer, not oftener, not twice over."""

import re
import time
from collections.abc import Sequence
from typing import Any

import pytest

from datasources.http.client import send
from datasources.rest.request import build
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import Handler, Visit, answer, serving

QUICK = {"attempts": 3, "wait_s": 0.01, "on": [429, 503, "timeout", "connection"]}
DOWN = answer(b'{"error": "temporarily_unavailable"}', status="503 Service Unavailable")
FINE = answer(b'{"id": 7}')
NOTHING = b""


def in_turn(answers: Sequence[bytes]) -> Handler:
    """Answer the requests of all connections one after another; nothing hangs up."""
    left = list(answers)

    def handle(visit: Visit) -> None:
        while visit.read():
            said = left.pop(0) if len(left) > 1 else left[0]
            if said == NOTHING:
                return
            visit.write(said)

    return handle


@pytest.mark.parametrize("first", [DOWN, NOTHING, answer(status="429 Too Many Requests")])
@pytest.mark.parametrize("verb", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_call_is_made_again_until_it_succeeds(datasource: Make, verb: str, first: bytes) -> None:
    fine = b"HTTP/1.1 204 No Content\r\n\r\n"
    if verb == "HEAD" and first:
        first = first.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with serving(in_turn([first, fine])) as server:
        found = call(datasource(server.url, http_method=verb, retry=QUICK))
    assert (found.status, len(server.requests)) == (204, 2)
    assert len(found.attempts) == 1
    assert found.attempts[0].startswith("Attempt 1: Token service ")


def test_after_the_last_attempt_the_failure_says_how_many_there_were(datasource: Make) -> None:
    with serving(in_turn([DOWN])) as server:
        failed = failure(datasource(server.url, retry=QUICK))
    assert len(server.requests) == 3
    assert (failed.kind, failed.status) == ("http_status", 503)
    assert failed.message.endswith("Gave up after 3 attempts.")
    assert failed.answer is not None
    assert len(failed.answer.attempts) == 2


@pytest.mark.parametrize(
    ("retry", "said"),
    [
        (QUICK, answer(status="500 Oops")),
        (QUICK, answer(status="404 Not Found")),
        (QUICK | {"on": ["timeout"]}, DOWN),
        (QUICK | {"on": [503]}, NOTHING),
        (None, DOWN),
    ],
)
def test_other_failures_are_told_at_once(datasource: Make, retry: Any, said: bytes) -> None:
    with serving(in_turn([said])) as server:
        failed = failure(datasource(server.url, retry=retry))
    assert len(server.requests) == 1
    assert "tried" not in failed.message


def test_a_wait_that_would_outlast_the_run_is_not_begun(datasource: Make) -> None:
    busy = answer(status="429 Too Many Requests", more=["Retry-After: 3600"])
    with serving(in_turn([busy])) as server:
        failed = failure(datasource(server.url, retry=QUICK), timeout_s=5)
    assert len(server.requests) == 1
    assert failed.message.endswith(
        "The next attempt would be in 3600 s, which is too late for this run."
    )


def test_a_retry_after_counts_where_it_is_longer_than_the_wait_of_the_method(
    datasource: Make,
) -> None:
    busy = answer(status="503 Busy", more=["Retry-After: 20"])
    patient = QUICK | {"wait_s": 30}
    with serving(in_turn([busy])) as server:
        asked = failure(datasource(server.url, retry=QUICK), timeout_s=10)
        own = failure(datasource(server.url, retry=patient), timeout_s=10)
        at_once = answer(status="503 Busy", more=["Retry-After: 0"])
    assert "The next attempt would be in 20 s, which is too late for this run" in asked.message
    assert "The next attempt would be in 30 s, which is too late for this run" in own.message
    with serving(in_turn([at_once, FINE])) as server:
        assert call(datasource(server.url, retry=QUICK)).body == {"id": 7}


def test_each_attempt_asks_first_whether_it_may_go(datasource: Make) -> None:
    asked: list[int] = []
    with serving(in_turn([DOWN, DOWN, FINE])) as server:
        call(datasource(server.url, retry=QUICK), before_send=lambda: asked.append(1))
    assert len(asked) == 3


def test_a_post_is_made_again_with_one_and_the_same_key(datasource: Make) -> None:
    method = {"http_method": "POST", "retry": QUICK, "idempotency_header": "Idempotency-Key"}
    with serving(in_turn([DOWN, NOTHING, FINE])) as server:
        source = datasource(server.url, **method)
        call(source)
        call(source)
    keys = [re.search(rb"Idempotency-Key: ([0-9a-f-]{36})", one)[1] for one in server.requests]
    assert keys[0] == keys[1] == keys[2]
    assert keys[3] != keys[0]


def test_a_mapped_key_goes_before_and_a_get_has_none(datasource: Make) -> None:
    own = {"request_headers": [{"name": "X-Key", "secret": False}], "idempotency_header": "x-key"}
    source = datasource("http://127.0.0.1:1", http_method="PUT", **own)
    made = build(source, source.methods[0], {"header.X-Key": "mine"})
    assert made.headers["X-Key"] == "mine"
    source = datasource("http://127.0.0.1:1", idempotency_header="X-Key")
    assert "X-Key" not in build(source, source.methods[0], {}).headers


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"http_method": "POST", "retry": {}, "idempotency_header": None}, "/idempotency_header",
         "Retrying a POST may repeat its effect."),
        ({"http_method": "PATCH", "retry": {}}, "/idempotency_header",
         "Retrying a PATCH may repeat its effect."),
        ({"retry": {"attempts": 1}}, "/retry/attempts", "2"),
        ({"retry": {"attempts": 11}}, "/retry/attempts", "10"),
        ({"retry": {"wait_s": -1}}, "/retry/wait_s", "0"),
        ({"retry": {"on": []}}, "/retry/on", ""),
        ({"retry": {"on": [404]}}, "/retry/on/0", ""),
        ({"idempotency_header": "a b"}, "/idempotency_header", "is not a header name"),
        ({"idempotency_header": "Host"}, "/idempotency_header", "set automatically"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_kept_are_told_at_their_place(
    changes: dict[str, Any], place: str, words: str
) -> None:
    raw = raw_datasource()
    raw["methods"][0] |= {"http_method": "GET"} | changes
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    flaw = caught.value.errors[0]
    assert flaw.pointer == f"/methods/0{place}"
    assert words in flaw.detail


def test_nothing_is_sent_after_the_deadline(datasource: Make) -> None:
    with serving(in_turn([DOWN])) as server:
        source = datasource(server.url, retry=QUICK | {"attempts": 10, "wait_s": 0.05})
        made = build(source, source.methods[0], {})
        with pytest.raises(Exception, match="s, which is too late for this run"):
            send(made, datasource=source, deadline=time.monotonic() + 0.3)
    assert 1 <= len(server.requests) < 10
