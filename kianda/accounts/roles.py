"""Roles are groups. Every role may use processes; an Administrator may do everything.

Their names are stored in English, and translated when they are shown.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.utils.translation import gettext, gettext_noop

from kianda.lib.db.prepared_statements import PreparedQuery

ADMINISTRATOR = gettext_noop("Administrator")
DESIGNER = gettext_noop("Designer")
DATASOURCE_MANAGER = gettext_noop("Data source manager")
USER = gettext_noop("User")
ROLES = (ADMINISTRATOR, DESIGNER, DATASOURCE_MANAGER, USER)

_CACHE = "_kianda_roles"
_GROUPS = "_kianda_groups"


# Each run asks for the roles of its person, so the text is made once.
_GROUPS_OF = PreparedQuery(lambda pk: Group.objects.filter(user=pk).only("name"), -4711)


def roles_of(user: AbstractBaseUser | AnonymousUser | None) -> frozenset[str]:
    """Return the roles a person acts in, remembered on the object, thus for one request."""
    if user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    known: frozenset[str] | None = getattr(user, _CACHE, None)
    if known is None:
        known = remember_roles(user, groups_of(user) if hasattr(user, "groups") else [])
    return known


def groups_of(user: Any) -> frozenset[str]:
    """Return the names of all groups of a person, remembered as the roles are."""
    known: frozenset[str] | None = getattr(user, _GROUPS, None)
    if known is None:
        known = frozenset(group.name for group in _GROUPS_OF.rows(user.pk))
        setattr(user, _GROUPS, known)
    return known


def remember_roles(user: Any, groups: Any) -> frozenset[str]:
    """Work out the roles from the names of a person's groups and keep both on the object."""
    names = frozenset(name for name in groups if name)
    setattr(user, _GROUPS, names)
    known = with_implied(assigned_roles(user))
    setattr(user, _CACHE, known)
    return known


def assigned_roles(user: Any) -> list[str]:
    """Return the roles that somebody gave a person, without what they imply, active or not."""
    names = groups_of(user)
    # Who was made an administrator by command has the mark alone.
    marked = {ADMINISTRATOR} if user.is_superuser else set()
    return [role for role in ROLES if role in names | marked]


def implying(role: str) -> frozenset[str]:
    """Return the roles whose people have a role too, whether it was given to them or not."""
    return frozenset(ROLES) - {role} if role == USER else frozenset({ADMINISTRATOR}) - {role}


def with_implied(assigned: Iterable[str]) -> frozenset[str]:
    """Return the roles in which a person acts to whom these were given."""
    given = frozenset(assigned)
    return frozenset(role for role in ROLES if not given.isdisjoint({role, *implying(role)}))


def has_role(user: AbstractBaseUser | AnonymousUser | None, *roles: str) -> bool:
    """Tell whether the person has one of the roles; an Administrator has each of them."""
    return not roles_of(user).isdisjoint(roles)


def role_titles(groups: Iterable[str]) -> list[str]:
    """Return what roles are called in the language of the reader; groups of people as they are."""
    return [gettext(name) if name in ROLES else name for name in groups]


def make_groups(**_: Any) -> None:
    """Make the groups of the roles; called after each migration."""
    for name in ROLES:
        Group.objects.get_or_create(name=name)
