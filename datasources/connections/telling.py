"""Who is told that a connection needs a person or works again, that a certificate ends: once."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from datasources.kinds import RestDatasource
from datasources.models import Connection, Datasource
from datasources.rest.certificates import WARN_AHEAD, CertificateFlaw, load_certificate
from datasources.selectors import document_of, security_of
from kianda.accounts.roles import has_role
from kianda.messages.kinds import (
    CertificateEnding,
    ConnectionBroken,
    ConnectionRecovered,
    NotificationKind,
)
from kianda.messages.models import Notification
from kianda.messages.readers import Subject
from kianda.messages.services import notify

THING, CERTIFICATE = "connection", "certificate"
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
    named = Q(groups__name__in=ConnectionBroken.roles) | Q(is_superuser=True)
    people = User.objects.filter(named, is_active=True).distinct()
    editors = security_of(source).editors
    return [user.pk for user in people if editors.hold(user)]


def seen_connections(user: User, keys: Collection[str]) -> Collection[str]:
    """Return of which connections a person may still be told: those that they may mend."""
    if not has_role(user, *ConnectionBroken.roles):
        return []
    rows = Connection.objects.filter(pk__in=[int(key) for key in keys])
    rows = rows.filter(datasource__deleted_at__isnull=True).select_related("datasource")
    return [
        str(row.pk)
        for row in rows.defer("datasource__document")
        if security_of(row.datasource).editors.hold(user)
    ]


def tell_ending_certificates(moment: datetime) -> None:
    """Tell those who may mend them of the client certificates that end within a month."""
    for row in Datasource.objects.filter(kind="rest").order_by("pk"):
        ends = _end_of(row)
        if ends is not None and abs(ends - moment) < WARN_AHEAD:
            _tell_ending(row, ends)


def _end_of(row: Datasource) -> datetime | None:
    """Return when the client certificate of a datasource ends; None without a readable one."""
    document = document_of(row)
    if not isinstance(document, RestDatasource) or document.client_certificate is None:
        return None
    try:
        return load_certificate(document.client_certificate).expires_at
    except CertificateFlaw:
        return None


@transaction.atomic
def _tell_ending(row: Datasource, ends: datetime) -> None:
    day = f"{ends:%Y-%m-%d}"
    about = Subject(CERTIFICATE, f"{row.pk} {day}")
    # One at a time: whoever comes second sees what was told.
    Datasource.objects.select_for_update().only("pk").get(pk=row.pk)
    if Notification.objects.filter(about_kind=about.kind, about=about.key).exists():
        return
    url = reverse("datasource", args=[row.name])
    data = {"source": row.title, "day": day}
    notify(_menders(row), CertificateEnding, data=data, url=url, about=about)


def seen_certificates(user: User, keys: Collection[str]) -> Collection[str]:
    """Return of which certificates a person may still be told: those that they may mend."""
    if not has_role(user, *CertificateEnding.roles):
        return []
    pks = {key: int(key.partition(" ")[0]) for key in keys}
    rows = Datasource.objects.filter(pk__in=pks.values()).defer("document")
    mended = {row.pk for row in rows if security_of(row).editors.hold(user)}
    return [key for key, pk in pks.items() if pk in mended]
