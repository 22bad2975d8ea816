"""People of a file: first what an import would do, then all of it or nothing."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry, Profile
from kianda.accounts.roles import ADMINISTRATOR, ROLES, USER, assigned_roles, role_titles
from kianda.accounts.services import audit
from kianda.accounts.services.addresses import forget_other_addresses
from kianda.accounts.services.attributes import cleaned
from kianda.accounts.services.groups import group_names_in, lock_people
from kianda.accounts.services.password_links import first_links, password_path
from kianda.accounts.services.people_file import (
    COLUMNS,
    FileFlaw,
    FileLine,
    PeopleFile,
    column_title,
)
from kianda.accounts.services.person_data import PersonData, data_in, own_groups_of, text_flaws
from kianda.accounts.services.users import (
    LAST,
    able_administrators,
    detail_flaws,
    username_flaws,
)
from kianda.lib.errors import Invalid, Stale

_LISTS: Final = ("roles", "groups")
_BATCH: Final = 400


class PersonState(NamedTuple):
    """All that a file can say of a person."""

    name: str = ""
    email: str = ""
    manager: str = ""
    department: str = ""
    job_title: str = ""
    phone: str = ""
    attributes: Mapping[str, str] = {}
    roles: tuple[str, ...] = (USER,)
    groups: tuple[str, ...] = ()

    @property
    def data(self) -> PersonData:
        """Return where the person works."""
        return PersonData(*(getattr(self, key) for key in PersonData._fields))

    def by_column(self) -> dict[str, str]:
        """Return all that is known, by column and in words."""
        said = {key: _words(one, key) for key, one in self._asdict().items() if key != "attributes"}
        return said | dict(self.attributes)


class PlannedChange(NamedTuple):
    """What would become other: the setting by key and in words, before and after."""

    key: str
    title: str
    before: str
    after: str


class PlannedPerson(NamedTuple):
    """What would be done with the person of one line; `user` is who is there already."""

    line: int
    username: str
    user: User | None
    before: PersonState
    after: PersonState

    @property
    def is_new(self) -> bool:
        """Tell whether the user would be created."""
        return self.user is None

    @property
    def changes(self) -> list[PlannedChange]:
        """Return what would become other."""
        before, after = self.before.by_column(), self.after.by_column()
        found = ((key, before.get(key, ""), after.get(key, "")) for key in {**before, **after})
        return [
            PlannedChange(key, column_title(key), old, new) for key, old, new in found if old != new
        ]


class PeoplePlan(NamedTuple):
    """What an import would do, and what is in the way."""

    people: list[PlannedPerson]
    flaws: list[FileFlaw]

    @property
    def new(self) -> list[PlannedPerson]:
        """Return who would be created."""
        return [one for one in self.people if one.is_new]

    @property
    def changed(self) -> list[PlannedPerson]:
        """Return who is there and would become other."""
        return [one for one in self.people if not one.is_new and one.changes]

    @property
    def digest(self) -> str:
        """Return what tells this plan from another."""
        told = [(one.username, one.is_new, one.before, one.after) for one in self.people]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def plan_import(file: PeopleFile) -> PeoplePlan:
    """Return what an import of a file would do; nothing is written."""
    return _Planner(file).plan()


def carry_out(file: PeopleFile, *, digest: str, by: User) -> list[tuple[User, str]]:
    """Import a file as planned; return the new users, each with the link to set a password.

    Raises Stale when the plan would be another one by now, and Invalid when something is wrong.
    """
    with transaction.atomic():
        lock_people()
        plan = plan_import(file)
        if plan.flaws:
            raise Invalid(plan.flaws[0].detail)
        if plan.digest != digest:
            raise Stale
        users = _store(plan)
        first_links([users[one.username] for one in plan.new])
        AuditEntry.objects.bulk_create(
            [_audit_entry(one, by) for one in (*plan.new, *plan.changed)], batch_size=_BATCH
        )
    return [(users[one.username], password_path(users[one.username])) for one in plan.new]


class _Planner:
    """Who there is, looked up once, and what the lines of a file make of it."""

    def __init__(self, file: PeopleFile) -> None:
        self._file, self._flaws = file, list(file.flaws)
        rows = User.objects.select_related("profile__manager").prefetch_related("groups")
        self._users = {row.username.casefold(): row for row in rows}
        self._groups = {
            name.casefold(): name
            for name in Group.objects.exclude(name__in=ROLES).values_list("name", flat=True)
        }
        self._roles = {role.casefold(): role for role in ROLES}
        self._roles |= {title.casefold(): role
                        for role, title in zip(ROLES, role_titles(ROLES), strict=True)}  # fmt: skip
        self._names: dict[str, str] = {}
        self._addresses: dict[str, set[str]] = {}

    def plan(self) -> PeoplePlan:
        lines = [line for line in self._file.lines if self._is_named_once(line)]
        for line in lines:
            name = line.cells["username"]
            known = self._users.get(name.casefold())
            self._names[name.casefold()] = known.username if known else name
        self._collect_addresses(lines)
        people = [self._planned(line) for line in lines]
        self._refuse_circles(people)
        self._refuse_lockout(people)
        return PeoplePlan(people, sorted(self._flaws))

    def _wrong(self, line: int, key: str, detail: str) -> None:
        self._flaws.append(FileFlaw(line, column_title(key), detail))

    def _is_named_once(self, line: FileLine) -> bool:
        name = line.cells["username"]
        if not name:
            self._wrong(line.number, "username", _("Enter a user name."))
            return False
        first = self._names.setdefault(name.casefold(), str(line.number))
        if first != str(line.number):
            sentence = _("%(name)s is already on line %(line)s.")
            words = {"name": name[:150], "line": first}
            self._wrong(line.number, "username", sentence % words)
            return False
        return True

    def _collect_addresses(self, lines: Iterable[FileLine]) -> None:
        """Keep whose an address is: a manager may be named by it."""
        said = {line.cells["username"].casefold(): line.cells.get("email") for line in lines}
        known = {key: row.email for key, row in self._users.items()}
        known |= {key: email for key, email in said.items() if email is not None}
        for key, email in known.items():
            self._addresses.setdefault(email.casefold(), set()).add(key)

    def _planned(self, line: FileLine) -> PlannedPerson:
        cells, name = line.cells, line.cells["username"]
        user = self._users.get(name.casefold())
        before = PersonState(roles=()) if user is None else _state_of(user)
        given: dict[str, Any] = {
            key: " ".join(text.split()) if key == "name" else text
            for key, text in cells.items()
            if key in PersonState._fields
        }
        for key in _LISTS:
            if key in given:
                given[key] = self._listed(line.number, key, given[key])
        if "manager" in given:
            given["manager"] = self._manager(line, before.manager)
        own = {key: text for key, text in cells.items() if key not in COLUMNS}
        given["attributes"] = cleaned({**before.attributes, **own})
        after = (PersonState() if user is None else before)._replace(**given)
        self._check(line.number, name, after, is_new=user is None)
        return PlannedPerson(line.number, user.username if user else name, user, before, after)

    def _check(self, line: int, name: str, after: PersonState, *, is_new: bool) -> None:
        found = [*detail_flaws(after.name, after.email, after.roles), *text_flaws(after.data)]
        found += username_flaws(name) if is_new else []
        for flaw in found:
            self._wrong(line, flaw.pointer.split("/")[-1], flaw.detail)
        if len(after.email) > 254:
            self._wrong(line, "email", _("Use at most %(most)s characters.") % {"most": 254})

    def _listed(self, line: int, key: str, text: str) -> tuple[str, ...]:
        known, found = (self._roles if key == "roles" else self._groups), []
        for name in group_names_in([text]):
            if (stored := known.get(name.casefold())) is not None:
                found.append(stored)
                continue
            sentence = (_("No role named %(name)s.") if key == "roles"
                        else _("No group named %(name)s."))  # fmt: skip
            self._wrong(line, key, sentence % {"name": name[:80]})
        return tuple(sorted(set(found), key=ROLES.index if key == "roles" else None))

    def _manager(self, line: FileLine, stored: str) -> str:
        """Return the user name of a manager who is there, or in the file."""
        typed = line.cells["manager"]
        by_address = self._addresses.get(typed.casefold(), set()) if typed else set()
        key = typed.casefold()
        if key not in self._names and key not in self._users and len(by_address) == 1:
            (key,) = by_address
        user = self._users.get(key)
        name = self._names.get(key) or (user.username if user else "")
        if typed and not name:
            sentence = _("No user named %(name)s, neither here nor in the file.")
            self._wrong(line.number, "manager", sentence % {"name": typed[:150]})
        elif typed and key == line.cells["username"].casefold():
            sentence = _("A user cannot be their own manager. Choose another user.")
            self._wrong(line.number, "manager", sentence)
        elif user is not None and not user.is_active and name != stored:
            sentence = _("%(name)s is deactivated. Choose another user.")
            self._wrong(line.number, "manager", sentence % {"name": name})
        return name

    def _refuse_circles(self, people: Iterable[PlannedPerson]) -> None:
        above = {key: data_in(getattr(row, "profile", None)).manager.casefold()
                 for key, row in self._users.items()}  # fmt: skip
        planned = {one.username.casefold(): one for one in people}
        above |= {key: one.after.manager.casefold() for key, one in planned.items()}
        for key, one in planned.items():
            at, seen = above[key], {key}
            while at and at not in seen:
                seen.add(at)
                at = above.get(at, "")
            if at == key and above[key] != key:
                sentence = _(
                    "%(name)s reports to %(user)s, directly or through others. Choose another user."
                )
                words = {"name": one.after.manager, "user": one.username}
                self._wrong(one.line, "manager", sentence % words)

    def _refuse_lockout(self, people: Iterable[PlannedPerson]) -> None:
        able = set(able_administrators().values_list("pk", flat=True))
        left = [
            one
            for one in people
            if one.user is not None and one.user.pk in able and ADMINISTRATOR not in one.after.roles
        ]
        if left and len(left) == len(able):
            for one in left:
                self._wrong(one.line, "roles", _(LAST))


def _state_of(user: User) -> PersonState:
    data = data_in(getattr(user, "profile", None))
    # Groups and roles as they are prefetched, not one question for each person.
    user._kianda_groups = frozenset(  # type: ignore[attr-defined]
        group.name for group in user.groups.all()
    )
    return PersonState(
        user.get_full_name(), user.email, *data, tuple(assigned_roles(user)),
        tuple(own_groups_of(user)),
    )  # fmt: skip


def _words(value: str | Sequence[str], key: str) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(role_titles(value) if key == "roles" else value)


def _store(plan: PeoplePlan) -> Mapping[str, User]:
    """Write users, then their groups, then their data; return the users by name."""
    users = {one.username: one.user or User(username=one.username) for one in plan.people}
    for one in (*plan.new, *plan.changed):
        _fill(users[one.username], one)
    User.objects.bulk_create([users[one.username] for one in plan.new], batch_size=_BATCH)
    columns = ["first_name", "last_name", "email", "is_superuser", "is_staff"]
    User.objects.bulk_update(
        [users[one.username] for one in plan.changed], columns, batch_size=_BATCH
    )
    for one in plan.changed:
        if one.before.email != one.after.email:
            forget_other_addresses(users[one.username])
    _store_groups(plan, users)
    _store_data(plan, users)
    return users


def _fill(user: User, one: PlannedPerson) -> None:
    user.first_name, _blank, user.last_name = one.after.name.partition(" ")
    user.email = one.after.email
    if one.is_new:
        user.set_unusable_password()
    if one.is_new or one.before.roles != one.after.roles:
        user.is_superuser = user.is_staff = ADMINISTRATOR in one.after.roles


def _store_groups(plan: PeoplePlan, users: Mapping[str, User]) -> None:
    keys = dict(Group.objects.values_list("name", "pk"))
    through: Any = User.groups.through
    added: list[Any] = []
    removed: dict[int, list[int]] = {}
    for one in (*plan.new, *plan.changed):
        pk = users[one.username].pk
        before = set() if one.is_new else {*one.before.roles, *one.before.groups}
        after = {*one.after.roles, *one.after.groups}
        added += [through(user_id=pk, group_id=keys[name]) for name in after - before]
        for name in before - after:
            removed.setdefault(keys[name], []).append(pk)
    through.objects.bulk_create(added, batch_size=_BATCH, ignore_conflicts=True)
    for group, pks in removed.items():
        for start in range(0, len(pks), _BATCH):
            some = pks[start : start + _BATCH]
            through.objects.filter(group_id=group, user_id__in=some).delete()


def _store_data(plan: PeoplePlan, users: Mapping[str, User]) -> None:
    others = dict(User.objects.values_list("username", "pk"))
    rows = []
    for one in (*plan.new, *plan.changed):
        if one.before.data != one.after.data:
            data = one.after.data._asdict()
            manager = others.get(data.pop("manager"))
            rows.append(Profile(user=users[one.username], manager_id=manager, **data))
    Profile.objects.bulk_create(
        rows, batch_size=_BATCH, update_conflicts=True, unique_fields=["user"],
        update_fields=list(PersonData._fields),
    )  # fmt: skip


def _audit_entry(one: PlannedPerson, by: User) -> AuditEntry:
    """Tell the change as the dialog of a user does: rights are named, the rest is not."""
    told = [] if not one.is_new else [_words(one.after.roles, "roles")]
    told += [
        f"{change.title}: {change.after or _('none')}"
        if change.key in {"manager", *_LISTS}
        else change.title
        for change in one.changes
        if not one.is_new or change.key != "roles"
    ]
    action: audit.Action = "invited" if one.is_new else "changed"
    detail = ". ".join(filter(None, [_("Import"), *told]))
    return audit.entry(by, action=action, kind="user", name=one.username, detail=detail)
