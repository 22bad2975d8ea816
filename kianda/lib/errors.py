"""The tree of expected failures. Each has a sentence for when nothing nearer can be said.

ApplicationError
├── Invalid                 400  bad input, one entry per place
├── Forbidden               403
├── Missing                 404
├── Conflict                409
│   ├── Busy                     another run holds the instance
│   ├── Stale                    somebody else saved first
│   └── InUse                    other objects refer to it
├── NoLongerValid           410
├── PreconditionFailed      412
├── TooLarge                413
├── TooMany                 429
└── NoSpace                 507
"""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from kianda.lib.i18n import gettext, gettext_noop


class Flaw(NamedTuple):
    """One thing that is wrong with an input: a JSON pointer (RFC 6901) and a sentence."""

    pointer: str
    detail: str


class ApplicationError(Exception):
    """What a person has asked for and cannot have."""

    status: ClassVar[int] = 400
    # In English; whoever shows the title translates it, the sentence is translated when raised.
    title: ClassVar[str] = gettext_noop("Bad request")
    sentence: ClassVar[str] = gettext_noop("The request cannot be carried out.")

    def __init__(self, detail: str = "", *, errors: Iterable[Flaw] = (), **extra: Any) -> None:
        """Take what is wrong (default: the class's sentence), its places, and extra answer keys."""
        self.detail = detail or gettext(self.sentence)
        self.errors = [Flaw(*flaw) for flaw in errors]
        self.extra = extra
        super().__init__(self.detail)


class Invalid(ApplicationError):
    """Input with errors, each at its place."""

    title = gettext_noop("Invalid input")
    sentence = gettext_noop("The input has errors.")

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """Build the error for one place."""
        return cls(detail, errors=[Flaw(pointer, detail)])


class Forbidden(ApplicationError):
    """Something that this person may not do."""

    status = 403
    title = gettext_noop("Forbidden")
    sentence = gettext_noop("You are not allowed to do this.")


class Missing(ApplicationError):
    """An object that is not there, or not for this person."""

    status = 404
    title = gettext_noop("Not found")
    sentence = gettext_noop("This object does not exist.")


class Conflict(ApplicationError):
    """An act that the state of the object does not allow."""

    status = 409
    title = gettext_noop("Conflict")
    sentence = gettext_noop("The current state of the object does not allow this.")


class Busy(Conflict):
    """An instance that another run holds."""

    title = gettext_noop("Busy")
    sentence = gettext_noop("Another action is in progress here. Try again in a moment.")


class Stale(Conflict):
    """A change that is based on what somebody else has changed meanwhile."""

    title = gettext_noop("Changed in the meantime")
    sentence = gettext_noop(
        "Someone else changed this in the meantime. Reload it, then repeat your change."
    )


class InUse(Conflict):
    """An object that others refer to."""

    title = gettext_noop("In use")
    sentence = gettext_noop("This object is in use.")


class NoLongerValid(ApplicationError):
    """Something that was there, and was meant to end."""

    status = 410
    title = gettext_noop("No longer valid")
    sentence = gettext_noop("This object no longer exists.")


class PreconditionFailed(ApplicationError):
    """An If-Match that names an older state of the object."""

    status = 412
    title = gettext_noop("Precondition failed")
    sentence = gettext_noop("The object has changed since the version in If-Match. Read it again.")


class TooLarge(ApplicationError):
    """A body larger than what is read."""

    status = 413
    title = gettext_noop("Too large")
    sentence = gettext_noop("The body is too large.")


class TooMany(ApplicationError):
    """More requests than one caller may send."""

    status = 429
    title = gettext_noop("Too many requests")
    sentence = gettext_noop("Too many requests. Wait a moment, then try again.")


class NoSpace(ApplicationError):
    """Something that finds no place on the disk; what was there before is kept."""

    status = 507
    title = gettext_noop("No space left")
    sentence = gettext_noop("The disk is full. Nothing is lost; try again later.")
