"""The sandbox's switches: how it misbehaves, for everybody or for one request."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

HEADER_PREFIX = "HTTP_X_SANDBOX_"
QUERY_PREFIX = "sandbox_"

Where = Literal["token", "api", "everywhere"]
Answer = Literal[
    "normal",
    "error_in_200",
    "nested_error",
    "null",
    "empty",
    "html",
    "list",
    "malformed",
    "huge",
    "trickle",
    "redirect",
    "lost",
    "reset",
    "cut_gzip",
    "latin1",
    "early_hints",
]
# How the life of a token is told: by the standard in seconds, and as providers do it all the same.
Lifetime = Literal[
    "normal", "text", "words", "negative", "zero", "huge", "milliseconds", "expires_on"
]
Token = Literal["normal", "missing", "empty", "not_text", "object"]


class WrongSwitch(Exception):
    """A switch that is not there, or a value it cannot have; the message names both."""


class Switches(BaseModel):
    """How the sandbox behaves. As it stands: like a good provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: Where = Field("token", description="Where `status`, `slow_s` and `answer` apply.")
    status: int = Field(
        0, ge=0, le=599, description="Fail with this HTTP status. 0 for no failure."
    )
    retry_after: int | None = Field(None, ge=0, description="Seconds in Retry-After, if any.")
    slow_s: float = Field(0, ge=0, le=3600, description="Seconds to wait before the response.")
    answer: Answer = Field("normal", description="Replaces a normal response.")
    retry_after_date: bool = Field(
        default=False, description="Send Retry-After as a date instead of seconds."
    )
    expires_in: Lifetime = Field("normal", description="Format of the lifetime of a token.")
    token: Token = Field("normal", description="Replaces the access token.")
    no_expires_in: bool = Field(default=False, description="Omit `expires_in`.")
    no_refresh_token: bool = Field(
        default=False, description="Do not rotate; send no refresh token."
    )
    same_when_early: bool = Field(
        default=False, description="Return the previous token while half of its lifetime is left."
    )
    strict_rotation: bool = Field(
        default=False, description="If a refresh token is used twice, revoke its family."
    )
    clock_skew_s: int = Field(0, description="Seconds that this service's clock is ahead.")
    lifetime_s: int = Field(
        120, ge=1, le=86_400, description="Lifetime of an access token in seconds."
    )

    def changed(self, changes: Mapping[str, Any]) -> "Switches":
        """Return these switches with some set anew; raises WrongSwitch."""
        try:
            return Switches.model_validate(self.model_dump() | dict(changes))
        except ValidationError as error:
            raise WrongSwitch(_in_words(error)) from error

    def for_request(self, environ: Mapping[str, Any]) -> "Switches":
        """Return the switches of one request: `X-Sandbox-Status: 503` or `?sandbox_status=503`."""
        own = {
            name.removeprefix(HEADER_PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(HEADER_PREFIX)
        }
        query = environ.get("QUERY_STRING", "")
        if QUERY_PREFIX in query:
            own |= {
                name.removeprefix(QUERY_PREFIX): value
                for name, value in parse_qsl(query, keep_blank_values=True)
                if name.startswith(QUERY_PREFIX)
            }
        return self.changed(own) if own else self

    def affect(self, place: Literal["token", "api"]) -> bool:
        """Tell whether faults are on for this part of the service."""
        return self.where in (place, "everywhere")


def _in_words(error: ValidationError) -> str:
    return " ".join(
        f"{'.'.join(map(str, flaw['loc'])) or 'switches'}: {flaw['msg']}."
        for flaw in error.errors(include_url=False)
    )
