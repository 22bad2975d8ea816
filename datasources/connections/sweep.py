"""Refreshing ahead of time, so that calls need not wait, and forgetting what is old."""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from datasources.connections import kept_answers
from datasources.connections.refreshing import Wish, refresh
from datasources.connections.telling import tell_ending_certificates
from datasources.models import ConnectAttempt, Connection, ConnectionRefresh, ConnectionState
from datasources.rest.errors import CallFailed
from kianda.lib.errors import ApplicationError

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=90)
# One that was never connected has a time when its first token is wanted without a call.
TRYING = (ConnectionState.HEALTHY, ConnectionState.FAILING, ConnectionState.DISCONNECTED)


def due(moment: datetime) -> list[int]:
    """Return the connections to refresh now; what waits on the disk is stored first."""
    kept_answers.store_kept()
    rows = Connection.objects.filter(
        state__in=TRYING, is_off=False, datasource__deleted_at__isnull=True
    )
    rows = rows.filter(next_refresh_at__lte=moment)
    free = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=moment))
    return list(free.order_by("next_refresh_at").values_list("pk", flat=True))


def refresh_ahead(pk: int) -> None:
    """Refresh one connection whose time has come. How it ended stands in its history."""
    row = Connection.objects.select_related("datasource").filter(pk=pk).first()
    if row is None:
        return
    planned = row.next_refresh_at

    def is_met(found: Connection) -> bool:
        return found.next_refresh_at != planned or found.state not in TRYING

    try:
        refresh(pk, row.datasource.name, Wish("ahead", is_met))
    except (CallFailed, ApplicationError) as failed:
        logger.warning("Connection of %s: %s", row.datasource.name, failed)


def prune(moment: datetime) -> None:
    """Forget old tries, people who did not come back, tokens of nobody; tell of what ends soon."""
    kept_answers.prune_unclaimed(moment)
    tell_ending_certificates(moment)
    ConnectionRefresh.objects.filter(at__lt=moment - KEPT_FOR).delete()
    ConnectAttempt.objects.filter(expires_at__lt=moment).delete()
