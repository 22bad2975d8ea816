"""What every format of an import has in common: how it is known, and what it is read as."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from datasources.importing.notes import ImportNotes
from datasources.rest.answer_schema import MOST_PLACES
from kianda.lib import addresses
from kianda.lib.i18n import gettext as _
from kianda.lib.names import RESERVED_SLUGS, as_title, free_name, slugify

# A document may describe more than a person can look through.
MOST_OPERATIONS = 20_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an API can do, as it is listed: the REST method that it would become."""

    id: str
    name: str
    title: str
    http_method: str
    url_path: str
    group: str
    place: str

    def as_json(self) -> dict[str, str]:
        """Return it as the API lists it."""
        keys = ("id", "name", "title", "http_method", "url_path", "group")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True, slots=True)
class AuthChoice:
    """The authentication that a document asks for: the settings, and a sentence about them."""

    settings: Mapping[str, Any] = field(default_factory=lambda: {"scheme": "none"})
    sentence: str = ""


def keys_in_headers(keys: Sequence[tuple[str, str]], sentence: str) -> AuthChoice:
    """Return the sign-in by headers with secret values: one is an API key, more are headers."""
    if not keys:
        return AuthChoice()
    if len(keys) > 1 or keys[0][0].lower() == "authorization":
        headers = [{"name": name, "value": value} for name, value in keys]
        return AuthChoice({"scheme": "headers", "headers": headers}, sentence)
    name, key = keys[0]
    settings = {"scheme": "api_key", "name": name, "place": "header"}
    return AuthChoice(settings | ({"key": key} if key else {}), sentence)


class OperationNotTaken(Exception):
    """An operation that cannot become a REST method of this data source: a sentence says why."""


class ApiDescription(ABC):
    """What a document says of an API: its operations at once, each one's details when asked."""

    title: str = ""
    version: str = ""
    label: str = ""
    operations: Sequence[Operation] = ()
    servers: Sequence[str] = ()
    # So many places of an answer are described: all methods share one data source.
    most_places: int = MOST_PLACES

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self.notes = ImportNotes()

    @abstractmethod
    def method(self, operation: Operation, notes: ImportNotes) -> dict[str, Any]:
        """Return an operation as a REST method, and tell what it could not take over.

        Raises OperationNotTaken.
        """

    @abstractmethod
    def auth(self, chosen: Sequence[Operation], notes: ImportNotes) -> AuthChoice:
        """Return how the chosen operations sign in."""


class ImportFormat(ABC):
    """One format that can be imported."""

    slug: ClassVar[str]
    label: ClassVar[str]
    # Whether the text is JSON or YAML, which is read before the format is known.
    structured: ClassVar[bool] = True

    @abstractmethod
    def knows(self, value: Any) -> bool:
        """Tell whether a value (of a format that is not structured: a text) is of this format."""

    @abstractmethod
    def read(self, values: Mapping[str, Any], *, main: str, address: str = "") -> ApiDescription:
        """Return what files say of an API; `address` is where the main one was read from."""


class MethodNames:
    """Gives each operation a name of its own, the same one whenever the document is read."""

    def __init__(self) -> None:
        """Begin with the names that nothing may have."""
        self._taken: set[str] = set(RESERVED_SLUGS)
        self._next: dict[str, int] = {}

    def of(self, *wishes: str) -> str:
        """Return the first wish that makes a name, with a number when it is taken."""
        wish = next(filter(None, (slugify(apart(one), fallback="") for one in wishes)), "call")
        name = wish
        while name in self._taken:
            # Thousands may wish for one name: each goes on where the last one has ended.
            number = self._next[wish] = self._next.get(wish, 1) + 1
            end = f"-{number}"
            name = wish[: 63 - len(end)].rstrip("-") + end
        self._taken.add(name)
        return name


def apart(name: str) -> str:
    """Return a name with its words apart: `listPetsById` becomes `list Pets By Id`."""
    made = []
    for at, sign in enumerate(name):
        before = name[at - 1] if at else ""
        after = name[at + 1] if at + 1 < len(name) else ""
        if sign.isupper() and (
            before.islower() or before.isdigit() or (before.isupper() and after.islower())
        ):
            made.append(" ")
        made.append(sign)
    return "".join(made)


def title_of(*wishes: str) -> str:
    """Return the first wish that is a title, on one line."""
    for wish in wishes:
        line = " ".join(wish.split())
        if line:
            return line[:1].upper() + line[1:200]
    return ""


def title_of_id(written: str) -> str:
    """Return the ID of an operation as a title: `repos/listFor` becomes `Repos list for`."""
    return as_title(" ".join(re.split(r"[\W_]+", apart(written)))).capitalize()


def base_address(address: str, notes: ImportNotes, *, place: str) -> str:
    """Return an address as a base URL, without what cannot stand in one, which is told."""
    bare = address.strip().partition("#")[0].partition("?")[0].rstrip("/")
    if bare != address.strip().rstrip("/"):
        notes.change(place, _("The part after ? or # was removed from the URL."))
    if flaw := addresses.base_url_flaw(bare):
        notes.leave(place, _("%(address)s: %(flaw)s") % {"address": address[:200], "flaw": flaw})
        return ""
    return bare


def free_of(name: str, taken: Iterable[str]) -> str:
    """Return a method's name that is not taken in a data source."""
    return free_name(name, {*taken, *RESERVED_SLUGS})
