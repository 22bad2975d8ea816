"""Roles are groups. Every role may use processes; an Administrator may do everything."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group

ADMINISTRATOR = "Administrator"
DESIGNER = "Designer"
DATASOURCE_MANAGER = "Data source manager"
USER = "User"
ROLES = (ADMINISTRATOR, DESIGNER, DATASOURCE_MANAGER, USER)

_CACHE = "_kianda_roles"


def roles_of(user: AbstractBaseUser | AnonymousUser | None) -> frozenset[str]:
    """Return the roles a person acts in, remembered on the object, thus for one request."""
    if user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    known: frozenset[str] | None = getattr(user, _CACHE, None)
    if known is None:
        groups = getattr(user, "groups", None)
        names = [] if groups is None else groups.values_list("name", flat=True)
        known = remember_roles(user, names)
    return known


def remember_roles(user: Any, groups: Any) -> frozenset[str]:
    """Work out the roles from the names of a person's groups and keep them on the object."""
    held = {name for name in groups if name in ROLES}
    if user.is_superuser or ADMINISTRATOR in held:
        held = set(ROLES)
    elif held:
        held.add(USER)
    known = frozenset(held)
    setattr(user, _CACHE, known)
    return known


def has_role(user: AbstractBaseUser | AnonymousUser | None, *roles: str) -> bool:
    """Tell whether the person has one of the roles; an Administrator has each of them."""
    return not roles_of(user).isdisjoint(roles)


def make_groups(**_: Any) -> None:
    """Make the groups of the roles; called after each migration."""
    for name in ROLES:
        Group.objects.get_or_create(name=name)
