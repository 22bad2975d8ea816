"""How an API signs in becomes the sign-in of its data source, without secrets."""

from typing import Any

import pytest

from datasources.rest.document import RestDatasource
from tests.datasources.importing.reading import (
    draft,
    one_operation,
    openapi,
    told,
)

SCHEMES: dict[str, dict[str, Any]] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "pair": {"type": "http", "scheme": "basic"},
    "token": {"type": "http", "scheme": "bearer"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "implicit": {"authorizationUrl": "https://id.example/a", "scopes": {}},
            "authorizationCode": {
                "authorizationUrl": "https://id.example/a",
                "tokenUrl": "/token",
                "scopes": {"read": "", "write": ""},
            },
        },
    },
    "old": {
        "type": "oauth2",
        "flow": "application",
        "tokenUrl": "https://id.example/t",
        "scopes": {"all": ""},
    },
    "oidc": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://id.example/x/.well-known/openid-configuration",
    },
    "implicit": {
        "type": "oauth2",
        "flows": {"implicit": {"authorizationUrl": "https://id.example/a", "scopes": {}}},
    },
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "digest": {"type": "http", "scheme": "digest"},
    "cert": {"type": "mutualTLS"},
}


@pytest.mark.parametrize(
    ("name", "auth"),
    [
        ("key", {"scheme": "api_key", "name": "X-Key", "place": "header"}),
        ("query", {"scheme": "api_key", "name": "key", "place": "query"}),
        ("pair", {"scheme": "basic"}),
        ("token", {"scheme": "bearer"}),
        ("oauth", {
            "scheme": "oauth2", "grant": "authorization_code", "scopes": ["read", "write"],
            "authorize_url": "https://id.example/a", "token_url": "https://pets.example/token",
        }),
        ("old", {
            "scheme": "oauth2", "grant": "client_credentials", "scopes": ["all"],
            "token_url": "https://id.example/t",
        }),
        ("oidc", {
            "scheme": "oauth2", "grant": "authorization_code",
            "issuer": "https://id.example/x", "scopes": [],
        }),
        ("cookie", {"scheme": "api_key", "name": "session", "place": "cookie"}),
        ("implicit", {"scheme": "none"}),
        ("digest", {"scheme": "none"}),
        ("cert", {"scheme": "none"}),
    ],
)  # fmt: skip
def test_how_an_api_signs_in_becomes_the_sign_in_of_the_data_source(
    name: str, auth: dict[str, Any]
) -> None:
    made = draft(
        one_operation(
            {}, security=[{name: []}], components={"securitySchemes": {name: SCHEMES[name]}}
        )
    )
    assert made.datasource["auth"] == auth
    left = told(made.notes.left_out).get(f"/components/securitySchemes/{name}", "")
    assert bool(left) == (auth["scheme"] == "none")


def test_keys_that_are_wanted_together_are_headers_of_the_data_source() -> None:
    schemes = {
        name: {"type": "apiKey", "in": "header", "name": f"X-{name}"} for name in ("App", "Key")
    }
    made = draft(
        one_operation(
            {}, security=[{"App": [], "Key": []}], components={"securitySchemes": schemes}
        )
    )
    assert made.datasource["auth"] == {
        "scheme": "headers",
        "headers": [{"name": "X-App", "value": ""}, {"name": "X-Key", "value": ""}],
    }
    RestDatasource.model_validate(made.datasource)


def test_the_scopes_are_those_that_the_chosen_operations_ask_for() -> None:
    paths = {f"/{scope}": {"get": {"security": [{"oauth": [scope]}]}} for scope in ("read", "x")}
    made = draft(openapi(paths, components={"securitySchemes": SCHEMES}), operations=["GET /read"])
    assert made.datasource["auth"]["scopes"] == ["read"]
    assert made.auth.sentence == "OAuth 2.0 with its URLs and 1 scope."


def test_operations_that_sign_in_otherwise_than_most_are_told() -> None:
    paths: dict[str, Any] = {f"/{at}": {"get": {"security": [{"key": []}]}} for at in range(3)}
    paths["/odd"] = {"get": {"security": [{"token": []}]}}
    made = draft(openapi(paths, components={"securitySchemes": SCHEMES}))
    assert made.datasource["auth"]["scheme"] == "api_key"
    assert "(token)" in told(made.notes.left_out)["/paths/~1odd/get/security"]
