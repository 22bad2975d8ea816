"""From the settings of a connection to the requests of its protocol. Nothing is sent here."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from authlib.oauth2.rfc7523.jwt_bearer import JWT_BEARER_GRANT_TYPE
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from datasources.auth.basic import BasicAuth
from datasources.auth.none import NoAuth
from datasources.auth.oauth2 import OAuth2Auth
from datasources.oauth.assertions import bearer_assertion, client_assertion
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall, build
from datasources.rest.shapes import MEGABYTE, Parameter
from kianda.lib.addresses import authority, origin_of
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import is_secret_name

# Name, value, whether it is secret.
Item = tuple[str, str, bool]
LARGEST_ANSWER = MEGABYTE
# A refresh or a code asks for what was agreed to already.
OWN_AGAIN = frozenset({"grant_type", "scope", "audience"})


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The client asks for a token of its own."""


@dataclass(frozen=True, slots=True)
class Code:
    """The code that the browser brought back after somebody agreed."""

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, for a new pair."""

    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """The user name and the password of the settings."""


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """A statement that is signed with the private key of the settings."""


Grant: TypeAlias = ClientCredentials | Code | RefreshToken | Password | JwtBearer


def first_grant(auth: OAuth2Auth) -> Grant | None:
    """Return how the first token is got; None when a person has to sign in for it."""
    made: dict[str, Grant] = {
        "client_credentials": ClientCredentials(),
        "refresh_token": RefreshToken(auth.refresh_token),
        "password": Password(),
        "jwt_bearer": JwtBearer(),
    }
    return made.get(auth.grant)


def token_request(auth: OAuth2Auth, grant: Grant, *, now: datetime) -> PreparedCall:
    """Return the request for a token; raises CallFailed when the settings do not allow one."""
    own = [*_of_grant(auth, grant, now=now), *_of_client(auth, now=now, grant=grant)]
    again = isinstance(grant, Code | RefreshToken)
    given = [
        (item.name, item.value, item.secret)
        for item in auth.token_parameters
        if not (again and item.name in OWN_AGAIN)
    ]
    replaced = {name for name, _value, _secret in given}
    return _posted(auth, auth.token_url, [*(one for one in own if one[0] not in replaced), *given])


def revoke_request(auth: OAuth2Auth, token: str, *, now: datetime | None = None) -> PreparedCall:
    """Return the request that revokes a token, access or refresh (RFC 7009)."""
    own = _of_client(auth, now=now or datetime.now(UTC), grant=None)
    return _posted(auth, auth.revoke_url, [("token", token, True), *own])


def authorize_url(auth: OAuth2Auth, *, redirect_uri: str, state: str, code_verifier: str) -> str:
    """Return where the browser goes so that somebody can agree."""
    more = {item.name: item.value for item in auth.authorize_parameters}
    if auth.audience:
        more.setdefault("audience", auth.audience)
    if auth.pkce:
        more["code_challenge"] = create_s256_code_challenge(code_verifier)
        more["code_challenge_method"] = "S256"
    made = prepare_grant_uri(
        auth.authorize_url,
        auth.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=auth.scope,
        state=state,
        **more,
    )
    return str(made)


def _of_grant(auth: OAuth2Auth, grant: Grant, *, now: datetime) -> list[Item]:
    if isinstance(grant, Code):
        verifier = [("code_verifier", grant.code_verifier, True)] if auth.pkce else []
        return [
            ("grant_type", "authorization_code", False),
            ("code", grant.code, True),
            ("redirect_uri", grant.redirect_uri, False),
            *verifier,
        ]
    if isinstance(grant, RefreshToken):
        # What was typed as a token was given for nothing narrower than what is asked for.
        scope = _scope(auth) if auth.grant == "refresh_token" else []
        own = ("refresh_token", grant.refresh_token, True)
        return [("grant_type", "refresh_token", False), own, *scope]
    return [*_asking(auth, grant, now=now), *_scope(auth), *_audience(auth)]


def _asking(auth: OAuth2Auth, grant: Grant, *, now: datetime) -> list[Item]:
    if isinstance(grant, Password):
        pair = [("username", auth.username, False), ("password", auth.password, True)]
        return [("grant_type", "password", False), *pair]
    if isinstance(grant, JwtBearer):
        signed = ("assertion", bearer_assertion(auth, now=now), True)
        return [("grant_type", JWT_BEARER_GRANT_TYPE, False), signed]
    return [("grant_type", "client_credentials", False)]


def _scope(auth: OAuth2Auth) -> list[Item]:
    return [("scope", auth.scope, False)] if auth.scopes else []


def _audience(auth: OAuth2Auth) -> list[Item]:
    return [("audience", auth.audience, False)] if auth.audience else []


def _of_client(auth: OAuth2Auth, *, now: datetime, grant: Grant | None) -> list[Item]:
    """Return what the body says of the client; `basic` says it in a header."""
    client = ("client_id", auth.client_id, False)
    if auth.client_auth == "post":
        return [client, ("client_secret", auth.client_secret, True)]
    if auth.client_auth == "private_key_jwt":
        proof = ("client_assertion", client_assertion(auth, now=now), True)
        return [client, ("client_assertion_type", ASSERTION_TYPE, False), proof]
    # Who signs a statement has said in it who it is.
    alone = auth.client_auth == "none" and not isinstance(grant, JwtBearer)
    return [client] if alone and auth.client_id else []


def _posted(auth: OAuth2Auth, url: str, items: list[Item]) -> PreparedCall:
    """Return a form sent to an endpoint. No redirect is followed: it would take secrets along."""
    if not url:
        sentence = _("The URL of the endpoint is unknown. Enter it, or the issuer.")
        raise CallFailed("configuration", sentence)
    parts, origin = urlsplit(url), origin_of(url)
    client = BasicAuth(username=auth.client_id, password=auth.client_secret, form_encoded=True)
    endpoint = RestDatasource(
        name="token-endpoint",
        base_url=f"{origin.scheme}://{authority(origin)}",
        auth=client if auth.client_auth == "basic" else NoAuth(),
    )
    method = RestMethod(
        name="token",
        http_method="POST",
        content_type="form",
        request_headers=[Parameter(name="Accept", value="application/json")],
        query=[_parameter(name, value) for name, value in parse_qsl(parts.query)],
        request_body=[
            Parameter(name=name, value=value, secret=secret) for name, value, secret in items
        ],
        follow_redirects=False,
        max_answer_bytes=LARGEST_ANSWER,
    )
    return build(endpoint, method, {"url_path": parts.path or "/"})


def _parameter(name: str, value: str) -> Parameter:
    return Parameter(name=name, value=value, secret=is_secret_name(name))
