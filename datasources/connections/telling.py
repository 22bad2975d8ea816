"""Who is told when a connection needs a person, and when it works again: once each."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from datasources.models import Connection, Datasource
from datasources.selectors import security_of
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, has_role
from kianda.messages.kinds import ConnectionBroken, ConnectionRecovered, NotificationKind
from kianda.messages.readers import Subject
from kianda.messages.services import notify

THING = "connection"
LONGEST_REASON = 500


def tell_broken(row: Connection, reason: str) -> None:
    """Tell those who may mend it that nothing is tried any more; call inside the transaction."""
    _tell(row, ConnectionBroken, reason=reason)


def tell_recovered(row: Connection) -> None:
    """Tell the same people that it works again."""
    _tell(row, ConnectionRecovered)


def _tell(row: Connection, kind: type[NotificationKind], *, reason: str = "") -> None:
    source = Datasource.everything.defer("document").get(pk=row.datasource_id)
    data = {"connection": source.title, "reason": reason[:LONGEST_REASON]}
    url, thing = reverse("connection", args=[source.name]), Subject(THING, str(row.pk))
    notify(_menders(source), kind, data=data, url=url, about=thing)


def _menders(source: Datasource) -> list[int]:
    """Return who may change a datasource."""
    named = Q(groups__name__in=(ADMINISTRATOR, DATASOURCE_MANAGER)) | Q(is_superuser=True)
    people = User.objects.filter(named, is_active=True).distinct()
    editors = security_of(source).editors
    return [user.pk for user in people if editors.hold(user)]


def seen_connections(user: User, keys: Collection[str]) -> Collection[str]:
    """Return of which connections a person may still be told: those that they may mend."""
    if not has_role(user, ADMINISTRATOR, DATASOURCE_MANAGER):
        return []
    rows = Connection.objects.filter(pk__in=[int(key) for key in keys])
    rows = rows.filter(datasource__deleted_at__isnull=True).select_related("datasource")
    return [
        str(row.pk)
        for row in rows.defer("datasource__document")
        if security_of(row.datasource).editors.hold(user)
    ]
