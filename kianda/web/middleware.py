"""What happens to every request before a view sees it, and to what Django itself answers."""

import ipaddress
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
)
from django.middleware.common import CommonMiddleware
from django.utils.translation import gettext as _

from kianda.accounts.services.second_factors import has_second_factor, needs_second_factor
from kianda.lib.api.problems import PROBLEM_TYPE, plain_problem, problem_body
from kianda.web.error_pages import not_allowed
from kianda.web.pages import go
from kianda.web.request_metrics import count_request

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_OWN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxies:
    """Takes the caller's address from X-Forwarded-For, but only from proxies that are named.

    From anybody else the forwarding headers are dropped: they would let a stranger choose the
    address that throttles and locks count by, or pretend that a plain connection is encrypted.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer and read the named proxies once."""
        self.get_response = get_response
        self.proxies = [
            ipaddress.ip_network(name, strict=False) for name in settings.KIANDA_TRUSTED_PROXIES
        ]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set REMOTE_ADDR to the nearest address that is no proxy of ours."""
        meta = request.META
        meta["KIANDA_FORWARDED"] = "HTTP_X_FORWARDED_FOR" in meta or "HTTP_FORWARDED" in meta
        if not self._trusted(meta.get("REMOTE_ADDR", "")):
            for name in _FORWARDED:
                meta.pop(name, None)
            return self.get_response(request)
        hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        for hop in reversed([hop for hop in hops if _is_address(hop)]):
            meta["REMOTE_ADDR"] = hop
            if not self._trusted(hop):
                break
        return self.get_response(request)

    def _trusted(self, text: str) -> bool:
        if not self.proxies or not _is_address(text):
            return False
        address = ipaddress.ip_address(text)
        return any(address in network for network in self.proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def client_address(request: HttpRequest) -> str:
    """Return the caller's address, as TrustedProxies has settled it."""
    return str(request.META.get("REMOTE_ADDR", ""))


class RequestRecord:
    """Gives each request an id for the log and the answer, and counts it with its duration."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Bind the id to every log line of this request."""
        sent = request.headers.get("X-Request-ID", "")
        made = sent if _OWN_ID.match(sent) else uuid.uuid4().hex
        request.META["KIANDA_REQUEST_ID"] = made
        start = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=made):
            response = self.get_response(request)
        response["X-Request-ID"] = made
        family = f"{response.status_code // 100}xx"
        method = request.method if request.method in _METHODS else "other"
        count_request(method, family, time.perf_counter() - start)
        return response


_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class _Moved(HttpResponsePermanentRedirect):
    """Leads elsewhere with the same method and body: a 301 turns a POST into a GET."""

    status_code = 308

    def __init__(self, redirect_to: str, *args: Any, **kwargs: Any) -> None:
        """Say it in words too, where a program asks: many do not follow it with a body."""
        super().__init__(redirect_to, *args, **kwargs)
        if redirect_to.startswith("/api/"):
            said = _("This address ends with a slash. Send the request to %(address)s.")
            body = problem_body(self.status_code, said % {"address": redirect_to})
            self["Content-Type"] = PROBLEM_TYPE
            self.content = json.dumps(body).encode()


class SlashAtTheEnd(CommonMiddleware):
    """Leads an address that lacks its last slash to the one that has it, whatever was sent."""

    response_redirect_class = _Moved


class SecondFactorFirst:
    """Leads who needs a second factor and has none to where it is set up, before anything else.

    Calls with an API token go on: they are no sign-in, and their person may not be there.
    """

    # Where it is set up, and what leads there or away from it.
    OPEN = frozenset({
        "security", "mfa_index", "mfa_list_webauthn", "mfa_activate_totp", "mfa_add_webauthn",
        "mfa_view_recovery_codes", "mfa_download_recovery_codes", "account_reauthenticate",
        "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "sign-in", "account_login",
        "sign-out", "sign-in-again", "set-password", "confirm-email", "theme",
    })  # fmt: skip

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on to the next layer; what is asked is known only there."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        """Lead away from what is asked, or refuse it where nobody can be led."""
        match = request.resolver_match
        if (
            settings.SESSION_COOKIE_NAME not in request.COOKIES
            or (match is not None and match.url_name in self.OPEN)
            or _has_token(request)
            or not request.user.is_authenticated
            or not needs_second_factor(request.user)
            or has_second_factor(request.user)
        ):
            return None
        if request.path.startswith("/api/"):
            said = _("Your role requires a second factor. Set one up under Profile, Security.")
            return plain_problem(request, 403, said)
        return go(request, "security")


def _has_token(request: HttpRequest) -> bool:
    """Tell whether this is a call of the API in which the session counts for nothing."""
    scheme = request.headers.get("Authorization", "").strip().partition(" ")[0]
    return request.path.startswith("/api/") and scheme.lower() == "bearer"


class SayWhatIsNotAllowed:
    """Puts a page where Django answers with nothing at all: whoever opens the address of an act."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Say in words that the address does not take this method."""
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return not_allowed(request, response)
        return response


class RefuseUnreadable:
    """Refuses what no view could read rightly: NUL in the address, a body of unknown length."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 404 for NUL, which no name holds; 411 for a body that Django would drop."""
        if "\0" in request.path:
            return plain_problem(request, 404, _("Page not found."))
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower() and (
            not request.META.get("CONTENT_LENGTH")
        ):
            return plain_problem(request, 411, _("Send the body with a Content-Length header."))
        return self.get_response(request)
