"""A call that was sent and not answered in full may have been carried out; its failure says so."""

import gzip
import socket
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import Handler, Visit, always, answer, once, serving

MAY_HAVE = " The request may have been processed."
POST: dict[str, Any] = {"http_method": "POST", "request_body": [{"name": "a", "value": "b"}]}


def _reset(sock: socket.socket) -> None:
    """Close a connection the hard way, so that its other end sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _resetting(after: bytes) -> Handler:
    def handle(visit: Visit) -> None:
        visit.read()
        visit.write(after)
        _reset(visit.socket)

    return handle


def _silent(visit: Visit) -> None:
    visit.read()
    visit.server.stopped.wait(20)


def _resetting_unread(visit: Visit) -> None:
    visit.socket.recv(1)
    _reset(visit.socket)


PACKED = gzip.compress(b'{"access_token": "' + bytes(range(48, 122)) * 40 + b'"}')
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LOST: list[tuple[str, Handler, str, str]] = [
    ("reset before the answer", _resetting(b""), "connection", "broke: connection reset by peer."),
    # Whether a body that is still being sent meets the reset, or the read after it, is chance.
    ("reset while it is sent", _resetting_unread, "connection", "."),
    (
        "reset in the headers",
        _resetting(b"HTTP/1.1 200 OK\r\nA: "),
        "connection",
        "reset by peer.",
    ),
    (
        "reset in the body",
        _resetting(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        "connection",
        "reset by peer.",
    ),
    ("closed before the answer", once(b""), "connection",
     "closed the connection without a response."),
    ("closed in the body", once(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "connection",
     "in the middle of its response."),
    ("closed in a chunk", once(CHUNKED + b"\r\n9\r\nabc"), "connection",
     "closed the connection in the middle of its response."),
    ("closed between chunks", once(CHUNKED + b"\r\n" + _chunk(b'{"a": 1}')), "connection",
     "closed the connection in the middle of its response."),
    ("no response in time", _silent, "timeout", "did not answer within 1 s."),
    ("no HTTP", once(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "bad_answer",
     "did not send valid HTTP."),
    ("too much", once(answer(b"x" * 5001)), "too_large", "answered with more than 5,000 bytes."),
    ("gzip cut, closed", once(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + PACKED[:-9]),
     "bad_answer", "sent a compressed response that cannot be unpacked."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("handler", "kind", "words"), [row[1:] for row in LOST], ids=[row[0] for row in LOST]
)
@pytest.mark.parametrize("method", [POST, {}], ids=["POST", "GET"])
def test_a_lost_answer_says_that_the_call_may_have_been_carried_out(
    datasource: Make, handler: Handler, kind: str, words: str, method: dict[str, Any]
) -> None:
    with serving(handler) as server:
        time_s = 1 if kind == "timeout" else 20
        found = failure(datasource(server.url, timeout_s=time_s, max_answer_bytes=5000, **method))
    assert found.kind == kind
    assert found.message.startswith("Token service ") or found.kind == "connection"
    assert found.message.endswith(words + MAY_HAVE)


def test_a_kept_connection_that_is_gone_may_have_taken_the_call(datasource: Make) -> None:
    def one_then_reset(visit: Visit) -> None:
        visit.read()
        visit.write(answer())
        visit.read()
        _reset(visit.socket)

    with serving(one_then_reset) as server:
        source = datasource(server.url, **POST)
        assert call(source).status == 200
        assert failure(source).message.endswith(MAY_HAVE)
        assert len(server.requests) == 2


def _nobody() -> str:
    with serving(always(answer())) as server:
        return server.url


def _no_tls(visit: Visit) -> None:
    visit.socket.recv(1)


@pytest.mark.parametrize("method", [POST, {}], ids=["POST", "GET"])
def test_what_was_never_sent_cannot_have_been_carried_out(
    datasource: Make, settings: Any, method: dict[str, Any]
) -> None:
    refused = failure(datasource(_nobody(), **method))
    assert refused.message == "Token service cannot be reached: Connection refused."
    with serving(_no_tls) as server:
        handshake = failure(datasource(server.url.replace("http:", "https:"), **method))
    assert handshake.kind in {"tls", "connection"}
    late = failure(datasource("http://127.0.0.1:9", **method), timeout_s=0)
    assert late.kind == "timeout"
    settings.KIANDA_EGRESS_ALLOW = []
    private = failure(datasource("http://127.0.0.1:9", **method))
    assert private.kind == "refused_address"
    for found in (handshake, late, private):
        assert "carried out" not in found.message


@pytest.mark.parametrize("status", ["400 Bad Request", "503 Service Unavailable", "302 Found"])
def test_an_answer_that_came_says_what_it_says_and_no_more(datasource: Make, status: str) -> None:
    with serving(always(answer(status=status))) as server:
        assert (
            failure(datasource(server.url, **POST)).message == f"Token service answered {status}."
        )


def test_what_a_post_did_is_told_when_the_page_that_it_leads_to_is_out_of_reach(
    datasource: Make,
) -> None:
    seen_other = answer(status="303 See Other", more=[f"Location: {_nobody()}/made"])
    with serving(always(seen_other)) as server:
        made = failure(datasource(server.url, follow_redirects=True, **POST))
        read = failure(datasource(server.url, follow_redirects=True))
    refused = "Token service cannot be reached: Connection refused."
    assert (made.message, read.message) == (refused + MAY_HAVE, refused)


# --- a body that is cut ---------------------------------------------------------------------------


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", _raw_deflate),
    ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
]
WHOLE = b'{"access_token": "' + b"".join(b"%d." % n for n in range(3000)) + b'"}'


def _chunked(data: bytes, coding: str) -> bytes:
    head = CHUNKED + f"Content-Encoding: {coding}\r\n\r\n".encode()
    return head + _chunk(data[:7]) + _chunk(data[7:]) + b"0\r\n\r\n"


@pytest.mark.parametrize(("coding", "pack"), PACKERS, ids=range(len(PACKERS)))
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_compressed_answer_that_is_cut_short_is_a_failure_and_no_shorter_answer(
    datasource: Make, coding: str, pack: Callable[[bytes], bytes], framing: str
) -> None:
    packed = pack(WHOLE)
    cut = [packed[:-less] for less in (1, 4, 8, 20, 1000)] + [packed[:1]]
    waiting = [packed, *cut]

    def handle(visit: Visit) -> None:
        while visit.read():
            piece = waiting.pop(0)
            more = [f"Content-Encoding: {coding}"]
            whole = framing == "length"
            visit.write(answer(piece, more=more) if whole else _chunked(piece, coding))

    with serving(handle) as server:
        source = datasource(server.url)
        assert call(source).body["access_token"].endswith(".2999.")
        for _ in cut:
            found = failure(source)
            assert (found.kind, found.status) == ("bad_answer", 200)
            assert found.message == (
                "Token service sent a compressed response that cannot be unpacked." + MAY_HAVE
            )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(b'{"a":') + gzip.compress(b" 1}"), {"a": 1}),
        (gzip.compress(b'{"a": 1}') + bytes(300), {"a": 1}),
        (gzip.compress(b'{"a": 1}') + b"trailing words", {"a": 1}),
        (gzip.compress(b""), None),
        (b"", None),
    ],
    ids=["two members", "zeros after it", "words after it", "empty inside", "empty"],
)
def test_what_gzip_allows_is_read(datasource: Make, data: bytes, expected: Any) -> None:
    with serving(always(answer(data, more=["Content-Encoding: GZIP"]))) as server:
        assert call(datasource(server.url)).body == expected


def test_a_second_member_of_gzip_that_is_cut_is_a_failure(datasource: Make) -> None:
    data = gzip.compress(b'{"a":') + gzip.compress(b" 1}" * 100)[:-3]
    with serving(always(answer(data, more=["Content-Encoding: gzip"]))) as server:
        assert failure(datasource(server.url)).kind == "bad_answer"


def test_what_comes_after_the_announced_length_is_not_the_next_answer(datasource: Make) -> None:
    first = answer(b'"mine"') + answer(b'"smuggled"')

    def handle(visit: Visit) -> None:
        visit.read()
        visit.write(first if visit.number == 1 else answer(b'"next"'))
        while visit.read():
            visit.write(answer(b'"next"'))

    with serving(handle) as server:
        source = datasource(server.url)
        assert [call(source).body, call(source).body] == ["mine", "next"]


# --- what is no answer yet ------------------------------------------------------------------------

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nContent-Length: 9\r\n\r\n"


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        HINTS,
        HINTS * 3,
        b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 199 Whatever\r\n\r\n",
    ],
)
def test_an_interim_response_is_not_the_answer(datasource: Make, before: bytes) -> None:
    with serving(always(before + answer(b'{"a": 1}'))) as server:
        source = datasource(server.url)
        found = [call(source), call(source)]
        assert [(one.status, one.body) for one in found] == [(200, {"a": 1})] * 2
        assert "Link" not in found[0].headers
        assert len(server.visits) == 1


def test_hints_without_an_answer_after_them_are_a_lost_answer(datasource: Make) -> None:
    with serving(once(HINTS)) as server:
        found = failure(datasource(server.url))
    assert found.message == "Token service closed the connection without a response." + MAY_HAVE


def test_hints_without_end_are_held_to_the_time_of_the_call(datasource: Make) -> None:
    def hinting(visit: Visit) -> None:
        visit.read()
        while not visit.server.stopped.is_set():
            visit.write(HINTS)

    with serving(hinting) as server:
        assert failure(datasource(server.url, timeout_s=0.5)).kind == "timeout"


def test_switching_protocols_is_an_answer_of_its_own(datasource: Make) -> None:
    with serving(once(answer(b"", status="101 Switching Protocols"))) as server:
        found = failure(datasource(server.url))
    assert found.message == "Token service answered 101 Switching Protocols."
