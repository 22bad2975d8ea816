"""Connections to checked addresses, straight or through the proxy of the installation."""

import socket
from typing import Any, cast

from django.utils.translation import gettext as _
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from datasources.http.egress import resolve
from datasources.http.routes import EgressProxy, Route
from datasources.http.sockets import FinalResponse, Limits, TLSSocket, connect
from datasources.http.tls import context_for
from datasources.rest.errors import CallFailed

# A longer body costs more to copy than a send does.
MOST_JOINED = 16 * 1024
PROXY_REFUSES = "Tunnel connection failed: "


def dial(route: Route, limits: Limits) -> socket.socket:
    """Return a connection on which the origin, or the proxy on the way to it, listens."""
    origin, proxy = route.origin, route.proxy
    targets = resolve(
        origin.host,
        origin.port,
        wait_s=limits.left(),
        within=route.allowed,
        # A proxy looks the name up again, and may choose any of its addresses.
        every=proxy is not None,
    )
    if proxy is None:
        return connect(targets, limits)
    try:
        targets = resolve(proxy.host, proxy.port, wait_s=limits.left(), by_operator=True)
        return connect(targets, limits)
    except CallFailed as failed:
        raise CallFailed(failed.kind, _with_proxy(proxy, failed.message)) from failed


def _with_proxy(proxy: EgressProxy, message: str) -> str:
    return _("The proxy %(proxy)s in KIANDA_EGRESS_PROXY cannot be reached. %(message)s") % {
        "proxy": f"{proxy.host}:{proxy.port}",
        "message": message,
    }


class _InOneSend(HTTPConnection):
    """Sends the head of a request together with a short body: a server wakes once for it."""

    _joins = False
    _head = b""

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        """Send a request."""
        self._joins = isinstance(body, bytes) and 0 < len(body) <= MOST_JOINED
        self._head = b""
        super().request(method, url, body, *args, **kwargs)

    def send(self, data: Any) -> None:
        """Send bytes, but keep a head back until its body comes."""
        if self._joins and not self._head:
            self._head = data
            return
        data, self._head, self._joins = (self._head + data if self._head else data), b"", False
        super().send(data)


class PlainConnection(_InOneSend):
    """An HTTP connection to a checked address."""

    response_class = FinalResponse

    def __init__(self, *args: Any, limits: Limits, route: Route, **kwargs: Any) -> None:
        """Keep the limits and the route for its sockets."""
        super().__init__(*args, **kwargs)
        self._limits, self._route = limits, route

    def _new_conn(self) -> socket.socket:
        return dial(self._route, self._limits)


class TLSConnection(_InOneSend, HTTPSConnection):
    """An HTTPS connection to a checked address; the certificate is checked against the name."""

    response_class = FinalResponse

    def __init__(self, *args: Any, limits: Limits, route: Route, **kwargs: Any) -> None:
        """Keep the limits and the route for its sockets."""
        super().__init__(*args, **kwargs)
        self._limits, self._route = limits, route
        if route.proxy is not None:
            headers = route.proxy.headers()
            self.set_tunnel(route.origin.host, route.origin.port, headers, scheme="http")

    def _new_conn(self) -> socket.socket:
        return dial(self._route, self._limits)

    def _tunnel(self) -> None:
        sent = self._limits.sent
        try:
            # urllib3 and http.client know it, their types do not.
            cast(Any, super())._tunnel()
        except OSError as error:
            words = str(error)
            if not words.startswith(PROXY_REFUSES):
                raise
            raise CallFailed(
                "connection", proxy_refusal(words.removeprefix(PROXY_REFUSES))
            ) from error
        finally:
            # What the proxy was asked for is no part of the call.
            self._limits.sent = sent

    def connect(self) -> None:
        """Connect, and put the TLS socket under the same deadline."""
        self.ssl_context = context_for(self._route.tls)
        super().connect()
        if isinstance(self.sock, TLSSocket):
            self.sock.limits = self._limits


def proxy_refusal(said: str) -> str:
    """Return in words why a proxy lets nothing through, and who can mend it."""
    if said.startswith("407"):
        return _(
            "The proxy asks for a user name and password. The operator of this server can "
            "set them in KIANDA_EGRESS_PROXY."
        )
    return _("The proxy answered %(said)s. Ask its operator to allow the address.") % {
        "said": said.strip()
    }


class PlainPool(HTTPConnectionPool):
    """Pooled guarded HTTP connections."""

    ConnectionCls = PlainConnection


class TLSPool(HTTPSConnectionPool):
    """Pooled guarded HTTPS connections."""

    ConnectionCls = TLSConnection


def open_pool(route: Route, limits: Limits) -> HTTPConnectionPool:
    """Return the pool of one route and one thread: it keeps a single connection."""
    origin = route.origin
    if origin.scheme == "https":
        return TLSPool(origin.host, origin.port, maxsize=1, limits=limits, route=route)
    return PlainPool(origin.host, origin.port, maxsize=1, limits=limits, route=route)
