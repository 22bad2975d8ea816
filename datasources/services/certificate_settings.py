"""Certificates in what was sent to a datasource: masked parts put back, flaws in their places."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from datasources.rest.certificates import (
    SECRETS,
    CertificateFlaw,
    ClientCertificate,
    authorities_flaw,
    check_certificate,
)
from datasources.rest.document import RestDatasource
from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer
from kianda.lib.secret_names import MASK

# Place, what was sent, its key, what is stored: the value that holds.
Restore = Callable[[str, dict[str, Any], str, str], str]


def restored_certificate(
    sent: dict[str, Any], stored: ClientCertificate | None, restore: Restore
) -> dict[str, Any] | None:
    """Return a sent certificate with what was masked or left out; None when nothing is left.

    Who sends a new certificate has replaced the old one with all that belongs to it.
    """
    anew = any(sent.get(name, MASK) not in (MASK, "", None) for name in ("pem", "pfx"))
    kept = {name: getattr(stored, name) if stored and not anew else "" for name in SECRETS}
    whole = sent | {
        name: restore(pointer("client_certificate", name), sent, name, kept[name])
        for name in SECRETS
    }
    return whole if any(whole.values()) else None


def certificate_flaws(parsed: RestDatasource, stored: RestDatasource | None) -> Iterator[Flaw]:
    """Yield what is wrong with new certificates: one that expires stops no other change."""
    now = timezone.now()
    certificate = parsed.client_certificate
    if certificate is not None and (not stored or certificate != stored.client_certificate):
        try:
            check_certificate(certificate, now=now)
        except CertificateFlaw as flaw:
            yield Flaw(pointer("client_certificate", flaw.key), flaw.sentence)
    if parsed.trusted_ca and (not stored or parsed.trusted_ca != stored.trusted_ca):
        wrong = authorities_flaw(parsed.trusted_ca, now=now)
        if wrong:
            yield Flaw("/trusted_ca", wrong)
