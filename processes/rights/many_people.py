"""Which of several people see an instance: what their rights need is looked up once for all."""

from collections.abc import Iterable
from functools import cache

from django.contrib.auth.models import Group, User

from kianda.accounts.roles import groups_of, remember_roles
from kianda.accounts.services.substitutes import stood_for_by_each
from processes.definition.security import Security
from processes.language.people_refs import Person
from processes.models import ProcessInstance
from processes.rights.decisions import remember_person
from processes.rights.instance_rights import InstanceRights, security_of_instance
from processes.rights.people import StoredPeople


class _OneOfMany(InstanceRights):
    """The decisions for one of several people, who share what is known of the instance."""

    def __init__(
        self, user: User, instance: ProcessInstance, security: Security, people: StoredPeople
    ) -> None:
        super().__init__(user, instance, security=security)
        self._people = people


def seeing(users: Iterable[User], instance: ProcessInstance) -> list[User]:
    """Return those of some people who see an instance, in their order."""
    asked = list(users)
    if asked:
        _look_up(asked)
    security, people = security_of_instance(instance), StoredPeople(instance)
    return [one for one in asked if _OneOfMany(one, instance, security, people).see]


def _look_up(users: list[User]) -> None:
    """Remember on each of some people what their rights ask of them."""
    keys = [user.pk for user in users]
    groups: dict[int, list[str]] = {key: [] for key in keys}
    for key, name in Group.objects.filter(user__in=keys).values_list("user", "name"):
        groups[key].append(name)

    @cache
    def stood_for() -> dict[int, frozenset[str]]:
        return stood_for_by_each(keys)

    @cache
    def reports() -> dict[int, frozenset[str]]:
        found: dict[int, frozenset[str]] = {}
        rows = User.objects.filter(profile__manager__in=keys)
        for manager, name in rows.values_list("profile__manager", "username"):
            found[manager] = found.get(manager, frozenset()) | {name}
        return found

    for user in users:
        key = user.pk
        remember_roles(user, groups[key])
        remember_person(user, Person(
            user.get_username(), groups_of(user),
            lambda key=key: reports().get(key, frozenset()),  # type: ignore[misc]
            lambda key=key: stood_for().get(key, frozenset()),  # type: ignore[misc]
        ))  # fmt: skip
