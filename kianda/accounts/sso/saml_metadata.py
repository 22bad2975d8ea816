"""Metadata of SAML: what an identity provider says of itself, and what it is told of us.

The package that knows SAML is an extra: it is imported where it is used, and nothing but SAML
asks for it.
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.socialaccount.adapter import get_adapter
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import IdentityProvider
from kianda.accounts.services import audit
from kianda.accounts.services.account_mails import address_in_full
from kianda.accounts.services.identity_providers import KIND, ProviderSettings, certificate
from kianda.lib.errors import Invalid

MOST_BYTES: Final = 500_000
REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
# How long a process goes by what it has read, and by what is stored where nobody answered.
KNOWN_S: Final = 300
_SIGNING: Final = (
    "./md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an identity provider says of itself."""

    entity_id: str
    sign_in_url: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CertificateValidity:
    """Until when a certificate is valid."""

    until: datetime

    @property
    def is_over(self) -> bool:
        """Tell whether it has expired: what it signs is taken all the same, others may mind."""
        return self.until <= timezone.now()

    @property
    def is_near(self) -> bool:
        """Tell whether the provider should have a new one by now."""
        return self.until <= timezone.now() + timedelta(days=30)


def installed() -> bool:
    """Tell whether the package that knows SAML is there."""
    return importlib.util.find_spec("onelogin") is not None


def not_installed() -> str:
    """Return what to do where it is not."""
    return _(
        "SAML needs packages that are not installed. Install them with python3 "
        "tools/install.py saml, then restart Kianda."
    )


def entity_id(slug: str) -> str:
    """Return what we are called at a provider: the address of our metadata."""
    return address_in_full(reverse("saml_metadata", args=[slug]))


def answers_at(slug: str) -> str:
    """Return where a provider sends its answers to."""
    return address_in_full(reverse("saml_acs", args=[slug]))


def read_metadata(xml: bytes | str, *, entity: str = "") -> Metadata:
    """Read what a provider says of itself; raises ValueError with a sentence.

    `entity` chooses one of several. Documents that declare types or entities are refused.
    """
    from lxml import etree
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

    raw = xml.encode() if isinstance(xml, str) else xml
    if len(raw) > MOST_BYTES:
        raise ValueError(_("The metadata is too long."))
    try:
        root = Xml.to_etree(raw)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(_("This is not SAML metadata: it is not valid XML.")) from error
    found = [
        node for node in Xml.query(root, "//md:EntityDescriptor[md:IDPSSODescriptor]")
        if not entity or node.get("entityID") == entity
    ]  # fmt: skip
    if not found:
        raise ValueError(
            _("The metadata contains no identity provider %(name)s.") % {"name": entity[:200]}
            if entity
            else _("This is not the metadata of an identity provider.")
        )
    if len(found) > 1:
        raise ValueError(
            _("The metadata contains more than one identity provider. Enter the entity ID.")
        )
    return _of(Xml, found[0])


def _of(xml: Any, entity: Any) -> Metadata:
    (provider, *_more) = xml.query(entity, "./md:IDPSSODescriptor")
    doors = xml.query(provider, f"./md:SingleSignOnService[@Binding='{REDIRECT}']")
    if not doors:
        raise ValueError(_("The metadata contains no sign-in address for HTTP-Redirect."))
    texts = ["".join((node.text or "").split()) for node in xml.query(provider, _SIGNING)]
    return Metadata(
        (entity.get("entityID") or "").strip(), (doors[0].get("Location") or "").strip(),
        tuple(dict.fromkeys(filter(None, texts))),
    )  # fmt: skip


def fetch_metadata(url: str, *, entity: str = "") -> Metadata:
    """Ask a provider for its metadata; raises ValueError with a sentence."""
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url)
            answer.raise_for_status()
            body = answer.content
    # What requests raises are errors of the system.
    except OSError as error:
        raise ValueError(str(error)) from error
    return read_metadata(body, entity=entity)


def complete(
    given: ProviderSettings, *, xml: str, before: ProviderSettings | None = None
) -> ProviderSettings:
    """Add to what an administrator gave what the metadata say; raises Invalid at their place.

    What is known from `before` stays, unless there are new metadata.
    """
    if not installed():
        raise Invalid.at("/kind", not_installed())
    if before is not None:
        given = replace(
            given, sign_in_url=before.sign_in_url, certificates=before.certificates,
            issuer=given.issuer or before.issuer,
        )  # fmt: skip
        if not xml.strip() and given.metadata_url in ("", before.metadata_url):
            return given
    place = "/metadata" if xml.strip() else "/metadata_url"
    if place == "/metadata_url" and not given.metadata_url:
        raise Invalid.at(
            "/metadata_url", _("Enter the address of the metadata, or paste the metadata.")
        )
    try:
        found = (
            read_metadata(xml, entity=given.issuer)
            if xml.strip()
            else fetch_metadata(given.metadata_url, entity=given.issuer)
        )
    except ValueError as error:
        raise Invalid.at(place, str(error)) from error
    return replace(
        given, issuer=found.entity_id, sign_in_url=found.sign_in_url,
        certificates=found.certificates,
    )  # fmt: skip


def expiries(certificates: Sequence[str]) -> list[CertificateValidity]:
    """Return until when each certificate is valid."""
    return [CertificateValidity(certificate(text).not_valid_after_utc) for text in certificates]


def up_to_date(row: IdentityProvider, *, now: bool = False) -> IdentityProvider:
    """Return a provider as its metadata say today, asked once in a while; `now`: asked at once.

    Where it does not answer, what is stored goes on to hold, unless it is asked at once: then
    ValueError says why.
    """
    key = f"kianda-saml-{hashlib.sha256(row.metadata_url.encode()).hexdigest()}"
    if not row.metadata_url or (not now and cache.get(key)):
        return row
    cache.set(key, "read", KNOWN_S)
    try:
        found = fetch_metadata(row.metadata_url, entity=row.issuer)
        for text in found.certificates:
            certificate(text)
    except ValueError:
        if now:
            raise
        return row
    says = {"sign_in_url": found.sign_in_url, "certificates": list(found.certificates)}
    if not found.certificates or all(getattr(row, name) == told for name, told in says.items()):
        return row
    # Only what it replaces is replaced: an administrator may change the provider meanwhile.
    same = IdentityProvider.objects.filter(pk=row.pk, revision=row.revision)
    if same.update(**says):
        detail = _("Certificates and address updated from the metadata.")
        audit.record(None, action="changed", kind=KIND, name=row.slug, detail=detail)
        row.refresh_from_db()
    return row
