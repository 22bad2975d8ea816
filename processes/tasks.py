"""The worker's door to runs."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from processes.running import runs

logger = logging.getLogger(__name__)


@shared_task(name="processes.execute_run")
def execute_run(run_pk: int) -> None:
    """Carry out one queued run."""
    runs.execute_queued(run_pk)


def send_run(run_pk: int) -> None:
    """Hand a queued run to a worker. When the broker is away the sweep sends it later."""
    try:
        execute_run.delay(run_pk)
    except OperationalError:
        logger.warning("The broker is away; run %s waits for the sweep.", run_pk)
