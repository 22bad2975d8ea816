"""Substitutes: who stands in for somebody, from a day to a day in that person's time zone.

The forms that belong to a person by name belong to the substitute too, and nothing else. Chains are
not followed: who stands in for a substitute gets only what is the substitute's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import Substitution
from kianda.accounts.services import audit
from kianda.accounts.services.directory import USER, DirectoryEntry, names_of, parts_of
from kianda.accounts.services.groups import lock_people
from kianda.accounts.services.person_data import display_name, user_named
from kianda.accounts.services.profiles import known_zone, zone_of
from kianda.lib.errors import Flaw, Invalid, Missing

Unchanged = Callable[[Substitution | None], None]
State = Literal["scheduled", "active", "finished", "inactive"]
_DAY: Final = timedelta(days=1)
# Who has no account and came through a link is known by this and by who made the link.
THROUGH_LINK: Final = "link:"


class Stay(NamedTuple):
    """What is asked for: the substitute by user name or address, the first and the last day."""

    substitute: str
    first_day: date | None
    last_day: date | None = None


def substitution_of(user: User) -> Substitution | None:
    """Return who stands in for a person, also one that is to come or has ended."""
    return Substitution.objects.filter(person=user).select_related("substitute").first()


def state_of(row: Substitution) -> State:
    """Tell whether it holds today."""
    if not row.substitute.is_active:
        return "inactive"
    today = timezone.now().astimezone(zone_of(row.person)).date()
    if row.first_day > today:
        return "scheduled"
    return "finished" if row.last_day is not None and row.last_day < today else "active"


def stood_for_by(user: User) -> frozenset[str]:
    """Return the user names of those for whom a person stands in just now."""
    return frozenset(name for name, _substitute in _holding(Q(substitute=user)))


def stood_for_by_each(users: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the same for several people, by their keys; who stands in for nobody is left out."""
    return _by_substitute(Q(substitute__in=list(users)))


def substitutes_of(usernames: Iterable[str]) -> dict[int, frozenset[str]]:
    """Return who stands in for some people just now, by their keys, and for which of them."""
    return _by_substitute(Q(person__username__in=list(usernames)))


def with_substitutes(people: Mapping[str, DirectoryEntry], me: str) -> dict[str, DirectoryEntry]:
    """Return people by their refs with who stands in for each just now, but for the reader."""
    named = {parts_of(ref)[1]: ref for ref in people if parts_of(ref)[0] == USER}
    stand_ins = substitutes_of(named) if named else {}
    found = dict(people)
    for row in User.objects.filter(pk__in=stand_ins).exclude(username=me) if stand_ins else ():
        for name in stand_ins[row.pk]:
            found[named[name]] = found[named[name]]._replace(substitute=display_name(row))
    return found


def deactivated_without_one() -> QuerySet[User]:
    """Return the deactivated people for whom nobody stands in just now."""
    stood_for = {name for name, _substitute in _holding(Q(person__is_active=False))}
    return User.objects.filter(is_active=False).exclude(username__in=stood_for)


def _by_substitute(wanted: Q) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for name, substitute in _holding(wanted):
        found[substitute] = found.get(substitute, frozenset()) | {name}
    return found


def _holding(wanted: Q) -> Iterator[tuple[str, int]]:
    """Yield user name and substitute of what holds now, each by the day where the person is."""
    now = timezone.now()
    # Somewhere it is a day earlier or later.
    last = Q(last_day__isnull=True) | Q(last_day__gte=now.date() - _DAY)
    rows = Substitution.objects.filter(
        wanted, last, first_day__lte=now.date() + _DAY, substitute__is_active=True
    )
    for name, zone, key, first, end in rows.values_list(
        "person__username", "person__profile__zone", "substitute", "first_day", "last_day"
    ):
        if first <= now.astimezone(known_zone(zone)).date() <= (end or date.max):
            yield name, key


def stand_ins_of(user: User) -> list[Substitution]:
    """Return for whom a person stands in, now or later, the first day first."""
    rows = Substitution.objects.filter(substitute=user).select_related("person", "substitute")
    found = [row for row in rows.order_by("first_day", "pk") if state_of(row) != "finished"]
    return [row for row in found if user.is_active]


def name_substitute(
    user: User, stay: Stay, *, unchanged: Unchanged | None = None, by: User
) -> Substitution:
    """Let somebody stand in for a person, instead of whoever did; raises Invalid.

    `unchanged` may refuse what the row has become by the time it is locked.
    """
    with transaction.atomic():
        lock_people()
        before = substitution_of(user)
        if unchanged is not None:
            unchanged(before)
        found, first, flaws = _checked(user, stay)
        if flaws or found is None or first is None:
            raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
        row = Substitution(
            person=user, substitute=found, first_day=first, last_day=stay.last_day
        )  # fmt: skip
        if before is None or _told(before) != _told(row):
            row.save(force_insert=before is None)
            audit.record(by, action="changed", kind="user", name=user.username, detail=_told(row))
    return row


def end_substitute(user: User, *, unchanged: Unchanged | None = None, by: User) -> None:
    """Let nobody stand in for a person any more; raises Missing where nobody does."""
    with transaction.atomic():
        lock_people()
        before = substitution_of(user)
        if before is None:
            raise Missing(_("%(name)s has no substitute.") % {"name": user.username})
        if unchanged is not None:
            unchanged(before)
        before.delete()
        told = _("Substitute: none")
        audit.record(by, action="changed", kind="user", name=user.username, detail=told)


def _checked(user: User, stay: Stay) -> tuple[User | None, date | None, list[Flaw]]:
    flaws = []
    found = user_named(stay.substitute.strip()) if stay.substitute.strip() else None
    if sentence := _flaw_of_substitute(user, found, stay):
        names = {"name": stay.substitute.strip()[:150], "user": user.username}
        flaws.append(Flaw("/substitute", sentence % names))
    if stay.first_day is None:
        flaws.append(Flaw("/from", _("Choose the first day.")))
    elif stay.last_day is not None and stay.last_day < stay.first_day:
        flaws.append(Flaw("/until", _("The last day is before the first day.")))
    return found, stay.first_day, flaws


def _flaw_of_substitute(user: User, found: User | None, stay: Stay) -> str:
    if not stay.substitute.strip():
        return _("Choose a substitute.")
    if found is None:
        return _("No user named %(name)s.")
    if found.pk == user.pk:
        return _("A user cannot be their own substitute. Choose another user.")
    if not found.is_active:
        return _("%(name)s is deactivated. Choose another user.")
    if _comes_back(user, found, stay):
        return _("%(user)s is already a substitute for %(name)s on one of these days, "
                 "directly or through others. Choose another user or other days.")  # fmt: skip
    return ""


def _comes_back(user: User, found: User, stay: Stay) -> bool:
    """Tell whether those who stand in for one another lead back to the person, on one day."""
    first, last = stay.first_day or date.min, stay.last_day or date.max
    at, seen = found.pk, {found.pk}
    while (row := Substitution.objects.filter(person_id=at).first()) is not None:
        first, last = max(first, row.first_day), min(last, row.last_day or date.max)
        if first > last or row.substitute_id in seen:
            return False
        if row.substitute_id == user.pk:
            return True
        at = row.substitute_id
        seen.add(at)
    return False


def _told(row: Substitution) -> str:
    """Say it for the audit log."""
    parts = {
        "name": row.substitute.get_username(),
        "first": row.first_day.isoformat(),
        "last": row.last_day.isoformat() if row.last_day else "",
    }
    if row.last_day is None:
        return _("Substitute: %(name)s, from %(first)s") % parts
    return _("Substitute: %(name)s, from %(first)s to %(last)s") % parts


def acted_words(by: str, acted_for: Any) -> str:
    """Say who has acted, as people are called; a substitute by both: `Tom Keane for Emma Doyle`."""
    if by.startswith(THROUGH_LINK):
        # A colon stands in no user name.
        maker = by.removeprefix(THROUGH_LINK)
        words = _("someone through a link that %(name)s created")
        return words % {"name": _called(maker)} if maker else _("someone through a link")
    if not acted_for:
        return _called(by)
    return _("%(name)s for %(other)s") % {"name": _called(by), "other": _called(acted_for)}


def _called(username: str) -> str:
    ref = f"user:{username}"
    return names_of([ref])[ref] if username else ""
