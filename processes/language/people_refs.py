"""Refs: how a design names people where it says who may do something.

`everyone`, `creator`, `owners`, `participants`, `user:niamh`, `group:hr`, `[approver]` for the
people in a field, `[creator.manager]` and `[owner.manager]`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Protocol

from pydantic import AfterValidator, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.names import FIELD_NAME
from processes.language.people import GROUP, USER, kind_and_name
from processes.language.references import flaw, names_in

EVERYONE = "everyone"
CREATOR = "creator"
OWNERS = "owners"
PARTICIPANTS = "participants"
CREATOR_MANAGER = "[creator.manager]"
OWNER_MANAGER = "[owner.manager]"
_WORDS = frozenset({EVERYONE, CREATOR, OWNERS, PARTICIPANTS, CREATOR_MANAGER, OWNER_MANAGER})
MOST = 100


def user_ref(name: str) -> str:
    """Return the ref of a person: `user:niamh`."""
    return f"{USER}:{name}"


def group_ref(name: str) -> str:
    """Return the ref of a group: `group:hr`."""
    return f"{GROUP}:{name}"


def named_user(ref: str) -> str:
    """Return the user name in a ref, or nothing."""
    kind, name = kind_and_name(ref)
    return name if kind == USER else ""


def named_group(ref: str) -> str:
    """Return the name of the group in a ref, or nothing."""
    kind, name = kind_and_name(ref)
    return name if kind == GROUP else ""


def named_field(ref: str) -> str:
    """Return the field whose people a ref names, or nothing."""
    return ref[1:-1] if ref.startswith("[") and ref not in _WORDS else ""


def is_ref_word(ref: str) -> bool:
    """Tell whether a ref names people by their part in an instance."""
    return ref in _WORDS


@dataclass(frozen=True)
class Person:
    """Who asks: user name and groups.

    `find_reports` gives the user names of those it manages, `find_stood_for` of those for whom it
    stands in today: the forms of these are its forms too, and nothing else of theirs.
    """

    name: str
    groups: frozenset[str] = frozenset()
    find_reports: Callable[[], frozenset[str]] = frozenset
    find_stood_for: Callable[[], frozenset[str]] = frozenset

    @cached_property
    def reports(self) -> frozenset[str]:
        """Return the user names of those whose manager it is, looked up when that matters."""
        return self.find_reports()

    @cached_property
    def refs(self) -> frozenset[str]:
        """Return the refs that name this very person: it alone, and its groups."""
        return frozenset({user_ref(self.name), *map(group_ref, self.groups)})

    @cached_property
    def stood_for(self) -> frozenset[str]:
        """Return the user names of those for whom it stands in, looked up when that matters."""
        return self.find_stood_for()

    @property
    def alone(self) -> "Person":
        """Return it without those for whom it stands in."""
        return replace(self, find_stood_for=frozenset)

    def owns(self, owners: Collection[str]) -> bool:
        """Tell whether what belongs to these refs belongs to it: a substitute owns along."""
        return not self.refs.isdisjoint(owners) or bool(self.acts_for(owners))

    def acts_for(self, owners: Collection[str]) -> str:
        """Return for whom of the owners it stands in, or nothing where it is one itself."""
        if not owners or not self.refs.isdisjoint(owners):
            return ""
        return min((name for name in self.stood_for if user_ref(name) in owners), default="")


class Involved(Protocol):
    """The people of one instance, as refs to people and groups; the creator by user name."""

    @property
    def creator(self) -> str:
        """Return who made it, or nothing."""

    @property
    def owners(self) -> Collection[str]:
        """Return whose its open forms are."""

    @property
    def participants(self) -> Collection[str]:
        """Return who made it, and whoever has owned one of its forms."""

    def people_in(self, field: str) -> Collection[str]:
        """Return the people that a field holds."""


def held_by(refs: Iterable[str], person: Person, involved: Involved) -> str:
    """Return the first ref that names the person, or nothing."""
    return next((ref for ref in refs if _holds(ref, person, involved)), "")


def named_by(refs: Iterable[str], person: Person) -> str:
    """Return the first ref that names the person whatever the instance, or nothing."""
    return next((ref for ref in refs if ref == EVERYONE or ref in person.refs), "")


def _holds(ref: str, person: Person, involved: Involved) -> bool:
    if ref == EVERYONE:
        return True
    if ref == CREATOR:
        return person.name == involved.creator
    if ref == CREATOR_MANAGER:
        return involved.creator in person.reports
    if ref == OWNER_MANAGER:
        return any(named_user(owner) in person.reports for owner in involved.owners)
    if ref == OWNERS:
        return person.owns(involved.owners)
    return not person.refs.isdisjoint(_people(ref, involved))


def _people(ref: str, involved: Involved) -> Collection[str]:
    if ref == PARTICIPANTS:
        return involved.participants
    return involved.people_in(named_field(ref)) if named_field(ref) else (ref,)


def ref_in_words(ref: str, *, title: str = "", name: str = "") -> str:
    """Return a ref as a person reads it.

    `title` is that of the field it names, `name` what the person or group is called, where that is
    known.
    """
    if named_field(ref):
        return _("people in %(field)s") % {"field": title or named_field(ref)}
    words = {
        EVERYONE: _("everyone"),
        CREATOR: _("the creator"),
        OWNERS: _("owners of the open form"),
        PARTICIPANTS: _("people involved"),
        CREATOR_MANAGER: _("the creator's manager"),
        OWNER_MANAGER: _("an owner's manager"),
    }
    return words.get(ref) or name or kind_and_name(ref)[1]


def refs_in_words(
    refs: Iterable[str],
    titles: Mapping[str, str] | None = None,
    *,
    names: Callable[[Iterable[str]], Iterable[str]] | None = None,
) -> str:
    """Return refs in a sentence: `people involved, HR`.

    `titles` are those of the fields; `names` tells what people and groups are called.
    """
    known, wanted = titles or {}, list(refs)
    called = list(names(wanted)) if names else [""] * len(wanted)
    said = (
        ref_in_words(ref, title=known.get(named_field(ref), ""), name=name)
        for ref, name in zip(wanted, called, strict=True)
    )
    return ", ".join(said) or _("no one")


def _ref(ref: str, info: ValidationInfo) -> str:
    ref = ref.strip()
    name = named_user(ref) or named_group(ref)
    if ref in _WORDS or (name and name.strip() == name and len(name) <= 150):
        return ref
    inner = named_field(ref)
    if not (inner and FIELD_NAME.match(inner)):
        raise flaw(
            _(
                "“%(ref)s” is not a person or group. Write everyone, creator, owners, "
                "participants, user:name, group:name or a user field such as [approver].")
            % {"ref": ref[:60]}
        )  # fmt: skip
    names = names_in(info)
    kind = names.kind_of(inner) if names is not None else None
    if names is not None and (kind is None or not kind.names_people):
        raise flaw(
            _("There is no user field %(name)s. Choose a field that holds people.")
            % {"name": inner}
        )
    return ref


def _early(ref: str) -> str:
    if ref != EVERYONE and not named_user(ref) and not named_group(ref):
        raise flaw(
            _("“%(ref)s” is known only once there is a record. Enter everyone, people or groups.")
            % {"ref": ref}
        )
    return ref


def _named(ref: str) -> str:
    if not named_user(ref) and not named_group(ref):
        raise flaw(_("Enter people or groups, such as user:helen or group:hr."))
    return ref


def _once(refs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refs))


Ref = Annotated[str, AfterValidator(_ref)]
# Who has to do with an instance.
Refs = Annotated[tuple[Ref, ...], AfterValidator(_once)]
# Who may start one: it is not there yet.
EarlyRefs = Annotated[tuple[Annotated[Ref, AfterValidator(_early)], ...], AfterValidator(_once)]
# People and groups alone.
NamedRefs = Annotated[tuple[Annotated[Ref, AfterValidator(_named)], ...], AfterValidator(_once)]
