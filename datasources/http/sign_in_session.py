"""How identity providers are asked: by the guarded connections of every other call, and bounded.

django-allauth wants a session of requests. This one reaches no address that datasources may not
reach, follows no redirect, reads no more than a token needs, and takes no settings from outside.
"""

import time
from typing import Any

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from datasources.http.dialling import open_pool
from datasources.http.routes import plain_route
from datasources.http.sockets import Limits
from datasources.rest.errors import CallFailed
from kianda.lib.addresses import origin_of

LONGEST_S = 10.0
MOST_BYTES = 1_000_000


class _GuardedAdapter(HTTPAdapter):
    """requests' adapter over a connection of its own for each request."""

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> HTTPConnectionPool:
        """Return a pool whose one connection is checked when it is made."""
        limits = Limits()
        limits.begin(time.monotonic() + LONGEST_S, sent=False)
        return open_pool(plain_route(origin_of(str(request.url))), limits)

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what stands in the request line: for a proxy that reads it the whole address."""
        url = str(request.url)
        return url if plain_route(origin_of(url)).forwarded else request.path_url

    def add_headers(self, request: requests.PreparedRequest, **kwargs: Any) -> None:
        """Sign in to a proxy that reads the request."""
        route = plain_route(origin_of(str(request.url)))
        if route.proxy and route.forwarded:
            request.headers.update(route.proxy.headers())

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Leave verification to the TLS context of the pool, which always verifies."""


class SignInSession(requests.Session):
    """A session of requests that asks identity providers."""

    def __init__(self) -> None:
        """Take no proxy, certificate or password from the environment."""
        super().__init__()
        self.trust_env = False
        for scheme in ("https://", "http://"):
            self.mount(scheme, _GuardedAdapter(max_retries=0))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and read its answer; what fails is an error of requests."""
        kwargs |= {"allow_redirects": False, "stream": True, "timeout": LONGEST_S}
        try:
            answer = super().request(method, url, *args, **kwargs)
            body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
        except (CallFailed, OSError) as error:
            raise requests.ConnectionError(str(error)) from error
        if len(body) > MOST_BYTES:
            raise requests.ConnectionError(_("Its response is too long."))
        answer._content = body
        if answer.is_redirect:
            raise requests.ConnectionError(_("It answered with a redirect."))
        return answer
