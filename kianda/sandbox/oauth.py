"""The token endpoint (RFC 6749): refresh_token and client_credentials, rotation, expiry."""

import base64
import binascii
import time
from collections.abc import Mapping
from sqlite3 import Connection
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from kianda.sandbox.store import Store, find_refresh, issue_access, revoke_family, rotate
from kianda.sandbox.switches import Switches

FORM = "application/x-www-form-urlencoded"


class OAuthError(Exception):
    """A refused token request: RFC 6749 section 5.2."""

    def __init__(self, code: str, description: str, *, status: int = 400) -> None:
        """Take the error code, a sentence and the HTTP status."""
        super().__init__(description)
        self.code, self.description, self.status = code, description, status


class TokenEndpoint:
    """Answers token requests from the store."""

    def __init__(self, store: Store) -> None:
        """Work on this store."""
        self._store = store
        # Access tokens given last, by family: what `same_when_early` gives again. The store has
        # only digests; after a restart a new token is given, as real providers may at any time.
        self._latest: dict[str, tuple[str, int]] = {}

    def answer(
        self, *, content_type: str, body: bytes, authorization: str, switches: Switches
    ) -> dict[str, Any]:
        """Return the JSON of a granted request; raises OAuthError."""
        form = _form(content_type, body)
        client = self._client(form, authorization)
        match form.get("grant_type"):
            case "refresh_token":
                return self._refresh(client, form, switches)
            case "client_credentials":
                return self._client_credentials(client, switches)
            case None | "":
                raise OAuthError("invalid_request", "The parameter grant_type is missing.")
        raise OAuthError(
            "unsupported_grant_type", "Use the grant refresh_token or client_credentials."
        )

    def _client(self, form: Mapping[str, str], authorization: str) -> str:
        basic = authorization.lower().startswith("basic ")
        if basic and "client_secret" in form:
            raise OAuthError("invalid_request", "Authenticate in the header or the body, not both.")
        name, secret = (
            _basic(authorization)
            if basic
            else (form.get("client_id", ""), form.get("client_secret", ""))
        )
        if not self._store.knows(name, secret):
            raise OAuthError("invalid_client", "Client authentication failed.", status=401)
        return name

    def _refresh(self, client: str, form: Mapping[str, str], switches: Switches) -> dict[str, Any]:
        token = form.get("refresh_token", "")
        if not token:
            raise OAuthError("invalid_request", "The parameter refresh_token is missing.")
        now = int(time.time())
        with self._store.transaction() as rows:
            found = find_refresh(rows, token)
            if found is None or found.client != client or found.dead:
                refusal = "The refresh token is unknown, revoked or was replaced."
            elif switches.strict_rotation and found.used:
                revoke_family(rows, found.family)
                self._latest.pop(found.family, None)
                refusal = "The refresh token was used before: all tokens of its grant are revoked."
            else:
                granted = self._early(found.family, now, switches)
                if granted is None:
                    granted = self._access(rows, client, found.family, now, switches)
                    if not switches.no_refresh_token:
                        granted["refresh_token"] = rotate(rows, found, now=now)
                return granted
        # Past the transaction, or the revocation would be rolled back.
        raise OAuthError("invalid_grant", refusal)

    def _client_credentials(self, client: str, switches: Switches) -> dict[str, Any]:
        now, family = int(time.time()), f"client:{client}"
        early = self._early(family, now, switches)
        if early is not None:
            return early
        with self._store.transaction() as rows:
            return self._access(rows, client, family, now, switches)

    def _early(self, family: str, now: int, switches: Switches) -> dict[str, Any] | None:
        token, expires = self._latest.get(family, ("", 0))
        if not switches.same_when_early or (expires - now) * 2 < switches.lifetime_s:
            return None
        return _granted(token, expires - now, now, switches)

    def _access(
        self, rows: Connection, client: str, family: str, now: int, switches: Switches
    ) -> dict[str, Any]:
        lifetime = switches.lifetime_s
        token = issue_access(rows, client=client, family=family, now=now, lifetime=lifetime)
        self._latest[family] = (token, now + lifetime)
        return _granted(token, lifetime, now, switches)


def _granted(token: str, seconds: int, now: int, switches: Switches) -> dict[str, Any]:
    granted: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
    match switches.token:
        case "missing":
            del granted["access_token"]
        case "empty" | "not_text" | "object":
            granted["access_token"] = {"empty": "", "not_text": 4711, "object": {}}[switches.token]
    if not switches.no_expires_in:
        granted |= _lifetime(seconds, now, switches)
    granted["created_at"] = now + switches.clock_skew_s
    return granted


def _lifetime(seconds: int, now: int, switches: Switches) -> dict[str, Any]:
    if switches.expires_in == "expires_on":
        return {"expires_on": str(now + seconds + switches.clock_skew_s)}
    told: dict[str, Any] = {
        "text": str(seconds),
        "words": "about an hour",
        "negative": -seconds,
        "zero": 0,
        "huge": 10**18,
        "milliseconds": seconds * 1000,
    }
    return {"expires_in": told.get(switches.expires_in, seconds)}


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.split(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"Send the parameters as {FORM}.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise OAuthError("invalid_request", "The body is not a form in UTF-8.") from error
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise OAuthError("invalid_request", "A parameter appears twice.")
    return dict(pairs)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(authorization[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError(
            "invalid_client", "The Basic credentials are broken.", status=401
        ) from error
    name, _, secret = plain.partition(":")
    return unquote_plus(name), unquote_plus(secret)
