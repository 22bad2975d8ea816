"""TLS: always verified, against the name; every failure is one plain sentence."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from datasources.http.client import send
from datasources.http.sockets import tls_context
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from tests.datasources.servers import Visit, always, answer, once, serving

Make = Callable[..., RestDatasource]
NOW = datetime.datetime.now(datetime.UTC)


def _certificate(
    folder: Path, *, name: x509.GeneralName, days: int = 5
) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context with a fresh authority, and that authority's file."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test server")])
    start = NOW - datetime.timedelta(days=10)

    def builder(
        subject: x509.Name, public: ec.EllipticCurvePublicKey, end: datetime.datetime
    ) -> Any:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False
            )
        )

    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"], False
    )  # fmt: skip
    root = (
        builder(root_name, root_key.public_key(), NOW + datetime.timedelta(days=5))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), True
        )
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        builder(leaf_name, key.public_key(), NOW + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([name]), False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(
        leaf.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return context, folder / "root.pem"


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


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
    context, root = _certificate(tmp_path, name=LOOPBACK)
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
    context, root = _certificate(tmp_path, name=name, days=days)
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
    context, root = _certificate(tmp_path, name=LOOPBACK)
    with serving(once(b""), tls=context) as server:
        untrusted = _failure(datasource(server.url))
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    tls_context.cache_clear()
    with serving(once(b""), tls=context) as server:
        lost = _failure(datasource(server.url))
    assert untrusted.kind == "tls"
    assert "carried out" not in untrusted.message
    assert lost.message == (
        "Token service closed the connection without an answer. The call may have been carried out."
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
    context, root = _certificate(tmp_path, name=LOOPBACK)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))

    def handle(visit: Visit) -> None:
        visit.read()
        visit.write(head)
        visit.trickle(b"x" * 5000)

    with serving(handle, tls=context) as server:
        assert _failure(datasource(server.url, timeout_s=0.5)).kind == "timeout"
        assert server.finished == 0
