"""The proxy of the installation: every call leaves there, and the guard decides all the same."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from datasources.http.sign_in_session import SignInSession
from datasources.http.sockets import tls_context
from kianda import environment
from tests.certificates import LOOPBACK, certificate
from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import Server, Visit, always, answer, serving

SIGNED = b"Proxy-Authorization: Basic " + base64.b64encode(b"kianda:pw/secret")


def _carry(visit: Visit) -> None:
    """Be a proxy: open a tunnel for CONNECT, fetch for everything else."""
    while request := visit.read():
        verb, target, _ = request.split(b" ", 2)
        if verb == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            with socket.create_connection((host, int(port)), 10) as far:
                visit.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _both_ways(visit.socket, far)
            return
        visit.write(answer(b'"by the proxy"'))


def _both_ways(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=_copy, args=(far, near), daemon=True)
    back.start()
    _copy(near, far)
    back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(settings: Any) -> Iterator[Server]:
    """A proxy that everything has to go through."""
    with serving(_carry) as server:
        settings.KIANDA_EGRESS_PROXY = f"http://kianda:pw%2Fsecret@127.0.0.1:{server.port}"
        yield server


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The TLS context of a server whose authority is trusted."""
    context, root = certificate(tmp_path, name=LOOPBACK)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    tls_context.cache_clear()
    yield context
    tls_context.cache_clear()


def test_a_call_over_tls_goes_through_a_tunnel_that_sees_none_of_it(
    datasource: Make, proxy: Server, trusted: Any
) -> None:
    with serving(always(answer(b'"far"')), tls=trusted) as server:
        source = datasource(server.url)
        assert [call(source).body for _ in range(2)] == ["far", "far"]
        assert [one.split(b" ")[0] for one in server.requests] == [b"GET", b"GET"]
        assert b"Proxy-Authorization" not in b"".join(server.requests)
    asked = proxy.requests[0]
    assert asked.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.".encode())
    assert SIGNED in asked
    assert len(proxy.requests) == 1, "the tunnel is kept for the next call"


def test_a_call_without_tls_is_fetched_by_the_proxy(datasource: Make, proxy: Server) -> None:
    source = datasource("http://127.0.0.1:9", query=[{"name": "a", "value": "b c"}])
    assert call(source).body == "by the proxy"
    head = proxy.requests[0].split(b"\r\n")
    assert head[0] == b"GET http://127.0.0.1:9/thing?a=b+c HTTP/1.1"
    assert b"Host: 127.0.0.1:9" in head
    assert SIGNED in head


def test_the_guard_decides_before_the_proxy_is_asked(
    datasource: Make, proxy: Server, settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = []
    for url in ("http://10.0.0.1", "https://169.254.169.254", "https://localhost"):
        assert failure(datasource(url)).kind == "refused_address"
    assert proxy.visits == []


def test_a_name_of_which_one_address_is_refused_is_not_left_to_the_proxy(
    datasource: Make, proxy: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = socket.getaddrinfo

    def two(host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "two.example.org":
            return real(host, port, *args, **kwargs)
        if kwargs.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        kinds = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kinds, (ip, port)) for ip in ("127.0.0.1", "10.9.9.9")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert failure(datasource("http://two.example.org")).kind == "refused_address"
    assert proxy.visits == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            "407 Proxy Authentication Required",
            "The proxy asks for a user name and password",
        ),
        (
            "403 Forbidden",
            "The proxy answered 403 Forbidden. Ask its operator to allow the address.",
        ),
    ],
)
def test_what_a_proxy_refuses_says_who_can_mend_it(
    datasource: Make, settings: Any, status: str, words: str
) -> None:
    with serving(always(answer(status=status))) as stern:
        settings.KIANDA_EGRESS_PROXY = f"http://kianda:pw-secret@127.0.0.1:{stern.port}"
        failed = failure(datasource("https://127.0.0.1:9", http_method="POST"))
    assert failed.kind == "connection"
    assert words in failed.message
    assert "pw-secret" not in failed.message
    assert "may have been carried out" not in failed.message, "nothing of the call has left"


def test_a_proxy_that_wants_to_know_who_asks_is_not_taken_for_the_service(
    datasource: Make, settings: Any
) -> None:
    with serving(always(answer(status="407 Proxy Authentication Required"))) as stern:
        settings.KIANDA_EGRESS_PROXY = f"http://127.0.0.1:{stern.port}"
        failed = failure(datasource("http://127.0.0.1:9"))
    assert failed.kind == "connection"
    assert "The proxy asks for a user name and password" in failed.message


def test_a_proxy_that_is_away_is_named_without_its_password(
    datasource: Make, settings: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.KIANDA_EGRESS_PROXY = f"http://kianda:pw-secret@127.0.0.1:{port}"
    failed = failure(datasource("https://127.0.0.1:9"))
    assert f"The proxy 127.0.0.1:{port} in KIANDA_EGRESS_PROXY cannot be reached." in failed.message
    assert "pw-secret" not in failed.message


def test_identity_providers_are_asked_through_the_proxy_too(
    proxy: Server, loopback: None, trusted: Any
) -> None:
    with serving(always(answer(b'{"issuer": 1}')), tls=trusted) as server:
        assert SignInSession().get(f"{server.url}/x").json() == {"issuer": 1}
    assert SignInSession().get("http://127.0.0.1:9/x?y=z").json() == "by the proxy"
    assert [one.split(b" HTTP")[0] for one in proxy.requests] == [
        f"CONNECT 127.0.0.1:{server.port}".encode(),
        b"GET http://127.0.0.1:9/x?y=z",
    ]
    assert all(SIGNED in one for one in proxy.requests)


def test_a_redirect_of_a_fetched_answer_is_guarded_too(datasource: Make, settings: Any) -> None:
    away = answer(status="302 Found", more=["Location: http://10.0.0.1/x"])
    with serving(always(away)) as proxy:
        settings.KIANDA_EGRESS_PROXY = f"http://127.0.0.1:{proxy.port}"
        failed = failure(datasource("http://127.0.0.1:9", follow_redirects=True))
        assert len(proxy.requests) == 1
    assert failed.kind == "refused_address"


@pytest.mark.parametrize("url", ["http://proxy.example:3128", "http://u:p@10.0.0.1", ""])
def test_the_setting_takes_the_address_of_a_proxy(url: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("KIANDA_EGRESS_PROXY", url)
    assert environment.http_proxy("KIANDA_EGRESS_PROXY") == url


@pytest.mark.parametrize(
    "url",
    ["proxy:3128", "https://u:hush@proxy", "socks5://u:hush@proxy", "http://", "http://u:hush@p:x",
     "http://u:hush@proxy:0", "http://u:hush@proxy/path", "http://u:hush@proxy?x=1"],
)  # fmt: skip
def test_what_is_no_proxy_is_refused_without_repeating_it(url: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("KIANDA_EGRESS_PROXY", url)
    with pytest.raises(ImproperlyConfigured, match="Enter http://host:3128") as caught:
        environment.http_proxy("KIANDA_EGRESS_PROXY")
    assert "hush" not in str(caught.value)
