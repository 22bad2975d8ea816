"""Settings of connections, answers of token endpoints, and what a request carries."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from datasources.auth import auth_schemes
from datasources.auth.oauth2 import OAuth2Auth
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from tests.datasources.rest.building import body_of

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
TOKEN_URL = "https://auth.example.org/oauth/token"


def oauth2(**changes: Any) -> OAuth2Auth:
    """Return the settings of a connection with a client ID and a secret."""
    raw = {"token_url": TOKEN_URL, "client_id": "kianda", "client_secret": "s3cr3t-of-kianda"}
    made = auth_schemes.parse({"scheme": "oauth2", **raw, **changes}, refusal=lambda origin: None)
    assert isinstance(made, OAuth2Auth)
    return made


def answered(
    body: Any, status: int = 200, reason: str = "OK", headers: dict[str, str] | None = None
) -> CallAnswer:
    """Return an answer of a token endpoint."""
    return CallAnswer(status=status, reason=reason, headers=headers or {}, body=body, elapsed_ms=3)


def form_of(call: PreparedCall) -> dict[str, str]:
    """Return the form that a request carries."""
    pairs = parse_qsl(body_of(call).decode(), keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs), "a parameter is sent twice"
    return dict(pairs)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return a key of a client, one for all tests: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a key on a curve."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """Return a key as it is pasted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
