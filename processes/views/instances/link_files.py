"""Files that somebody without an account uploads through a link: for its form, by one browser."""

import hashlib
import secrets
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse

from kianda.lib.api.problems import PROBLEM_TYPE, problem_body
from kianda.lib.errors import ApplicationError
from processes.files import tus
from processes.files.uploads import Uploader, own_upload, remove
from processes.forms.field_uploads import begin_field_upload
from processes.instances.form_links import link_of, refuse_ended
from processes.models import File
from processes.tasks import send_check

# What tells one browser from others that have the same link. No script reads it.
COOKIE, COOKIE_S = "k-uploads", 24 * 3600


def session_of(request: HttpRequest) -> str:
    """Return by what the uploads of a browser are known, or nothing before it has any."""
    kept = request.COOKIES.get(COOKIE, "")
    return hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest() if kept else ""


def with_session(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Give a browser that has none what its uploads are known by."""
    if not request.COOKIES.get(COOKIE):
        answer.set_cookie(
            COOKIE, secrets.token_urlsafe(24), max_age=COOKIE_S, path="/f/", httponly=True,
            secure=settings.HTTPS, samesite="Lax",
        )  # fmt: skip
    return answer


def upload(request: HttpRequest, token: str, file_id: UUID | None = None) -> HttpResponseBase:
    """Begin an upload for the form of a link, go on with it, tell about it, or end it."""
    link = link_of(token)
    refuse_ended(link)
    by = Uploader(None, link, session_of(request))
    try:
        if not by.session:
            raise ApplicationError
        return _done(request, by, token, file_id)
    except ApplicationError as refusal:
        body = problem_body(
            refusal.status, refusal.detail, errors=refusal.errors, extra=refusal.extra
        )
        return JsonResponse(body, status=refusal.status, content_type=PROBLEM_TYPE)


def _done(
    request: HttpRequest, by: Uploader, token: str, file_id: UUID | None
) -> HttpResponseBase:  # fmt: skip
    body = cast("IO[bytes]", request)
    if file_id is None:
        made = tus.create(
            request.headers, body, lambda about, size: begin_field_upload(by, about, size)
        )
        answer = _answered(made)
        answer["Location"] = reverse("form-link-file", args=[token, cast(File, made.file).pk])
        return answer
    file = own_upload(by, file_id)
    if request.method == "HEAD":
        return _answered(tus.standing(request.headers, file))
    if request.method == "PATCH":
        return _answered(tus.go_on(request.headers, file, body))
    if request.method == "DELETE":
        remove(file)
        return HttpResponse(status=204)
    return JsonResponse(_told(file))


def _answered(made: tus.TusAnswer) -> HttpResponse:
    if made.file is not None:
        send_check(made.file)
    return HttpResponse(status=made.status, headers=made.headers)


def _told(file: File) -> dict[str, Any]:
    return {
        "id": str(file.pk), "name": file.name, "size": file.size, "media_type": file.media_type,
    }  # fmt: skip
