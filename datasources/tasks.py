"""The worker's door to connections."""

import logging
import threading

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from datasources.connections import sweep

logger = logging.getLogger(__name__)

# Providers that are slow must not take the threads that runs need.
AT_ONCE = 4
_places = threading.BoundedSemaphore(AT_ONCE)


@shared_task(name="datasources.refresh_ahead")
def refresh_ahead() -> None:
    """Have each connection refreshed whose time has come."""
    for pk in sweep.due(timezone.now()):
        try:
            refresh.apply_async((pk,), retry=False, expires=10)
        except (OperationalError, OSError):
            logger.warning("The broker is away; connections wait for the next sweep")
            return


@shared_task(name="datasources.refresh")
def refresh(pk: int) -> None:
    """Refresh one connection. When enough threads do so, the next sweep comes back to it."""
    if not _places.acquire(blocking=False):
        return
    try:
        sweep.refresh_ahead(pk)
    finally:
        _places.release()
