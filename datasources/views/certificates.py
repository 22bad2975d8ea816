"""The dialog with the certificates of a datasource: the one it shows, the authorities it trusts."""

import base64
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources import forms
from datasources.models import Datasource
from datasources.rest.certificates import (
    CERTIFICATE_MARK,
    CertificateFlaw,
    ClientCertificate,
    expiry_warning,
    load_certificate,
)
from datasources.selectors import get_datasource, rest_document_of
from datasources.services.access import must_edit
from datasources.services.datasources import KIND, patch_datasource
from datasources.views.access import CHANGERS
from kianda.accounts.services.audit import last_change
from kianda.lib.errors import Flaw, Invalid, Stale, TooLarge
from kianda.web.edit_conflict import saved_before_words
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_dialog, toast

MOST_BYTES = 200_000
# Where the parts of a certificate stand on the page.
BESIDE = {"/client_certificate/pfx": "/client_certificate/pem"}


@page(roles=CHANGERS, methods=("GET", "POST"))
@once
def certificates(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the certificates, and store others."""
    row = get_datasource(name)
    must_edit(row, request.user)
    stored = rest_document_of(row)
    errors, status = Errors(), 200
    if request.method == "POST":
        try:
            _store(request, row)
        except (Invalid, TooLarge) as error:
            flaws = [Flaw(BESIDE.get(one.pointer, one.pointer), one.detail) for one in error.errors]
            errors, status = Errors(Invalid(error.detail, errors=flaws)), 422
        except Stale:
            row, status = get_datasource(name), 409
            stored = rest_document_of(row)
            entry = last_change(KIND, name)
            errors = Errors(Invalid(saved_before_words(entry, request.user)))
        else:
            toast(request, _("Certificates of %(title)s saved.") % {"title": row.title})
            return go(request, "datasource", name=name)
    trusted = request.POST.get("/trusted_ca", stored.trusted_ca or "")
    context = {
        "row": row, "errors": errors, "trusted": trusted,
        "revision": row.revision if status == 409 else request.POST.get("revision") or row.revision,
        "held": held_certificate(stored.client_certificate),
    }  # fmt: skip
    heading = _("Certificates of %(title)s") % {"title": row.title}
    return render_dialog(
        request, "datasources/_certificates.html", context, title=heading, status=status
    )


def held_certificate(settings: ClientCertificate | None) -> dict[str, Any] | None:
    """Return what may be shown of a stored certificate, None without one."""
    if settings is None:
        return None
    warning = expiry_warning(settings, now=timezone.now())
    try:
        loaded = load_certificate(settings)
    except CertificateFlaw:
        return {"subject": "", "issuer": "", "expires_at": None, "warning": warning}
    return {
        "subject": loaded.subject,
        "issuer": loaded.issuer,
        "expires_at": loaded.expires_at,
        "warning": warning,
    }


def _store(request: HttpRequest, row: Datasource) -> None:
    post = request.POST
    changes = {
        "client_certificate": _certificate(request, rest_document_of(row).client_certificate),
        "trusted_ca": _trusted(request),
    }
    patch_datasource(
        name=row.name, changes=changes, user=request.user, revision=forms.revision_of(post) or 0
    )


def _certificate(request: HttpRequest, stored: ClientCertificate | None) -> dict[str, str] | None:
    if request.POST.get("remove"):
        return None
    password = forms.text_of(request.POST, "/client_certificate/password")
    typed = forms.text_of(request.POST, "/client_certificate/pem").strip()
    file = _file(request, "certificate_file", "/client_certificate/pem")
    if file is not None and CERTIFICATE_MARK.encode() not in file:
        sent = {"pfx": base64.b64encode(file).decode()}
    elif file is not None or typed:
        sent = {"pem": file.decode("utf-8", "replace") if file is not None else typed}
    else:
        # A password alone is that of what is there, or of nothing: the service tells.
        kept = stored.masked() if stored else {}
        return kept | ({"password": password} if password else {}) or None
    return {**sent, "password": password}


def _trusted(request: HttpRequest) -> str | None:
    file = _file(request, "authority_file", "/trusted_ca")
    if file is not None:
        return file.decode("utf-8", "replace")
    return forms.text_of(request.POST, "/trusted_ca").strip() or None


def _file(request: HttpRequest, name: str, place: str) -> bytes | None:
    file = request.FILES.get(name)
    if not isinstance(file, UploadedFile) or not file.size:
        return None
    if file.size > MOST_BYTES:
        raise Invalid.at(place, _("A certificate file can have at most 200 KB."))
    return bytes(file.read())
