"""Errors of the API as application/problem+json (RFC 9457)."""

import logging
import math
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from kianda.lib.db import outages
from kianda.lib.errors import ApplicationError, Flaw

PROBLEM_TYPE = "application/problem+json"

# What HTTP calls the statuses that are answered without a title of their own.
PHRASES = (
    gettext_noop("Permanent Redirect"), gettext_noop("Bad Request"), gettext_noop("Unauthorized"),
    gettext_noop("Forbidden"),
    gettext_noop("Not Found"), gettext_noop("Method Not Allowed"), gettext_noop("Not Acceptable"),
    gettext_noop("Conflict"), gettext_noop("Length Required"),
    gettext_noop("Unsupported Media Type"), gettext_noop("Too Many Requests"),
    gettext_noop("Internal Server Error"), gettext_noop("Service Unavailable"),
)  # fmt: skip

logger = logging.getLogger("kianda.api")


def problem_body(
    status: int,
    detail: str,
    *,
    title: str = "",
    errors: Iterable[Flaw] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body of a problem; `extra` keys stand beside the standard ones."""
    body: dict[str, Any] = {
        "title": title or gettext(HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
    }
    places = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in errors]
    return {**body, **({"errors": places} if places else {}), **(extra or {})}


def problem(status: int, detail: str, **settings: Any) -> Response:
    """Return a problem as the answer of a DRF view."""
    body = problem_body(status, detail, **settings)
    return Response(body, status=status, content_type=PROBLEM_TYPE)


def plain_problem(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Return a problem outside DRF, for middleware and the 404 and 500 handlers."""
    return JsonResponse(problem_body(status, detail), status=status, content_type=PROBLEM_TYPE)


def away() -> str:
    """Return the sentence of an answer while the database is away."""
    seconds = outages.ASK_AGAIN_AFTER_S
    return _("The database is not responding. Try again in %(seconds)s s.") % {"seconds": seconds}


AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def tried_again_later(response: AnyResponse) -> AnyResponse:
    """Return an answer with the time after which to ask again."""
    response["Retry-After"] = str(outages.ASK_AGAIN_AFTER_S)
    return response


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error of a view becomes a problem, never a stack trace."""
    if isinstance(error, ApplicationError):
        return problem(
            error.status,
            error.detail,
            title=gettext(error.title),
            errors=error.errors,
            extra=error.extra,
        )
    if isinstance(error, Http404):
        return problem(404, _("This object does not exist."))
    if isinstance(error, PermissionDenied):
        return problem(403, _("You are not allowed to do this."))
    if isinstance(error, exceptions.APIException):
        return _of_rest_framework(error)
    if outages.noticed(error):
        return tried_again_later(problem(503, away()))
    request = context.get("request")
    logger.error(
        "unexpected error in %s %s",
        getattr(request, "method", ""),
        getattr(request, "path", ""),
        exc_info=error,
    )
    return problem(500, _("An error occurred on the server. Its log has the details."))


def _of_rest_framework(error: exceptions.APIException) -> Response:
    # Bad input is always 400: DRF itself never says 422, but a library's exception might.
    status = 400 if error.status_code == HTTPStatus.UNPROCESSABLE_ENTITY else error.status_code
    headers = {}
    flaws: list[Flaw] = []
    if isinstance(error, exceptions.ValidationError):
        flaws = list(_flaws(error.detail, ""))
        detail = _("The input has errors.")
    elif isinstance(error, exceptions.Throttled):
        seconds = max(1, math.ceil(getattr(error, "wait", None) or 1))
        headers["Retry-After"] = str(seconds)
        detail = _("Too many requests. Try again in %(seconds)s s.") % {"seconds": seconds}
    elif isinstance(error, exceptions.UnsupportedMediaType):
        detail = _("Send the body as application/json in UTF-8.")
    else:
        detail = str(error.detail)
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    response = problem(status, detail, errors=flaws)
    for name, value in headers.items():
        response[name] = value
    return response


def _flaws(detail: Any, pointer: str) -> Iterable[Flaw]:
    """Turn DRF's nested error details into JSON pointers."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            step = "" if key == "non_field_errors" else f"/{escape(str(key))}"
            yield from _flaws(inner, pointer + step)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, (dict, list))
            yield from _flaws(inner, f"{pointer}/{position}" if nested else pointer)
    else:
        yield Flaw(pointer, str(detail))


def escape(key: str) -> str:
    """Return a key as one part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
