"""Calls to a real server on loopback: what is sent, what comes back, what goes wrong."""

import gzip
import threading
import time
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from datasources.answers import CallAnswer
from datasources.client import Client, send
from datasources.document import RestDatasource
from datasources.errors import CallFailed
from datasources.pool import Lines
from datasources.rest import build
from tests.datasources.servers import Server, Visit, always, answer, once, serving

Make = Callable[..., RestDatasource]


def call(source: RestDatasource, inputs: dict[str, Any] | None = None, **more: Any) -> CallAnswer:
    """Send the one method of a datasource."""
    return send(build(source, source.methods[0], inputs or {}), datasource=source, **more)


def failure(source: RestDatasource, **more: Any) -> CallFailed:
    """Return how the one method of a datasource fails."""
    with pytest.raises(CallFailed) as caught:
        call(source, **more)
    return caught.value


def test_a_form_post_arrives_as_it_was_mapped(datasource: Make) -> None:
    with serving(always(answer(b'{"access_token": "t", "expires_in": 0.5}'))) as server:
        source = datasource(
            server.url,
            http_method="POST",
            content_type="form",
            request_headers=[{"name": "Accept", "value": "application/json"}],
            request_body=[{"name": "grant_type"}, {"name": "client_id"}],
        )
        found = call(source, {"body.grant_type": "refresh_token", "body.client_id": "a b"})
    assert (found.status, found.reason) == (200, "OK")
    assert found.body == {"access_token": "t", "expires_in": Decimal("0.5")}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"grant_type=refresh_token&client_id=a+b"
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /thing HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:]) == sorted(
        [
            b"host: 127.0.0.1:%d" % server.port,
            b"user-agent: kianda-open",
            b"accept: application/json",
            b"accept-encoding: gzip, deflate",
            b"content-type: application/x-www-form-urlencoded",
            b"content-length: 38",
        ]
    )


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/vnd.api+json; charset=utf-8", {"a": 1}),
        (b"[1, 2]", "text/plain", [1, 2]),
        (b"null", "application/json", None),
        (b"", "application/json", None),
        (b"  \r\n", "text/html", None),
        (b"plain", "text/plain", "plain"),
        (b"<html>no</html>", "text/html", "<html>no</html>"),
        (b"{oops", "application/json", "{oops"),
        (b"\xef\xbb\xbf{}", "application/json", {}),
        (b'{"a": NaN}', "application/json", '{"a": NaN}'),
        (b"[" * 200_000, "application/json", "[" * 200_000),
        (b"9" * 5000, "application/json", "9" * 5000),
        ("ä".encode("latin-1"), "text/plain; charset=iso-8859-1", "ä"),
        (b"\xff\x00", "application/octet-stream", "\ufffd\ufffd"),
        (b"x", "text/plain; charset=nonsense", "x"),
        (rb'{"a": "\u0000\ud800", "b": "\ud83d\ude00"}', "application/json",
         {"a": "\ufffd\ufffd", "b": "😀"}),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_what_it_is(
    datasource: Make, body: bytes, media_type: str, expected: Any
) -> None:
    with serving(always(answer(body, media_type=media_type))) as server:
        assert call(datasource(server.url)).body == expected


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_compressed_answer_is_unpacked(datasource: Make, pack: Callable[[bytes], bytes]) -> None:
    coding = "gzip" if pack is gzip.compress else "deflate"
    data = answer(pack(b'{"a": 1}'), more=[f"Content-Encoding: {coding}"])
    with serving(always(data)) as server:
        assert call(datasource(server.url)).body == {"a": 1}


def test_a_chunked_answer_is_put_together(datasource: Make) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = head + b'3\r\n{"a\r\n4\r\n": 1\r\n1\r\n}\r\n0\r\n\r\n'
    with serving(always(data)) as server:
        source = datasource(server.url)
        assert [call(source).body, call(source).body] == [{"a": 1}, {"a": 1}]
        assert len(server.visits) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("503 Service Unavailable", "Token service answered 503 Service Unavailable."),
        ("401 Unauthorized", "Token service answered 401 Unauthorized."),
        ("302 Found", "Token service answered 302 Found."),
        ("418", "Token service answered 418."),
    ],
)
def test_a_status_that_is_no_success_fails_and_keeps_the_answer(
    datasource: Make, status: str, message: str
) -> None:
    with serving(always(answer(b'{"error": "x"}', status=status))) as server:
        failed = failure(datasource(server.url))
    assert (failed.kind, failed.message) == ("http_status", message)
    assert failed.status == int(status[:3])
    assert failed.answer is not None
    assert failed.answer.body == {"error": "x"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b'{"error": "invalid_grant", "error_description": "rt-secret is spent"}',
            ": invalid_grant, the refresh token (or code) is no longer accepted; enter a new one.",
        ),
        (
            b'{"error": "invalid_client"}',
            ": invalid_client, the client ID or the client secret is not accepted.",
        ),
        (b'{"error": "rt-secret"}', "."),
        (b'{"error": {"code": "invalid_grant"}}', "."),
        (b'["invalid_grant"]', "."),
        (b"invalid_grant", "."),
    ],
)
def test_a_known_error_code_is_told_with_its_meaning_and_nothing_else_of_the_answer(
    datasource: Make, body: bytes, told: str
) -> None:
    with serving(always(answer(body, status="400 Bad Request"))) as server:
        failed = failure(datasource(server.url))
    assert failed.message == f"Token service answered 400 Bad Request{told}"


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content", "299 Odd"])
def test_every_status_of_the_200s_is_success(datasource: Make, status: str) -> None:
    body = b"" if status.startswith("204") else b"{}"
    with serving(always(answer(body, status=status))) as server:
        assert call(datasource(server.url)).status == int(status[:3])


def test_nobody_listening_is_a_failed_connection(datasource: Make) -> None:
    with serving(always(answer())) as server:
        url = server.url
    failed = failure(datasource(url))
    assert failed.kind == "connection"
    assert failed.message == "Token service cannot be reached: Connection refused."


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", "connection", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "connection", "in the middle of"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "connection", "middle"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_answer", "valid HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "bad_answer", "valid HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "bad_answer", "valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_999 + b"\r\n\r\n", "bad_answer", "valid HTTP"),
        (answer(b"no gzip", more=["Content-Encoding: gzip"]), "bad_answer", "unpacked"),
    ],
)
def test_an_answer_that_is_nonsense_fails_in_plain_words(
    datasource: Make, data: bytes, kind: str, words: str
) -> None:
    with serving(once(data)) as server:
        failed = failure(datasource(server.url))
    assert failed.kind == kind
    assert words in failed.message
    assert failed.message.startswith("Token service ")


def test_an_answer_of_100_megabytes_is_not_taken_in(datasource: Make) -> None:
    megabyte = b"x" * 1024 * 1024

    def flood(visit: Visit) -> None:
        visit.read()
        visit.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            visit.write(megabyte)

    with serving(flood) as server:
        failed = failure(datasource(server.url))
    assert (failed.kind, failed.status) == ("too_large", 200)
    assert failed.message == "Token service answered with more than 5,242,880 bytes."


@pytest.mark.parametrize("size", [11, 10])
@pytest.mark.parametrize("announced", [True, False])
def test_the_largest_answer_is_a_setting(datasource: Make, size: int, announced: bool) -> None:
    body = b"x" * size
    data = answer(body) if announced else b"HTTP/1.1 200 OK\r\n\r\n" + body
    with serving(once(data)) as server:
        source = datasource(server.url, max_answer_bytes=10)
        if size > 10:
            assert failure(source).kind == "too_large"
        else:
            assert call(source).body == "x" * 10


def test_a_gzip_bomb_does_not_go_off(datasource: Make) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1024 * 1024)
    bomb = b"".join([*(packer.compress(zeros) for _ in range(300)), packer.flush()])
    assert len(bomb) < 400_000
    with serving(always(answer(bomb, more=["Content-Encoding: gzip"]))) as server:
        failed = failure(datasource(server.url))
    assert failed.kind == "too_large"


def _silent(visit: Visit) -> None:
    visit.read()
    visit.server.stopped.wait(20)


def _trickling(head: bytes, endless: bytes) -> Callable[[Visit], None]:
    def handle(visit: Visit) -> None:
        visit.read()
        visit.write(head)
        visit.trickle(endless * 2000)

    return handle


@pytest.mark.parametrize(
    "handler",
    [
        _silent,
        _trickling(b"", b"HTTP/1.1 200 OK"),
        _trickling(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        _trickling(b"HTTP/1.1 200 OK\r\n", b"A"),
        _trickling(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        _trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        _trickling(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        _trickling(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "status", "headers", "header", "body", "length", "chunks", "continue"],
)
def test_the_deadline_holds_however_slowly_an_answer_comes(
    datasource: Make, handler: Callable[[Visit], None]
) -> None:
    with serving(handler) as server:
        started = time.monotonic()
        failed = failure(datasource(server.url, timeout_s=0.4))
        took = time.monotonic() - started
    assert (failed.kind, failed.message) == ("timeout", "Token service did not answer within 1 s.")
    assert 0.3 < took < 1


def test_the_deadline_holds_while_a_large_request_is_not_taken(datasource: Make) -> None:
    def deaf(visit: Visit) -> None:
        visit.server.stopped.wait(20)

    with serving(deaf) as server:
        source = datasource(
            server.url, timeout_s=0.4, http_method="POST", request_body=[{"name": "a"}]
        )
        started = time.monotonic()
        with pytest.raises(CallFailed) as caught:
            call(source, {"body.a": "x" * 30_000_000})
        assert caught.value.kind == "timeout"
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("how", ["timeout_s", "deadline"])
def test_the_deadline_of_the_run_cuts_the_call_short(datasource: Make, how: str) -> None:
    with serving(_silent) as server:
        source = datasource(server.url, timeout_s=20)
        more = {how: 0.3 if how == "timeout_s" else time.monotonic() + 0.3}
        assert failure(source, **more).kind == "timeout"


def test_a_deadline_that_is_over_sends_nothing(datasource: Make) -> None:
    with serving(always(answer())) as server:
        assert failure(datasource(server.url), deadline=time.monotonic() - 1).kind == "timeout"
        assert server.requests == []


def test_what_must_happen_before_a_call_can_keep_it_back(datasource: Make) -> None:
    class LeaseLost(Exception):
        pass

    def refuse() -> None:
        raise LeaseLost

    with serving(always(answer())) as server:
        source = datasource(server.url)
        with pytest.raises(LeaseLost):
            call(source, before_send=refuse)
        assert server.requests == []
        seen: list[int] = []
        call(source, before_send=lambda: seen.append(len(server.requests)))
        assert seen == [0]


def test_calls_of_one_thread_share_a_connection(datasource: Make) -> None:
    with serving(always(answer())) as server:
        source = datasource(server.url)
        for _ in range(3):
            call(source)
        assert len(server.visits) == 1
        thread = threading.Thread(target=call, args=(source,))
        thread.start()
        thread.join()
        assert len(server.visits) == 2


def test_a_failed_call_leaves_nothing_for_the_next_one(datasource: Make) -> None:
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"

    def handle(visit: Visit) -> None:
        if visit.number > 1:
            return always(answer(b'"second"'))(visit)
        visit.read()
        visit.write(late)
        visit.server.stopped.wait(0.5)
        visit.write(b'"late"')
        return None

    with serving(handle) as server:
        source = datasource(server.url, timeout_s=0.2)
        assert failure(source).kind == "timeout"
        assert call(source).body == "second"


def test_a_cookie_is_not_kept(datasource: Make) -> None:
    data = answer(more=["Set-Cookie: session=1; Path=/", "Set-Cookie: b=2"])
    with serving(always(data)) as server:
        source = datasource(server.url)
        assert call(source).header("set-cookie") == "session=1; Path=/, b=2"
        call(source)
    assert b"cookie" not in server.requests[1].lower()


def test_the_environment_changes_nothing(
    datasource: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(always(answer(b'"proxy"'))) as proxy, serving(always(answer(b'"ok"'))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert call(datasource(server.url)).body == "ok"
        assert proxy.visits == []
    assert b"authorization" not in server.requests[0].lower()


def _counted(server: Server) -> int:
    return len(server.requests)


@pytest.mark.parametrize("verb", ["POST", "GET", "PUT"])
@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"])
def test_a_request_is_never_repeated_by_itself(datasource: Make, verb: str, data: bytes) -> None:
    with serving(once(data)) as server:
        assert failure(datasource(server.url, http_method=verb)).kind == "connection"
        time.sleep(0.05)
        assert _counted(server) == 1


def test_a_connection_that_the_server_closed_between_two_calls_is_not_used(
    datasource: Make,
) -> None:
    with serving(once(answer())) as server:
        source = datasource(server.url, http_method="POST")
        call(source)
        time.sleep(0.05)
        assert call(source).status == 200
        assert (len(server.visits), len(server.requests)) == (2, 2)


def test_a_connection_that_went_silent_is_not_used_after_its_idle_time(datasource: Make) -> None:
    def deaf_after_one(visit: Visit) -> None:
        visit.read()
        visit.write(answer())
        visit.server.stopped.wait(20)

    with serving(deaf_after_one) as server:
        source = datasource(server.url, http_method="POST", timeout_s=2)
        patient = Client(lines=Lines(max_idle_s=0.2))
        prepared = build(source, source.methods[0], {})
        patient.send(prepared, datasource=source)
        time.sleep(0.3)
        assert patient.send(prepared, datasource=source).status == 200
        assert len(server.visits) == 2
        patient.close()


def test_a_connection_is_not_kept_longer_than_15_seconds() -> None:
    from datasources.pool import MAX_IDLE_S

    assert MAX_IDLE_S == 15


def test_a_thread_keeps_a_bounded_number_of_connections(datasource: Make) -> None:
    from datasources.pool import LINES_PER_THREAD

    servers = [Server(always(answer())) for _ in range(LINES_PER_THREAD + 2)]
    for server in servers:
        server.__enter__()
    try:
        for server in servers:
            assert call(datasource(server.url)).status == 200
        call(datasource(servers[-1].url))
        assert len(servers[-1].visits) == 1
        call(datasource(servers[0].url))
        assert len(servers[0].visits) == 2
    finally:
        for server in servers:
            server.__exit__(None, None, None)
