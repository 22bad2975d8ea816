"""Who asks, what a decision is, and the decisions that need no instance: about a design.

Deny first: nothing is allowed that no line allows. The line is told with the decision.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, USER, groups_of, has_role
from kianda.accounts.services.substitutes import stood_for_by
from kianda.lib.errors import Forbidden
from processes.definition.security import Security
from processes.language.people import called
from processes.language.people_refs import Person, named_by, refs_in_words
from processes.models import ProcessDesign

DEFAULTS = Security()
_PERSON = "_kianda_person"


Reason = str | Callable[[], str]


class Decision:
    """Whether somebody may do something, and by which line, as a sentence.

    The sentence is made when it is asked for: it may take a look at what people are called.
    """

    def __init__(self, *, allowed: bool, reason: Reason) -> None:
        """Take the answer, and the sentence or what makes it."""
        self.allowed, self._reason = allowed, reason

    @property
    def reason(self) -> str:
        """Return the sentence."""
        return self._reason if isinstance(self._reason, str) else self._reason()

    def __bool__(self) -> bool:
        """Tell whether it is allowed."""
        return self.allowed

    def or_refuse(self) -> None:
        """Raise Forbidden with the reason unless it is allowed."""
        if not self.allowed:
            raise Forbidden(self.reason)


def granted(reason: Reason) -> Decision:
    """Return that it is allowed, and by which line."""
    return Decision(allowed=True, reason=reason)


def denied(reason: Reason) -> Decision:
    """Return that it is not allowed, and which line names no one who asks."""
    return Decision(allowed=False, reason=reason)


def line_of(
    sentence: str, refs: Iterable[str], titles: Mapping[str, str] | None = None
) -> Callable[[], str]:
    """Return what makes a sentence about `people`: those of a list, as they are called."""
    return lambda: sentence % {"people": refs_in_words(refs, titles, names=called)}


def security_of(design: ProcessDesign) -> Security:
    """Return the rights of a process, as they were published last."""
    return read_security(design.security)


def read_security(stored: Mapping[str, Any] | None) -> Security:
    """Return stored rights; where nothing is stored, the defaults."""
    return DEFAULTS if stored is None else Security.model_validate(stored)


def security_under(security: Security, own: Mapping[str, Sequence[str]]) -> Security:
    """Return the rights of an instance: those of its process, under lists of its own."""
    return security.model_copy(update={name: tuple(refs) for name, refs in own.items()})


def person_of(user: User) -> Person:
    """Return a user as refs name them, remembered on the object, thus for one request."""
    known: Person | None = getattr(user, _PERSON, None)
    if known is None:
        known = Person(
            user.get_username(), groups_of(user), lambda: _reports_of(user.pk),
            lambda: stood_for_by(user),
        )  # fmt: skip
        setattr(user, _PERSON, known)
    return known


def remember_person(user: User, person: Person) -> None:
    """Keep on a user how refs name them: somebody has looked that up for several people at once."""
    setattr(user, _PERSON, person)


def _reports_of(pk: int) -> frozenset[str]:
    rows = User.objects.filter(profile__manager=pk).values_list("username", flat=True)
    return frozenset(rows)


def has_account(user: User | None) -> bool:
    """Tell whether somebody may use the product at all."""
    return user is not None and user.is_active and has_role(user, USER)


def is_administrator(user: User | None, security: Security) -> Decision:
    """Tell whether a person may everything with the instances of a process."""
    if user is None or not user.is_active:
        return denied(_("No one is signed in."))
    if has_role(user, ADMINISTRATOR):
        return granted(_("Administrators can do everything."))
    if has_account(user) and named_by(security.administrators, person_of(user)):
        return granted(line_of(_("Manages all: %(people)s."), security.administrators))
    return denied(_("Does not manage this process."))


def may_start(
    user: User | None, design: ProcessDesign, security: Security | None = None
) -> Decision:
    """Decide whether a person may create an instance of a process."""
    security = security or security_of(design)
    manages = is_administrator(user, security)
    if manages:
        return manages
    line = line_of(_("May start: %(people)s."), security.start)
    if user is not None and has_account(user) and named_by(security.start, person_of(user)):
        return granted(line)
    return denied(line)


def may_read_design(user: User | None, design: ProcessDesign) -> Decision:
    """Decide whether a person may read the definition and the versions of a process."""
    if user is not None and user.is_active and has_role(user, DESIGNER):
        return granted(_("Designers can see every process design."))
    manages = is_administrator(user, security_of(design))
    return manages or denied(
        _("Only designers and the people who manage this process can see its design.")
    )
