"""An API key in a header, in the query or in a cookie."""

import re
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from datasources.auth.base import AuthScheme, Credential, HeaderName, RequestDraft
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop

# RFC 6265, 4.1.1.
_IN_COOKIE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")


class ApiKeyAuth(AuthScheme):
    """A fixed key in a header, the query or a cookie, under a name that the service expects."""

    scheme: Literal["api_key"] = "api_key"
    name: HeaderName = Field(default="X-API-Key", title=gettext_noop("Name"))
    place: Literal["header", "query", "cookie"] = Field(
        default="header", title=gettext_noop("Sent in the")
    )
    key: Credential = Field(default="", title=gettext_noop("Key"))
    label: ClassVar[str] = gettext_noop("API key")
    secrets: ClassVar[tuple[str, ...]] = ("key",)
    missing: ClassVar[str] = gettext_noop("key")

    @field_validator("key")
    @classmethod
    def _cookie(cls, key: str, info: ValidationInfo) -> str:
        if info.data.get("place") == "cookie" and not _IN_COOKIE.fullmatch(key):
            raise ValueError(_("A cookie cannot contain spaces, quotes, commas, ; or \\."))
        return key

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add the key where it belongs, unless something of its name is there already."""
        if self.place == "header":
            draft.set_header(self.name, self.key)
        elif self.place == "cookie":
            draft.cookies.append((self.name, self.key))
        elif all(name != self.name for name, _ in draft.query):
            draft.query.append((self.name, self.key))

    def lacks_credentials(self) -> bool:
        """Without its key there is nothing to send."""
        return not self.key
