"""Groups of people: forms belong to them and data sources name them, always by their names."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.models import GroupAdministrator
from kianda.accounts.roles import ADMINISTRATOR, ROLES, has_role
from kianda.accounts.services import audit
from kianda.lib.errors import Flaw, Forbidden, InUse, Invalid, Missing
from kianda.lib.names import unseen_flaw
from kianda.lib.usage import Use, used_by
from kianda.lib.word_search import holds_words

KIND: Final = "group"
LONGEST = 80
# Rules read these in the names of a group: several names, the value of a field.
_SIGNS = ",;[]"
_MOST_TOLD = 5


def groups(*, search: str = "", managed_by: User | None = None) -> QuerySet[Group]:
    """Return the groups that people made, by name, with how many `members` each has.

    `managed_by`: only those whose members that person may change.
    """
    rows = own_groups()
    if managed_by is not None:
        rows = rows.filter(pk__in=groups_managed_by(managed_by).values("pk"))
    rows = rows.annotate(members=Count("user")).order_by("name")
    return rows.filter(holds_words(search.split(), "name"))


def own_groups() -> QuerySet[Group]:
    """Return the groups that are no roles."""
    return Group.objects.exclude(name__in=ROLES)


def groups_managed_by(user: User) -> QuerySet[Group]:
    """Return the groups whose members a person may change: all, or those it is named for."""
    rows = own_groups()
    return rows if has_role(user, ADMINISTRATOR) else rows.filter(administrators__user=user)


def group(key: int | str, *, managed_by: User | None = None) -> Group:
    """Return one group that people made, by key or by name; raises Missing.

    `managed_by`: only one whose members that person may change, else Forbidden: they are not told
    which groups there are.
    """
    by = {"pk": key} if isinstance(key, int) else {"name": key}
    rows = own_groups() if managed_by is None else groups_managed_by(managed_by)
    found = rows.filter(**by).first()
    if found is None and managed_by is not None and not has_role(managed_by, ADMINISTRATOR):
        raise Forbidden(_("Only this group's administrators and Administrators can change it."))
    if found is None:
        raise Missing(_("Group not found."))
    return found


def members_of(row: Group) -> list[str]:
    """Return the user names of a group's members, by name."""
    names = User.objects.filter(groups=row).order_by("username")
    return list(names.values_list("username", flat=True))


def administrators_of(row: Group) -> list[str]:
    """Return the user names of those who may change a group's members, by name."""
    names = GroupAdministrator.objects.filter(group=row).order_by("user__username")
    return list(names.values_list("user__username", flat=True))


def uses_of(row: Group) -> list[Use]:
    """Return which forms, designs and data sources name a group."""
    return used_by(KIND, row.name)


def names_in(text: str) -> list[str]:
    """Return the names of a typed text: divided by lines, commas, semicolons or blanks."""
    return list(dict.fromkeys(re.findall(r"[^\s,;\0]+", text)))


def group_names_in(texts: Iterable[str]) -> list[str]:
    """Return the names of groups in typed texts: divided by lines, commas or semicolons."""
    names = (name.strip() for text in texts for name in re.split(r"[\n\r,;\0]+", text))
    return list(dict.fromkeys(name for name in names if name))


def add_group(
    *, name: str, members: Sequence[str], administrators: Sequence[str] = (), by: User
) -> Group:
    """Make a group; raises Invalid with every flaw."""
    name = _trimmed(name)
    with transaction.atomic():
        lock_people()
        found, unknown = _people(members)
        managing, unknown_too = _people(administrators, place="/administrators")
        _raise([*_name_flaws(name), *unknown, *unknown_too])
        made = Group.objects.create(name=name)
        made.user_set.set(found)
        detail = _listed(_("Members"), [one.username for one in found])
        audit.record(by, action="created", kind=KIND, name=name, detail=detail)
        _change_administrators(made, managing, by=by)
    return made


def change_group(
    row: Group,
    *,
    name: str,
    members: Sequence[str],
    administrators: Sequence[str] | None = None,
    unchanged: Callable[[Group], None] | None = None,
    by: User,
) -> Group:
    """Store name, members and administrators (None: as they are); raises Invalid.

    A name stays while anything uses the group. An administrator of the group changes its members
    alone, else Forbidden. `unchanged` may refuse what the group has become by the time the row is
    locked.
    """
    name = _trimmed(name)
    with transaction.atomic():
        lock_people()
        row = group(row.pk, managed_by=by)
        if unchanged is not None:
            unchanged(row)
        found, unknown = _people(members)
        managing, unknown_too = _people(administrators or (), place="/administrators")
        before = row.name
        others = administrators is not None and _names(managing) != administrators_of(row)
        if not has_role(by, ADMINISTRATOR) and (name != before or others):
            raise Forbidden(_("You can only change the members of this group."))
        _raise([*_rename_flaws(row, name), *unknown, *unknown_too])
        if name != before:
            row.name = name
            row.save(update_fields=["name"])
            audit.record(
                by,
                action="renamed",
                kind=KIND,
                name=name,
                detail=_("Previously %(name)s") % {"name": before},
            )
        _change_members(row, found, by=by)
        if administrators is not None:
            _change_administrators(row, managing, by=by)
    return row


def delete_group(row: Group, *, unchanged: Callable[[Group], None] | None = None, by: User) -> None:
    """Delete a group; raises InUse while a form, a design or a data source names it."""
    with transaction.atomic():
        lock_people()
        row = group(row.pk)
        if unchanged is not None:
            unchanged(row)
        uses = uses_of(row)
        if uses:
            raise InUse(
                _("%(name)s is in use by %(uses)s.") % {"name": row.name, "uses": _some(uses)},
                used_by=uses,
            )
        detail = _listed(_("Members"), members_of(row))
        row.delete()
        audit.record(by, action="deleted", kind=KIND, name=row.name, detail=detail)


def group_flaws(names: Iterable[str]) -> list[Flaw]:
    """Return a flaw at `/groups` for each name that no group of people has."""
    wanted = set(names)
    known = set(own_groups().filter(name__in=wanted).values_list("name", flat=True))
    return [
        Flaw("/groups", _("No group named %(name)s.") % {"name": name[:LONGEST]})
        for name in sorted(wanted - known)
    ]


def put_into_groups(user: User, names: Iterable[str]) -> str:
    """Make these the groups of a person, beside the roles; return the change in words."""
    before = set(own_groups().filter(user=user).values_list("name", flat=True))
    after = set(names)
    if before == after:
        return ""
    user.groups.remove(*own_groups().filter(name__in=before - after))
    user.groups.add(*own_groups().filter(name__in=after - before))
    return _listed(_("Groups"), sorted(after) or [_("none")])


def lock_people() -> None:
    """Let one change of users and groups follow the other: two could deactivate each other."""
    list(Group.objects.filter(name=ADMINISTRATOR).select_for_update())


def _change_members(row: Group, wanted: Sequence[User], *, by: User) -> None:
    names, before = {one.username for one in wanted}, set(members_of(row))
    added, removed = names - before, before - names
    if not added and not removed:
        return
    row.user_set.set(wanted)
    told = [_listed(_("Added"), sorted(added)), _listed(_("Removed"), sorted(removed))]
    audit.record(
        by, action="members changed", kind=KIND, name=row.name, detail=". ".join(filter(None, told))
    )


def _names(people: Iterable[User]) -> list[str]:
    return sorted(one.username for one in people)


def _change_administrators(row: Group, wanted: Sequence[User], *, by: User) -> None:
    names = _names(wanted)
    if names == administrators_of(row):
        return
    rows = GroupAdministrator.objects.filter(group=row)
    rows.exclude(user__in=wanted).delete()
    GroupAdministrator.objects.bulk_create(
        [GroupAdministrator(group=row, user=one) for one in wanted], ignore_conflicts=True
    )
    detail = _listed(_("Group administrators"), names or [_("none")])
    audit.record(by, action="changed", kind=KIND, name=row.name, detail=detail)


def _people(names: Iterable[str], *, place: str = "/members") -> tuple[list[User], list[Flaw]]:
    """Return the people of user names and e-mail addresses, and a flaw for each unknown one."""
    wanted = {name: at for at, name in reversed(list(enumerate(names)))}
    if not wanted:
        return [], []
    by_name: dict[str, list[int]] = {}
    by_address: dict[str, list[int]] = {}
    for pk, name, address in User.objects.values_list("pk", "username", "email"):
        by_name.setdefault(name.casefold(), []).append(pk)
        if address:
            by_address.setdefault(address.casefold(), []).append(pk)
    found: dict[int, None] = {}
    flaws = []
    for name, at in sorted(wanted.items(), key=lambda one: one[1]):
        hits = by_name.get(name.casefold()) or by_address.get(name.casefold(), [])
        if len(hits) == 1:
            found[hits[0]] = None
        elif hits:
            sentence = _("More than one user is named %(name)s. Enter the user name.") % {
                "name": name
            }
            flaws.append(Flaw(f"{place}/{at}", sentence))
        else:
            flaws.append(Flaw(f"{place}/{at}", _("No user named %(name)s.") % {"name": name[:150]}))
    rows = User.objects.in_bulk(list(found))
    return [rows[pk] for pk in found], flaws


def _trimmed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _name_flaws(name: str, *, of: Group | None = None) -> list[Flaw]:
    sentence = _name_flaw(name, of)
    return [Flaw("/name", sentence)] if sentence else []


def _name_flaw(name: str, of: Group | None) -> str:
    if not name:
        return _("Enter a name.")
    if len(name) > LONGEST:
        return _("Use at most %(most)s characters.") % {"most": LONGEST}
    if unseen := unseen_flaw(name):
        return unseen
    if any(sign in name for sign in _SIGNS) or name.startswith("="):
        signs = " ".join(_SIGNS)
        return _("Do not use %(signs)s or start with =. These have a special meaning in rules.") % {
            "signs": signs
        }
    if name.casefold() in {role.casefold() for role in ROLES}:
        return _("%(name)s is a role. Choose another name.") % {"name": name}
    others = Group.objects.exclude(pk=of.pk) if of else Group.objects.all()
    for taken in others.values_list("name", flat=True):
        if taken.casefold() == name.casefold():
            return _("%(name)s already exists. Choose another name.") % {"name": taken}
    return ""


def _rename_flaws(row: Group, name: str) -> list[Flaw]:
    if name == row.name:
        return []
    uses = uses_of(row)
    if uses:
        sentence = _("This group cannot be renamed: it is in use by %(uses)s.") % {
            "uses": _some(uses)
        }
        return [Flaw("/name", sentence)]
    return _name_flaws(name, of=row)


def _some(uses: Sequence[Use]) -> str:
    named = ", ".join(str(use["name"]) for use in uses[:_MOST_TOLD])
    return _("%(names)s and others") % {"names": named} if len(uses) > _MOST_TOLD else named


def _listed(word: str, names: Sequence[str]) -> str:
    return f"{word}: {', '.join(names)}" if names else ""


def _raise(flaws: Sequence[Flaw]) -> None:
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
