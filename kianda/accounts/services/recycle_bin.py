"""The recycle bin: what was deleted can be restored for 30 days, then it is removed for good.

Each app says at its start which kinds of its things can be there.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.audit import Kind, kind_words, record
from kianda.lib import usage
from kianda.lib.errors import Flaw, Forbidden, Invalid, Missing
from kianda.lib.pagination import MOST_HITS
from kianda.lib.recycle_bin import gone_at, in_bin, locked_in_bin, over
from kianda.lib.word_search import holds_words

M = TypeVar("M", bound=Model)
PRUNED_AT_ONCE = 1_000


class BinKind(ABC, Generic[M]):
    """One kind of thing that can be in the bin: who sees it, how it comes back and how it goes."""

    slug: ClassVar[str]
    audit_kind: ClassVar[Kind]
    icon: ClassVar[str]
    # The columns in which words are looked for.
    said: ClassVar[tuple[str, ...]] = ("name", "title")
    longest_name: ClassVar[int] = 63
    # Whoever has one of these roles sees all of them; an Administrator does anyway.
    roles: ClassVar[tuple[str, ...]] = ()
    model: type[M]

    @property
    def title(self) -> str:
        """Return what such a thing is called."""
        return kind_words(self.audit_kind)

    def is_for(self, user: Any) -> bool:
        """Tell whether a person may see such things in the bin at all."""
        return has_role(user, ADMINISTRATOR, *self.roles)

    def visible_to(self, user: Any) -> QuerySet[M]:
        """Return those that a person may see."""
        rows = in_bin(self.model)
        return rows if has_role(user, ADMINISTRATOR, *self.roles) else rows.none()

    def shown(self) -> QuerySet[M]:
        """Return the rows with what the page shows of them, and no more."""
        return in_bin(self.model)

    @abstractmethod
    def name_of(self, row: M) -> str:
        """Return the name by which others refer to it."""

    def title_of(self, row: M) -> str:
        """Return what it is called."""
        return self.name_of(row)

    def free_name(self, wish: str) -> str:
        """Return a name under which it can come back: the wish when nothing living has it."""
        return wish

    def name_flaw(self, name: str) -> str | None:
        """Return why it cannot come back under a name, or None."""
        return None

    def words_of_renaming(self, row: M) -> str:
        """Say what it means to come back under another name."""
        return _("You can restore this one under another name.")

    @abstractmethod
    def bring_back(self, row: M, *, user: User, name: str) -> None:
        """Store that it is no longer in the bin, under this name; its row is locked."""

    def over(self, moment: datetime) -> list[int]:
        """Return the keys of some that were in the bin for their time."""
        return over(self.model, moment, most=PRUNED_AT_ONCE)

    @abstractmethod
    def words_of_restoring(self, row: M) -> str:
        """Say what comes back with it."""

    @abstractmethod
    def words_of_removing(self, row: M) -> str:
        """Say what goes with it."""

    def delete(self, row: M) -> None:
        """Delete the row and what belongs to it; it is locked."""
        row.delete()


@dataclass(frozen=True)
class BinnedThing:
    """One thing in the bin, as the page shows it."""

    kind: BinKind[Any]
    row: Any

    @property
    def name(self) -> str:
        """Return its name."""
        return self.kind.name_of(self.row)

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.kind.title_of(self.row)

    @property
    def gone_at(self) -> datetime:
        """Return when it is removed for good."""
        return gone_at(self.row)

    @property
    def words_of_restoring(self) -> str:
        """Say what comes back with it."""
        return self.kind.words_of_restoring(self.row)

    @property
    def words_of_renaming(self) -> str:
        """Say what it means to come back under another name."""
        return self.kind.words_of_renaming(self.row)

    @property
    def words_of_removing(self) -> str:
        """Say what goes with it."""
        return self.kind.words_of_removing(self.row)

    @property
    def page(self) -> str:
        """Return the page it has again when it is restored."""
        use = {"kind": self.kind.audit_kind, "name": self.name, "url": f"/{self.row.pk}/"}
        return usage.page_of(use)


_kinds: dict[str, BinKind[Any]] = {}


def register(kind: BinKind[Any]) -> None:
    """Add a kind; called once, from an app's ready()."""
    _kinds[kind.slug] = kind


def kinds_for(user: Any) -> list[BinKind[Any]]:
    """Return the kinds that a person may see in the bin, by what they are called."""
    kinds = [kind for kind in _kinds.values() if kind.is_for(user)]
    return sorted(kinds, key=lambda kind: kind.title.casefold())


class BinnedThings:
    """What a person may see in the bin, the last deleted first, as a paginator takes it.

    It holds the last thousand; what was deleted before them is found by its words.
    """

    def __init__(self, user: Any, *, slug: str = "", words: str = "") -> None:
        """Take the person, a kind when only things of that one are asked for, and words in them."""
        self._kinds = [kind for kind in kinds_for(user) if slug in {"", kind.slug}]
        self._user, self._words = user, words.split()[:8]

    @cached_property
    def _keys(self) -> list[tuple[datetime, str, int]]:
        keys = [key for kind in self._kinds for key in self._keys_of(kind)]
        return sorted(keys, key=itemgetter(0, 2), reverse=True)

    def _keys_of(self, kind: BinKind[Any]) -> Iterator[tuple[datetime, str, int]]:
        rows = kind.visible_to(self._user).order_by("-deleted_at", "-pk")
        rows = rows.filter(holds_words(self._words, *kind.said))
        for at, pk in rows.values_list("deleted_at", "pk")[: MOST_HITS + 1]:
            yield at, kind.slug, pk

    @property
    def more(self) -> bool:
        """Tell whether there are more than are counted."""
        return len(self._keys) > MOST_HITS

    def count(self) -> int:
        """Return how many there are, or how many are counted."""
        return min(len(self._keys), MOST_HITS)

    def __getitem__(self, part: slice) -> list[BinnedThing]:
        """Return some of them; one that has gone meanwhile is left out."""
        keys = self._keys[:MOST_HITS][part]
        rows: dict[tuple[str, int], Any] = {}
        for slug in {slug for _at, slug, _pk in keys}:
            found = _kinds[slug].shown().in_bulk([pk for _at, of, pk in keys if of == slug])
            rows |= {(slug, pk): row for pk, row in found.items()}
        return [
            BinnedThing(_kinds[slug], rows[slug, pk])
            for _at, slug, pk in keys
            if (slug, pk) in rows
        ]


def find(user: Any, *, slug: str, pk: int) -> BinnedThing:
    """Return one thing that a person may see in the bin; raises Missing."""
    kind = _kinds.get(slug)
    # A number of any length may stand in an address.
    seen = kind is not None and pk < 2**63 and kind.visible_to(user).filter(pk=pk).exists()
    row = kind.shown().filter(pk=pk).first() if kind is not None and seen else None
    if kind is None or row is None:
        raise Missing(_missing())
    return BinnedThing(kind, row)


def restore(kind: BinKind[M], *, pk: int, user: User, name: str = "") -> M:
    """Take a thing out of the bin, under another name when it has one.

    Raises Missing, Invalid at /name while another living one has the name, and what the kind says.
    """
    with transaction.atomic():
        row = locked_in_bin(kind.model, pk, missing=_missing())
        wish = name.strip() or kind.name_of(row)
        _refuse(kind, wish)
        try:
            with transaction.atomic():
                kind.bring_back(row, user=user, name=wish)
        except IntegrityError as error:
            # Somebody else took the name between the check and now.
            raise Invalid(errors=[_taken(wish)]) from error
        record(user, action="restored", kind=kind.audit_kind, name=wish)
    return row


def _refuse(kind: BinKind[Any], name: str) -> None:
    if flaw := kind.name_flaw(name):
        raise Invalid.at("/name", flaw)
    if kind.free_name(name) != name:
        raise Invalid(errors=[_taken(name)])


def _taken(name: str) -> Flaw:
    said = _("%(name)s already exists. Restore this one under another name.")
    return Flaw("/name", said % {"name": name})


def remove(kind: BinKind[Any], *, pk: int, user: User) -> None:
    """Delete a thing of the bin, never to come back; raises Missing, Forbidden."""
    if not has_role(user, ADMINISTRATOR):
        raise Forbidden(_("Only an administrator can delete permanently."))
    _remove(kind, pk=pk, user=user, why="")


def prune(moment: datetime) -> int:
    """Remove what was in the bin for its 30 days, some of each kind; returns how much."""
    pruned = 0
    for kind in _kinds.values():
        for pk in kind.over(moment):
            try:
                _remove(kind, pk=pk, user=None, why=_("after 30 days"))
            except Missing:
                # It was restored just now, or it went with something else.
                continue
            pruned += 1
    return pruned


def _remove(kind: BinKind[Any], *, pk: int, user: User | None, why: str) -> None:
    with transaction.atomic():
        row = locked_in_bin(kind.model, pk, missing=_missing())
        record(user, action="removed", kind=kind.audit_kind, name=kind.name_of(row), detail=why)
        kind.delete(row)


def _missing() -> str:
    return _("Not found in the recycle bin.")
