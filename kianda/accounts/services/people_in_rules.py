"""People as rules work with them: looked up by what is known of them, and changed."""

from typing import Final, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat, Trim
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services import audit
from kianda.accounts.services.groups import own_groups
from kianda.accounts.services.person_data import (
    TITLES,
    PersonData,
    manager_of,
    person_data,
    store_person_data,
    text_flaws,
)
from kianda.accounts.services.users import KIND, locked
from kianda.lib.errors import Forbidden, Invalid, Missing

Operator = Literal["eq", "contains"]
_LOOKUPS: Final = {"eq": "iexact", "contains": "icontains"}
# Where each property is stored as a text.
_COLUMNS: Final = {
    "username": "username", "email": "email", "manager": "profile__manager__username",
    "department": "profile__department", "job_title": "profile__job_title",
    "phone": "profile__phone",
}  # fmt: skip


def person_named(named: str) -> User | None:
    """Return who is named as `user:ada`, by user name or e-mail address, active or not."""
    name = named.removeprefix("user:")
    found = list(User.objects.filter(username__iexact=name)[:1]) or list(
        # An address of two people names neither.
        User.objects.filter(email__iexact=name, is_active=True)[:2]
    )
    return found[0] if name and len(found) == 1 else None


def people_with(property: str, value: str, *, operator: Operator, most: int) -> list[User]:
    """Return the active people of whom a property is or contains a value, by user name."""
    rows = User.objects.filter(is_active=True).annotate(
        full_name=Trim(Concat("first_name", Value(" "), "last_name"))
    )
    return list(rows.filter(_held(property, value, _LOOKUPS[operator])).order_by("username")[:most])


def _held(property: str, value: str, lookup: str) -> Q:
    if property == "groups":
        named = own_groups().filter(**{f"name__{lookup}": value.removeprefix("group:")})
        return Q(pk__in=User.objects.filter(groups__in=named).values("pk"))
    if property == "name":
        # Who has no full name is called by the user name.
        unnamed = Q(full_name="", **{f"username__{lookup}": value})
        return unnamed | Q(**{f"full_name__{lookup}": value})
    plain = value.removeprefix("user:") if property == "manager" else value
    column = _COLUMNS.get(property) or f"profile__attributes__{property}"
    return Q(**{f"{column}__{lookup}": plain})


def changeable_person(named: str, *, by: User | None) -> User:
    """Return whose data a rule may change for a person: of anybody, for Administrators alone.

    Raises Forbidden, Missing.
    """
    if by is None or not has_role(by, ADMINISTRATOR):
        name = by.get_username() if by is not None else _("no one")
        raise Forbidden(
            _("Only Administrators can change user data. This run was started by %(name)s.")
            % {"name": name}
        )
    found = person_named(named)
    if found is None:
        raise Missing(_("No user named %(name)s.") % {"name": named[:150]})
    return found


def change_person_data(user: User, values: dict[str, str], *, how: str, by: User) -> None:
    """Store what is given of a person's data; the audit log tells what has changed, and `how`.

    Raises Invalid.
    """
    with transaction.atomic():
        user = locked(user)
        before = person_data(user)
        own = {name: text for name, text in values.items() if name not in TITLES}
        given = {name: text for name, text in values.items() if name in TITLES}
        data = before._replace(**given, attributes={**before.attributes, **own})
        manager, unknown = manager_of(data, of=user)
        if flaws := [*text_flaws(data), *unknown]:
            raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
        if changed := store_person_data(user, PersonData(*data), manager):
            detail = f"{changed}. {how}"
            audit.record(by, action="changed", kind=KIND, name=user.username, detail=detail)
