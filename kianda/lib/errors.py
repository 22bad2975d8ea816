"""The tree of expected failures. A docstring is the sentence that a person reads.

ApplicationError
├── Invalid                 400  bad input, one entry per place
├── Forbidden               403
├── Missing                 404
├── Conflict                409
│   ├── Busy                     another run holds the instance
│   ├── Stale                    somebody else saved first
│   └── InUse                    other objects refer to it
├── PreconditionFailed      412
├── TooLarge                413
└── TooMany                 429
"""

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from kianda.lib.words import mark as _


class Flaw(NamedTuple):
    """One thing that is wrong with an input: a JSON pointer (RFC 6901) and a sentence."""

    pointer: str
    detail: str


class ApplicationError(Exception):
    """The request cannot be carried out."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = _("Bad request")

    def __init__(self, detail: str = "", *, errors: Iterable[Flaw] = (), **extra: Any) -> None:
        """Take the sentence (default: the class docstring), its places, and extra answer keys."""
        self.detail = detail or inspect.cleandoc(type(self).__doc__ or "").split("\n\n")[0]
        self.errors = [Flaw(*flaw) for flaw in errors]
        self.extra = extra
        super().__init__(self.detail)


class Invalid(ApplicationError):
    """The input has errors."""

    title = _("Invalid input")

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """Build the error for one place."""
        return cls(detail, errors=[Flaw(pointer, detail)])


class Forbidden(ApplicationError):
    """You are not allowed to do this."""

    status = 403
    title = _("Forbidden")


class Missing(ApplicationError):
    """There is no such object."""

    status = 404
    title = _("Not found")


class Conflict(ApplicationError):
    """The object is not in a state that allows this."""

    status = 409
    title = _("Conflict")


class Busy(Conflict):
    """Another run is working on this instance. Try again in a moment."""

    title = _("Busy")


class Stale(Conflict):
    """Somebody else changed this in the meantime. Read it again, then repeat your change."""

    title = _("Changed in the meantime")


class InUse(Conflict):
    """It is in use."""

    title = _("In use")


class PreconditionFailed(ApplicationError):
    """The object is no longer the one that If-Match names. Read it again."""

    status = 412
    title = _("Precondition failed")


class TooLarge(ApplicationError):
    """The body is too large."""

    status = 413
    title = _("Too large")


class TooMany(ApplicationError):
    """Too many requests. Wait a little."""

    status = 429
    title = _("Too many requests")
