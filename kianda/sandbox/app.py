"""The sandbox as a WSGI application: the token endpoint, a protected API, the switches."""

import gzip
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import Any, NamedTuple
from zlib import crc32

from kianda.sandbox.oauth import OAuthError, TokenEndpoint
from kianda.sandbox.store import Store
from kianda.sandbox.switches import Switches, WrongSwitch

JSON = "application/json"
HUGE_BYTES = 100_000_000
PIECE = b"x" * 65_536
HOSTS = frozenset({"127.0.0.1", "localhost", "sandbox.internal", "[::1]"})

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

REASONS = {
    200: "OK", 201: "Created", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
    404: "Not Found", 405: "Method Not Allowed", 421: "Misdirected Request",
    429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip

PLACES = {
    "GET /": "this list",
    "POST /oauth/token": "the token endpoint: refresh_token, client_credentials",
    "GET /api/me": "the owner of the access token in Authorization: Bearer",
    "GET /api/orders/{customer}": "the orders of a customer, with the same token",
    "GET PUT /switches": "how the service misbehaves, for everybody; for one request send "
    "X-Sandbox-<switch> or ?sandbox_<switch>=",
    "POST /register": "a new client with its secret and first refresh token",
}


class ConnectionLost(Exception):
    """The answer is lost on its way: the server closes the connection without one."""


class ConnectionReset(ConnectionLost):
    """The answer is lost, and the connection is broken off instead of closed."""


class Reply(NamedTuple):
    """A status, further headers, and a body: JSON unless it is bytes or a stream of them.

    `hints` are the headers of an interim response 103 that goes ahead of it.
    """

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON
    hints: tuple[tuple[str, str], ...] = ()


class Sandbox:
    """The WSGI application."""

    def __init__(self, store: Store, *, sleep: Callable[[float], object] = time.sleep) -> None:
        """Serve from this store; `sleep` is how the slow switches wait."""
        self._store = store
        self._tokens = TokenEndpoint(store)
        self._switches = store.switches()
        self._sleep = sleep

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            reply = self._route(environ)
        except WrongSwitch as error:
            reply = Reply(400, {"error": "wrong_switch", "error_description": str(error)})
        headers = [("Content-Type", reply.content_type), ("Cache-Control", "no-store")]
        headers.extend(reply.headers)
        body: Iterable[bytes]
        if isinstance(reply.body, Iterator):
            body = reply.body
        else:
            plain = reply.body if isinstance(reply.body, bytes) else _json(reply.body)
            headers.append(("Content-Length", str(len(plain))))
            body = [plain]
        if reply.hints:
            start_response("103 Early Hints", list(reply.hints))
        start_response(f"{reply.status} {REASONS.get(reply.status, 'Failed')}", headers)
        return body

    def _route(self, environ: Environ) -> Reply:
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0].lower()
        if host not in HOSTS:
            # A web page whose name was bound anew to loopback must not reach the switches.
            return Reply(421, {"error": "misdirected", "error_description": "Unknown host name."})
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        switches = self._switches.for_request(environ)
        if path.startswith("/api/"):
            return self._only("GET", method) or self._api(path, environ, switches)
        match path:
            case "/oauth/token":
                return self._only("POST", method) or self._token(environ, switches)
            case "/switches":
                return self._only("GET, PUT", method) or self._switch(method, environ)
            case "/register":
                return self._only("POST", method) or self._register()
            case "/":
                return self._only("GET", method) or Reply(200, PLACES)
        return Reply(404, {"error": "not_found", "error_description": "There is no such address."})

    def _only(self, allowed: str, method: str) -> Reply | None:
        if method in allowed.split(", "):
            return None
        wrong = {"error": "method_not_allowed", "error_description": f"Use {allowed}."}
        return Reply(405, wrong, (("Allow", allowed),))

    # The token endpoint

    def _token(self, environ: Environ, switches: Switches) -> Reply:
        on = switches.affect("token")
        failure = self._failure(switches) if on else None
        if failure:
            return failure
        try:
            granted = self._tokens.answer(
                content_type=environ.get("CONTENT_TYPE", ""),
                body=environ["wsgi.input"].read(),
                authorization=environ.get("HTTP_AUTHORIZATION", ""),
                switches=switches,
            )
        except OAuthError as error:
            return _refused(error)
        return self._spoilt(granted, switches) if on else Reply(200, granted)

    # The protected API

    def _api(self, path: str, environ: Environ, switches: Switches) -> Reply:
        on = switches.affect("api")
        failure = self._failure(switches) if on else None
        if failure:
            return failure
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        access = (
            self._store.access(token.strip(), now=int(time.time()))
            if scheme.lower() == "bearer"
            else None
        )
        if access is None:
            return _unauthorised(sent=bool(token))
        if path == "/api/me":
            answer: Any = {"client_id": access.client, "expires_at": access.expires}
        elif path.startswith("/api/orders/") and len(path) > len("/api/orders/"):
            answer = orders(path.removeprefix("/api/orders/"))
        else:
            return Reply(404, {"error": "not_found", "error_description": "No such resource."})
        return self._spoilt(answer, switches) if on else Reply(200, answer)

    # Faults

    def _failure(self, switches: Switches) -> Reply | None:
        if switches.slow_s:
            self._sleep(switches.slow_s)
        if not switches.status:
            return None
        wait = switches.retry_after
        headers: tuple[tuple[str, str], ...] = ()
        if wait is not None:
            moment = formatdate(time.time() + switches.clock_skew_s + wait, usegmt=True)
            headers = (("Retry-After", moment if switches.retry_after_date else str(wait)),)
        wrong = {"error": "temporarily_unavailable", "error_description": "Told to fail."}
        return Reply(switches.status, wrong, headers)

    def _spoilt(self, answer: Any, switches: Switches) -> Reply:
        match switches.answer:
            case "normal":
                return Reply(200, answer)
            case "lost":
                raise ConnectionLost
            case "reset":
                raise ConnectionReset
            case "trickle":
                return Reply(200, self._trickle(json.dumps(answer).encode()))
            case "cut_gzip" | "latin1" | "early_hints":
                return _hard_to_read(answer, switches)
        return _replaced(switches.answer)

    def _trickle(self, body: bytes) -> Iterator[bytes]:
        for place in range(len(body)):
            yield body[place : place + 1]
            self._sleep(1)

    # Switches and clients

    def _switch(self, method: str, environ: Environ) -> Reply:
        if method == "PUT":
            try:
                sent = json.loads(environ["wsgi.input"].read() or b"{}")
            except ValueError as error:
                raise WrongSwitch("Send a JSON object.") from error
            if not isinstance(sent, dict):
                raise WrongSwitch("Send a JSON object.")
            # What is left out goes back to normal: PUT {} mends everything.
            self._switches = Switches().changed(sent)
            self._store.set_switches(self._switches)
        return Reply(200, self._switches.model_dump())

    def _register(self) -> Reply:
        name = f"client-{secrets.token_hex(4)}"
        made = self._store.register(name, now=int(time.time()))
        return Reply(201, {**made._asdict(), "token_endpoint": "/oauth/token"})


def _hard_to_read(answer: Any, switches: Switches) -> Reply:
    """Return the answer as it is meant, on its way in a form that not everybody reads."""
    if switches.answer == "early_hints":
        return Reply(200, answer, hints=(("Link", "</style.css>; rel=preload"),))
    if switches.answer == "cut_gzip":
        packed = gzip.compress(_json(answer))
        return Reply(200, packed[: len(packed) // 2], (("Content-Encoding", "gzip"),))
    told = json.dumps({**answer, "account": "Zo\u00eb"}, ensure_ascii=False)
    return Reply(200, told.encode("latin-1"), content_type=f"{JSON}; charset=iso-8859-1")


def _replaced(instead: str) -> Reply:
    """Return what stands in the place of an answer."""
    match instead:
        case "redirect":
            return Reply(302, b"", (("Location", "/elsewhere"),))
        case "huge":
            return Reply(200, (PIECE for _ in range(HUGE_BYTES // len(PIECE) + 1)))
        case "html":
            page = b"<!doctype html><title>Sign in</title><p>Please sign in."
            return Reply(200, page, content_type="text/html; charset=utf-8")
        case "error_in_200":
            return Reply(200, {"error": "invalid_grant", "error_description": "No."})
        case "nested_error":
            return Reply(200, {"error": {"code": "invalid_grant", "message": "No."}})
    return Reply(200, {"null": b"null", "empty": b"", "list": b"[1, 2]"}.get(instead, b'{"acc'))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def orders(customer: str) -> dict[str, Any]:
    """Return the invented orders of a customer: the same ones each time."""
    seed = crc32(customer.encode())
    items = [
        {
            "id": f"{customer}-{number}",
            "status": ("open", "shipped", "paid")[(seed + number) % 3],
            "total": round((seed >> number) % 100_000 / 100, 2),
        }
        for number in range(1, 4)
    ]
    return {"customer": customer, "count": len(items), "items": items}


def _refused(error: OAuthError) -> Reply:
    headers = [("Pragma", "no-cache")]
    if error.status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="sandbox"'))
    body = {"error": error.code, "error_description": error.description}
    return Reply(error.status, body, tuple(headers))


def _unauthorised(*, sent: bool) -> Reply:
    challenge = 'Bearer realm="sandbox"'
    if sent:
        challenge += ', error="invalid_token", error_description="Unknown or expired."'
    body = {"error": "invalid_token", "error_description": "Send a current access token."}
    return Reply(401, body, (("WWW-Authenticate", challenge),))
