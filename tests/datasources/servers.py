"""Loopback servers that speak HTTP by hand, so that they can also speak it badly."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

Handler = Callable[["Visit"], None]


class Visit:
    """One connection that a client opened, seen from the server."""

    def __init__(self, server: "Server", sock: socket.socket, number: int) -> None:
        self.server = server
        self.socket = sock
        self.number = number
        self._rest = b""

    def read(self) -> bytes:
        """Return the next request, head and body, and remember it; empty when there is none."""
        data = self._rest
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                return b""
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(rest) < length:
            rest += self.socket.recv(65536)
        self._rest = rest[length:]
        request = head + b"\r\n\r\n" + rest[:length]
        self.server.requests.append(request)
        return request

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def trickle(self, data: bytes, *, every_s: float = 0.02) -> None:
        """Send bytes one at a time, for as long as somebody listens."""
        for byte in data:
            self.socket.sendall(bytes([byte]))
            if self.server.stopped.wait(every_s):
                return


class Server:
    """A server on a free loopback port; each connection gets a thread and the handler."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        # How many handlers came to their end by themselves; who hangs up ends one before that.
        self.finished = 0
        # How many connections it has hung up.
        self.closed = 0
        self.visits: list[Visit] = []
        self.stopped = threading.Event()
        self._handler, self._tls = handler, tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        # An accept that waits is woken by a visit, not by close.
        with contextlib.suppress(OSError), socket.socket() as waker:
            waker.connect(("127.0.0.1", self.port))
        for visit in self.visits:
            with contextlib.suppress(OSError):
                visit.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._socket.close()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            sock, _ = self._socket.accept()
            if self.stopped.is_set():
                sock.close()
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(sock)
            if self._tls:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
            sock.settimeout(20)
            visit = Visit(self, sock, len(self.visits) + 1)
            self.visits.append(visit)
            self._handler(visit)
            self.finished += 1
        self.closed += 1


def answer(
    body: bytes = b"{}",
    *,
    status: str = "200 OK",
    media_type: str = "application/json",
    more: Any = (),
) -> bytes:
    """Return the bytes of a whole answer."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(data: bytes) -> Handler:
    """Return a handler that answers every request of a connection with the same bytes."""

    def handle(visit: Visit) -> None:
        while visit.read():
            visit.write(data)

    return handle


def once(data: bytes) -> Handler:
    """Return a handler that answers one request and then closes the connection."""

    def handle(visit: Visit) -> None:
        if visit.read():
            visit.write(data)

    return handle


@contextlib.contextmanager
def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server for the length of a block."""
    with Server(handler, tls=tls) as server:
        yield server
