"""What every way of authentication has in common."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeGuard

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from datasources.auth.variables import is_only_names
from kianda.lib.headers import header_flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.kinds import Kind
from kianda.lib.secret_names import MASK, is_secret_name


def one_line(text: str) -> str:
    """Refuse what would end a header line."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise ValueError(_("Remove line breaks and control characters."))
    return text


OneLine = Annotated[str, Field(max_length=8000), AfterValidator(one_line)]
Credential = Annotated[
    str,
    Field(max_length=8000, repr=False, json_schema_extra={"control": "secret"}),
    AfterValidator(one_line),
]


# By setting: any one of these other settings has one of these values.
ShownFor = Mapping[str, Mapping[str, tuple[str, ...]]]


class NamedValue(BaseModel):
    """A parameter that is sent in addition to those of the scheme. It can be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[OneLine, Field(min_length=1, max_length=200, title=gettext_noop("Name"))]
    value: Annotated[OneLine, Field(title=gettext_noop("Value"), repr=False)] = ""
    secret: bool = Field(
        default=False,
        title=gettext_noop("Secret"),
        description=gettext_noop("If omitted, taken from the name."),
    )

    @model_validator(mode="before")
    @classmethod
    def _secret_by_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret" not in data:
            name = data.get("name")
            return data | {"secret": isinstance(name, str) and is_secret_name(name)}
        return data


def checked_header(name: str, info: ValidationInfo) -> str:
    """Refuse the name of a header that the connection sets; what is stored was checked."""
    if info.context and (flaw := header_flaw(name)):
        raise ValueError(flaw)
    return name


HeaderName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.~-]{1,128}$"), AfterValidator(checked_header)
]


@dataclass(slots=True)
class RequestDraft:
    """A request in the making: its headers by small-letter name, its query, its cookies."""

    headers: dict[str, tuple[str, str]] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    # Beside those that a method sends in its own header.
    cookies: list[tuple[str, str]] = field(default_factory=list)
    # It is one to a token endpoint: its body says a grant type.
    asks_for_token: bool = False

    def set_header(self, name: str, value: str) -> None:
        """Set a header unless the method or a mapping has set it already."""
        self.headers.setdefault(name.lower(), (name, value))


class AuthScheme(Kind):
    """One way of authentication: it adds what the outside system wants to see to a request."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    tag: ClassVar[str] = "scheme"
    category: ClassVar[str] = gettext_noop("Authentication")
    secrets: ClassVar[tuple[str, ...]] = ()
    # Settings that are lists of names and values, some or all of which are secret.
    named_values: ClassVar[tuple[str, ...]] = ()
    # Those of these lists in which every value is secret.
    always_secret: ClassVar[tuple[str, ...]] = ()
    # Settings that are addresses to which its secrets are sent, beside those of the datasource.
    addresses: ClassVar[tuple[str, ...]] = ()
    missing: ClassVar[str] = ""
    # For the page: which settings matter only while another one has one of some values; which are
    # rarely needed; what choices are called.
    shown_for: ClassVar[ShownFor] = {}
    rarely: ClassVar[tuple[str, ...]] = ()
    choice_words: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    # What the page proposes to whoever has just chosen the scheme, where it is not the default.
    fresh: ClassVar[Mapping[str, Any]] = {}
    # Whether each call takes the live access token of the datasource's connection. It is part of
    # no document: whoever builds a request fetches it at that moment.
    needs_token: ClassVar[bool] = False

    @abstractmethod
    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add the credentials to the request; `token` is the live one, for schemes with one."""

    def lacks_credentials(self) -> bool:
        """Tell whether the scheme cannot be used because its secret is not set."""
        return False

    def missing_words(self) -> str:
        """Say which of its settings must be there before it can be used, and is not."""
        return _(self.missing)

    @classmethod
    def is_secret_value(cls, setting: str, item: Mapping[str, Any]) -> bool:
        """Tell whether one of the values of a list of named values is secret."""
        secret = item.get("secret")
        if setting in cls.always_secret or secret is not None:
            return setting in cls.always_secret or bool(secret)
        return is_secret_name(str(item.get("name")))

    def addresses_of(self, setting: str) -> tuple[str, ...]:
        """Return the settings that say where the secrets of a list of named values are sent."""
        return self.addresses

    def named_secrets(self, setting: str) -> list[tuple[str, str]]:
        """Return names and values of what is secret in a list of named values."""
        items = [item.model_dump() for item in getattr(self, setting)]
        return [
            (item["name"], item["value"]) for item in items if self.is_secret_value(setting, item)
        ]

    def credentials(self) -> dict[str, str]:
        """Return the secret values by setting; those of a list by its name and their order."""
        return {name: str(getattr(self, name)) for name in self.secrets} | {
            f"{setting}/{at}": value
            for setting in self.named_values
            for at, (_name, value) in enumerate(self.named_secrets(setting))
        }

    def masked(self) -> dict[str, Any]:
        """Return the settings as they are shown: a secret that is set as asterisks."""
        return masked_settings(type(self), self.model_dump(mode="json"))


def masked_settings(kind: type[AuthScheme], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a scheme, which may be only typed, as they may be shown."""
    shown = dict(settings)
    for name in kind.secrets:
        if name in shown:
            shown[name] = masked_text(shown[name])
    for name in kind.named_values:
        items = shown.get(name)
        shown |= {name: [_masked(kind, name, one) for one in items]} if _is_list(items) else {}
    return shown


def _is_list(items: object) -> TypeGuard[list[Any]]:
    return isinstance(items, list)


def _masked(kind: type[AuthScheme], setting: str, item: Any) -> Any:
    if not isinstance(item, dict) or not kind.is_secret_value(setting, item):
        return item
    return {**item, "value": masked_text(item.get("value"))}


def masked_text(text: Any) -> str:
    """Return a secret as it is shown; one made of variables alone by their names, for an export."""
    return str(text) if is_only_names(text) else MASK if text else ""
