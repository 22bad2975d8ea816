"""What a client signs: claims, header, keys in every form in which people paste them."""

import base64
import datetime
import hashlib
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from datasources.oauth.token_requests import ClientCredentials, JwtBearer, token_request
from datasources.rest.errors import CallFailed
from tests.datasources.oauth.settings import (
    NOW,
    TOKEN_URL,
    ec_key,
    form_of,
    oauth2,
    pem,
    rsa_key,
)

BY_KEY: dict[str, Any] = {"client_auth": "private_key_jwt", "client_secret": ""}
BEARER: dict[str, Any] = {"grant": "jwt_bearer", "client_auth": "none", "client_secret": ""}


def read(signed: str, *, algorithm: str = "RS256") -> jwt.Token:
    """Return what is signed, once the signature is known to be that of the key."""
    known = ECKey.import_key(pem(ec_key())) if algorithm == "ES256" else rsa_jwk()
    return jwt.decode(signed, known, algorithms=[algorithm])


def rsa_jwk() -> RSAKey:
    return RSAKey.import_key(pem(rsa_key()))


def test_a_client_proves_who_it_is_with_its_key() -> None:
    auth = oauth2(**BY_KEY, private_key=pem(rsa_key()), key_id="key-7")
    form = form_of(token_request(auth, ClientCredentials(), now=NOW))
    signed = form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "kianda",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    token = read(signed)
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "key-7"}
    at = int(NOW.timestamp())
    jti = token.claims.pop("jti")
    assert token.claims == {
        "iss": "kianda",
        "sub": "kianda",
        "aud": TOKEN_URL,
        "iat": at,
        "exp": at + 180,
    }
    other = form_of(token_request(auth, ClientCredentials(), now=NOW))["client_assertion"]
    assert read(other).claims["jti"] != jti


def test_a_statement_about_a_user_gets_a_token_without_a_secret() -> None:
    auth = oauth2(
        **BEARER,
        private_key=pem(rsa_key()),
        subject="ada@example.org",
        assertion_audience="https://auth.example.org",
        scopes=["read", "write"],
        claims={"box_sub_type": "user"},
    )
    form = form_of(token_request(auth, JwtBearer(), now=NOW))
    token = read(form.pop("assertion"))
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "scope": "read write",
    }
    assert {
        name: token.claims[name] for name in ("iss", "sub", "aud", "scope", "box_sub_type")
    } == {
        "iss": "kianda",
        "sub": "ada@example.org",
        "aud": "https://auth.example.org",
        "scope": "read write",
        "box_sub_type": "user",
    }


def test_a_statement_without_a_subject_has_none() -> None:
    auth = oauth2(**BEARER, private_key=pem(rsa_key()))
    assert "sub" not in read(form_of(token_request(auth, JwtBearer(), now=NOW))["assertion"]).claims


def test_neither_the_key_nor_the_statement_is_shown() -> None:
    auth = oauth2(**BEARER, private_key=pem(rsa_key()))
    call = token_request(auth, JwtBearer(), now=NOW)
    assert form_of(call)["assertion"] not in str(call.shown)
    assert form_of(call)["assertion"] in call.secrets
    assert "BEGIN" not in repr(auth)
    assert "BEGIN" not in str(auth.masked())


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text.replace("\n", ""),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.replace("\n", " "),
        lambda text: f"  {text}\n\n",
        lambda text: json.dumps(RSAKey.import_key(text).as_dict(private=True)),
    ],
    ids=["one line", "crlf", "as in JSON", "blanks", "around it", "JWK"],
)
def test_a_key_is_read_however_it_was_pasted(spoilt: Any) -> None:
    auth = oauth2(**BY_KEY, private_key=spoilt(pem(rsa_key())))
    form = form_of(token_request(auth, ClientCredentials(), now=NOW))
    assert read(form["client_assertion"]).claims["iss"] == "kianda"


def test_a_key_on_a_curve_signs_too() -> None:
    auth = oauth2(**BY_KEY, private_key=pem(ec_key()), algorithm="ES256")
    form = form_of(token_request(auth, ClientCredentials(), now=NOW))
    assert read(form["client_assertion"], algorithm="ES256").claims["iss"] == "kianda"


def test_a_certificate_below_the_key_is_named_by_its_thumbprint() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kianda")])
    certificate = (
        x509.CertificateBuilder(name, name, rsa_key().public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=1))
        .sign(rsa_key(), hashes.SHA256())
    )
    both = pem(rsa_key()) + certificate.public_bytes(Encoding.PEM).decode()
    auth = oauth2(**BY_KEY, private_key=both)
    header = read(form_of(token_request(auth, ClientCredentials(), now=NOW))["client_assertion"])
    der = certificate.public_bytes(Encoding.DER)
    assert header.header["x5t"] == coded(hashlib.sha1(der).digest())
    assert header.header["x5t#S256"] == coded(hashlib.sha256(der).digest())


def coded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def encrypted() -> str:
    locked = BestAvailableEncryption(b"pw")
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode()


def public() -> str:
    key = rsa_key().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("my key", "Paste the complete key, from -----BEGIN"),
        (lambda: pem(rsa_key())[:-20], "Paste the complete key, from -----BEGIN"),
        (lambda: pem(rsa_key()).replace("MII", "AAA"), "not a private key for RS256"),
        (lambda: pem(ec_key()), "not a private key for RS256"),
        (public, "public key. Paste the private one"),
        (encrypted, "protected by a password"),
        ('{"keys": []}', "Paste one key"),
        ('{"kty": "RSA"}', "not a private key for RS256"),
        ('{"kty": "oct", "k": "abc"}', "not a private key for RS256"),
        ("{never closed", "This is not a JWK: it is not valid JSON"),
        ("[" * 9000, "Paste the complete key, from -----BEGIN"),
        ("{" * 9000, "This is not a JWK: it is not valid JSON"),
    ],
)
def test_a_text_that_is_no_key_is_refused_where_it_is_entered(text: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        oauth2(**BY_KEY, private_key=text if isinstance(text, str) else text())


def test_a_key_that_fits_no_more_fails_the_request_with_a_sentence() -> None:
    # As what is stored would be, were the algorithm changed beside the page.
    auth = oauth2(**BY_KEY, private_key=pem(ec_key()), algorithm="ES256")
    with pytest.raises(CallFailed, match="on the curve P-256, which ES512 does not use") as failed:
        token_request(auth.model_copy(update={"algorithm": "ES512"}), ClientCredentials(), now=NOW)
    assert failed.value.kind == "configuration"
