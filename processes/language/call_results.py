"""What a call brings back: an answer to read from, or a failure that names its kind."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from processes.language.values import Value, from_json

NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """The answer of a successful call; `body` holds plain values (numbers as decimals).

    `names` are the places that the method declares, `{"response.body.first":
    "response.body.items.0.id"}`, as `RestMethod.output_paths()` gives them.
    """

    status: int | None
    headers: Mapping[str, str]
    body: Value
    names: Mapping[str, str] = NO_NAMES
    # What earlier attempts came to, where the call was made again.
    attempts: tuple[str, ...] = ()
    # What each page brought, where the body is the list of all pages.
    pages: tuple[str, ...] = ()
    # Of the body as it came, in bytes.
    size: int = 0

    def at(self, name: str) -> Value:
        """Return what `response.status`, `response.headers.X`, `response.body.a.0.b` names.

        None when it is not there: the contract treats a null and a missing path alike.
        """
        root, _, place = self._declared(name).partition(".")
        part, _, path = place.partition(".")
        if root != "response":
            return None
        if part == "status":
            return from_json(self.status)
        if part == "headers":
            return _header(self.headers, path)
        return value_at(self.body, path) if part == "body" else None

    def _declared(self, name: str) -> str:
        """Return where the value stands, by the longest declared name that leads to it."""
        stem, rest = name, ""
        while stem not in self.names:
            stem, dot, last = stem.rpartition(".")
            if not dot:
                return name
            rest = f".{last}{rest}"
        return self.names[stem] + rest


class RuleFailed(Exception):
    """A rule could not do its work. `kind` is one of the contract's `error.kind`.

    `answer` is what the other side sent all the same, for the trace; `fields` has a sentence for
    each field that is wrong, for the page.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        status: int | None = None,
        *,
        answer: Answer | None = None,
        fields: Mapping[str, str] = NO_NAMES,
    ) -> None:
        """Take the kind, one sentence for the person who reads the run, and the HTTP status."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.answer = answer
        self.fields = fields


def value_at(value: Value, path: str) -> Value:
    """Follow a dotted path through objects and lists; None when it leads nowhere."""
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _header(headers: Mapping[str, str], name: str) -> Value:
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)
