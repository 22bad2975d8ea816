"""TLS contexts: the one of all calls, and those of datasources with certificates of their own."""

import functools
import os
import secrets
import ssl
import tempfile
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.http.routes import TlsSettings
from datasources.http.sockets import new_context, tls_context
from datasources.rest.certificates import (
    CertificateFlaw,
    ClientCertificate,
    LoadedCertificate,
    load_certificate,
)
from datasources.rest.errors import CallFailed


def context_for(settings: TlsSettings | None) -> ssl.SSLContext:
    """Return the context of a route; raises CallFailed for a certificate that cannot be shown."""
    if settings is None:
        return tls_context()
    if settings.certificate is not None:
        _must_be_good(settings.certificate)
    return _own_context(settings)


def _must_be_good(certificate: ClientCertificate) -> None:
    try:
        loaded = load_certificate(certificate)
    except CertificateFlaw as flaw:
        raise CallFailed("configuration", flaw.sentence, place="client_certificate") from flaw
    if timezone.now() > loaded.expires_at:
        sentence = _("The client certificate has expired on %(day)s. Enter a new one.") % {
            "day": f"{loaded.expires_at:%Y-%m-%d}"
        }
        raise CallFailed("configuration", sentence, place="client_certificate")


@functools.lru_cache(maxsize=64)
def _own_context(settings: TlsSettings) -> ssl.SSLContext:
    context = new_context()
    if settings.trusted_ca:
        context.load_verify_locations(cadata=settings.trusted_ca)
        # The authority between the root and the server may be all that somebody was given.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if settings.certificate is not None:
        _show(context, load_certificate(settings.certificate))
    return context


def _show(context: ssl.SSLContext, loaded: LoadedCertificate) -> None:
    """Load a certificate. OpenSSL reads files alone: the key is under a password made for once."""
    password = secrets.token_bytes(32).hex()
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(loaded.as_file(password.encode()))
        context.load_cert_chain(name, password=password)
    finally:
        Path(name).unlink()
