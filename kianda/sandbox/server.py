"""A small threaded HTTP/1.1 server for one WSGI application on loopback."""

import io
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes

from kianda.lib.shutdown import StopSignals
from kianda.sandbox.app import ConnectionLost, ConnectionReset, Sandbox
from kianda.sandbox.store import Store

ADDRESS_FILE = "sandbox.address"
STORE_FILE = "sandbox.sqlite3"
LARGEST_BODY = 1_000_000

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
log = logging.getLogger("kianda.sandbox")


class Handler(BaseHTTPRequestHandler):
    """One kept-alive connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet, at once.
    wbufsize, disable_nagle_algorithm = 65_536, True
    timeout = 75
    server: "Server"

    def serve(self) -> None:
        """Answer one request with the application."""
        length = self.headers.get("Content-Length") or "0"
        chunked = "Transfer-Encoding" in self.headers
        if not length.isdecimal() or int(length) > LARGEST_BODY or chunked:
            # Taken off the line, or the client would meet a reset and not the answer.
            self.rfile.read(min(int(length), 4 * LARGEST_BODY) if length.isdecimal() else 0)
            self.send_error(413, "Send a Content-Length of at most 1 MB")
            self.close_connection = True
            return
        environ = self._environ(self.rfile.read(int(length)))
        try:
            self._send(self.server.application(environ, self._start))
        except ConnectionReset:
            self.server.reset(self.connection)
            self.close_connection = True
        except (ConnectionLost, ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            log.exception("The sandbox failed.")
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve  # noqa: N815

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ = {
            "HTTP_" + name.upper().replace("-", "_"): value for name, value in self.headers.items()
        }
        return environ | {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote_to_bytes(path).decode("utf-8", "replace"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.input": io.BytesIO(body),
        }

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        if code == "103":
            self.send_response_only(int(code), reason)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            return
        self._chunked = all(name != "Content-Length" for name, _ in headers)
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if self._chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send(self, body: Iterable[bytes]) -> None:
        for piece in body:
            if self.command != "HEAD":
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)
            if self._chunked:
                self.wfile.flush()
        if self._chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def version_string(self) -> str:
        """Name the server, and not the Python under it."""
        return "Sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses may hold secrets, and nobody reads the sandbox's lines."""


class Server(ThreadingMixIn, TCPServer):
    """Serves an application on a socket that listens already."""

    daemon_threads, block_on_close = True, False
    # Whoever calls handle_request has waited already.
    timeout = 0

    def __init__(self, listener: socket.socket, application: Application) -> None:
        """Take over the socket."""
        super().__init__(listener.getsockname()[:2], Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.application = application
        self._broken_off: set[int] = set()

    def reset(self, request: socket.socket) -> None:
        """Let a connection end with a reset, as one does behind a router that gave up."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._broken_off.add(request.fileno())

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; without the polite end when it is to be reset."""
        if request.fileno() in self._broken_off:
            self._broken_off.discard(request.fileno())
            request.close()
        else:
            super().shutdown_request(request)


def open_socket(data_dir: Path) -> socket.socket:
    """Listen on the port of last time, or on a free one, and write down which."""
    file = data_dir / ADDRESS_FILE
    last = file.read_text().strip().rpartition(":")[2] if file.exists() else ""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", int(last) if last.isdecimal() else 0))
    except (OSError, OverflowError):
        listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(f"127.0.0.1:{listener.getsockname()[1]}\n")
    fresh.replace(file)
    return listener


def serve(data_dir: Path, listener: socket.socket | None = None) -> None:
    """Serve until a stop signal."""
    stops = StopSignals()
    store = Store(data_dir / STORE_FILE)
    with Server(listener or open_socket(data_dir), Sandbox(store)) as server:
        while not stops.came:
            stops.wait(None, server)
            server.handle_request()
