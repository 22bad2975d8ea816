"""What every way of authentication has in common."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.kinds import Kind
from kianda.lib.secret_names import MASK


def one_line(text: str) -> str:
    """Refuse what would end a header line."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise ValueError(_("Line breaks and control characters cannot stand here."))
    return text


OneLine = Annotated[str, Field(max_length=8000), AfterValidator(one_line)]
Credential = Annotated[
    str,
    Field(max_length=8000, repr=False, json_schema_extra={"control": "secret"}),
    AfterValidator(one_line),
]


@dataclass(slots=True)
class RequestDraft:
    """A request in the making: its headers by small-letter name, and its query."""

    headers: dict[str, tuple[str, str]] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)

    def set_header(self, name: str, value: str) -> None:
        """Set a header unless the method or a mapping has set it already."""
        self.headers.setdefault(name.lower(), (name, value))


class AuthScheme(Kind):
    """One way of authentication: it adds what the outside system wants to see to a request."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    tag: ClassVar[str] = "scheme"
    category: ClassVar[str] = gettext_noop("Authentication")
    secrets: ClassVar[tuple[str, ...]] = ()
    missing: ClassVar[str] = ""
    # Whether each call takes the live access token of the datasource's connection. It is part of
    # no document: whoever builds a request fetches it at that moment.
    needs_token: ClassVar[bool] = False

    @abstractmethod
    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add the credentials to the request; `token` is the live one, for schemes with one."""

    def lacks_credentials(self) -> bool:
        """Tell whether the scheme cannot be used because its secret is not set."""
        return False

    def credentials(self) -> dict[str, str]:
        """Return the secret values by setting."""
        return {name: str(getattr(self, name)) for name in self.secrets}

    def masked(self) -> dict[str, Any]:
        """Return the settings as they are shown: a secret that is set as asterisks."""
        shown = self.model_dump(mode="json")
        return shown | {name: MASK if shown[name] else "" for name in self.secrets}
