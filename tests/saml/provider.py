"""A provider of SAML: its keys, its metadata, and answers that it signs, right ones and others."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

ENTITY = "https://login.acme.example/saml"
SIGN_IN = "https://login.acme.example/saml/sign-in"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
NS = {"saml": SAML, "samlp": PROTOCOL, "ds": "http://www.w3.org/2000/09/xmldsig#"}


class Pair:
    """A key, and a certificate that is valid for some days; made when they are first asked for."""

    def __init__(self, *, days: int = 365) -> None:
        """Take the days."""
        self.days = days

    @property
    def key(self) -> str:
        """Return the key as PEM."""
        return self._made[0]

    @property
    def certificate(self) -> str:
        """Return the certificate as PEM."""
        return self._made[1]

    @property
    def base64(self) -> str:
        """Return the certificate as metadata hold it."""
        return "".join(self.certificate.splitlines()[1:-1])

    @cached_property
    def _made(self) -> tuple[str, str]:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")]), datetime.now(UTC)
        end = now + timedelta(days=self.days)
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=900)).not_valid_after(end)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private.decode(), made.public_bytes(pem).decode()


PAIR, NEXT_PAIR, OTHER_PAIR = Pair(), Pair(days=10), Pair()


def metadata(*pairs: Pair, entity: str = ENTITY, sign_in: str = SIGN_IN) -> str:
    """Return what the provider says of itself."""
    keys = "".join(
        f"<KeyDescriptor use='signing'><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{one.base64}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
        for one in pairs or (PAIR,)
    )
    return (
        "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata'"
        f" xmlns:ds='{NS['ds']}' entityID='{entity}'>"
        f"<IDPSSODescriptor protocolSupportEnumeration='{PROTOCOL}'>{keys}"
        "<SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'"
        f" Location='{sign_in}'/></IDPSSODescriptor></EntityDescriptor>"
    )


@dataclass(frozen=True)
class Answer:
    """What the provider answers; each part can be another one than is right."""

    asked: str
    here: str
    audience: str
    name_id: str = "e1"
    name_format: str = PERSISTENT
    attributes: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {"email": ["Emma@Example.org"], "displayName": ["Emma Doyle"]}
    )
    issuer: str = ENTITY
    destination: str | None = None
    recipient: str | None = None
    confirms: str | None = None
    response_to: str | None = None
    from_s: int = -30
    until_s: int = 300
    confirmed_s: int | None = None
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"

    def but(self, **other: Any) -> "Answer":
        """Return the same with other parts; an empty text leaves a part out."""
        return replace(self, **other)

    def document(self) -> Any:
        """Return the answer, not yet signed."""
        said = {
            "ID": "r1", "Version": "2.0", "IssueInstant": _at(0),
            "Destination": _or(self.destination, self.here),
            "InResponseTo": _or(self.response_to, self.asked),
        }  # fmt: skip
        root = _add(None, "samlp:Response", "", **said)
        _add(root, "saml:Issuer", self.issuer)
        _add(_add(root, "samlp:Status"), "samlp:StatusCode", "", Value=self.status)
        one = _add(root, "saml:Assertion", "", ID="a1", Version="2.0", IssueInstant=_at(0))
        _add(one, "saml:Issuer", self.issuer)
        self._subject(_add(one, "saml:Subject"))
        window = {"NotBefore": _at(self.from_s), "NotOnOrAfter": _at(self.until_s)}
        conditions = _add(one, "saml:Conditions", "", **window)
        if self.audience:
            _add(_add(conditions, "saml:AudienceRestriction"), "saml:Audience", self.audience)
        context = _add(
            _add(one, "saml:AuthnStatement", "", AuthnInstant=_at(0)), "saml:AuthnContext"
        )
        _add(
            context, "saml:AuthnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
        )
        if self.attributes:
            told = _add(one, "saml:AttributeStatement")
            for name, values in self.attributes.items():
                attribute = _add(told, "saml:Attribute", "", Name=name)
                for value in values:
                    _add(attribute, "saml:AttributeValue", value)
        return root

    def _subject(self, subject: Any) -> None:
        _add(subject, "saml:NameID", self.name_id, Format=self.name_format)
        way = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
        confirmed = self.until_s if self.confirmed_s is None else self.confirmed_s
        data = {
            "Recipient": _or(self.recipient, self.here),
            "NotOnOrAfter": _at(confirmed) if confirmed else "",
            "InResponseTo": _or(self.confirms, self.asked),
        }  # fmt: skip
        holder = _add(subject, "saml:SubjectConfirmation", "", Method=way)
        _add(holder, "saml:SubjectConfirmationData", "", **data)


def _or(other: str | None, right: str) -> str:
    return right if other is None else other


def _at(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: Any, tag: str, text: str = "", **attributes: str) -> Any:
    prefix, name = tag.split(":")
    known = {key: value for key, value in attributes.items() if value}
    full = f"{{{NS[prefix]}}}{name}"
    if parent is None:
        node = etree.Element(full, known, nsmap={"saml": SAML, "samlp": PROTOCOL})
    else:
        node = etree.SubElement(parent, full, known)
    node.text = text or None
    return node


def sign(node: Any, *, pair: Pair = PAIR, sha1: bool = False) -> Any:
    """Sign an answer, or the assertion in it, where the schema wants the signature."""
    way = xmlsec.Transform.RSA_SHA1 if sha1 else xmlsec.Transform.RSA_SHA256
    digest = xmlsec.Transform.SHA1 if sha1 else xmlsec.Transform.SHA256
    template = xmlsec.template.create(node, xmlsec.Transform.EXCL_C14N, way, ns="ds")
    reference = xmlsec.template.add_reference(template, digest, uri=f"#{node.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
    node.insert(1, template)
    xmlsec.tree.add_ids(node, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.key, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(pair.certificate, xmlsec.constants.KeyDataFormatPem)
    context.sign(template)
    return node


def assertion(document: Any) -> Any:
    """Return the assertion of an answer."""
    return document.find("saml:Assertion", NS)


def signed(answer: Answer, *, whole: bool = False, **how: Any) -> Any:
    """Return an answer whose assertion is signed, or all of it."""
    document = answer.document()
    sign(document if whole else assertion(document), **how)
    return document


def posted(document: Any) -> str:
    """Return an answer as a browser posts it."""
    raw = document if isinstance(document, bytes) else etree.tostring(document)
    return base64.b64encode(raw).decode()


def request_in(location: str) -> Any:
    """Return the request that a browser was led to the provider with."""
    (raw,) = parse_qs(urlsplit(location).query)["SAMLRequest"]
    return etree.fromstring(zlib.decompress(base64.b64decode(raw), -15))
