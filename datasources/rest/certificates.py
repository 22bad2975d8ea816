"""Certificates of a datasource: the one that it shows, and the authorities that it trusts."""

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import Field

from datasources.rest.shapes import Shape
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK

WARN_AHEAD = timedelta(days=30)
SECRETS = ("pem", "pfx", "password")
KEY_BLOCK = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
CERTIFICATE_MARK = "-----BEGIN CERTIFICATE-----"
CLIENTS = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}

_Secret = Annotated[str, Field(max_length=200_000, repr=False)]


class ClientCertificate(Shape):
    """The certificate with its private key by which an outside system knows this datasource."""

    pem: _Secret = Field(default="", description="Certificate, chain and private key as PEM.")
    pfx: _Secret = Field(
        default="", description="Alternative: a PKCS #12 file (.pfx, .p12), base64."
    )
    password: _Secret = Field(
        default="", description="Password of the private key or the file, if it has one."
    )

    def masked(self) -> dict[str, str]:
        """Return it as it is shown: what is set as asterisks."""
        return {name: MASK if getattr(self, name) else "" for name in SECRETS}


class CertificateFlaw(Exception):
    """What is wrong with a certificate, in a sentence; `key` is the setting at fault."""

    def __init__(self, key: str, sentence: str) -> None:
        """Take the setting and the sentence."""
        super().__init__(sentence)
        self.key, self.sentence = key, sentence


@dataclass(frozen=True)
class LoadedCertificate:
    """A certificate that was read: its own, those that vouch for it, and its private key."""

    own: x509.Certificate
    others: tuple[x509.Certificate, ...]
    key: PrivateKeyTypes

    @property
    def expires_at(self) -> datetime:
        """Until when it is good."""
        return self.own.not_valid_after_utc

    @property
    def subject(self) -> str:
        """Whose it is."""
        return self.own.subject.rfc4514_string()

    @property
    def issuer(self) -> str:
        """Which authority signed it."""
        return self.own.issuer.rfc4514_string()

    def as_file(self, password: bytes) -> bytes:
        """Return it as the PEM that OpenSSL reads, the key under a password."""
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in (self.own, *self.others))
        locked = self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        return chain + locked


@functools.lru_cache(maxsize=64)
def load_certificate(settings: ClientCertificate) -> LoadedCertificate:
    """Read a client certificate; raises CertificateFlaw."""
    if settings.pem and settings.pfx:
        raise CertificateFlaw("pfx", _("Send pem or pfx, not both."))
    if settings.pfx:
        return _from_pfx(settings)
    if settings.pem:
        return _from_pem(settings)
    raise CertificateFlaw("pem", _("No certificate found. Send pem or pfx."))


def _from_pem(settings: ClientCertificate) -> LoadedCertificate:
    found = _certificates(settings.pem, "pem")
    block = KEY_BLOCK.search(settings.pem)
    if block is None:
        sentence = _("No private key found. It is a block that starts with %(begin)s.")
        raise CertificateFlaw("pem", sentence % {"begin": "-----BEGIN PRIVATE KEY-----"})
    try:
        locked = "ENCRYPTED" in block[0]
        password = settings.password.encode() if locked and settings.password else None
        key = load_pem_private_key(block[0].encode(), password)
    except TypeError as error:
        raise CertificateFlaw("password", _("The private key has a password. Enter it.")) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable_key(locked=locked) from error
    return _matched(key, found, "pem")


def _unreadable_key(*, locked: bool) -> CertificateFlaw:
    if locked:
        return CertificateFlaw("password", _("This password does not open the private key."))
    return CertificateFlaw("pem", _("The private key cannot be read. Copy all of it."))


def _from_pfx(settings: ClientCertificate) -> LoadedCertificate:
    try:
        data = base64.b64decode(settings.pfx, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateFlaw("pfx", _("Send the file as base64.")) from error
    try:
        loaded = pkcs12.load_key_and_certificates(data, settings.password.encode() or None)
    except ValueError as error:
        if "password" in str(error).lower():
            sentence = _("This password does not open the file.")
            if not settings.password:
                sentence = _("The file has a password. Enter it.")
            raise CertificateFlaw("password", sentence) from error
        raise CertificateFlaw(
            "pfx", _("This is not a PKCS #12 file (.pfx, .p12), or it is damaged.")
        ) from error
    key, own, others = loaded
    if key is None or own is None:
        sentence = _("The file has no certificate with a private key. Export both together.")
        raise CertificateFlaw("pfx", sentence)
    return _matched(key, [own, *others], "pfx")


def _matched(key: Any, found: list[x509.Certificate], place: str) -> LoadedCertificate:
    own = next(
        (one for one in found if _public(one.public_key()) == _public(key.public_key())), None
    )
    if own is None:
        sentence = _("The private key does not match the certificate. Send the matching pair.")
        raise CertificateFlaw(place, sentence)
    return LoadedCertificate(own, tuple(one for one in found if one is not own), key)


def _public(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _certificates(pem: str, place: str) -> list[x509.Certificate]:
    if CERTIFICATE_MARK not in pem:
        sentence = _("No certificate found. It is a block that starts with %(begin)s.")
        raise CertificateFlaw(place, sentence % {"begin": CERTIFICATE_MARK})
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise CertificateFlaw(place, _("A certificate cannot be read. Copy all of it.")) from error


def check_certificate(settings: ClientCertificate, *, now: datetime) -> None:
    """Raise CertificateFlaw for a certificate that no server would take."""
    loaded = load_certificate(settings)
    place = "pfx" if settings.pfx else "pem"
    for sentence in _unfit(loaded, now):
        raise CertificateFlaw(place, sentence)


def _unfit(loaded: LoadedCertificate, now: datetime) -> Iterator[str]:
    if now > loaded.expires_at:
        day = f"{loaded.expires_at:%Y-%m-%d}"
        yield _("This certificate has expired on %(day)s. Ask for a new one.") % {"day": day}
    if now < loaded.own.not_valid_before_utc:
        day = f"{loaded.own.not_valid_before_utc:%Y-%m-%d}"
        yield _("This certificate is not valid before %(day)s.") % {"day": day}
    if _is_authority(loaded.own):
        yield _("This is the certificate of an authority. Send the one that it issued to you.")
    used_for = _extension(loaded.own, x509.ExtendedKeyUsage)
    if used_for is not None and CLIENTS.isdisjoint(used_for):
        yield _("This is not a client certificate. Ask for one with clientAuth.")


def _extension(certificate: x509.Certificate, kind: type[Any]) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _is_authority(certificate: x509.Certificate) -> bool:
    basic = _extension(certificate, x509.BasicConstraints)
    return basic is not None and bool(basic.ca)


def authorities_flaw(pem: str, *, now: datetime) -> str | None:
    """Return what is wrong with the authorities that a datasource should trust, or None."""
    if "PRIVATE KEY-----" in pem:
        return _("This contains a private key. Send only the certificate of the authority.")
    try:
        found = _certificates(pem, "")
    except CertificateFlaw as flaw:
        return flaw.sentence
    for one in found:
        if now > one.not_valid_after_utc:
            return _("The certificate of %(name)s has expired on %(day)s.") % {
                "name": one.subject.rfc4514_string(),
                "day": f"{one.not_valid_after_utc:%Y-%m-%d}",
            }
    if not any(_is_authority(one) or one.issuer == one.subject for one in found):
        return _(
            "None of these certificates belongs to an authority. Send the one that signed "
            "the server's certificate."
        )
    return None


def expiry_warning(settings: ClientCertificate | None, *, now: datetime) -> str:
    """Return in words that a client certificate ends soon, or has; else nothing."""
    if settings is None:
        return ""
    try:
        ends = load_certificate(settings).expires_at
    except CertificateFlaw as flaw:
        return flaw.sentence
    day = {"day": f"{ends:%Y-%m-%d}"}
    if now > ends:
        return _("The client certificate has expired on %(day)s. Enter a new one.") % day
    if now + WARN_AHEAD > ends:
        return _("The client certificate expires on %(day)s. Enter a new one before.") % day
    return ""
