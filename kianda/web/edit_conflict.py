"""Two people change the same settings: the second one is told, sees both, and may save again.

A form brings along the revision that it was opened with. When somebody has saved since, nothing is
changed: the page says who and when, shows what differs, and comes back with what was typed and the
revision of now. `components/edit_conflict.html` draws it, whatever the settings are of.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.audit import Kind, last_change
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Stale

NOTHING = "\u2013"


class Difference(NamedTuple):
    """One setting in the words of a page: as somebody else has saved it, and as it was typed."""

    title: Any
    theirs: str
    mine: str


@dataclass(frozen=True)
class EditConflict:
    """What somebody else has saved while a form was open; who, where the audit log knows."""

    entry: AuditEntry | None
    differences: list[Difference]


def changed_words(who: str, *, own: bool) -> str:
    """Say who has changed what a person is editing: maybe they themselves, in another window."""
    if own:
        return _("You changed this in another window")
    return _("%(who)s changed this while you were editing") % {"who": who or _("Someone else")}


def saved_before_words(entry: AuditEntry | None, user: Any) -> str:
    """Say who has saved before a person, as the audit log knows it, and what they do now."""
    own = entry is not None and entry.user_id == user.pk
    changed = changed_words(_name_in(entry), own=own)
    return _("%(changed)s. Check the new values, then save again.") % {"changed": changed}


def _name_in(entry: AuditEntry | None) -> str:
    if entry is None:
        return ""
    return display_name(entry.user) if entry.user else entry.user_name


def edit_conflict(
    kind: Kind,
    name: str,
    *,
    titles: Mapping[str, Any],
    theirs: Mapping[str, Any],
    mine: Mapping[str, Any],
) -> EditConflict:
    """Compare what is stored with what was typed, setting by setting; secrets come masked."""
    told = (
        Difference(title, setting_in_words(theirs.get(key)), setting_in_words(mine[key]))
        for key, title in titles.items()
        if key in mine  # What a form leaves out is not changed by it.
    )
    return EditConflict(last_change(kind, name), [one for one in told if one.theirs != one.mine])


def setting_in_words(value: Any) -> str:
    """Write a setting for a comparison."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {setting_in_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(map(setting_in_words, value)) or NOTHING
    return NOTHING if value in (None, "") else str(value)


def revision_of(settings: Any) -> str:
    """Return the revision of settings that count none; keyed, for there may be secrets in them."""
    return salted_hmac(__name__, json.dumps(settings), algorithm="sha256").hexdigest()


def check_revision(request: HttpRequest, settings: Any) -> None:
    """Raise Stale when a form was opened with other settings; without a revision it was."""
    if request.POST.get("revision") != revision_of(settings):
        raise Stale


def revision_context(
    request: HttpRequest, revision: object, conflict: EditConflict | None = None
) -> dict[str, Any]:
    """Return what the template needs: a form that comes back keeps the revision it came with."""
    if conflict is None:
        return {"revision": request.POST.get("revision") or revision, "conflict": None}
    entry = conflict.entry
    own = entry is not None and entry.user_id == request.user.pk
    return {
        "revision": revision, "conflict": conflict, "is_own_conflict": own,
        "changed_words": changed_words(_name_in(entry), own=own),
    }  # fmt: skip
