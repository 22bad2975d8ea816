"""Whom an identity provider speaks of: an account, a new one, or nobody; and their groups.

A person is taken for an account by what the provider calls them (`sub`), once that is known. The
first time, by a verified address that one account alone has, and which the provider may speak of.
Never so: an Administrator, and whom another provider vouches for already. These connect the
provider themselves, signed in.
"""

import re
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.translation import gettext as _

from kianda.accounts.models import IdentityProvider
from kianda.accounts.roles import ADMINISTRATOR, assigned_roles
from kianda.accounts.services import audit
from kianda.accounts.services.groups import lock_people
from kianda.accounts.services.identity_providers import numbered
from kianda.accounts.services.users import able_administrators
from kianda.lib.errors import Forbidden


class NotTaken(Forbidden):
    """Somebody whom a provider vouches for and who is nobody here; `code` says why."""

    def __init__(self, code: str) -> None:
        """Take why, as the sign-in page knows it."""
        super().__init__(code)
        self.code = code


def account_for(row: IdentityProvider, *, address: str) -> User | None:
    """Return whose account it is that a provider speaks of for the first time; None: a new one.

    `address` is verified by the provider, or empty. Raises NotTaken where it is nobody's to have.
    """
    if not address:
        raise NotTaken("unverified")
    if row.domains and address.rpartition("@")[2].lower() not in row.domains:
        raise NotTaken("domain")
    found = list(User.objects.filter(email__iexact=address)[:2])
    if len(found) > 1:
        raise NotTaken("ambiguous")
    if not found:
        if not row.creates_users:
            raise NotTaken("unknown")
        return None
    (user,) = found
    if not user.is_active:
        raise NotTaken("inactive")
    if ADMINISTRATOR in assigned_roles(user) or SocialAccount.objects.filter(user=user).exists():
        raise NotTaken("connect")
    return user


def free_username(wish: str, address: str) -> str:
    """Return a user name for a new person, near to what the provider calls them.

    Both user names and addresses sign in. So a name that looks like an address is the person's own:
    any other would be in the way of whoever has that address, or gets it.
    """
    own = _plain_name(wish)
    if own.casefold() == address.casefold() and not _taken(own) and own:
        return own
    names = (wish.partition("@")[0], address.partition("@")[0])
    base = next((name for one in names if (name := _plain_name(one))), "user")
    taken = _taken(base)
    return next(
        name
        for n in range(1, len(taken) + 2)
        if (name := numbered(base, n)).casefold() not in taken
    )


def _plain_name(wish: str) -> str:
    return re.sub(r"[^\w.@+-]", "", wish)[:140]


def _taken(base: str) -> set[str]:
    rows = User.objects.filter(username__istartswith=base)
    return {name.casefold() for name in rows.values_list("username", flat=True)}


def claimed_groups(row: IdentityProvider, claims: Mapping[str, Any]) -> set[str]:
    """Return the groups and roles that the claims of a person give."""
    value = claims.get(row.groups_claim) if row.groups_claim else None
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return {name for one in values if isinstance(one, str) for name in row.groups.get(one, ())}


def follow_groups(user: User, row: IdentityProvider, claims: Mapping[str, Any]) -> None:
    """Put a person into the groups and roles that a provider names, and out of its other ones.

    Groups that the provider knows nothing of stay as they are. The last Administrator stays one.
    """
    ruled = {name for names in row.groups.values() for name in names}
    if not row.groups_claim or not ruled:
        return
    with transaction.atomic():
        lock_people()
        wanted = claimed_groups(row, claims)
        has = set(user.groups.filter(name__in=ruled).values_list("name", flat=True))
        others = able_administrators().exclude(pk=user.pk)
        if ADMINISTRATOR in has - wanted and not others.exists():
            wanted.add(ADMINISTRATOR)
        if wanted == has:
            return
        user.groups.remove(*Group.objects.filter(name__in=has - wanted))
        user.groups.add(*Group.objects.filter(name__in=wanted - has))
        if ADMINISTRATOR in ruled:
            user.is_superuser = user.is_staff = ADMINISTRATOR in wanted
            user.save(update_fields=["is_superuser", "is_staff"])
        detail = _("%(provider)s: %(groups)s") % {
            "provider": row.name, "groups": ", ".join(sorted(wanted)) or _("no groups"),
        }  # fmt: skip
        audit.record(None, action="members changed", kind="user", name=user.username, detail=detail)
