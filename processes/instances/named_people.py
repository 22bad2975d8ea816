"""Whether people and groups who are named in values can be: they are there, and of the group."""

from collections.abc import Collection, Iterator
from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.services.groups import own_groups
from processes.fields.base import FormField
from processes.language.people import GROUP, USER, kind_and_name
from processes.language.values import Value


def people_flaws(field: FormField, value: Value, stored: Value) -> list[tuple[str, str]]:
    """Return what is wrong with the people in a value that was sent: the place, and a sentence.

    Who is stored already stays, though deactivated or gone since.
    """
    named = list(field.refs(value))
    kept = {ref for _place, ref, _field in field.refs(stored)} if named else set()
    asked = [one for one in named if one[1] not in kept]
    known = _Known([ref for _place, ref, _field in asked])
    return [
        (place, sentence) for place, ref, asking in asked for sentence in known.flaws(ref, asking)
    ]


class _Known:
    """Those who are named, looked up together."""

    def __init__(self, refs: Collection[str]) -> None:
        self._split = [kind_and_name(ref) for ref in refs]
        self._members: dict[str, set[str]] = {}

    @cached_property
    def _users(self) -> dict[str, bool]:
        rows = User.objects.filter(username__in=self._named(USER))
        return dict(rows.values_list("username", "is_active"))

    @cached_property
    def _groups(self) -> set[str]:
        names = own_groups().filter(name__in=self._named(GROUP))
        return set(names.values_list("name", flat=True))

    def _named(self, kind: str) -> list[str]:
        return [name for one, name in self._split if one == kind]

    def _in(self, group: str) -> set[str]:
        if group not in self._members:
            rows = User.objects.filter(groups__name=group, username__in=self._named(USER))
            self._members[group] = set(rows.values_list("username", flat=True))
        return self._members[group]

    def flaws(self, ref: str, field: FormField) -> Iterator[str]:
        """Yield what is wrong with naming somebody in a field."""
        kind, name = kind_and_name(ref)
        within = getattr(field, "within", "")
        said = {"name": name, "group": within}
        if kind == GROUP:
            if name not in self._groups:
                yield _("No group named %(name)s. Choose a group from the list.") % said
        elif name not in self._users:
            yield _("No user named %(name)s. Choose a person from the list.") % said
        elif not self._users[name]:
            yield _("%(name)s is deactivated. Choose another user.") % said
        elif within and name not in self._in(within):
            yield _("%(name)s is not in the group %(group)s. Choose one of its members.") % said
