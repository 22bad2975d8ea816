"""What a client signs with its private key: who it is, and for whom it asks (RFC 7523)."""

from datetime import datetime

from authlib.oauth2.rfc7523.assertion import sign_jwt_bearer_assertion

from datasources.auth.keys import AnyKey, header_of, signing_key
from datasources.auth.oauth2 import OAuth2Auth
from datasources.rest.errors import CallFailed

# Salesforce refuses what is valid for longer; enough for a clock that is wrong by a minute.
VALID_S = 180


def client_assertion(auth: OAuth2Auth, *, now: datetime) -> str:
    """Return the proof that a request comes from the client."""
    return _signed(auth, subject=auth.client_id, claims={}, now=now)


def bearer_assertion(auth: OAuth2Auth, *, now: datetime) -> str:
    """Return the statement for which the grant `jwt_bearer` gets a token."""
    scope = {"scope": auth.scope} if auth.scopes else {}
    return _signed(auth, subject=auth.subject, claims={**scope, **auth.claims}, now=now)


def _signed(auth: OAuth2Auth, *, subject: str, claims: dict[str, object], now: datetime) -> str:
    header = {**header_of(auth.private_key), "alg": auth.algorithm, "typ": "JWT"}
    if auth.key_id:
        header["kid"] = auth.key_id
    made = sign_jwt_bearer_assertion(
        _key(auth),
        issuer=auth.client_id,
        audience=auth.assertion_audience or auth.token_url,
        subject=subject or None,
        issued_at=int(now.timestamp()),
        expires_in=VALID_S,
        claims=dict(claims),
        header=header,
    )
    return str(made)


def _key(auth: OAuth2Auth) -> AnyKey:
    try:
        return signing_key(auth.private_key, algorithm=auth.algorithm)
    except ValueError as error:
        raise CallFailed("configuration", str(error)) from error
