"""An account that mail leaves by, as a datasource."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    field_validator,
)

from datasources.auth.base import Credential, OneLine
from datasources.rest.document import DatasourceDocument, Shape, written_number
from kianda.lib.addresses import Origin, ascii_host
from kianda.lib.errors import Flaw
from kianda.lib.secret_names import MASK
from kianda.mail.addresses import BadAddress, read_address

PORTS = {"starttls": 587, "tls": 465, "none": 25}
# A message is worked at for twice as long at most, and held by its worker for longer than that.
LONGEST_TIMEOUT_S = 120


def _host(host: str) -> str:
    host = host.strip()
    if not host or (any(sign in host for sign in "/\\@:?# \t") and not _is_ipv6(host)):
        raise ValueError(_("Enter a host name, such as mail.example.org."))
    try:
        ascii_host(host)
    except UnicodeError as error:
        raise ValueError(_("%(host)s is not a host name.") % {"host": host}) from error
    return host


def _is_ipv6(host: str) -> bool:
    return ":" in host and all(sign in "0123456789abcdefABCDEF:." for sign in host)


def _address(text: str) -> str:
    try:
        return str(read_address(text)) if text else ""
    except BadAddress as error:
        raise ValueError(str(error)) from error


Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]


class NoSignIn(Shape):
    """The server takes mail without a sign-in."""

    scheme: Literal["none"] = "none"


class PasswordSignIn(Shape):
    """A user name and a password."""

    scheme: Literal["basic"] = "basic"
    username: Annotated[OneLine, Field(min_length=1)]
    password: Credential = ""


class EmailDatasource(DatasourceDocument):
    """An account that mail leaves by (SMTP)."""

    # Its sender has the name that the contract gives it, which Python keeps for itself.
    model_config = ConfigDict(populate_by_name=True)

    kind: Literal["email"] = "email"
    host: Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_host)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="If omitted: 587 for starttls, 465 for tls, 25 for none."
    )
    security: Literal["starttls", "tls", "none"] = "starttls"
    auth: Annotated[NoSignIn | PasswordSignIn, Field(discriminator="scheme")] = NoSignIn()
    # Empty only after the settings were lost; `flaws` lets nobody store it so.
    sender: Address = Field(
        alias="from",
        description="Sender of mails: an address, or Name <address>.",
        json_schema_extra={"minLength": 1},
    )
    reply_to: Address = Field(default="", description="Address for replies. If empty, the sender.")
    rate: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Messages per minute. Null: no limit."
    )
    timeout_s: Annotated[
        float,
        Field(gt=0, le=LONGEST_TIMEOUT_S),
        PlainSerializer(written_number, return_type=int | float),
    ] = 60

    @field_validator("timeout_s", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def port_number(self) -> int:
        """The port, or the usual one of its security."""
        return self.port or PORTS[self.security]

    @property
    def origin(self) -> Origin:
        """Scheme, host and port."""
        return Origin("smtp", self.host, self.port_number)

    @property
    def address(self) -> str:
        """Where it leads, as lists show it."""
        return f"smtp://{self.host}:{self.port_number}"

    @property
    def username(self) -> str:
        """The user name, empty without a sign-in."""
        return self.auth.username if isinstance(self.auth, PasswordSignIn) else ""

    @property
    def password(self) -> str:
        """The password, empty without a sign-in."""
        return self.auth.password if isinstance(self.auth, PasswordSignIn) else ""

    def flaws(self, *, refusal: Callable[[Origin], str | None]) -> Iterator[Flaw]:
        """Yield what is wrong with settings that are right one by one."""
        if not self.sender:
            yield Flaw("/from", _("Enter a sender: an address, or Name <address>."))
        if self.security == "none" and self.password:
            sentence = _("A password is only sent over TLS. Choose STARTTLS or TLS.")
            yield Flaw("/security", sentence)
        if sentence := refusal(self.origin) or "":
            yield Flaw("/host", sentence)

    def lacks(self) -> str:
        """Return in words what a mail needs and the settings do not have."""
        if not self.sender:
            return _("The sender is missing")
        without = isinstance(self.auth, PasswordSignIn) and not self.auth.password
        return _("The password is missing") if without else ""

    def plain(self) -> dict[str, JsonValue]:
        """Return the whole document, secrets included, as it is stored (encrypted)."""
        return self.model_dump(mode="json", by_alias=True)

    def masked(self) -> dict[str, Any]:
        """Return the document as it is shown: a password that is set as asterisks."""
        shown: dict[str, Any] = self.plain()
        if "password" in shown["auth"]:
            shown["auth"]["password"] = MASK if self.password else ""
        return shown
