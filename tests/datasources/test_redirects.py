"""Redirects: not followed unless asked for, guarded at each hop, and nothing secret goes along."""

from collections.abc import Callable
from typing import Any

import pytest

from datasources.http.client import send
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from tests.datasources.servers import Server, Visit, always, answer, serving

Make = Callable[..., RestDatasource]


def _to(location: str, status: str = "302 Found") -> bytes:
    return answer(b"{}", status=status, more=[f"Location: {location}"])


def _call(source: RestDatasource, inputs: dict[str, Any] | None = None) -> Any:
    return send(build(source, source.methods[0], inputs or {}), datasource=source)


def _first_lines(server: Server) -> list[bytes]:
    return [request.split(b" HTTP/")[0] for request in server.requests]


def _routes(**routes: bytes) -> Callable[[Visit], None]:
    def handle(visit: Visit) -> None:
        while request := visit.read():
            visit.write(routes[request.split(b" ")[1].decode().strip("/").partition("?")[0]])

    return handle


def test_a_redirect_is_not_followed_by_itself(datasource: Make) -> None:
    with serving(always(_to("/other"))) as server:
        with pytest.raises(CallFailed) as caught:
            _call(datasource(server.url))
        assert caught.value.message == "Token service answered 302 Found."
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
def test_a_get_is_redirected_when_the_method_says_so(datasource: Make, status: str) -> None:
    routes = _routes(thing=_to("other?a=b#c", status), other=answer(b'"there"'))
    with serving(routes) as server:
        assert _call(datasource(server.url, follow_redirects=True)).body == "there"
        assert _first_lines(server) == [b"GET /thing", b"GET /other?a=b"]


def test_a_post_is_never_sent_a_second_time(datasource: Make) -> None:
    for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
        with serving(always(_to("/other", status))) as server:
            source = datasource(server.url, follow_redirects=True, http_method="POST")
            with pytest.raises(CallFailed) as caught:
                _call(source)
            assert caught.value.kind == "http_status"
            assert len(server.requests) == 1


def test_what_a_post_made_may_be_read_from_where_303_points(datasource: Make) -> None:
    routes = _routes(thing=_to("/made/", "303 See Other"), made=answer(b'"made"'))
    with serving(routes) as server:
        source = datasource(
            server.url, follow_redirects=True, http_method="POST", request_body=[{"name": "a"}]
        )
        assert _call(source, {"body.a": "b"}).body == "made"
    assert _first_lines(server) == [b"POST /thing", b"GET /made/"]
    assert b"content-" not in server.requests[1].lower()


@pytest.mark.parametrize("elsewhere", [True, False])
def test_secrets_stay_behind_when_the_origin_changes(datasource: Make, elsewhere: bool) -> None:
    with serving(always(answer())) as other:
        location = f"{other.url}/other" if elsewhere else "/other"
        with serving(_routes(thing=_to(location), other=answer())) as first:
            source = datasource(
                first.url,
                follow_redirects=True,
                request_headers=[
                    {"name": "Authorization"},
                    {"name": "X-Api-Key", "value": "k-1"},
                    {"name": "X-Open", "value": "yes"},
                ],
            )
            _call(source, {"header.Authorization": "Bearer abc"})
            last = (other if elsewhere else first).requests[-1].lower()
    assert (b"bearer abc" in last) is not elsewhere
    assert (b"k-1" in last) is not elsewhere
    assert b"x-open: yes" in last


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://169.254.169.254/latest", "refused_address"),
        ("http://[::1]:9/", "refused_address"),
        ("file:///etc/passwd", "bad_answer"),
        ("ftp://127.0.0.1/", "bad_answer"),
        ("http://user:pw@127.0.0.1/", "bad_answer"),
        ("http://127.0.0.1:x/", "bad_answer"),
        ("javascript:alert(1)", "bad_answer"),
        ("/a/..;/other", "bad_answer"),
        ("/a/%2e%2e;x/other", "bad_answer"),
        ("../..;/other", "bad_answer"),
        ("{own}/..%3b/other", "bad_answer"),
    ],
)
def test_a_redirect_is_guarded_like_any_call(datasource: Make, location: str, kind: str) -> None:
    def handle(visit: Visit) -> None:
        while visit.read():
            visit.write(_to(location.format(own=visit.server.url)))

    with serving(handle) as server:
        with pytest.raises(CallFailed) as caught:
            _call(datasource(server.url, follow_redirects=True))
        assert caught.value.kind == kind
        assert len(server.requests) == 1


def test_redirects_in_a_circle_end(datasource: Make) -> None:
    with serving(always(_to("/thing"))) as server:
        with pytest.raises(CallFailed, match="redirected more than 5 times") as caught:
            _call(datasource(server.url, follow_redirects=True))
        assert caught.value.kind == "bad_answer"
        assert len(server.requests) == 6


def test_all_hops_share_one_deadline(datasource: Make) -> None:
    def slow(visit: Visit) -> None:
        while visit.read():
            visit.server.stopped.wait(0.2)
            visit.write(_to("/thing"))

    with serving(slow) as server:
        with pytest.raises(CallFailed) as caught:
            _call(datasource(server.url, follow_redirects=True, timeout_s=0.5))
        assert caught.value.kind == "timeout"
