"""The authorization server of Authlib on loopback: five grants, three ways to say who one is."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc.jwk import RSAKey

from tests.datasources.oauth.settings import pem, rsa_key

SECRET = "s/3 cr%41+ü:&"
CLIENT = "kianda app"
ALL_METHODS = {
    "client_secret_basic", "client_secret_post", "client_assertion_jwt", "none",
}  # fmt: skip


@dataclass
class Issued:
    """A token, or a code, that the server has given out."""

    client_id: str
    scope: str
    user: str
    access_token: str = ""
    refresh_token: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    revoked: bool = False

    def get_scope(self) -> str:
        return self.scope

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def check_client(self, client: "AnyClient") -> bool:
        return client.get_client_id() == self.client_id

    def get_user(self) -> str:
        return self.user


class AnyClient:
    """The one client, which may do everything."""

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, uri: str) -> bool:
        return uri.startswith("http://127.0.0.1:9/")

    def check_client_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret.encode(), SECRET.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ALL_METHODS

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return True


@dataclass
class Store:
    """What the server remembers."""

    issued: list[Issued] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    address: str = ""

    def by(self, **wanted: str) -> Issued | None:
        ((name, value),) = wanted.items()
        return next((one for one in self.issued if getattr(one, name) == value), None)


class WebRequest(OAuth2Request):  # type: ignore[misc]
    """A request as the server of the tests has read it."""

    def __init__(self, method: str, url: str, headers: dict[str, str], form: dict[str, str]):
        # Authlib wants TLS, which loopback does without.
        super().__init__(method, url.replace("http:", "https:"), headers=headers)
        self._query, self._form = dict(parse_qsl(urlsplit(url).query)), form
        self.payload = BasicOAuth2Payload({**self._query, **form})

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over the store."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def query_client(self, client_id: str) -> AnyClient | None:
        return AnyClient() if client_id == CLIENT else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        made = Issued(CLIENT, token.get("scope", ""), str(request.user or ""))
        made.access_token = token["access_token"]
        made.refresh_token = token.get("refresh_token", "")
        self.store.issued.append(made)

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass


class ByCode(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """After somebody has agreed, with PKCE."""

    TOKEN_ENDPOINT_AUTH_METHODS = sorted(ALL_METHODS)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        made = Issued(CLIENT, asked.get("scope", ""), "emma", code=code)
        made.redirect_uri = asked["redirect_uri"]
        made.code_challenge = asked.get("code_challenge", "")
        made.code_challenge_method = asked.get("code_challenge_method", "")
        self.server.store.issued.append(made)

    def query_authorization_code(self, code: str, client: Any) -> Any:
        found = self.server.store.by(code=code)
        return None if found is None or found.revoked else found

    def delete_authorization_code(self, authorization_code: Issued) -> None:
        authorization_code.revoked = True

    def authenticate_user(self, authorization_code: Issued) -> str:
        return authorization_code.user


class Again(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens that are good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = sorted(ALL_METHODS)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        found = self.server.store.by(refresh_token=refresh_token)
        return None if found is None or found.revoked else found

    def authenticate_user(self, refresh_token: Issued) -> str:
        return refresh_token.user or "app"

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        refresh_token.revoked = True


class ByClient(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """The client for itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = sorted(ALL_METHODS)


class ByPassword(grants.ResourceOwnerPasswordCredentialsGrant):  # type: ignore[misc]
    """A user name and a password."""

    TOKEN_ENDPOINT_AUTH_METHODS = sorted(ALL_METHODS)

    def authenticate_user(self, username: str, password: str) -> str | None:
        return username if (username, password) == ("emma", "p/w +1") else None


class ByStatement(JWTBearerGrant):  # type: ignore[misc]
    """A signed statement about a user."""

    def resolve_issuer_client(self, issuer: str) -> Any:
        return self.server.query_client(issuer)

    def resolve_client_public_key(self, client: Any) -> RSAKey:
        return RSAKey.import_key(pem(rsa_key()))

    def authenticate_user(self, subject: str) -> str | None:
        return subject if subject == "emma" else None

    def get_audiences(self) -> list[str]:
        return [f"{self.server.store.address}/token"]

    def has_granted_permission(self, client: Any, user: Any) -> bool:
        return True


class ByKey(JWTBearerClientAssertion):  # type: ignore[misc]
    """A client that signs who it is."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def get_audiences(self) -> list[str]:
        return [f"{self.store.address}/token"]

    def validate_jti(self, claims: Any, jti: str) -> bool:
        fresh = jti not in self.store.seen
        self.store.seen.add(jti)
        return fresh

    def resolve_client_public_key(self, client: Any) -> RSAKey:
        return RSAKey.import_key(pem(rsa_key()))


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """The end of a token."""

    CLIENT_AUTH_METHODS = sorted(ALL_METHODS)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:
        return self.server.store.by(refresh_token=token_string) or self.server.store.by(
            access_token=token_string
        )

    def revoke_token(self, token: Issued, request: Any) -> None:
        token.revoked = True


def registered(store: Store) -> Server:
    """Return a server with all that it can do."""
    server = Server(store)
    server.register_token_generator(
        "default",
        BearerTokenGenerator(
            lambda **_asked: f"at-{secrets.token_hex(8)}",
            lambda **_asked: f"rt-{secrets.token_hex(8)}",
            expires_generator=1800,
        ),
    )

    server.register_grant(ByCode, [CodeChallenge(required=True)])
    for grant in (Again, ByClient, ByPassword, ByStatement):
        server.register_grant(grant)
    server.register_endpoint(Revocation)
    server.register_client_auth_method("client_assertion_jwt", ByKey(store))
    return server


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _request(self) -> WebRequest:
            length = int(self.headers.get("Content-Length", 0))
            form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
            url = f"{server.store.address}{self.path}"
            return WebRequest(self.command, url, dict(self.headers), form)

        def _answer(self, status: int, body: Any, headers: Any) -> None:
            sent = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent.encode())))
            self.end_headers()
            self.wfile.write(sent.encode())

        def do_GET(self) -> None:
            asked = self._request()
            grant = server.get_consent_grant(asked, end_user="emma")
            self._answer(
                *server.create_authorization_response(asked, grant_user="emma", grant=grant)
            )

        def do_POST(self) -> None:
            if self.path == "/revoke":
                self._answer(*server.create_endpoint_response("revocation", self._request()))
            else:
                self._answer(*server.create_token_response(self._request()))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def running_server() -> Iterator[Store]:
    """Run the server for the length of a block; its `address` is where it listens."""
    store = Store()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(registered(store))) as web:
        store.address = f"http://127.0.0.1:{web.server_port}"
        thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield store
        finally:
            web.shutdown()
            thread.join()
