"""The worker's door to the outbox."""

import logging
import threading
from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from kianda.mail.delivery import deliver_due
from kianda.mail.recovery import recover

logger = logging.getLogger(__name__)

# A server that is slow must not take the threads that runs need.
AT_ONCE = 4
_places = threading.BoundedSemaphore(AT_ONCE)


@shared_task(name="kianda.mail.deliver")
def deliver() -> None:
    """Send what is due. When enough threads do so, these find it, or else the sweep does."""
    if not _places.acquire(blocking=False):
        return
    try:
        deliver_due()
    finally:
        _places.release()


@shared_task(name="kianda.mail.sweep")
def sweep() -> None:
    """Put right what died, and send what has become due."""
    if recover(timezone.now()):
        deliver()


def wake(messages: Sequence[int]) -> None:
    """Have a worker look at the outbox. When the broker is away the sweep does it later."""
    try:
        deliver.apply_async(retry=False)
    except (OperationalError, OSError):
        logger.warning("The broker is away; %s messages wait for the sweep", len(messages))
