"""Two people change one user: what the other one saved, and what of the own input is kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import ROLES, assigned_roles, groups_of
from kianda.lib import three_way_merge
from kianda.lib.three_way_merge import Told

Settings = dict[str, Any]
LISTS = ("roles", "groups")
PARTS = ("name", "email", *LISTS)


def settings_of(user: User) -> Settings:
    """Return a user as the dialog shows one."""
    return {
        "name": user.get_full_name(), "email": user.email,
        "roles": assigned_roles(user),
        "groups": sorted(groups_of(user) - set(ROLES)),
    }  # fmt: skip


def read(text: str) -> Settings | None:
    """Return what a form had when it was opened; None when no form has written that."""
    found = three_way_merge.read(text)
    return found if _is_settings(found) else None


def _is_settings(found: Settings) -> bool:
    """Tell whether every part is of the kind that a form has written: anybody can send another."""
    return found.keys() == set(PARTS) and all(
        isinstance(value, list) and all(isinstance(one, str) for one in value)
        if part in LISTS
        else isinstance(value, str)
        for part, value in found.items()
    )


def merged(mine: Mapping[str, Any], seen: Settings, now: Settings) -> Settings:
    """Return what was chosen, with what was left alone as it is stored now; lists tick by tick."""
    taken = three_way_merge.merge(seen, mine, now, keys=PARTS).values
    return taken | {part: _ticked(mine[part], seen[part], now[part]) for part in LISTS}


def _ticked(mine: Iterable[str], seen: Iterable[str], now: Iterable[str]) -> list[str]:
    """Return theirs with what this person has ticked and unticked."""
    return sorted((set(now) | (set(mine) - set(seen))) - (set(seen) - set(mine)))


def differences(mine: Mapping[str, Any], seen: Settings, now: Settings) -> list[Told]:
    """Return what somebody else has changed since the form was opened."""
    titles = {"name": _("Name"), "email": _("E-mail"), "roles": _("Roles"), "groups": _("Groups")}
    found = three_way_merge.merge(seen, mine, now, keys=PARTS).differences
    return three_way_merge.told(found, titles=titles, words=_value_in_words)


def _value_in_words(_part: str, value: Any) -> str:
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words[:200] or _("none")
