"""What the settings of OAuth 2 are made of: types, which are needed and shown when, their words."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from datasources.auth.base import OneLine, ShownFor
from kianda.lib.i18n import gettext_noop

GrantName = Literal[
    "client_credentials", "authorization_code", "refresh_token", "password", "jwt_bearer"
]
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"
]  # fmt: skip
Endpoint = Annotated[OneLine, Field(max_length=2000, json_schema_extra={"control": "line"})]
Place = Annotated[OneLine, Field(max_length=500, pattern=r"^[^.]*(\.[^.]+)*$")]
PrivateKey = Annotated[
    str, Field(max_length=20_000, repr=False, json_schema_extra={"control": "long_secret"})
]
# What a request says by itself. What is given beside it can replace none of these.
OWN_IN_ADDRESS = frozenset(
    {
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
        "code_challenge_method",
    }
)  # fmt: skip
OWN_IN_REQUEST = frozenset(
    {
        "code", "code_verifier", "redirect_uri", "refresh_token", "client_secret", "assertion",
        "client_assertion", "client_assertion_type", "username", "password",
    }
)  # fmt: skip
NEEDS_CLIENT = frozenset({"client_credentials", "authorization_code"})
MISSING = {
    "client_id": gettext_noop("client ID"),
    "client_secret": gettext_noop("client secret"),
    "private_key": gettext_noop("private key"),
    "username": gettext_noop("user name"),
    "password": gettext_noop("password"),
    "refresh_token": gettext_noop("refresh token"),
}


_BY_CODE = {"grant": ("authorization_code",)}
_BY_PASSWORD, _BY_STATEMENT = {"grant": ("password",)}, {"grant": ("jwt_bearer",)}
_BY_KEY = {**_BY_STATEMENT, "client_auth": ("private_key_jwt",)}
SHOWN_FOR: ShownFor = {
    "authorize_url": _BY_CODE,
    "authorize_parameters": _BY_CODE,
    "pkce": _BY_CODE,
    "client_secret": {"client_auth": ("basic", "post")},
    "algorithm": _BY_KEY,
    "private_key": _BY_KEY,
    "key_id": _BY_KEY,
    "assertion_audience": _BY_KEY,
    "username": _BY_PASSWORD,
    "password": _BY_PASSWORD,
    "subject": _BY_STATEMENT,
    "claims": _BY_STATEMENT,
    "refresh_token": {"grant": ("refresh_token",)},
}


class AnswerPlaces(BaseModel):
    """Paths of values in the token response, if they differ from the standard names."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    access_token: Place = Field(default="", title=gettext_noop("Access token"))
    refresh_token: Place = Field(default="", title=gettext_noop("Refresh token"))
    expires_in: Place = Field(default="", title=gettext_noop("Lifetime"))
    scope: Place = Field(default="", title=gettext_noop("Scopes"))


RARELY = (
    "revoke_url", "key_id", "assertion_audience", "scope_separator", "audience",
    "authorize_parameters", "token_parameters", "pkce", "claims", "answer", "lifetime_s",
    "expired_when", "place", "name", "prefix",
)  # fmt: skip
CHOICE_WORDS: Mapping[str, Mapping[str, str]] = {
    "grant": {
        "client_credentials": gettext_noop("As an app, without a user (client credentials)"),
        "authorization_code": gettext_noop("A user signs in (authorization code)"),
        "refresh_token": gettext_noop("With a refresh token"),
        "password": gettext_noop("User name and password"),
        "jwt_bearer": gettext_noop("With a signed key (JWT)"),
    },
    "client_auth": {
        "basic": gettext_noop("Client ID and secret in a header (Basic)"),
        "post": gettext_noop("Client ID and secret in the form"),
        "private_key_jwt": gettext_noop("Signed with a private key"),
        "none": gettext_noop("Client ID only"),
    },
    "scope_separator": {
        " ": gettext_noop("Space"),
        ",": gettext_noop("Comma"),
        ";": gettext_noop("Semicolon"),
    },
}
