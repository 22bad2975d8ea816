"""The worker's door to runs."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from processes import listed_values
from processes.bulk import work
from processes.files import scanning
from processes.models import File
from processes.running import runs

logger = logging.getLogger(__name__)


@shared_task(name="processes.execute_run")
def execute_run(run_pk: int) -> None:
    """Carry out one queued run."""
    runs.execute_queued(run_pk)


@shared_task(name="processes.bulk_press")
def bulk_press(pk: int) -> None:
    """Press the next instances of a bulk press."""
    if work.carry_on(pk):
        send_press(pk)


@shared_task(name="processes.fill_lists")
def fill_lists() -> None:
    """Make the rows by which lists find values, of instances that were there before."""
    listed_values.fill_listed()


@shared_task(name="processes.check_files")
def check_files() -> None:
    """Check the files that wait for it."""
    scanning.check_waiting(timezone.now())


@shared_task(name="processes.check_file")
def check_one_file(pk: str) -> None:
    """Check a file that has just come."""
    scanning.check_file(pk)


def send_check(file: File) -> None:
    """Have a worker check a file, if it is to be; while the broker is away the sweep does."""
    if file.state != File.State.SCANNING:
        return
    try:
        check_one_file.delay(str(file.pk))
    except OperationalError:
        logger.warning("The broker is away; the check of file %s waits for the sweep.", file.pk)


def send_run(run_pk: int) -> None:
    """Hand a queued run to a worker. When the broker is away the sweep sends it later."""
    try:
        execute_run.delay(run_pk)
    except OperationalError:
        logger.warning("The broker is away; run %s waits for the sweep.", run_pk)


def send_press(pk: int) -> None:
    """Hand a bulk press to a worker. When the broker is away the sweep sends it later."""
    try:
        bulk_press.delay(pk)
    except OperationalError:
        logger.warning("The broker is away; bulk press %s waits for the sweep.", pk)
