"""Calls of a real server: what is sent, how its answer is read, what is not taken in."""

import gzip
import socket
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import Visit, always, answer, once, serving


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


@pytest.mark.parametrize("length", [1, 16_000, 100_000])
def test_a_short_body_leaves_together_with_its_head(datasource: Make, length: int) -> None:
    first: list[bytes] = []

    def look(visit: Visit) -> None:
        first.append(visit.socket.recv(65536, socket.MSG_PEEK))
        visit.read()
        visit.write(answer(b"{}"))

    with serving(look) as server:
        source = datasource(server.url, http_method="POST", request_body=[{"name": "note"}])
        call(source, {"body.note": "x" * length})
    assert server.requests[0].endswith(b"x" * length + b'"}')
    assert length > 16_000 or first == server.requests


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
        *((b"x", f"text/plain; charset={odd}", "x") for odd in ("nonsense", "hex", "idna", "zip")),
        ('{"a": "é"}'.encode("latin-1"), "application/json; charset=ISO-8859-1", {"a": "é"}),
        ('{"a": "é"}'.encode("latin-1"), 'text/plain; charset="latin1"', {"a": "é"}),
        ('{"a": "€"}'.encode("cp1252"), "application/json;charset=windows-1252", {"a": "€"}),
        ('{"a": "é"}'.encode(), "application/json; charset=utf-8", {"a": "é"}),
        ('{"a": "é"}'.encode(), "application/json; charset=nonsense", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16"), "application/json", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16-le"), "application/json; charset=utf-16", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16-be"), "application/json; charset=utf-16", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16-be"), "application/json; charset=utf-8", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16"), "text/plain; charset=utf-16", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-32"), "application/json", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-8-sig"), "application/json; charset=latin-1", {"a": "é"}),
        ('{"a": "é"}'.encode("utf-8-sig"), "text/plain", {"a": "é"}),
        ('{"a": "é"}'.encode("latin-1"), "application/json", '{"a": "\ufffd"}'),
        (b'{"a": "\xed\xa0\x80"}', "application/json", '{"a": "\ufffd\ufffd\ufffd"}'),
        ("é".encode("utf-8-sig"), "text/plain", "é"),
        (b'{"a": "\\xe9"}', "text/plain; charset=unicode_escape", '{"a": "\\xe9"}'),
        (b"a-" + b"b" * 400_000, "text/plain; charset=punycode", "a-" + "b" * 400_000),
        (r'{"a": "\u0000"}'.encode("utf-16"), "application/json", {"a": "\ufffd"}),
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
        (b"", "connection", "closed the connection without a response"),
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
    assert failed.message.startswith("Token service answered with more than 5,242,880 bytes.")


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
