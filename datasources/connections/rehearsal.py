"""What would happen to a connection: its next request for tokens, asked of a sandbox in memory.

Nothing leaves this process and nothing is stored. The sandbox misbehaves as it is told; its answer
is judged by the same code as that of a real provider.
"""

import io
import time
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.oauth2 import OAuth2Auth
from datasources.connections.leases import REQUEST_S
from datasources.connections.outcomes import Failure, ahead_of, pauses_of
from datasources.connections.refreshing import BY_REFRESH_TOKEN
from datasources.connections.token_service import failure_of_refusal
from datasources.http.unpacking import unpacked
from datasources.oauth.token_answers import TokenAnswer, TokenRefused, read_token_answer
from datasources.oauth.token_requests import ClientCredentials, Grant, RefreshToken, token_request
from datasources.rest.document import RestDatasource
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer, read_body, read_headers
from kianda.sandbox.app import ConnectionLost, Sandbox
from kianda.sandbox.store import Store

HOST: Final = "sandbox.internal"
# As long as most providers let their tokens live.
LIFETIME_S: Final = 3600
# What can go wrong, as the switches of the sandbox.
FAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "none": {},
    "500": {"status": 500},
    "503": {"status": 503},
    "429": {"status": 429, "retry_after": 120},
    "slow": {"slow_s": 3600},
    "lost_answer": {"answer": "lost"},
    "reset": {"answer": "reset"},
    "cut_gzip": {"answer": "cut_gzip"},
    "error_in_200": {"answer": "error_in_200"},
    "nested_error": {"answer": "nested_error"},
    "not_json": {"answer": "html"},
    "latin1": {"answer": "latin1"},
    "no_token": {"token": "missing"},
    "token_not_text": {"token": "not_text"},
    "no_expiry": {"no_expires_in": True},
    "no_refresh_token": {"no_refresh_token": True},
    "expires_text": {"expires_in": "text"},
    "expires_words": {"expires_in": "words"},
    "expires_negative": {"expires_in": "negative"},
    "expires_zero": {"expires_in": "zero"},
    "expires_huge": {"expires_in": "huge"},
    "expires_milliseconds": {"expires_in": "milliseconds"},
    "expires_on": {"expires_in": "expires_on"},
    "refused": {},
}


class Rehearsed(NamedTuple):
    """What a fault comes to."""

    fault: str
    outcome: str
    sentence: str


class _TooSlow(Exception):
    """The sandbox waits longer than a request may last."""


def rehearse(source: RestDatasource, auth: OAuth2Auth, fault: str) -> Rehearsed:
    """Return what a fault of the provider would do to a connection with these settings."""
    with TemporaryDirectory(prefix="kianda-rehearsal-") as folder:
        store = Store(Path(folder) / "sandbox.sqlite3")
        try:
            return _told(fault, *_asked(source, auth, fault, store))
        finally:
            store.close()


def _asked(
    source: RestDatasource, auth: OAuth2Auth, fault: str, store: Store
) -> tuple[TokenAnswer | None, Failure | None]:
    now = timezone.now()
    made = store.register("rehearsal", now=int(time.time()))
    own = _for_sandbox(auth, client_id=made.client_id, client_secret=made.client_secret)
    refresh_token = "of somebody else" if fault == "refused" else made.refresh_token
    grant: Grant = ClientCredentials()
    if auth.grant in BY_REFRESH_TOKEN:
        grant = RefreshToken(refresh_token)
    elif fault == "refused":
        own = own.model_copy(update={"client_secret": "another one"})
    call = token_request(own, grant, now=now)
    try:
        answer = _answer(Sandbox(store, sleep=_wait), call, FAULTS[fault])
        given = read_token_answer(own, answer, now=now, title=source.title, secrets=call.secrets)
    except TokenRefused as refused:
        return None, failure_of_refusal(refused, secrets=call.secrets)
    except _TooSlow:
        words = _("%(title)s does not respond within %(seconds)s s.")
        said = words % {"title": source.title, "seconds": int(REQUEST_S)}
        return None, Failure(said, lost_answer=True)
    except ConnectionLost:
        words = _("%(title)s closes the connection without a response.")
        return None, Failure(words % {"title": source.title}, lost_answer=True)
    except zlib.error:
        words = _("%(title)s sends a compressed response that cannot be unpacked.")
        return None, Failure(words % {"title": source.title})
    return given, None


def _for_sandbox(auth: OAuth2Auth, *, client_id: str, client_secret: str) -> OAuth2Auth:
    """Return settings with the same habits, for a client of the sandbox."""
    return OAuth2Auth(
        client_id=client_id,
        client_secret=client_secret,
        client_auth="basic" if auth.client_auth == "basic" else "post",
        grant=auth.grant if auth.grant in BY_REFRESH_TOKEN else "client_credentials",
        token_url=f"http://{HOST}/oauth/token",
        authorize_url=f"http://{HOST}/authorize",
        refresh_token="of the sandbox",  # noqa: S106
        scopes=auth.scopes,
        scope_separator=auth.scope_separator,
        lifetime_s=auth.lifetime_s,
    )


def _wait(seconds: float) -> None:
    if seconds >= REQUEST_S:
        raise _TooSlow


def _answer(sandbox: Sandbox, call: PreparedCall, switches: Mapping[str, Any]) -> CallAnswer:
    """Hand a request to the sandbox as a server would, and read its answer as the client does."""
    body = call.body if isinstance(call.body, bytes) else b""
    environ = {
        "REQUEST_METHOD": call.verb,
        "PATH_INFO": "/oauth/token",
        "HTTP_HOST": HOST,
        "CONTENT_TYPE": _header(call, "Content-Type"),
        "HTTP_AUTHORIZATION": _header(call, "Authorization"),
        "wsgi.input": io.BytesIO(body),
    }
    switches = {"lifetime_s": LIFETIME_S, **switches}
    environ |= {f"HTTP_X_SANDBOX_{name.upper()}": str(value) for name, value in switches.items()}
    said: list[tuple[str, list[tuple[str, str]]]] = []
    data = b"".join(sandbox(environ, lambda status, headers: said.append((status, headers))))
    status, headers = said[-1][0], dict(said[-1][1])
    plain = unpacked(data, headers.get("Content-Encoding", ""), most=call.max_answer_bytes)
    code, _space, reason = status.partition(" ")
    return CallAnswer(
        status=int(code),
        reason=reason,
        headers=read_headers(headers),
        body=read_body(plain, headers.get("Content-Type", "")),
        elapsed_ms=0,
    )


def _header(call: PreparedCall, name: str) -> str:
    found = call.headers.get(name, "")
    return found.decode() if isinstance(found, bytes) else found


def _told(fault: str, given: TokenAnswer | None, failure: Failure | None) -> Rehearsed:
    if given is not None:
        return Rehearsed(fault, "refreshed", _of_tokens(given, timezone.now()))
    assert failure is not None
    if failure.permanent:
        words = _(
            "%(reason)s The old token works until it expires. Kianda stops retrying and "
            "notifies its managers to connect it again."
        )
        return Rehearsed(fault, "needs_attention", words % {"reason": failure.reason})
    soonest, longest = pauses_of(1, wait_s=failure.wait_s)
    words = _(
        "%(reason)s The old token was kept. The next attempt is in %(pause)s s; the wait "
        "then doubles each time, up to an hour."
    )
    between = _("%(soonest)s to %(longest)s") % {"soonest": soonest, "longest": longest}
    pause = between if soonest < longest else soonest
    said = words % {"reason": failure.reason, "pause": pause}
    return Rehearsed(fault, "lost_answer" if failure.lost_answer else "failed", said)


def _of_tokens(given: TokenAnswer, now: datetime) -> str:
    kept = "" if given.refresh_token else _("The old refresh token was kept.")
    planned = ahead_of(now, given.expires_at)
    if given.expires_at is None or planned is None:
        words = _(
            "A new token is stored. Its lifetime is unknown: it is used until a call is "
            "refused, then refreshed once."
        )
        return f"{words} {kept}".strip()
    words = _("A new token is stored, valid for %(seconds)s s. The next refresh is in %(ahead)s s.")
    counted = {
        "seconds": round((given.expires_at - now).total_seconds()),
        "ahead": round((planned - now).total_seconds()),
    }
    return f"{words % counted} {kept}".strip()
