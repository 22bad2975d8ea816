"""Whose messages a person reads: Administrators all, others those of the runs they answer for."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.errors import Forbidden, Missing
from kianda.mail.models import MailMessage, MailRecipient

# The Process IDs of the instances that a person manages; None: they manage no process.
Managed = Callable[[User], QuerySet | None]  # type: ignore[type-arg]


class _Managers:
    of: Managed | None = None


def register_managed(managed: Managed) -> None:
    """Say of which instances a person reads what their runs have sent; called from ready()."""
    _Managers.of = managed


def reads_all(user: User) -> bool:
    """Tell whether a person reads all messages, and sends them to whom they like."""
    return has_role(user, ADMINISTRATOR)


def reads_some(user: User) -> bool:
    """Tell whether there may be messages that a person reads."""
    return reads_all(user) or _managed(user) is not None


def visible_messages(user: User) -> QuerySet[MailMessage]:
    """Return the messages that a person reads without what they say, the newest first.

    Raises Forbidden for whom there are none by what they are.
    """
    rows = MailMessage.objects.defer("content").order_by("-pk")
    everybody = Prefetch("recipients", MailRecipient.objects.order_by("pk"))
    rows = rows.prefetch_related(everybody)
    if reads_all(user):
        return rows
    managed = _managed(user)
    if managed is None:
        raise Forbidden(_("Only Administrators and people who manage a process can read messages."))
    # What was not sent by a run is a notification: it is for its reader alone.
    return rows.filter(run__isnull=False, process_id__in=managed)


def get_message(pk: int, user: User) -> MailMessage:
    """Return a message with its recipients; raises Missing for one that a person does not read."""
    if reads_some(user):
        rows = visible_messages(user).select_related("by").defer(None)
        found = rows.filter(pk=pk).first()
        if found is not None:
            return found
    raise Missing(_("Message not found."))


def _managed(user: User) -> QuerySet | None:  # type: ignore[type-arg]
    return _Managers.of(user) if _Managers.of is not None else None
