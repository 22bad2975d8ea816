"""The audit log: who changed which object, and when.

What was done and to what kind of object are codes: stored in English, translated when shown. The
detail is a sentence in the language of whoever did it.
"""

from collections.abc import Mapping
from typing import Any, Literal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from kianda.accounts.models import AuditEntry
from kianda.lib.word_search import holds_word

Action = Literal[
    "address change asked", "address changed", "called", "changed", "changed the password",
    "connected", "created", "deactivated", "deleted", "disconnected", "exported", "hook renewed",
    "invitation sent", "invited", "link revoked", "marked as done", "members changed", "moved",
    "password link asked", "password link made", "password link sent", "paused", "published",
    "reactivated", "recovery codes made", "recovery codes read", "removed", "renamed", "restored",
    "resumed", "revoked", "run", "saved", "second factor added", "second factor removed",
    "second factor reset", "secrets discarded", "sent again", "session ended", "sessions ended",
    "set a password", "sign-in paused", "sign-in refused", "signed in", "signed out", "tested",
    "wrong code", "wrong password",
]  # fmt: skip
Kind = Literal[
    "API token", "attribute", "audit log", "backup", "comment", "datasource", "form link", "group",
    "identity provider", "instance", "mail account", "message", "process", "scheduled task",
    "secret", "sign-in", "start page", "user", "variable",
]  # fmt: skip

ACTIONS: Mapping[Action, str] = {
    "address change asked": gettext_noop("address change requested"),
    "address changed": gettext_noop("address changed"),
    "called": gettext_noop("called"),
    "changed": gettext_noop("changed"),
    "changed the password": gettext_noop("password changed"),
    "connected": gettext_noop("connected"),
    "created": gettext_noop("created"),
    "deactivated": gettext_noop("deactivated"),
    "deleted": gettext_noop("deleted"),
    "disconnected": gettext_noop("disconnected"),
    "exported": gettext_noop("exported"),
    "hook renewed": gettext_noop("webhook address replaced"),
    "invitation sent": gettext_noop("invitation queued"),
    "invited": gettext_noop("invited"),
    "link revoked": gettext_noop("link revoked"),
    "marked as done": gettext_noop("marked as done"),
    "members changed": gettext_noop("members changed"),
    "moved": gettext_noop("moved"),
    "password link asked": gettext_noop("password link requested"),
    "password link made": gettext_noop("password link created"),
    "password link sent": gettext_noop("password link queued"),
    "paused": gettext_noop("paused"),
    "published": gettext_noop("published"),
    "reactivated": gettext_noop("reactivated"),
    "recovery codes made": gettext_noop("recovery codes created"),
    "recovery codes read": gettext_noop("recovery codes viewed"),
    "removed": gettext_noop("permanently deleted"),
    "renamed": gettext_noop("renamed"),
    "restored": gettext_noop("restored"),
    "resumed": gettext_noop("resumed"),
    "revoked": gettext_noop("revoked"),
    "run": gettext_noop("started"),
    "saved": gettext_noop("saved"),
    "second factor added": gettext_noop("second factor added"),
    "second factor removed": gettext_noop("second factor removed"),
    "second factor reset": gettext_noop("second factor reset"),
    "secrets discarded": gettext_noop("unreadable secrets discarded"),
    "sent again": gettext_noop("sent again"),
    "session ended": gettext_noop("session ended"),
    "sessions ended": gettext_noop("sessions ended"),
    "set a password": gettext_noop("password set"),
    "sign-in paused": gettext_noop("sign-in paused"),
    "sign-in refused": gettext_noop("sign-in refused"),
    "signed in": gettext_noop("signed in"),
    "signed out": gettext_noop("signed out"),
    "tested": gettext_noop("tested"),
    "wrong code": gettext_noop("wrong code"),
    "wrong password": gettext_noop("wrong password"),
}
# What is said to who wants to save settings that have become others.
_CHANGES: tuple[Action, ...] = (
    "changed", "members changed", "renamed", "paused", "resumed", "hook renewed",
)  # fmt: skip
# What other pages call them.
KINDS: Mapping[Kind, str] = {
    "API token": gettext_noop("API token"),
    "attribute": gettext_noop("Attribute"),
    "audit log": gettext_noop("Audit log"),
    "backup": gettext_noop("Backup"),
    "comment": gettext_noop("Comment"),
    "datasource": gettext_noop("Data source"),
    "form link": gettext_noop("Form link"),
    "group": gettext_noop("Group"),
    "identity provider": gettext_noop("Identity provider"),
    "instance": gettext_noop("Record"),
    "mail account": gettext_noop("Mail account"),
    "message": gettext_noop("Message"),
    "process": gettext_noop("Process design"),
    "scheduled task": gettext_noop("Scheduled task"),
    "secret": gettext_noop("Secret"),
    "sign-in": gettext_noop("Sign-in"),
    "start page": gettext_noop("Start page"),
    "user": gettext_noop("User"),
    "variable": gettext_noop("Variable"),
}


def record(user: Any, *, action: Action, kind: Kind, name: str, detail: str = "") -> AuditEntry:
    """Write one entry, in the transaction of the change. Without a user it is `system`."""
    made = entry(user, action=action, kind=kind, name=name, detail=detail)
    made.save()
    return made


def entry(user: Any, *, action: Action, kind: Kind, name: str, detail: str = "") -> AuditEntry:
    """Return one entry, to be written with others."""
    known = user is not None and user.is_authenticated
    return AuditEntry(
        at=timezone.now(),
        user=user if known else None,
        user_name=user.get_username()[:150] if known else "system",
        action=action,
        kind=kind,
        name=name[:200],
        detail=detail[:500],
    )


def last_change(kind: Kind, name: str) -> AuditEntry | None:
    """Return the newest entry about a change of the settings of an object."""
    entries = AuditEntry.objects.filter(kind=kind, name=name[:200], action__in=_CHANGES)
    return entries.select_related("user").order_by("-at", "-pk").first()


def last_entry(kind: Kind) -> AuditEntry | None:
    """Return the newest entry about objects of a kind that are stored together: also those gone."""
    entries = AuditEntry.objects.filter(kind=kind, action__in=("created", "changed", "deleted"))
    return entries.select_related("user").order_by("-at", "-pk").first()


def action_words(action: str) -> str:
    """Say what was done as the log says it; an action of another version stays as it is."""
    return gettext({str(code): said for code, said in ACTIONS.items()}.get(action, action))


def kind_words(kind: str) -> str:
    """Say a kind of object as other pages do; one of another version stays as it is."""
    return gettext({str(code): said for code, said in KINDS.items()}.get(kind, kind))


def told_by(word: str) -> Q:
    """Return the filter of the entries that say a word, in the language of the reader."""
    return (
        holds_word(word, "name", "detail")
        | Q(action__in=_named(word, ACTIONS)) | Q(kind__in=_named(word, KINDS))
    )  # fmt: skip


def _named(word: str, table: Mapping[Any, str]) -> list[str]:
    wanted = word.casefold()
    return [code for code, said in table.items() if wanted in gettext(said).casefold()]
