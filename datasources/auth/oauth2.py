"""OAuth 2: access tokens that the product fetches and refreshes itself."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from datasources.auth.base import (
    AuthScheme,
    Credential,
    HeaderName,
    NamedValue,
    OneLine,
    RequestDraft,
    ShownFor,
)
from datasources.auth.keys import signing_key
from datasources.auth.oauth2_settings import (
    CHOICE_WORDS,
    MISSING,
    NEEDS_CLIENT,
    OWN_IN_ADDRESS,
    OWN_IN_REQUEST,
    RARELY,
    SHOWN_FOR,
    Algorithm,
    AnswerPlaces,
    Endpoint,
    GrantName,
    PrivateKey,
)
from kianda.lib.addresses import endpoint_flaw, origin_of
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop


class OAuth2Auth(AuthScheme):
    """Access tokens that Kianda gets from a token endpoint and refreshes before they expire."""

    scheme: Literal["oauth2"] = "oauth2"
    grant: GrantName = Field(default="client_credentials", title=gettext_noop("Grant"))
    issuer: Endpoint = Field(
        default="",
        title=gettext_noop("Issuer"),
        description=gettext_noop("URLs that you leave empty are read from its metadata."),
    )
    authorize_url: Annotated[Endpoint, Field(validate_default=True)] = Field(
        default="", title=gettext_noop("Authorization URL")
    )
    token_url: Annotated[Endpoint, Field(validate_default=True)] = Field(
        default="", title=gettext_noop("Token URL")
    )
    revoke_url: Endpoint = Field(
        default="",
        title=gettext_noop("Revocation URL"),
        description=gettext_noop("When known, disconnecting revokes the token there."),
    )
    client_id: OneLine = Field(default="", title=gettext_noop("Client ID"))
    client_secret: Credential = Field(default="", title=gettext_noop("Client secret"))
    client_auth: Literal["basic", "post", "private_key_jwt", "none"] = Field(
        default="basic", title=gettext_noop("Client authentication")
    )
    algorithm: Algorithm = Field(default="RS256", title=gettext_noop("Signature algorithm"))
    private_key: PrivateKey = Field(
        default="",
        title=gettext_noop("Private key"),
        description=gettext_noop(
            "PEM or JWK. Add the certificate below it if the provider needs it."
        ),
    )
    key_id: OneLine = Field(default="", title=gettext_noop("Key ID"))
    assertion_audience: OneLine = Field(
        default="",
        title=gettext_noop("Audience of assertions"),
        description=gettext_noop("If empty, the token URL."),
    )
    scopes: Annotated[
        list[Annotated[OneLine, Field(min_length=1, max_length=1000)]],
        Field(max_length=200, json_schema_extra={"control": "lines"}),
    ] = Field(default=[], title=gettext_noop("Scopes"))
    scope_separator: Literal[" ", ",", ";"] = Field(
        default=" ",
        title=gettext_noop("Scope separator"),
        json_schema_extra={"control": "separator"},
    )
    audience: OneLine = Field(default="", title=gettext_noop("Audience"))
    authorize_parameters: Annotated[
        list[NamedValue], Field(max_length=50, json_schema_extra={"control": "named_values"})
    ] = Field(default=[], title=gettext_noop("Parameters of the authorization URL"))
    token_parameters: Annotated[
        list[NamedValue], Field(max_length=50, json_schema_extra={"control": "named_values"})
    ] = Field(default=[], title=gettext_noop("Parameters of token requests"))
    pkce: bool = Field(
        default=True,
        title=gettext_noop("Use PKCE"),
        description=gettext_noop(
            "Protects the sign-in. Switch it off only if the provider rejects it."
        ),
    )
    username: OneLine = Field(default="", title=gettext_noop("User name"))
    password: Credential = Field(default="", title=gettext_noop("Password"))
    subject: OneLine = Field(
        default="",
        title=gettext_noop("Subject (sub)"),
        description=gettext_noop("The user for whom the assertion asks for a token."),
    )
    claims: dict[str, JsonValue] = Field(
        default={},
        title=gettext_noop("More claims"),
        json_schema_extra={"control": "json"},
    )
    refresh_token: Credential = Field(
        default="",
        title=gettext_noop("First refresh token"),
        description=gettext_noop("Used once, to connect. Later ones are saved automatically."),
    )
    answer: AnswerPlaces = Field(
        default=AnswerPlaces(),
        title=gettext_noop("Paths in the token response"),
        json_schema_extra={"control": "parts"},
    )
    lifetime_s: Annotated[int, Field(ge=1, le=315_360_000)] | None = Field(
        default=None,
        title=gettext_noop("Lifetime of an access token (s)"),
        description=gettext_noop("Used if the response does not include it."),
    )
    expired_when: dict[str, JsonValue] | None = Field(
        default=None,
        title=gettext_noop("Token has expired when"),
        description=gettext_noop(
            "Conditions on the response, in addition to status 401. The token is then refreshed."
        ),
        json_schema_extra={"control": "answer_conditions"},
    )
    place: Literal["header", "query"] = Field(default="header", title=gettext_noop("Sent in the"))
    name: HeaderName = Field(default="Authorization", title=gettext_noop("Header or parameter"))
    prefix: Annotated[OneLine, Field(max_length=100)] = Field(
        default="Bearer", title=gettext_noop("Before the token")
    )

    label: ClassVar[str] = gettext_noop("OAuth 2 connection")
    shown_for: ClassVar[ShownFor] = SHOWN_FOR
    rarely: ClassVar[tuple[str, ...]] = RARELY
    choice_words: ClassVar[Mapping[str, Mapping[str, str]]] = CHOICE_WORDS
    secrets: ClassVar[tuple[str, ...]] = (
        "client_secret",
        "private_key",
        "password",
        "refresh_token",
    )
    named_values: ClassVar[tuple[str, ...]] = ("authorize_parameters", "token_parameters")
    addresses: ClassVar[tuple[str, ...]] = ("issuer", "token_url", "revoke_url")
    needs_token: ClassVar[bool] = True

    @field_validator("issuer", "authorize_url", "token_url", "revoke_url")
    @classmethod
    def _address(cls, url: str, info: ValidationInfo) -> str:
        if not url:
            if sentence := _no_address(str(info.field_name), info.data):
                raise ValueError(sentence)
            return url
        flaw = endpoint_flaw(url)
        if flaw is None and info.context:
            flaw = info.context["refusal"](origin_of(url))
        if flaw:
            raise ValueError(flaw)
        return url

    @field_validator("private_key")
    @classmethod
    def _key(cls, text: str, info: ValidationInfo) -> str:
        # What is stored was checked when it was saved.
        if text and info.context and "algorithm" in info.data:
            signing_key(text, algorithm=info.data["algorithm"])
        return text

    @field_validator("authorize_parameters", "token_parameters")
    @classmethod
    def _parameters(cls, items: list[NamedValue], info: ValidationInfo) -> list[NamedValue]:
        own = OWN_IN_ADDRESS if info.field_name == "authorize_parameters" else OWN_IN_REQUEST
        for item in items:
            if item.name in own:
                sentence = _("Kianda sets %(name)s. Remove it from the list.")
                raise ValueError(sentence % {"name": item.name})
        return items

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Put the live access token on the request."""
        text = f"{self.prefix} {token}".strip()
        if self.place == "header":
            draft.set_header(self.name, text)
        elif all(name != self.name for name, _value in draft.query):
            draft.query.append((self.name, text))

    def addresses_of(self, setting: str) -> tuple[str, ...]:
        """Those of the authorization URL go there, with the browser."""
        by_browser = setting == "authorize_parameters"
        return ("issuer", "authorize_url") if by_browser else self.addresses

    def lacking(self) -> list[str]:
        """Return the settings without which no token can be asked for, and that are not set."""
        needed = [*_needed_by_client(self), *_needed_by_grant(self)]
        return [name for name in dict.fromkeys(needed) if not getattr(self, name)]

    def lacks_credentials(self) -> bool:
        """Without what its grant needs, no token can be asked for."""
        return bool(self.lacking())

    def missing_words(self) -> str:
        """Name the first setting that is missing."""
        lacking = self.lacking()
        return _(MISSING[lacking[0]]) if lacking else ""

    @property
    def scope(self) -> str:
        """The scopes as they are sent."""
        return self.scope_separator.join(self.scopes)


def _no_address(setting: str, given: dict[str, Any]) -> str:
    """Say why an address cannot be left empty; nothing when it can."""
    grant = given.get("grant")
    if given.get("issuer") or "issuer" not in given or grant is None:
        return ""
    if setting == "token_url":
        return _("Enter the token URL, or an issuer that publishes it.")
    if setting == "authorize_url" and grant == "authorization_code":
        return _("Enter the authorization URL, or an issuer that publishes it.")
    return ""


def _needed_by_client(auth: OAuth2Auth) -> list[str]:
    secret = {
        "basic": ["client_id", "client_secret"],
        "post": ["client_id", "client_secret"],
        "private_key_jwt": ["client_id", "private_key"],
    }
    return secret.get(auth.client_auth, ["client_id"] if auth.grant in NEEDS_CLIENT else [])


def _needed_by_grant(auth: OAuth2Auth) -> list[str]:
    needed = {
        "password": ["username", "password"],
        "refresh_token": ["refresh_token"],
        "jwt_bearer": ["client_id", "private_key"],
    }
    return needed.get(auth.grant, [])
