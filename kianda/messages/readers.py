"""Who may still read what they were told: asked anew whenever it is shown, and before it is mailed.

Between telling and reading people lose roles, groups and rights, or leave. What a notification is
about belongs to other apps: each says by whom its things are seen.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import USER, has_role
from kianda.messages.models import Notification


class Subject(NamedTuple):
    """What a notification is about: a kind of thing that an app has registered, and its key."""

    kind: str = ""
    key: str = ""


NOTHING: Final = Subject()


# Which of some things, by their keys as texts, a person sees.
Seen = Callable[[User, Collection[str]], Collection[str]]
_things: dict[str, Seen] = {}


def register_things(kind: str, seen: Seen) -> None:
    """Say which things of a kind a person sees."""
    _things[kind] = seen


def still_read(user: User, rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Return those of a person's notifications whose things they see, as rights stand now."""
    if not user.is_active or not has_role(user, USER):
        return rows.none()
    named = rows.exclude(about_kind="").order_by().values_list("about_kind", "about").distinct()
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for kind, key in named:
        keys[kind].add(key)
    for kind, found in keys.items():
        gone = found - set(_things[kind](user, found)) if kind in _things else found
        if gone:
            rows = rows.exclude(about_kind=kind, about__in=sorted(gone))
    return rows


def refusal_of(told: Collection[int]) -> str:
    """Return why a mail that tells of notifications, by their keys, is not sent; "" when it is.

    What its reader may still read of it is told in a summary of its own.
    """
    rows = Notification.objects.filter(pk__in=told).select_related("user").order_by("pk")
    first = rows.first()
    read = still_read(first.user, rows) if first is not None else rows.none()
    left = set(read.values_list("pk", flat=True))
    if len(left) == len(told):
        return ""
    Notification.objects.filter(pk__in=left).update(mail_due_at=timezone.now())
    return _("Not sent: the recipient may no longer see this.")
