"""Leases: one process at a time refreshes a connection; who has lost its lease writes nothing."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.models import Connection, ConnectionRefresh
from kianda.lib.db import outages
from kianda.lib.process_names import is_gone, new_name

# A request ends well before its lease does.
LEASE = timedelta(seconds=60)
REQUEST_S = 45.0
# How far the clocks of two machines may lie apart before a lease counts as one of the future.
APART = timedelta(seconds=10)


class RefreshTakenOver(Exception):
    """Another process has taken the connection over: this one must not send anything."""


class Lease(NamedTuple):
    """What a process may do with a connection, until it ends."""

    connection: int
    fence: int
    holder: str


def take(row: Connection) -> Lease | None:
    """Take the lease of a connection, as it was read, unless somebody has it.

    An answer that its last holder waited for is noted as lost: it may have changed the tokens at
    the provider.
    """
    now = timezone.now()
    if not _is_free(row, now):
        return None
    lease = Lease(row.pk, row.fence + 1, new_name())
    with transaction.atomic():
        taken = Connection.objects.filter(pk=row.pk, fence=row.fence).update(
            fence=lease.fence,
            holder=lease.holder,
            lease_until=now + LEASE,
            in_flight_at=None,
            in_flight_cause="",
        )
        if not taken:
            return None
        if row.in_flight_at is not None:
            ConnectionRefresh.objects.create(
                connection_id=row.pk,
                at=row.in_flight_at,
                cause=row.in_flight_cause,
                outcome=ConnectionRefresh.Outcome.LOST_ANSWER,
                reason=_("The server process that was waiting for the response has stopped."),
                expires_at=row.expires_at,
            )
    return lease


def _is_free(row: Connection, now: datetime) -> bool:
    if row.lease_until is None or is_gone(row.holder):
        return True
    if row.lease_until > now:
        return row.lease_until > now + LEASE + APART
    # After an outage whoever holds an answer stores it within seconds: it comes first.
    return row.in_flight_at is None or not outages.lately(now)


def mark_in_flight(lease: Lease, *, cause: str) -> None:
    """Note that a request leaves now; raises RefreshTakenOver."""
    now = timezone.now()
    mine = Connection.objects.filter(
        pk=lease.connection, fence=lease.fence, lease_until__gt=now + timedelta(seconds=REQUEST_S)
    )
    if not mine.update(in_flight_at=now, in_flight_cause=cause):
        raise RefreshTakenOver


def release(lease: Lease) -> None:
    """Let the next one refresh."""
    Connection.objects.filter(pk=lease.connection, fence=lease.fence).update(
        holder="", lease_until=None, in_flight_at=None, in_flight_cause=""
    )
