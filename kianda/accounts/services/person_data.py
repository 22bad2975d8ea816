"""Where somebody works: manager, department, job title, phone; written by administrators."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.models import Profile
from kianda.accounts.roles import ROLES, groups_of
from kianda.accounts.services.attributes import attribute_titles, cleaned, value_flaws
from kianda.accounts.services.profiles import profile_of
from kianda.lib.errors import Flaw
from kianda.lib.names import unseen_flaw


class PersonData(NamedTuple):
    """What is known of a person beside the account; the manager by user name."""

    manager: str = ""
    department: str = ""
    job_title: str = ""
    phone: str = ""
    # What the workspace's own attributes say: name to text.
    attributes: Mapping[str, str] = {}


TITLES: Final[Mapping[str, Any]] = {
    "manager": gettext_lazy("Manager"),
    "department": gettext_lazy("Department"),
    "job_title": gettext_lazy("Job title"),
    "phone": gettext_lazy("Phone"),
}
LONGEST: Final[Mapping[str, int]] = {"department": 150, "job_title": 150, "phone": 50}


def display_name(user: Any) -> str:
    """Return what somebody is called: the full name, else the user name."""
    return str(user.get_full_name() or user.get_username())


def own_groups_of(user: Any) -> list[str]:
    """Return the groups of a person that are no roles, by name."""
    return sorted(groups_of(user) - set(ROLES))


def person_data(user: Any) -> PersonData:
    """Return what is stored of a person; without a row, nothing."""
    row = Profile.objects.filter(user_id=user.pk).select_related("manager").first()
    return data_in(row)


def data_in(row: Profile | None) -> PersonData:
    """Return what a profile says of its person."""
    if row is None:
        return PersonData()
    manager = row.manager.get_username() if row.manager else ""
    return PersonData(manager, row.department, row.job_title, row.phone, row.attributes)


def about(user: Any) -> list[tuple[Any, str]]:
    """Return what somebody reads about themselves: title and text, the manager by name."""
    row = Profile.objects.filter(user_id=user.pk).select_related("manager").first()
    data = data_in(row)
    if row is not None and row.manager is not None:
        data = data._replace(manager=display_name(row.manager))
    own = [(title, data.attributes.get(name, "")) for name, title in attribute_titles().items()]
    return [*((title, getattr(data, key)) for key, title in TITLES.items()), *own]


def text_flaws(data: PersonData) -> list[Flaw]:
    """Return what is wrong with the texts, each at its place."""
    flaws = []
    for key, most in LONGEST.items():
        text = getattr(data, key).strip()
        if len(text) > most:
            flaws.append(Flaw(f"/{key}", _("Use at most %(most)s characters.") % {"most": most}))
        elif unseen := unseen_flaw(text):
            flaws.append(Flaw(f"/{key}", unseen))
    return [*flaws, *value_flaws(data.attributes)]


def manager_of(data: PersonData, *, of: User) -> tuple[User | None, list[Flaw]]:
    """Return the manager that a name or address means, and what is wrong with it.

    To be asked under the lock of users: two changes could close a circle that neither sees.
    """
    typed = data.manager.strip()
    if not typed:
        return None, []
    found = user_named(typed)
    sentence = _("No user named %(name)s.") if found is None else _manager_flaw(found, of)
    if not sentence:
        return found, []
    names = {"name": typed[:150], "user": of.get_username()}
    return None, [Flaw("/manager", sentence % names)]


def user_named(typed: str) -> User | None:
    """Return the one user whom a user name or an e-mail address means."""
    for column in ("username", "email"):
        hits = User.objects.filter(**{f"{column}__iexact": typed})[:2]
        if len(hits) == 1:
            return hits[0]
    return None


def _manager_flaw(manager: User, of: User) -> str:
    if manager.pk == of.pk:
        return _("A user cannot be their own manager. Choose another user.")
    stored = Profile.objects.filter(user_id=of.pk, manager=manager).exists() if of.pk else False
    if not manager.is_active and not stored:
        return _("%(name)s is deactivated. Choose another user.")
    if of.pk and _reports_to(manager, of):
        return _("%(name)s reports to %(user)s, directly or through others. Choose another user.")
    return ""


def _reports_to(user: User, boss: User) -> bool:
    """Tell whether somebody is above a user, however far."""
    seen: set[int] = set()
    above: int | None = user.pk
    while above is not None and above not in seen:
        if above == boss.pk:
            return True
        seen.add(above)
        row = Profile.objects.filter(user_id=above).values_list("manager_id", flat=True)
        above = row.first()
    return False


def store_person_data(user: User, data: PersonData, manager: User | None) -> str:
    """Store what has been checked; return in words what has changed."""
    before = person_data(user)
    texts = {key: getattr(data, key).strip() for key in LONGEST}
    named = manager.get_username() if manager else ""
    after = PersonData(named, **texts, attributes=cleaned(data.attributes))
    if before == after:
        return ""
    Profile.objects.update_or_create(
        user_id=user.pk, defaults={**after._asdict(), "manager": manager}
    )
    changed = [
        _changed(key, after) for key in TITLES if getattr(before, key) != getattr(after, key)
    ]
    own = attribute_titles() if before.attributes != after.attributes else {}
    changed += [
        title
        for name, title in own.items()
        if before.attributes.get(name) != after.attributes.get(name)
    ]
    return ", ".join(changed)


def _changed(key: str, after: PersonData) -> str:
    """Say a change: rights follow the manager, so the name is told; the rest is nobody's need."""
    return f"{TITLES[key]}: {after.manager or _('none')}" if key == "manager" else str(TITLES[key])


def _manager_ref(user: Any) -> str:
    """Return the manager as a reference to a user: `user:mark`."""
    manager = profile_of(user).manager
    return f"user:{manager.get_username()}" if manager else ""


_VALUES: Final[Mapping[str, Callable[[Any], str | list[str]]]] = {
    "user.name": display_name,
    "user.username": lambda user: str(user.get_username()),
    "user.email": lambda user: str(user.email),
    "user.manager": _manager_ref,
    "user.department": lambda user: profile_of(user).department,
    "user.job_title": lambda user: profile_of(user).job_title,
    "user.phone": lambda user: profile_of(user).phone,
    "user.groups": own_groups_of,
}


def _value(user: Any, part: str) -> str | list[str]:
    """Return what is known of a person by a name: what every user has, or an attribute."""
    read = _VALUES.get(f"user.{part}")
    return read(user) if read else str(profile_of(user).attributes.get(part, ""))


def part_of(ref: str, part: str) -> str | list[str]:
    """Return what is known of whom a ref names, as `user.<part>` gives it; of a group its name."""
    kind, _colon, name = ref.partition(":")
    if kind == "user" and (user := User.objects.filter(username=name).first()):
        return _value(user, part)
    if part == "name":
        return name
    return [] if part == "groups" else ""


class PersonValues(Mapping[str, Any]):
    """Names and what they give, and besides `user.*`, looked up only when it is read.

    Where nobody is, as in a run whose user has been deleted, all of that is empty.
    """

    def __init__(self, known: Mapping[str, Any], user: User | None) -> None:
        """Take the other names, and the person of the run or form."""
        self._known, self._user = known, user

    def __getitem__(self, name: str) -> Any:
        """Return what a name gives."""
        if name in self._known:
            return self._known[name]
        root, _dot, part = name.partition(".")
        if root != "user" or not part:
            raise KeyError(name)
        if self._user is None:
            return [] if name == "user.groups" else ""
        return _value(self._user, part)

    def __contains__(self, name: object) -> bool:
        """Tell whether a name is known, without a look at what it gives."""
        return name in self._known or str(name).startswith("user.")

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter({**self._known, **dict.fromkeys(_VALUES)})

    def __len__(self) -> int:
        """Return how many there are."""
        return len(list(iter(self)))


_told: dict[str, Callable[[User], Any]] = {}


def register_may(name: str, tell: Callable[[User], Any]) -> None:
    """Let an app say what a person may do in it; called once, from its ready()."""
    _told[name] = tell


def what_person_may(user: User) -> dict[str, Any]:
    """Return what a person may do, as each app says it, bounded."""
    return {name: tell(user) for name, tell in sorted(_told.items())}
