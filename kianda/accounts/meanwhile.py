"""Two people change one user: what the other one saved, and what of the own input is kept."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import ROLES, groups_of, roles_of

Settings = dict[str, Any]
LISTS = ("roles", "groups")
PARTS = ("name", "email", *LISTS)
MOST = 100_000


class Difference(NamedTuple):
    """A setting that somebody else has changed; `mine` is said when this person has too."""

    title: str
    before: str
    now: str
    mine: str


def settings_of(user: User) -> Settings:
    """Return a user as the dialog shows one."""
    held = set(ROLES) if user.is_superuser else roles_of(user)
    return {
        "name": user.get_full_name(), "email": user.email,
        "roles": [role for role in ROLES if role in held],
        "groups": sorted(groups_of(user) - set(ROLES)),
    }  # fmt: skip


def written(settings: Settings) -> str:
    """Return settings as text, to be sent back with the form that shows them."""
    return json.dumps(settings)


def read(text: str) -> Settings | None:
    """Return what a form had when it was opened; None when it cannot be read."""
    try:
        found = json.loads(text) if len(text) <= MOST else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_settings(found) else None


def _is_settings(found: Settings) -> bool:
    """Tell whether every part is of the kind that a form has written: anybody can send another."""
    return found.keys() == set(PARTS) and all(
        isinstance(value, list) and all(isinstance(one, str) for one in value)
        if part in LISTS
        else isinstance(value, str)
        for part, value in found.items()
    )


def merged(mine: Mapping[str, Any], seen: Settings, now: Settings) -> Settings:
    """Return what was chosen, with what was left alone as it is stored now."""
    return {
        part: _ticked(mine[part], seen[part], now[part]) if part in LISTS
        else now[part] if mine[part] == seen[part]
        else mine[part]
        for part in PARTS
    }  # fmt: skip


def _ticked(mine: Iterable[str], seen: Iterable[str], now: Iterable[str]) -> list[str]:
    """Return theirs with what this person has ticked and unticked."""
    return sorted((set(now) | (set(mine) - set(seen))) - (set(seen) - set(mine)))


def differences(mine: Mapping[str, Any], seen: Settings, now: Settings) -> list[Difference]:
    """Return what somebody else has changed since the form was opened."""
    titles = {"name": _("Name"), "email": _("E-mail"), "roles": _("Roles"), "groups": _("Groups")}
    return [
        Difference(
            titles[part], _said(seen[part]), _said(now[part]),
            "" if mine[part] in (seen[part], now[part]) else _said(mine[part]),
        )
        for part in PARTS
        if seen[part] != now[part]
    ]  # fmt: skip


def _said(value: Any) -> str:
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words[:200] or _("none")
