"""The ways in which real providers misbehave, each behind a switch."""

import gzip
import json
import socket
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from kianda.sandbox.store import Store
from tests.sandbox.conftest import Client


@pytest.mark.parametrize(
    ("switches", "status", "body"),
    [
        ({"status": 500}, 500, b'{"error":"temporarily_unavailable"'),
        ({"status": 503}, 503, b'{"error":"temporarily_unavailable"'),
        ({"answer": "error_in_200"}, 200, b'{"error":"invalid_grant"'),
        ({"answer": "nested_error"}, 200, b'{"error":{"code":"invalid_grant"'),
        ({"answer": "null"}, 200, b"null"),
        ({"answer": "empty"}, 200, b""),
        ({"answer": "html"}, 200, b"<!doctype html>"),
        ({"answer": "list"}, 200, b"[1, 2]"),
        ({"answer": "malformed"}, 200, b'{"acc'),
        ({"answer": "redirect"}, 302, b""),
    ],
)
def test_the_token_endpoint_misbehaves_as_told(
    client: Client, switches: dict[str, Any], status: int, body: bytes
) -> None:
    assert client.switch(**switches).status_code == 200
    answer = client.refresh()
    assert answer.status_code == status
    assert answer.content[: len(body) or None] == body
    client.switch()
    assert client.refresh().status_code == 200


def test_too_many_requests_say_when_to_come_again(client: Client) -> None:
    client.switch(status=429, retry_after=7)
    answer = client.refresh()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_the_moment_to_come_again_may_be_a_date(client: Client) -> None:
    client.switch(status=429, retry_after=3600, retry_after_date=True)
    told = parsedate_to_datetime(client.refresh().headers["Retry-After"])
    assert told.timestamp() - time.time() == pytest.approx(3600, abs=120)


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("normal", 120),
        ("text", "120"),
        ("words", "about an hour"),
        ("negative", -120),
        ("zero", 0),
        ("huge", 10**18),
        ("milliseconds", 120_000),
    ],
)
def test_the_life_of_a_token_may_be_told_in_many_ways(
    client: Client, way: str, told: object
) -> None:
    client.switch(expires_in=way)
    body = client.refresh().json()
    assert body["expires_in"] == told
    assert client.me(body["access_token"]).status_code == 200, "it lives as long as ever"


def test_the_life_of_a_token_may_be_told_by_its_end(client: Client) -> None:
    client.switch(expires_in="expires_on")
    body = client.refresh().json()
    assert "expires_in" not in body
    assert int(body["expires_on"]) - time.time() == pytest.approx(120, abs=60)


@pytest.mark.parametrize(
    ("way", "sent"), [("missing", None), ("empty", ""), ("not_text", 4711), ("object", {})]
)
def test_an_answer_may_hold_no_access_token_that_is_one(
    client: Client, way: str, sent: object
) -> None:
    client.switch(token=way)
    body = client.refresh().json()
    assert body.get("access_token") == sent
    assert ("access_token" in body) == (way != "missing")


def test_an_answer_may_be_packed_and_cut_short(client: Client) -> None:
    client.switch(answer="cut_gzip")
    with client.refresh(stream=True) as answer:
        packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert packed.startswith(b"\x1f\x8b")
    with pytest.raises(EOFError):
        gzip.decompress(packed)


def test_json_may_come_in_latin_1(client: Client) -> None:
    client.switch(answer="latin1")
    answer = client.refresh()
    assert answer.headers["Content-Type"] == "application/json; charset=iso-8859-1"
    assert json.loads(answer.content.decode("latin-1"))["account"] == "Zoë"
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()


def test_hints_may_go_ahead_of_the_answer(client: Client) -> None:
    client.switch(answer="early_hints", where="api")
    token = client.refresh().json()["access_token"]
    head = "GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", int(client.url.rpartition(":")[2])), 10) as line:
        line.sendall(f"{head}Authorization: Bearer {token}\r\n\r\n".encode())
        said = line.makefile("rb").read()
    hints, _, final = said.partition(b"\r\n\r\n")
    assert hints == b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload"
    assert final.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_connection_may_be_reset_after_the_token_has_rotated(client: Client) -> None:
    client.switch(answer="reset", strict_rotation=True)
    with pytest.raises(requests.ConnectionError) as caught:
        client.refresh()
    assert "ConnectionResetError" in repr(caught.value)
    client.switch(strict_rotation=True)
    assert client.refresh().json()["error"] == "invalid_grant"


def test_a_slow_answer_waits(client: Client, waits: list[float]) -> None:
    client.switch(slow_s=30)
    assert client.refresh().status_code == 200
    assert waits == [30]


def test_a_trickle_sends_a_byte_a_second(client: Client, waits: list[float]) -> None:
    client.switch(answer="trickle")
    answer = client.refresh()
    assert answer.json()["token_type"] == "Bearer"
    assert waits == [1] * len(answer.content)


def test_a_huge_answer_can_be_left_in_the_middle(client: Client) -> None:
    client.switch(answer="huge")
    with client.refresh(stream=True) as answer:
        assert answer.raw.read(1_000_000)
    client.switch()
    assert client.refresh().status_code == 200


def test_a_lost_answer_has_rotated_the_token_all_the_same(client: Client) -> None:
    client.switch(answer="lost", strict_rotation=True)
    with pytest.raises(requests.ConnectionError):
        client.refresh()
    client.switch(strict_rotation=True)
    assert client.refresh().json()["error"] == "invalid_grant"


def test_a_lost_answer_locks_nobody_out_of_a_lenient_provider(client: Client) -> None:
    client.switch(answer="lost")
    with pytest.raises(requests.ConnectionError):
        client.refresh()
    client.switch()
    assert client.refresh().status_code == 200


def test_what_a_provider_may_leave_out(client: Client) -> None:
    client.switch(no_expires_in=True, no_refresh_token=True)
    body = client.refresh().json()
    assert set(body) == {"access_token", "token_type", "created_at"}
    client.switch()
    assert client.refresh().status_code == 200, "nothing was rotated"


def test_an_early_refresh_may_give_the_same_token(client: Client) -> None:
    client.switch(same_when_early=True)
    first, second = client.refresh().json(), client.refresh().json()
    assert first["access_token"] == second["access_token"]
    assert "refresh_token" not in second


def test_a_clock_may_be_off_and_lives_may_differ(client: Client) -> None:
    client.switch(clock_skew_s=-3600, lifetime_s=900)
    before = int(time.time())
    body = client.refresh().json()
    assert body["created_at"] + 3600 in range(before, int(time.time()) + 1)
    assert body["expires_in"] == 900


def test_one_request_may_have_switches_of_its_own(client: Client) -> None:
    assert client.refresh(headers={"X-Sandbox-Status": "503"}).status_code == 503
    assert client.refresh(params={"sandbox_answer": "null"}).content == b"null"
    assert client.refresh(headers={"X-Sandbox-Lifetime-S": "7"}).json()["expires_in"] == 7
    assert client.refresh().status_code == 200


def test_faults_can_be_moved_to_the_api(client: Client) -> None:
    token = client.refresh().json()["access_token"]
    client.switch(status=503, where="api")
    assert client.refresh().status_code == 200
    assert client.me(token).status_code == 503


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"statuss": 503}, "statuss"),
        ({"status": 1000}, "status"),
        ({"answer": "sometimes"}, "answer"),
        ({"lifetime_s": 0}, "lifetime_s"),
        ({"expires_in": "never"}, "expires_in"),
        ({"token": "stolen"}, "token"),
    ],
)
def test_a_wrong_switch_is_named_and_changes_nothing(
    client: Client, sent: dict[str, Any], named: str
) -> None:
    answer = client.switch(**sent)
    assert answer.status_code == 400
    assert named in answer.json()["error_description"]
    assert client.refresh().status_code == 200


@pytest.mark.parametrize("body", ["[]", "{", "3"])
def test_switches_are_a_json_object(client: Client, body: str) -> None:
    answer = client.http.put(client.url + "/switches", data=body, timeout=10)
    assert answer.status_code == 400


def test_the_store_knows_switches_and_tokens_after_a_restart(client: Client, data_dir: Any) -> None:
    client.switch(lifetime_s=60)
    token = client.refresh().json()["access_token"]
    again = Store(data_dir / "sandbox.sqlite3")
    assert again.switches().lifetime_s == 60
    assert again.access(token, now=int(time.time())) is not None
    again.close()


def test_the_store_holds_no_secret_in_clear(client: Client, data_dir: Any) -> None:
    body = client.refresh().json()
    stored = b"".join(file.read_bytes() for file in data_dir.glob("sandbox.sqlite3*"))
    for secret in (client.secret, client.token, body["access_token"], body["refresh_token"]):
        assert secret.encode() not in stored
