"""Connections kept open between calls: per process, thread and route; nothing else is kept."""

import os
import threading
import time
from collections import OrderedDict
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from datasources.http.dialling import open_pool
from datasources.http.routes import Route
from datasources.http.sockets import Limits
from kianda.lib.addresses import authority

# Longer than this a provider, or a box on the way, may have dropped a connection without a word;
# a POST that goes into such a hole can neither be repeated nor trusted.
MAX_IDLE_S = 15.0
LINES_PER_THREAD = 32


class _Adapter(HTTPAdapter):
    """requests' adapter bound to one route: no other proxies, no cookies, no environment."""

    def __init__(self, route: Route, limits: Limits) -> None:
        self._origin_pool = open_pool(route, limits)
        # A proxy that reads the request wants to see the whole address in it.
        origin = route.origin
        self._prefix = "" if route.forwarded else f"{origin.scheme}://{authority(origin)}"
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Do without a manager: the one pool is the adapter's own."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Return the one pool."""
        return self._origin_pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Leave verification to the TLS context of the pool, which always verifies."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return path and query as they were built, for a proxy that reads them the address."""
        return (request.url or "").removeprefix(self._prefix)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Wrap the raw answer alone: no cookie is ever read out of it."""
        response = requests.Response()
        response.raw = resp
        response.status_code = resp.status
        response.reason = resp.reason or ""
        return response

    def close(self) -> None:
        """Close the pool's connection."""
        self._origin_pool.close()


class KeptConnection:
    """The kept connection of one thread on one route."""

    def __init__(self, route: Route) -> None:
        """Open nothing yet."""
        self.limits = Limits()
        self.used = time.monotonic()
        self._route = route
        self._proxy_headers = route.proxy.headers() if route.proxy and route.forwarded else {}
        self._adapter = _Adapter(route, self.limits)

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send a request and return its answer with the body still to be read."""
        if self._proxy_headers:
            request.headers = {**request.headers, **self._proxy_headers}  # type: ignore[assignment]
        return self._adapter.send(request, stream=True)

    def renew(self) -> None:
        """Drop the connection; the next request opens another one."""
        self._adapter.close()
        self._adapter = _Adapter(self._route, self.limits)

    def close(self) -> None:
        """Drop the connection for good."""
        self._adapter.close()


class ConnectionPool:
    """The kept connections of this process, each thread with its own."""

    def __init__(self, *, max_idle_s: float = MAX_IDLE_S) -> None:
        """Keep a connection no longer than `max_idle_s` without use."""
        self._max_idle_s = max_idle_s
        self._local = threading.local()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        # A forked child must not talk on its parent's connections.
        self._local = threading.local()

    def _mine(self) -> OrderedDict[Route, KeptConnection]:
        try:
            found: OrderedDict[Route, KeptConnection] = self._local.lines
        except AttributeError:
            found = self._local.lines = OrderedDict()
        return found

    def to(self, route: Route) -> KeptConnection:
        """Return this thread's line on a route, without a connection that was idle too long."""
        lines = self._mine()
        line = lines.get(route)
        if line is None:
            line = lines[route] = KeptConnection(route)
            if len(lines) > LINES_PER_THREAD:
                lines.popitem(last=False)[1].close()
        elif time.monotonic() - line.used > self._max_idle_s:
            line.renew()
        lines.move_to_end(route)
        return line

    def close(self) -> None:
        """Close this thread's connections."""
        lines = self._mine()
        while lines:
            lines.popitem()[1].close()
