"""Headers of a service's own, with secret values."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from datasources.auth.base import AuthScheme, Credential, RequestDraft
from kianda.lib.headers import header_flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop


class SecretHeader(BaseModel):
    """A header whose value is secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=200, title=gettext_noop("Name"))]
    value: Credential = Field(default="", title=gettext_noop("Value"))

    @field_validator("name")
    @classmethod
    def _header(cls, name: str) -> str:
        if flaw := header_flaw(name):
            raise ValueError(flaw)
        return name


class HeadersAuth(AuthScheme):
    """Headers that the service expects, such as a key and an account ID."""

    scheme: Literal["headers"] = "headers"
    headers: Annotated[
        list[SecretHeader], Field(max_length=50, json_schema_extra={"control": "named_values"})
    ] = Field(default=[], title=gettext_noop("Headers"))
    label: ClassVar[str] = gettext_noop("Secret headers")
    named_values: ClassVar[tuple[str, ...]] = ("headers",)
    always_secret: ClassVar[tuple[str, ...]] = ("headers",)
    missing: ClassVar[str] = gettext_noop("value of a header")

    @field_validator("headers")
    @classmethod
    def _once(cls, headers: list[SecretHeader]) -> list[SecretHeader]:
        names = [one.name.lower() for one in headers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    _("The header %(name)s is listed twice. Remove one.") % {"name": name}
                )
        return headers

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add each header that the method or a mapping has not set."""
        for header in self.headers:
            draft.set_header(header.name, header.value)

    def lacks_credentials(self) -> bool:
        """Without a header there is nothing to send, nor with one that is empty."""
        return not self.headers or any(not one.value for one in self.headers)
