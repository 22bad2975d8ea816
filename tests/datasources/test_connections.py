"""Connections that are kept: shared, left behind, never used when they are stale."""

import threading
import time
from typing import Any

import pytest

from datasources.http.client import Client
from datasources.http.pool import ConnectionPool
from datasources.rest.request import build
from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import Server, Visit, always, answer, once, serving
from tests.threads import until


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
        source = datasource(server.url)
        assert failure(source, timeout_s=0.2).kind == "timeout"
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
        until(lambda: server.closed == 1)
        assert call(source).status == 200
        assert (len(server.visits), len(server.requests)) == (2, 2)


def test_a_connection_that_went_silent_is_not_used_after_its_idle_time(datasource: Make) -> None:
    def deaf_after_one(visit: Visit) -> None:
        visit.read()
        visit.write(answer())
        visit.server.stopped.wait(20)

    with serving(deaf_after_one) as server:
        source = datasource(server.url, http_method="POST", timeout_s=2)
        patient = Client(lines=ConnectionPool(max_idle_s=0.2))
        prepared = build(source, source.methods[0], {})
        patient.send(prepared, datasource=source)
        time.sleep(0.3)
        assert patient.send(prepared, datasource=source).status == 200
        assert len(server.visits) == 2
        patient.close()


def test_a_connection_is_not_kept_longer_than_15_seconds() -> None:
    from datasources.http.pool import MAX_IDLE_S

    assert MAX_IDLE_S == 15


def test_a_thread_keeps_a_bounded_number_of_connections(datasource: Make) -> None:
    from datasources.http.pool import LINES_PER_THREAD

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
