"""HTTP Basic authentication."""

import base64
from typing import ClassVar, Literal

from pydantic import Field

from datasources.auth.base import AuthScheme, Credential, OneLine, RequestDraft
from kianda.lib.i18n import gettext_noop


class BasicAuth(AuthScheme):
    """A user name and a password in the Authorization header (RFC 7617)."""

    scheme: Literal["basic"] = "basic"
    username: OneLine = Field(default="", title=gettext_noop("User name"))
    password: Credential = Field(default="", title=gettext_noop("Password"))
    label: ClassVar[str] = gettext_noop("User name and password (Basic)")
    secrets: ClassVar[tuple[str, ...]] = ("password",)
    missing: ClassVar[str] = gettext_noop("user name")

    def apply(self, draft: RequestDraft) -> None:
        """Add `Authorization: Basic ...`."""
        pair = f"{self.username}:{self.password}".encode()
        draft.set_header("Authorization", "Basic " + base64.b64encode(pair).decode())

    def lacks_credentials(self) -> bool:
        """A password may be empty, a pair of nothing may not."""
        return not self.username and not self.password
