"""The directory: people and groups by the words that somebody types, and what they are called.

A ref names one of them in one text: `user:ada`, `group:Buyers`.
"""

from collections.abc import Iterable, Sequence
from threading import local
from typing import Final, NamedTuple
from zlib import crc32

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.roles import role_titles
from kianda.accounts.services.groups import own_groups
from kianda.accounts.services.person_data import display_name
from kianda.lib.word_search import holds_words

USER: Final = "user"
GROUP: Final = "group"
DEACTIVATED: Final = "deactivated"
UNKNOWN: Final = "unknown"
MOST: Final = 20
_NAMES = ("username", "first_name", "last_name")
_TINTS = 4
_asked = local()


class DirectoryEntry(NamedTuple):
    """A person or group as pages show one."""

    ref: str
    name: str
    # What tells people apart who are called the same.
    detail: str = ""
    # "", "deactivated", "unknown".
    state: str = ""
    # Who stands in for the person just now, where that was asked for.
    substitute: str = ""

    @property
    def kind(self) -> str:
        """Return `user` or `group`."""
        return parts_of(self.ref)[0]

    @property
    def with_state(self) -> str:
        """Return the name; beside it, that a person is deactivated, and who stands in for them."""
        said = [_("deactivated")] if self.state == DEACTIVATED else []
        if self.substitute:
            said.append(_("substitute: %(name)s") % {"name": self.substitute})
        return f"{self.name} ({', '.join(said)})" if said else self.name

    @property
    def initials(self) -> str:
        """Return two letters for the round mark."""
        return initials_of(self.name)

    @property
    def tint(self) -> int:
        """Return which colour the mark has: always the same for one person, it means nothing."""
        return _TINTS if self.kind == GROUP else tint_of(self.ref)


def tint_of(name: str) -> int:
    """Return which colour marks a thing by this name: always the same, and it means nothing."""
    return 1 + crc32(name.encode()) % _TINTS


def initials_of(name: str) -> str:
    """Return two letters for a name."""
    return ("".join(word[0] for word in name.split()[:2]) or "?").upper()


def parts_of(ref: str) -> tuple[str, str]:
    """Return kind and name of a ref; what is none has no kind."""
    kind, colon, name = ref.partition(":")
    return (kind, name) if colon and kind in {USER, GROUP} else ("", ref)


def find_people(words: str, *, within: str = "") -> list[DirectoryEntry]:
    """Return the active people whose names hold each of the words, at most twenty.

    `within`: only members of this group.
    """
    rows = User.objects.filter(is_active=True)
    if within:
        rows = rows.filter(groups__name=within)
    rows = rows.filter(holds_words(words.split(), *_NAMES))
    return [person_entry(row) for row in rows.order_by("username")[:MOST]]


def find_groups(words: str, *, roles: bool = False) -> list[DirectoryEntry]:
    """Return the groups whose names hold each of the words, at most twenty; roles if asked for."""
    low = words.casefold().split()
    names = _groups(roles=roles).order_by("name").values_list("name", flat=True)
    found = [_group(name) for name in names]
    return [one for one in found if all(word in one.name.casefold() for word in low)][:MOST]


def entries(refs: Iterable[str]) -> dict[str, DirectoryEntry]:
    """Return what refs name, each by its ref; what nobody has is called as it is written."""
    wanted = list(dict.fromkeys(refs))
    split = {ref: parts_of(ref) for ref in wanted}
    users = {row.username: row for row in _users(_named(split.values(), USER))}
    names = _named(split.values(), GROUP)
    groups = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    found = {}
    for ref, (kind, name) in split.items():
        if kind == USER and name in users:
            found[ref] = person_entry(users[name])
        elif kind == GROUP and name in groups:
            found[ref] = _group(name)
        else:
            found[ref] = DirectoryEntry(ref, name, state=UNKNOWN)
    return found


def names_of(refs: Iterable[str]) -> dict[str, str]:
    """Return what refs are called."""
    return {ref: entry.name for ref, entry in _looked_up(refs).items()}


def names_with_state(refs: Sequence[str]) -> tuple[str, ...]:
    """Return what refs are called, and beside it who is deactivated."""
    found = _looked_up(refs)
    return tuple(found[ref].with_state for ref in refs)


def _looked_up(refs: Iterable[str]) -> dict[str, DirectoryEntry]:
    """Return what refs name; while a request is answered, each is looked up once."""
    known: dict[str, DirectoryEntry] | None = getattr(_asked, "entries", None)
    wanted = list(refs)
    missing = [ref for ref in wanted if ref not in (known or {})]
    found = entries(missing) if missing else {}
    if known is None:
        return found
    known.update(found)
    return {ref: known[ref] for ref in wanted}


def begin_request(**_signal: object) -> None:
    """Remember from now what refs name."""
    _asked.entries = {}


def end_request(**_signal: object) -> None:
    """Forget what refs name: somebody may be given another name."""
    _asked.entries = None


def _named(split: Iterable[tuple[str, str]], kind: str) -> list[str]:
    return [name for one, name in split if one == kind]


def _users(names: Sequence[str]) -> Sequence[User]:
    return list(User.objects.filter(username__in=names)) if names else ()


def _groups(*, roles: bool) -> QuerySet[Group]:
    return Group.objects.all() if roles else own_groups()


def person_entry(row: User) -> DirectoryEntry:
    name, username = display_name(row), row.get_username()
    detail = username if name != username else ""
    return DirectoryEntry(f"{USER}:{username}", name, detail, "" if row.is_active else DEACTIVATED)


def _group(name: str) -> DirectoryEntry:
    return DirectoryEntry(f"{GROUP}:{name}", role_titles([name])[0])
