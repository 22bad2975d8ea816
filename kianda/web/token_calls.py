"""Calls of the API with a token: a short way to the view, without session, CSRF and pages.

Which way a request takes is decided here alone, before Django's own chain begins.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import timezone

from kianda.accounts.services.profiles import known_zone
from kianda.web.middleware import (
    GetResponse,
    RefuseUnreadable,
    RequestRecord,
    SayWhatIsNotAllowed,
    SlashAtTheEnd,
    TrustedProxies,
)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Data loads nothing and stands in no frame, whoever opens it as if it were a page.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class NothingOfPages:
    """What is left of the layers for pages: the workspace's time zone, and a policy for data."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the workspace's time zone: a token is no person at a page."""
        with timezone.override(known_zone(None)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


# In the order of MIDDLEWARE in the settings, of which they are those that matter without a session.
LAYERS: Sequence[Callable[[Any], Any]] = (
    RequestRecord, TrustedProxies, RefuseUnreadable, SecurityMiddleware, SayWhatIsNotAllowed,
    SlashAtTheEnd, XFrameOptionsMiddleware, NothingOfPages,
)  # fmt: skip


class TokenCalls(WSGIHandler):
    """Django's handler with the layers above in place of those in the settings."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's
        """Build the chain, each layer with its errors turned into answers, as Django does."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for layer in reversed(LAYERS):
            handler = convert_exception_to_response(layer(handler))
        self._middleware_chain = handler


def brings_token(environ: dict[str, Any]) -> bool:
    """Tell whether a request calls the API by a token, so that no session counts for it."""
    if not environ.get("PATH_INFO", "").startswith("/api/v1/"):
        return False
    scheme = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")[0]
    return bool(scheme.lower() == "bearer")


def by_two_ways(pages: Application, calls: Application) -> Application:
    """Return the application that sends each request on its way."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        way = calls if brings_token(environ) else pages
        return way(environ, start_response)

    return application
