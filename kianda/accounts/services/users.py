"""Users: invited by a link, given roles, deactivated; nobody locks the last administrator out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

from kianda.accounts.models import Profile
from kianda.accounts.roles import ADMINISTRATOR, ROLES, assigned_roles, implying, role_titles
from kianda.accounts.services import audit
from kianda.accounts.services.addresses import forget_other_addresses
from kianda.accounts.services.groups import group_flaws, lock_people, put_into_groups
from kianda.accounts.services.password_links import first_link, send_invitation
from kianda.accounts.services.person_data import (
    PersonData,
    manager_of,
    store_person_data,
    text_flaws,
)
from kianda.accounts.services.sessions import forget_sessions
from kianda.lib.errors import Conflict, Flaw, Invalid, Missing
from kianda.lib.names import unseen_flaw
from kianda.lib.word_search import holds_words

KIND: Final = "user"
NOTHING: Final = PersonData()
LAST = gettext_noop("This is the last active Administrator. Give someone else this role first.")


def people(*, search: str = "", status: str = "", role: str = "") -> QuerySet[User]:
    """Return the users of a list, by name."""
    rows = User.objects.prefetch_related("groups").order_by("username")
    said = ("username", "first_name", "last_name", "email")
    rows = rows.filter(holds_words(search.split(), *said))
    if role in ROLES:
        rows = rows.filter(_acting(role))
    if status in {"active", "inactive"}:
        rows = rows.filter(is_active=status == "active")
    # Words that are none of these are nobody's.
    known = role in {"", *ROLES} and status in {"", "active", "inactive"}
    return rows if known else rows.none()


def _acting(role: str) -> Q:
    """Return the filter of those who act in a role, given or implied; deactivated people too."""
    # By their keys: most people have a role, and a join would look up its name for each.
    roles = Group.objects.filter(name__in={role, *implying(role)}).values_list("pk", flat=True)
    members = User.groups.through.objects.filter(group__in=list(roles))
    return Q(is_superuser=True) | Q(pk__in=members.values("user"))


def person(key: int | str) -> User:
    """Return one user by key, or by user name as it is written; raises Missing."""
    by = {"pk": key} if isinstance(key, int) else {"username": key}
    found = User.objects.filter(**by).first()
    if found is None:
        raise Missing(_("User not found."))
    return found


def has_deactivated_manager(user: User) -> bool:
    """Tell whether somebody reports to who can sign in no more."""
    return Profile.objects.filter(user_id=user.pk, manager__is_active=False).exists()


def reports_of(user: User) -> int:
    """Return how many active people report to a user."""
    return Profile.objects.filter(manager=user, user__is_active=True).count()


def invite_person(
    *,
    username: str,
    name: str,
    email: str,
    roles: Sequence[str],
    groups: Sequence[str] = (),
    data: PersonData = NOTHING,
    send: bool = False,
    by: User,
) -> tuple[User, str]:
    """Make a user without a password; return it and the link that lets the person set one.

    `send`: the link is mailed, not shown, and what is returned holds no more.
    """
    made = User(username=username, email=email)
    with transaction.atomic():
        lock_people()
        manager, unknown = manager_of(data, of=made)
        _raise([
            *(username_flaws(username) or _taken_flaws(username)),
            *detail_flaws(name, email, roles), *group_flaws(groups), *text_flaws(data), *unknown,
        ])  # fmt: skip
        _name(made, name)
        made.set_unusable_password()
        made.save()
        _set_roles(made, roles)
        detail = _told(
            ", ".join(role_titles(roles)), put_into_groups(made, groups),
            store_person_data(made, data, manager),
        )  # fmt: skip
        audit.record(by, action="invited", kind=KIND, name=username, detail=detail)
        path = first_link(made)
        if send:
            send_invitation(made, by=by)
    return made, path


def change_person(
    user: User,
    *,
    name: str,
    email: str,
    roles: Sequence[str],
    groups: Sequence[str] | None = None,
    data: PersonData | None = None,
    active: bool | None = None,
    unchanged: Callable[[User], None] | None = None,
    by: User,
) -> User:
    """Store what is given of a user (None: as it is); the audit log tells what has changed.

    `unchanged` may refuse what the user has become by the time the row is locked.
    """
    with transaction.atomic():
        user = locked(user)
        if unchanged is not None:
            unchanged(user)
        manager, unknown = manager_of(data or NOTHING, of=user)
        before = assigned_roles(user)
        _raise([
            *detail_flaws(name, email, roles), *group_flaws(groups or ()),
            *text_flaws(data or NOTHING), *unknown, *_last_flaws(user, before, roles),
        ])  # fmt: skip
        renamed = _set_details(user, name, email)
        _set_roles(user, roles)
        detail = _told(
            _role_change(before, roles),
            put_into_groups(user, groups) if groups is not None else "",
            store_person_data(user, data, manager) if data is not None else "",
        )
        if renamed or detail:
            audit.record(by, action="changed", kind=KIND, name=user.username, detail=detail)
        if active is not None and active != user.is_active:
            (reactivate_person if active else deactivate_person)(user, by=by)
            user.refresh_from_db(fields=["is_active"])
    return user


def _last_flaws(user: User, before: Iterable[str], roles: Sequence[str]) -> list[Flaw]:
    if ADMINISTRATOR in before and ADMINISTRATOR not in roles and _is_last(user):
        return [Flaw("/roles", gettext(LAST))]
    return []


def _set_details(user: User, name: str, email: str) -> bool:
    """Store name and e-mail; tell whether they were others before."""
    before = (user.first_name, user.last_name, user.email)
    user.email = email
    _name(user, name)
    user.save(update_fields=["first_name", "last_name", "email"])
    forget_other_addresses(user)
    return before != (user.first_name, user.last_name, user.email)


def _role_change(before: Iterable[str], after: Sequence[str]) -> str:
    """Say which roles a person has now; nothing when they are those of before."""
    if set(before) == set(after):
        return ""
    return _("Roles: %(names)s") % {"names": ", ".join(role_titles(after)) or _("none")}


def deactivate_person(user: User, *, by: User) -> None:
    """Let a person sign in no more; sessions and API tokens end with it."""
    if user.pk == by.pk:
        raise Conflict(_("You cannot deactivate yourself. Ask another Administrator."))
    with transaction.atomic():
        user = locked(user)
        if ADMINISTRATOR in assigned_roles(user) and _is_last(user):
            raise Conflict(gettext(LAST))
        if user.is_active:
            user.is_active = False
            user.save(update_fields=["is_active"])
            forget_sessions(user)
            audit.record(by, action="deactivated", kind=KIND, name=user.username)


def reactivate_person(user: User, *, by: User) -> None:
    """Let a person sign in again, with the password and the API tokens of before."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            audit.record(by, action="reactivated", kind=KIND, name=user.username)


def locked(user: User) -> User:
    """Return the row, under the lock of users: to be called in a transaction."""
    lock_people()
    return User.objects.select_for_update().get(pk=user.pk)


def able_administrators() -> QuerySet[User]:
    """Return the Administrators who can sign in: who has no password yet cannot help anybody."""
    able = User.objects.filter(is_active=True)
    able = able.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return able.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)).distinct()


def _is_last(user: User) -> bool:
    return not able_administrators().exclude(pk=user.pk).exists()


def _set_roles(user: User, roles: Iterable[str]) -> None:
    user.groups.set(
        [
            *user.groups.exclude(name__in=ROLES),
            *(Group.objects.get_or_create(name=role)[0] for role in roles),
        ]
    )
    # Who was made an administrator by command is one by this mark; the role is the one truth here.
    is_administrator = ADMINISTRATOR in roles
    if user.is_superuser != is_administrator or user.is_staff != is_administrator:
        user.is_superuser = user.is_staff = is_administrator
        user.save(update_fields=["is_superuser", "is_staff"])


def _told(*sentences: str) -> str:
    return ". ".join(filter(None, sentences))


def _name(user: User, name: str) -> None:
    user.first_name, _blank, user.last_name = name.strip().partition(" ")


def username_flaws(username: str) -> list[Flaw]:
    """Return what is wrong with how a user name is written."""
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        return [Flaw("/username", _("Use letters, digits and @ . + - _ only."))]
    if len(username) > 150:
        return [Flaw("/username", _("Use at most 150 characters."))]
    return []


def _taken_flaws(username: str) -> list[Flaw]:
    if not User.objects.filter(username__iexact=username).exists():
        return []
    sentence = _("%(username)s already exists. Choose another user name.") % {"username": username}
    return [Flaw("/username", sentence)]


def detail_flaws(name: str, email: str, roles: Iterable[str]) -> list[Flaw]:
    """Return what is wrong with a name, an e-mail address, roles."""
    flaws = []
    first, _blank, last = name.strip().partition(" ")
    if len(first) > 150 or len(last) > 150:
        flaws.append(Flaw("/name", _("Use at most 150 characters for each name.")))
    elif unseen := unseen_flaw(name.strip()):
        flaws.append(Flaw("/name", unseen))
    try:
        if email:
            validate_email(email)
    except ValidationError:
        flaws.append(Flaw("/email", _("Enter an email address such as ada@example.org.")))
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        flaws.append(Flaw("/roles", _("No role named %(role)s.") % {"role": unknown[0][:40]}))
    return flaws


def _raise(flaws: Sequence[Flaw]) -> None:
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
