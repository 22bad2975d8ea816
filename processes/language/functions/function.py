"""What a function of expressions says of itself: its arguments, its result, an example."""

from collections.abc import Callable
from typing import NamedTuple

from kianda.lib.i18n import gettext_noop
from processes.language.values import Value

# What a value is called, that of a function too; `ANY` is known only when there is a value.
NUMBER, TEXT, LIST = gettext_noop("Number"), gettext_noop("Text"), gettext_noop("List")
YES_NO, DATE = gettext_noop("Yes or no"), gettext_noop("Date")
DATE_AND_TIME = gettext_noop("Date and time")
OBJECT, NOTHING = gettext_noop("Object"), gettext_noop("Nothing")
ANY = gettext_noop("Any value")


class Argument(NamedTuple):
    """What goes into the brackets of a call at one place; the last may be there many times."""

    name: str
    help: str
    # As it is written in a call that means the same; empty: it is required.
    omitted: str = ""
    repeated: bool = False


class Example(NamedTuple):
    """A call without names, and its result as a person reads it."""

    call: str
    result: str


class Function(NamedTuple):
    """One function: its name, what it gives, and what it is given."""

    name: str
    description: str
    compute: Callable[..., Value]
    result: str
    arguments: tuple[Argument, ...]
    example: Example

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Return what is to be replaced in a call that was just inserted: `a`, `b` of `Sum`."""
        names = (name for one in self.arguments for name in one.name.split(", "))
        return tuple(name for name in names if name != "...")

    @property
    def signature(self) -> str:
        """Return how it is written: `Sum(a, b, ...)`."""
        return f"{self.name}({', '.join(one.name for one in self.arguments)})"

    @property
    def least(self) -> int:
        """Return how many arguments it needs."""
        return sum(not one.omitted for one in self.arguments)

    @property
    def most(self) -> int | None:
        """Return how many arguments it takes; None where there is no limit."""
        return None if self.arguments[-1].repeated else len(self.arguments)


def many(help_text: str) -> tuple[Argument, ...]:
    """Return the arguments of a function that takes as many as there are."""
    return (Argument("a, b, ...", help_text, repeated=True),)
