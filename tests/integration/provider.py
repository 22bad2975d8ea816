"""A token service on loopback: rotates tokens, remembers calls, misbehaves on demand."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Client:
    """One client of the service: what it was given last."""

    access: str
    refresh: str
    # Good until the newer one is used, so that an answer lost on its way locks nobody out.
    refresh_before: str = ""
    # The number of the newest call that was granted.
    newest: int = -1


@dataclass
class Call:
    """One request to the token endpoint."""

    client: str
    mark: str
    number: int = 0
    granted: bool = False


@dataclass
class Behaviour:
    """How the service answers."""

    wait_s: float = 0.0
    trickle_s: float = 0.0
    # Called with the call when it has arrived, after the grant, and with half the answer out.
    watch: Callable[[Call, str], None] | None = None


@dataclass
class Provider:
    """The service, in a thread of the tests."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    clients: dict[str, Client] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen on a free port."""
        self._guard = threading.Lock()
        provider = self

        class Bound(_Handler):
            service = provider

        self.server = _Server(("127.0.0.1", 0), Bound)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def forget(self) -> None:
        """Behave well again, with no client and no call."""
        with self._guard:
            self.clients, self.calls, self.behaviour = {}, [], Behaviour()

    def register(self, client: str, *, access: str = "", refresh: str = "") -> Client:
        """Make a client with its first tokens."""
        made = Client(
            access=access or f"at-{secrets.token_hex(6)}",
            refresh=refresh or f"rt-{secrets.token_hex(6)}",
        )
        with self._guard:
            self.clients[client] = made
        return made

    def calls_of(self, client: str) -> list[Call]:
        """Return the token requests of one client."""
        with self._guard:
            return [call for call in self.calls if call.client == client]

    def accepts(self, access: str) -> bool:
        """Tell whether this is the newest access token of a client."""
        with self._guard:
            return any(client.access == access for client in self.clients.values())

    def arrived(self, form: dict[str, str]) -> Call:
        """Note a request."""
        with self._guard:
            client, mark = form.get("client_id", ""), form.get("mark", "")
            call = Call(client=client, mark=mark, number=len(self.calls))
            self.calls.append(call)
        return call

    def grant(self, call: Call, refresh: str) -> dict[str, Any] | None:
        """Rotate both tokens; None for a refresh token that is not good.

        Calls of a client are granted in the order in which they arrived: a call of somebody who is
        given up meanwhile must not take back what a later one was given.
        """
        with self._guard:
            client = self.clients.get(call.client)
            if client is None or refresh not in {client.refresh, client.refresh_before}:
                return None
            if call.number < client.newest:
                return None
            client.newest = call.number
            client.refresh_before = refresh
            client.refresh = f"rt-{secrets.token_hex(6)}"
            client.access = f"at-{secrets.token_hex(6)}"
            call.granted = True
            return {
                "access_token": client.access,
                "token_type": "Bearer",
                "expires_in": 3600,
                "refresh_token": client.refresh,
                "created_at": int(time.time()),
            }


class Held:
    """A provider that answers nobody until it is over."""

    def __init__(self, provider: Provider) -> None:
        """Hold whoever calls from now on."""
        self.over = threading.Event()
        self.arrived = threading.Event()
        provider.behaviour.watch = self._hold

    def _hold(self, _call: Call, moment: str) -> None:
        if moment == "arrived":
            self.arrived.set()
            self.over.wait(120)


class _Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed leaves a broken connection: nothing to say about it."""


class _Handler(BaseHTTPRequestHandler):
    service: Provider
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        service = self.service
        call = service.arrived(form)
        behaviour = service.behaviour
        watch = behaviour.watch or _look_away
        watch(call, "arrived")
        time.sleep(behaviour.wait_s)
        granted = service.grant(call, form.get("refresh_token", ""))
        watch(call, "granted")
        answer = json.dumps(granted or {"error": "invalid_grant"}).encode()
        self._head(200 if granted else 400, len(answer))
        if behaviour.trickle_s:
            self._trickle(answer, behaviour.trickle_s)
            return
        half = len(answer) // 2
        self.wfile.write(answer[:half])
        watch(call, "half")
        self.wfile.write(answer[half:])

    def do_GET(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        known = scheme == "Bearer" and self.service.accepts(token)
        answer = json.dumps({"items": [{"id": "order-1"}]} if known else {"error": "no"}).encode()
        self._head(200 if known else 401, len(answer))
        self.wfile.write(answer)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _trickle(self, answer: bytes, pause_s: float) -> None:
        for place in range(len(answer)):
            self.wfile.write(answer[place : place + 1])
            time.sleep(pause_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _look_away(call: Call, moment: str) -> None:
    """Watch nothing."""
