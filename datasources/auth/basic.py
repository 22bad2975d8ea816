"""HTTP Basic authentication."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from datasources.auth.base import AuthScheme, Credential, OneLine, RequestDraft
from kianda.lib.dialogs.specs import Offered
from kianda.lib.i18n import gettext_noop


class BasicAuth(AuthScheme):
    """A user name and a password in the Authorization header (RFC 7617)."""

    scheme: Literal["basic"] = "basic"
    username: OneLine = Field(default="", title=gettext_noop("User name"))
    password: Credential = Field(default="", title=gettext_noop("Password"))
    form_encoded: Annotated[
        bool | Literal["token_methods"], Offered(lambda: ("never", "token_methods", "always"))
    ] = Field(
        default=False,
        title=gettext_noop("Form-encode user name and password"),
        description=gettext_noop(
            "OAuth token endpoints expect both encoded (RFC 6749), other services do not. It "
            "matters for characters such as %, + or a colon."
        ),
        json_schema_extra={"control": "when_encoded"},
    )
    fresh: ClassVar[Mapping[str, Any]] = {"form_encoded": "token_methods"}
    choice_words: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "form_encoded": {
            "never": gettext_noop("Never"),
            "token_methods": gettext_noop("For methods that send grant_type"),
            "always": gettext_noop("Always"),
        }
    }
    label: ClassVar[str] = gettext_noop("User name and password (Basic)")
    secrets: ClassVar[tuple[str, ...]] = ("password",)
    missing: ClassVar[str] = gettext_noop("user name")

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add `Authorization: Basic ...`."""
        pair = [self.username, self.password]
        if self.form_encoded is True or (self.form_encoded and draft.asks_for_token):
            # A blank as %20, not as +: all servers decode that, some decode nothing else.
            pair = [quote(part, safe="") for part in pair]
        coded = base64.b64encode(":".join(pair).encode()).decode()
        draft.set_header("Authorization", f"Basic {coded}")

    def lacks_credentials(self) -> bool:
        """A password may be empty, a pair of nothing may not."""
        return not self.username and not self.password
