"""Calls end at their deadline, however slow the server is."""

import time
from collections.abc import Callable

import pytest

from datasources.rest.errors import CallFailed
from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import Visit, always, answer, serving


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
        failed = failure(datasource(server.url, timeout_s=0.4))
        assert server.finished == 0, "the whole answer was waited for"
    assert failed.kind == "timeout"
    assert failed.message.startswith("Token service did not answer within 1 s.")


def test_the_deadline_holds_while_a_large_request_is_not_taken(datasource: Make) -> None:
    def deaf(visit: Visit) -> None:
        visit.server.stopped.wait(20)

    with serving(deaf) as server:
        source = datasource(
            server.url, timeout_s=0.4, http_method="POST", request_body=[{"name": "a"}]
        )
        with pytest.raises(CallFailed) as caught:
            call(source, {"body.a": "x" * 30_000_000})
        assert caught.value.kind == "timeout"
        assert server.finished == 0


@pytest.mark.parametrize("how", ["timeout_s", "deadline"])
def test_the_deadline_of_the_run_cuts_the_call_short(datasource: Make, how: str) -> None:
    with serving(_silent) as server:
        source = datasource(server.url, timeout_s=20)
        more = {how: 0.3 if how == "timeout_s" else time.monotonic() + 0.3}
        assert failure(source, **more).kind == "timeout"
        assert server.finished == 0


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
