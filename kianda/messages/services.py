"""Telling people, and what they have read."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from kianda.messages.kinds import KINDS, NotificationKind, kinds_for
from kianda.messages.lines import as_lines
from kianda.messages.mails import mail_readers, plan_mails
from kianda.messages.models import MailTiming, Notification, SwitchedOff
from kianda.messages.readers import NOTHING, Subject, still_read

KEPT = timedelta(days=90)
# The bell says "99+" past it.
MOST_COUNTED = 100
BATCH = 500


def notify(
    people: Iterable[int],
    kind: type[NotificationKind],
    *,
    data: Mapping[str, Any],
    url: str,
    about: Subject = NOTHING,
    by: User | None = None,
    also_by: bool = False,
) -> None:
    """Tell people, by their keys, as each chose; call inside the transaction that it tells of.

    A line comes behind the bell, a mail is planned or kept for the daily summary. Whoever did it is
    not told unless `also_by`, nor who does not want this kind, nor who can no longer sign in.
    """
    wanted = set(people) - ({by.pk} if by is not None and not also_by else set())
    active = User.objects.filter(pk__in=wanted, is_active=True) if wanted else User.objects.none()
    readers = mail_readers(active, kind)
    off = set(
        SwitchedOff.objects.filter(kind=kind.slug, user__in=wanted).values_list("user", flat=True)
    )
    moment = timezone.now()
    made = Notification.objects.bulk_create(
        (
            Notification(
                user=reader.user, kind=kind.slug, at=moment, by=by, data=dict(data), url=url,
                about_kind=about.kind, about=about.key,
                in_bell=reader.user.pk not in off,
                read_at=moment if reader.user.pk in off else None,
                mail_due_at=reader.due_after(moment),
            )
            for reader in readers
            if reader.user.pk not in off or reader.timing != MailTiming.OFF
        ),
        batch_size=BATCH,
    )  # fmt: skip
    if kind.for_outsiders:
        _about_nothing_for_outsiders(made)
    mailed = {reader.user.pk for reader in readers if reader.timing == MailTiming.AT_ONCE}
    plan_mails([line for line in as_lines(made) if line.notification.user_id in mailed])


def _about_nothing_for_outsiders(made: Iterable[Notification]) -> None:
    """Let those read it who do not see the thing now: they have nothing to lose."""
    for one in made:
        row = Notification.objects.filter(pk=one.pk)
        if not still_read(one.user, row).exists():
            row.update(about_kind="", about="")


def lines_of(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    """Return what a person was told behind the bell and may still read, the newest first."""
    return still_read(user, _in_bell(user, unread=unread)).select_related("by").order_by("-pk")


def newest_lines(user: User, *, most: int) -> QuerySet[Notification]:
    """Return the first lines of the same."""
    return _newest_read(user, _in_bell(user)).select_related("by").order_by("-pk")[:most]


def unread_count(user: User) -> int:
    """Return how many lines are unread, counted up to 100: every page asks."""
    return _newest_read(user, _in_bell(user, unread=True)).count()


def _in_bell(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    rows = Notification.objects.filter(user=user, kind__in=KINDS, in_bell=True)
    return rows.filter(read_at__isnull=True) if unread else rows


def _newest_read(user: User, rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Return those of the newest that a person may still read, in no order."""
    newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST_COUNTED])
    # Mostly there are none: then nobody's rights are looked up.
    found = Notification.objects.filter(pk__in=newest).order_by()
    return still_read(user, found) if newest else found


def read_one(pk: int, user: User) -> Notification:
    """Mark one line as read and return it; raises Missing for one that they may not read."""
    found = still_read(user, Notification.objects.filter(pk=pk, user=user)).first()
    if found is None:
        raise Missing(_("Notification not found."))
    if found.read_at is None:
        Notification.objects.filter(pk=pk).update(read_at=timezone.now())
    return found


def read_all(user: User) -> int:
    """Mark all lines of a person as read; returns how many were not."""
    rows = Notification.objects.filter(user=user, read_at__isnull=True)
    return rows.update(read_at=timezone.now())


def settle(
    people: Iterable[int], kinds: Iterable[type[NotificationKind]], about: Subject, **data: str
) -> None:
    """Count lines about a thing as read whose matter is done, and plan no summary of them.

    They are those of some kinds with these values in their data; call inside the transaction.
    """
    rows = Notification.objects.filter(
        user__in=set(people), read_at__isnull=True, kind__in=[kind.slug for kind in kinds],
        about_kind=about.kind, about=about.key,
        **{f"data__{name}": value for name, value in data.items()},
    )  # fmt: skip
    rows.update(read_at=timezone.now(), mail_due_at=None)


def wanted_kinds(user: User) -> set[str]:
    """Return the kinds that a person wants to be told of."""
    off = SwitchedOff.objects.filter(user=user).values_list("kind", flat=True)
    return set(KINDS) - set(off)


def want_kinds(user: User, wanted: Iterable[str]) -> None:
    """Keep which kinds a person wants to be told of, of those that can reach them."""
    offered = kinds_for(user).keys()
    off = offered - set(wanted)
    SwitchedOff.objects.filter(user=user, kind__in=offered - off).delete()
    SwitchedOff.objects.bulk_create(
        (SwitchedOff(user=user, kind=kind) for kind in sorted(off)), ignore_conflicts=True
    )


def prune(moment: datetime, *, batches: int = 20) -> int:
    """Delete lines that are older than 90 days; returns how many."""
    deleted = 0
    for _batch in range(batches):
        old = Notification.objects.filter(at__lt=moment - KEPT).order_by("at")
        pks = list(old.values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        deleted += Notification.objects.filter(pk__in=pks).delete()[0]
    return deleted
