"""An API key in a header or in the query."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from datasources.auth.base import AuthScheme, Credential, RequestDraft
from kianda.lib.i18n import gettext_noop


class ApiKeyAuth(AuthScheme):
    """A fixed key under a name of the outside system's choice, in a header or in the query."""

    scheme: Literal["api_key"] = "api_key"
    name: Annotated[str, Field(title=gettext_noop("Name"), pattern=r"^[A-Za-z0-9_.~-]{1,128}$")] = (
        "X-API-Key"
    )
    place: Literal["header", "query"] = Field(default="header", title=gettext_noop("Sent in the"))
    key: Credential = Field(default="", title=gettext_noop("Key"))
    label: ClassVar[str] = gettext_noop("API key")
    secrets: ClassVar[tuple[str, ...]] = ("key",)
    missing: ClassVar[str] = gettext_noop("key")

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add the key to the headers or to the query."""
        if self.place == "header":
            draft.set_header(self.name, self.key)
        elif all(name != self.name for name, _ in draft.query):
            draft.query.append((self.name, self.key))

    def lacks_credentials(self) -> bool:
        """Without its key there is nothing to send."""
        return not self.key
