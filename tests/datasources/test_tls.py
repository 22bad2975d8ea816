"""TLS: always verified, against the name; every failure is one plain sentence."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509

from datasources.http.client import send
from datasources.http.sockets import tls_context
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from tests.certificates import LOOPBACK, certificate
from tests.datasources.servers import Visit, always, answer, once, serving

Make = Callable[..., RestDatasource]


@pytest.fixture(autouse=True)
def _fresh_context() -> Iterator[None]:
    """Let each test have its own trusted authorities."""
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def _failure(source: RestDatasource) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        send(build(source, source.methods[0], {}), datasource=source)
    return caught.value


def test_a_certificate_of_a_trusted_authority_is_taken(
    datasource: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, root = certificate(tmp_path, name=LOOPBACK)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with serving(always(answer(b'{"a": 1}')), tls=context) as server:
        source = datasource(server.url)
        for _ in range(2):
            assert send(build(source, source.methods[0], {}), datasource=source).body == {"a": 1}
        assert len(server.visits) == 1


@pytest.mark.parametrize(
    ("name", "days", "trusted", "words"),
    [
        (LOOPBACK, 5, False, "unable to get local issuer certificate"),
        (LOOPBACK, -1, True, "certificate has expired"),
        (x509.DNSName("auth.example.org"), 5, True, "not valid for '127.0.0.1'"),
    ],
)
def test_a_certificate_that_does_not_hold_is_a_tls_failure(
    datasource: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: x509.GeneralName,
    days: int,
    trusted: bool,
    words: str,
) -> None:
    context, root = certificate(tmp_path, name=name, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with serving(always(answer()), tls=context) as server:
        failed = _failure(datasource(server.url))
        assert failed.kind == "tls"
        assert failed.message.startswith("Token service has no valid TLS connection: ")
        assert words in failed.message
        assert server.requests == []


def test_a_lost_answer_over_tls_says_that_the_call_may_have_been_carried_out(
    datasource: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, root = certificate(tmp_path, name=LOOPBACK)
    with serving(once(b""), tls=context) as server:
        untrusted = _failure(datasource(server.url))
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    tls_context.cache_clear()
    with serving(once(b""), tls=context) as server:
        lost = _failure(datasource(server.url))
    assert untrusted.kind == "tls"
    assert "processed" not in untrusted.message
    assert lost.message == (
        "Token service closed the connection without a response. "
        "The request may have been processed."
    )


def test_a_server_that_speaks_no_tls_is_a_tls_failure(datasource: Make) -> None:
    def plain(visit: Visit) -> None:
        visit.socket.recv(10)
        visit.write(answer())

    with serving(plain) as server:
        assert _failure(datasource(server.url.replace("http:", "https:"))).kind == "tls"


def test_the_deadline_holds_in_the_handshake(datasource: Make) -> None:
    def trickle(visit: Visit) -> None:
        visit.trickle(b"\x16\x03\x03\x40\x00" + b"x" * 5000)

    with serving(trickle) as server:
        source = datasource(server.url.replace("http:", "https:"), timeout_s=0.4)
        failed = _failure(source)
        assert server.finished == 0
    assert failed.kind == "timeout"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_the_deadline_holds_over_tls(
    datasource: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    context, root = certificate(tmp_path, name=LOOPBACK)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))

    def handle(visit: Visit) -> None:
        visit.read()
        visit.write(head)
        visit.trickle(b"x" * 5000)

    with serving(handle, tls=context) as server:
        assert _failure(datasource(server.url, timeout_s=0.5)).kind == "timeout"
        assert server.finished == 0
