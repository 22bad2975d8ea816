"""A bearer token."""

from typing import ClassVar, Literal

from pydantic import Field

from datasources.auth.base import AuthScheme, Credential, RequestDraft
from kianda.lib.i18n import gettext_noop


class BearerAuth(AuthScheme):
    """A fixed token in the Authorization header (RFC 6750)."""

    scheme: Literal["bearer"] = "bearer"
    token: Credential = Field(default="", title=gettext_noop("Token"))
    label: ClassVar[str] = gettext_noop("Bearer token")
    secrets: ClassVar[tuple[str, ...]] = ("token",)
    missing: ClassVar[str] = gettext_noop("token")

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add `Authorization: Bearer ...`."""
        draft.set_header("Authorization", f"Bearer {self.token}")

    def lacks_credentials(self) -> bool:
        """Without its token there is nothing to send."""
        return not self.token
