"""No authentication."""

from typing import ClassVar, Literal

from datasources.auth.base import AuthScheme, RequestDraft
from kianda.lib.i18n import gettext_noop


class NoAuth(AuthScheme):
    """The service needs no credentials, or a mapping provides them."""

    scheme: Literal["none"] = "none"
    label: ClassVar[str] = gettext_noop("None")

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add nothing."""
