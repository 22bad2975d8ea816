"""Whatever a provider, or whoever is in its place, answers: only a right token signs in."""

import base64
import functools
import hashlib
import hmac
import json
import time
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.services.identity_providers import ProviderSettings, add_provider
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@functools.cache
def own_key(name: str) -> rsa.RSAPrivateKey:
    """Return the key of this name, one for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key: Any, kid: str = "k1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**found, "kid": kid, "use": "sig", "alg": "RS256"}


class Scene(NamedTuple):
    """A provider that answers as it is told, and a browser that has asked it."""

    server: HTTPServer
    client: Client
    state: str
    nonce: str
    issuer: str

    def claims(self, **other: Any) -> dict[str, Any]:
        """Return the claims of a right token, some of them others; None leaves one out."""
        now = int(time.time())
        right = {
            "iss": self.issuer, "sub": "e1", "aud": "kianda", "iat": now, "exp": now + 300,
            "nonce": self.nonce, "email": "emma@example.org", "email_verified": True,
        }  # fmt: skip
        return {key: value for key, value in {**right, **other}.items() if value is not None}

    def token(self, key: str = "right", *, kid: str = "k1", **other: Any) -> str:
        return jwt.encode(self.claims(**other), own_key(key), "RS256", headers={"kid": kid})

    def come_back(self, answer: Any, *, info: Any = None) -> Any:
        """Have the token endpoint answer, and come back from there as the browser does."""
        if isinstance(answer, str):
            answer = {"access_token": "a", "token_type": "Bearer", "id_token": answer}
        self.server.expect_request("/token").respond_with_json(answer)
        told = {"sub": "e1"} if info is None else info
        self.server.expect_request("/me").respond_with_json(told)
        back = f"/sign-in/with/acme/callback/?code=c&state={self.state}"
        return self.client.get(back)


@pytest.fixture
def emma(db: None) -> Any:
    return make_user("emma", "User")


@pytest.fixture
def scene(httpserver: HTTPServer, admin: Any, emma: Any, settings: Settings) -> Scene:
    settings.KIANDA_EGRESS_ALLOW = ["localhost", "127.0.0.1"]
    issuer = httpserver.url_for("").rstrip("/")
    add_provider(
        ProviderSettings(name="Acme", issuer=issuer, client_id="kianda", secret="s"), by=admin
    )
    config = {
        "issuer": issuer, "authorization_endpoint": f"{issuer}/auth",
        "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys",
        "userinfo_endpoint": f"{issuer}/me",
    }  # fmt: skip
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(config)
    httpserver.expect_request("/keys").respond_with_json({"keys": [jwk(own_key("right"))]})
    client = Client()
    asked = parse_qs(urlsplit(client.get("/sign-in/with/acme/")["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return Scene(httpserver, client, asked["state"][0], asked["nonce"][0], issuer)


def is_in(scene: Scene) -> bool:
    return scene.client.get("/profile/").status_code == 200


def why() -> str:
    return AuditEntry.objects.filter(action="sign-in refused").latest("pk").detail


def test_a_right_token_signs_in(scene: Scene) -> None:
    assert scene.come_back(scene.token())["Location"] == "/"
    assert is_in(scene)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"nonce": "of-another-sign-in"}, "not belong to this sign-in"),
        ({"nonce": None}, "not belong to this sign-in"),
        ({"nonce": ""}, "not belong to this sign-in"),
        ({"iss": "https://evil.example"}, "Invalid issuer"),
        ({"iss": None}, "iss"),
        ({"aud": "another-client"}, "Audience"),
        ({"aud": ["kianda", "x"], "azp": "x"}, "another client"),
        ({"aud": None}, "aud"),
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": 9_000_000_000}, "iat"),
        ({"sub": None}, "sub"),
        ({"email_verified": "false"}, "unverified"),
        ({"email_verified": None}, "unverified"),
        ({"email_verified": 1}, "unverified"),
        ({"email": ["emma@example.org"]}, "unverified"),
        ({"email": "emma@example.org\r\nBcc: x@evil.example"}, "unverified"),
        ({"email": {"a": 1}}, "unverified"),
    ],
)
def test_a_token_that_says_anything_else_does_not(
    scene: Scene, other: dict[str, Any], said: str
) -> None:
    answer = scene.come_back(scene.token(**other))
    assert answer["Location"].startswith("/sign-in/?refused=")
    assert not is_in(scene)
    assert said in why()


def part(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def forged(scene: Scene, way: str) -> str:
    """Return a token with the right claims, signed in a wrong way."""
    claims = scene.claims()
    public = (
        own_key("right")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    if way == "none":
        return f"{part({'alg': 'none', 'kid': 'k1'})}.{part(claims)}."
    if way == "public key as secret":
        head, body = part({"alg": "HS256", "kid": "k1"}), part(claims)
        signed = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"
    if way == "another key":
        return scene.token("other")
    if way == "unknown key":
        return scene.token("other", kid="k2")
    if way == "changed":
        head, _body, signature = scene.token().split(".")
        return f"{head}.{part(scene.claims(sub='boss'))}.{signature}"
    return way


@pytest.mark.parametrize(
    "way",
    ["none", "public key as secret", "another key", "unknown key", "changed", "", "a.b.c", "{}"],
)
def test_a_token_that_the_issuer_has_not_signed_does_not(scene: Scene, way: str) -> None:
    assert scene.come_back(forged(scene, way))["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene)


@pytest.mark.parametrize(
    "answer",
    [{}, {"error": "invalid_grant"}, {"access_token": "a"}, {"access_token": "a", "id_token": 7},
     [], ["a"], None, 7],
)  # fmt: skip
def test_an_answer_without_a_token_does_not(scene: Scene, answer: Any) -> None:
    assert scene.come_back(answer)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene)


@pytest.mark.parametrize("info", [{"sub": "boss"}, {}, [], 7, {"sub": 7}])
def test_what_is_told_of_somebody_else_does_not(scene: Scene, info: Any) -> None:
    assert scene.come_back(scene.token(), info=info)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene)


def test_who_is_called_by_more_than_can_be_kept_does_not(scene: Scene) -> None:
    long = "e" * 192
    answer = scene.come_back(scene.token(sub=long), info={"sub": long})
    assert answer["Location"] == "/sign-in/?refused=failed"
    assert "too long" in why()


def test_an_address_told_elsewhere_is_as_verified_as_it_says_there(scene: Scene) -> None:
    info = {"sub": "e1", "email": "admin@example.org"}
    assert scene.come_back(scene.token(), info=info)["Location"] == "/sign-in/?refused=unverified"


@pytest.mark.parametrize(
    ("other", "where"),
    [
        ({"email_verified": None}, "/"),
        ({"email_verified": False}, "/sign-in/?refused=unverified"),
        ({"email_verified": None, "email": "x@other.example"}, "/sign-in/?refused=domain"),
    ],
)
def test_a_provider_that_says_nothing_is_trusted_for_its_domains_where_an_administrator_says_so(
    scene: Scene, other: dict[str, Any], where: str
) -> None:
    IdentityProvider.objects.update(trusts_addresses=True, domains=["example.org"])
    assert scene.come_back(scene.token(**other))["Location"] == where


def test_who_is_another_issuer_than_it_was_is_not_asked(
    scene: Scene, httpserver: HTTPServer
) -> None:
    httpserver.clear()
    cache.clear()
    where = httpserver.expect_request("/.well-known/openid-configuration")
    where.respond_with_json({
        "issuer": "https://evil.example", "authorization_endpoint": "https://evil.example/a",
        "token_endpoint": "https://evil.example/t", "jwks_uri": "https://evil.example/k",
    })  # fmt: skip
    assert Client().get("/sign-in/with/acme/")["Location"] == "/sign-in/?refused=failed"
    assert why() == "failed: The provider names https://evil.example as its issuer."


@pytest.mark.parametrize(
    "respond",
    [
        lambda _: Response("no JSON"),
        lambda _: Response("[]", content_type="application/json"),
        lambda _: Response("{}", content_type="application/json"),
        lambda _: Response(status=302, headers={"Location": "http://169.254.169.254/"}),
        lambda _: Response("x" * 2_000_000),
        lambda _: Response(status=503),
    ],
    ids=["text", "list", "empty", "redirect", "long", "down"],
)
def test_a_configuration_that_is_none_leads_back_with_words(
    scene: Scene, httpserver: HTTPServer, respond: Any
) -> None:
    httpserver.clear()
    cache.clear()

    def answer(request: Request) -> Response:
        found: Response = respond(request)
        return found

    httpserver.expect_request("/.well-known/openid-configuration").respond_with_handler(answer)
    assert Client().get("/sign-in/with/acme/")["Location"] == "/sign-in/?refused=failed"


def test_the_address_of_a_sign_in_adds_nothing_to_what_is_asked(scene: Scene) -> None:
    added = {"scope": "admin", "auth_params": "nonce=mine&prompt=none", "next": "//evil.example/"}
    answer = Client().get("/sign-in/with/acme/", added)
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["nonce"] != ["mine"]
    assert "prompt" not in asked


def test_a_provider_that_is_away_is_not_asked_by_each_who_begins_a_sign_in(
    scene: Scene, httpserver: HTTPServer
) -> None:
    httpserver.clear()
    cache.clear()
    asked = []

    def answer(_: Request) -> Response:
        asked.append(1)
        return Response(status=503)

    httpserver.expect_request("/.well-known/openid-configuration").respond_with_handler(answer)
    for _ in range(5):
        assert Client().get("/sign-in/with/acme/")["Location"] == "/sign-in/?refused=failed"
    assert len(asked) == 1


def test_whoever_calls_the_address_of_the_way_back_fills_no_log(scene: Scene) -> None:
    for _ in range(5):
        Client().get("/sign-in/with/acme/callback/?code=c&state=made-up")
    assert AuditEntry.objects.filter(action="sign-in refused").count() == 1
