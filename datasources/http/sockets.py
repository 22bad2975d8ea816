"""Connections that are guarded and hold a total deadline.

Before each wait a socket is given what is left of the call's time, so that an answer that trickles
(headers, body, TLS records) ends as surely as one that never comes. No watching thread is needed.
"""

import functools
import http.client
import socket
import ssl
import time
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from datasources.http.egress import CheckedAddress
from datasources.rest.errors import CallFailed

CONNECT_S = 10.0
LAST_WORDS_S = 1.0


class Limits:
    """How long the call under way may last, and whether any of it may have been sent.

    One per pooled connection, begun anew by each call.
    """

    __slots__ = ("ends", "sent")

    def __init__(self) -> None:
        """Start without time: nothing is sent before a call sets its end."""
        self.begin(0.0, sent=False)

    def begin(self, ends: float, *, sent: bool) -> None:
        """Begin a call; `sent` when an earlier request of it has left already."""
        self.ends, self.sent = ends, sent

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time of the call is over")
        return left

    @property
    def over(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() >= self.ends


class PlainSocket(socket.socket):
    """A TCP socket under a deadline."""

    limits: Limits

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self.limits.left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send within what is left; the timeout of sendall covers all of it."""
        self.settimeout(self.limits.left())
        self.limits.sent = True
        super().sendall(*args, **kwargs)


class TLSSocket(ssl.SSLSocket):
    """A TLS socket under a deadline. Each wait inside OpenSSL is bounded as a whole."""

    limits: Limits

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self.limits.left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send within what is left; sendall of TLS is made of these."""
        self.settimeout(self.limits.left())
        self.limits.sent = True
        try:
            return super().send(*args, **kwargs)
        except ssl.SSLError as error:
            raise self._last_words() or error from None

    def _last_words(self) -> ssl.SSLError | None:
        """Return why the server hung up: it may refuse a client after the handshake of TLS 1.3."""
        try:
            self.settimeout(min(LAST_WORDS_S, self.limits.left()))
            self.recv(1)
        except ssl.SSLError as told:
            return told if told.reason else None
        except OSError:
            return None
        return None


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context: the system's authorities and certifi's, always verified."""
    return new_context()


def new_context() -> ssl.SSLContext:
    """Return a TLS context that verifies, as every one of them does."""
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = TLSSocket
    return context


def connect(targets: list[CheckedAddress], limits: Limits) -> PlainSocket:
    """Return a connection to the first address that takes one."""
    last: OSError | None = None
    for family, address in targets:
        sock = PlainSocket(family, socket.SOCK_STREAM)
        sock.limits = limits
        try:
            sock.settimeout(min(CONNECT_S, limits.left()))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # For the TLS handshake, which has no recv_into of ours.
            sock.settimeout(limits.left())
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    if isinstance(last, TimeoutError):
        raise CallFailed("timeout", _("It did not accept a connection in time.")) from last
    reason = (last.strerror if last else "") or _("no connection")
    raise CallFailed("connection", f"{reason}.") from last


class FinalResponse(http.client.HTTPResponse):
    """The final response of a server: interim ones, such as 103 Early Hints, are passed over."""

    def begin(self) -> None:
        """Read status and headers up to the first response that is none of these."""
        super().begin()
        while 100 <= self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            # The standard library passes over 100 Continue alone, and begins once.
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
