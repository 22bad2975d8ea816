"""An authority made for one test: what it signs for servers and for clients, in every wrapping."""

import base64
import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
OTHER_USES = dict.fromkeys(
    ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
     "encipher_only", "decipher_only"], False
)  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def key_pem(self, password: str = "") -> str:
        """The private key alone."""
        lock: Any = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()

    def pem(self, password: str = "") -> str:
        """Both as text."""
        return self.certificate_pem + self.key_pem(password)

    def pfx_bytes(self, password: str = "") -> bytes:
        """Both as a PKCS #12 file."""
        lock: Any = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return pkcs12.serialize_key_and_certificates(b"crm", self.key, self.certificate, None, lock)

    def pfx(self, password: str = "") -> str:
        """Both as a PKCS #12 file in base64."""
        return base64.b64encode(self.pfx_bytes(password)).decode()


class Authority:
    """Signs certificates."""

    def __init__(self, name: str = "Test authority") -> None:
        self.pair = self._make(name, authority=True, days=500)

    def _make(
        self, name: str, *, authority: bool = False, days: int, starts: int = -10,
        uses: ObjectIdentifier | None = None,
    ) -> Pair:  # fmt: skip
        key = ec.generate_private_key(ec.SECP256R1())
        signer = key if authority else self.pair.key
        issuer = _name(name) if authority else self.pair.certificate.subject
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=starts))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True, key_cert_sign=authority, crl_sign=authority,
                    **OTHER_USES,
                ),
                True,
            )
        )  # fmt: skip
        if not authority:
            loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([loopback]), False)
        if uses is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([uses]), False)
        return Pair(made.sign(signer, hashes.SHA256()), key)

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self.pair.certificate_pem

    def client(
        self, name: str = "Kianda", *, days: int = 100, starts: int = -10,
        uses: ObjectIdentifier | None = CLIENT,
    ) -> Pair:  # fmt: skip
        """Return a certificate of a client."""
        return self._make(name, days=days, starts=starts, uses=uses)

    def server(self, folder: Path, *, asks: "Authority | None" = None) -> ssl.SSLContext:
        """Return the context of a server on loopback, which may ask for client certificates."""
        made = self._make("Test server", days=100, uses=SERVER)
        file = folder / "server.pem"
        file.write_text(made.pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if asks is not None:
            context.load_verify_locations(cadata=asks.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context
