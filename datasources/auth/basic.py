"""HTTP Basic authentication."""

import base64
from typing import ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from datasources.auth.base import AuthScheme, Credential, OneLine, RequestDraft
from kianda.lib.i18n import gettext_noop


class BasicAuth(AuthScheme):
    """A user name and a password in the Authorization header (RFC 7617)."""

    scheme: Literal["basic"] = "basic"
    username: OneLine = Field(default="", title=gettext_noop("User name"))
    password: Credential = Field(default="", title=gettext_noop("Password"))
    form_encoded: bool = Field(
        default=False,
        title=gettext_noop("Form-encode user name and password"),
        description=gettext_noop(
            "Encodes both before they are sent, as RFC 6749 asks of OAuth token endpoints. It "
            "matters when they hold signs such as %, + or a colon."
        ),
    )
    label: ClassVar[str] = gettext_noop("User name and password (Basic)")
    secrets: ClassVar[tuple[str, ...]] = ("password",)
    missing: ClassVar[str] = gettext_noop("user name")

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add `Authorization: Basic ...`."""
        pair = [self.username, self.password]
        if self.form_encoded:
            # A blank as %20, not as +: all servers decode that, some decode nothing else.
            pair = [quote(part, safe="") for part in pair]
        coded = base64.b64encode(":".join(pair).encode()).decode()
        draft.set_header("Authorization", f"Basic {coded}")

    def lacks_credentials(self) -> bool:
        """A password may be empty, a pair of nothing may not."""
        return not self.username and not self.password
