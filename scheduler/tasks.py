"""The worker's door: each Celery task calls one service and sends what it returns."""

import logging
import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.core.management import call_command
from django.db import Error, connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from datasources.connections import sweep as connections
from kianda.accounts import idempotency
from kianda.accounts.services import key_ring
from kianda.lib.db import outages
from kianda.mail import recovery as mail
from kianda.messages import services as notifications
from processes import retention as processes_retention
from processes.bulk.work import presses_to_send
from processes.instances.leases import LEASE
from processes.running.runs import queued_to_send, recover_runs
from processes.tasks import send_press, send_run
from scheduler import services
from scheduler.services import retention
from scheduler.services.clock_steps import ClockWatch
from scheduler.services.heartbeats import stamp

logger = logging.getLogger(__name__)

# The planner in beat is punctual; this one steps in for tasks it has left for so long.
STEP_IN_AFTER = timedelta(seconds=2)
HEARTBEAT_EVERY_S = 5.0
# A clock that is wrong for a moment must not age what is kept; there is no hurry.
PRUNE_AFTER_S = 3600.0

clock = ClockWatch()


@shared_task(name="scheduler.tick")
def tick() -> None:
    """Plan what the planner in beat has not, as when it runs with another scheduler class."""
    moment = timezone.now()
    services.plan_anew(moment)
    send(services.plan(moment, overdue=STEP_IN_AFTER))


@shared_task(name="scheduler.execute")
def execute(occurrence_pk: int) -> None:
    """Carry out one occurrence, of which older versions sent a message each."""
    services.execute(occurrence_pk)


@shared_task(name="scheduler.execute_batch")
def execute_batch(occurrence_pks: list[int]) -> None:
    """Carry out occurrences side by side."""
    services.execute_batch(occurrence_pks)


@shared_task(name="scheduler.sweep")
def sweep() -> None:
    """Send again what was lost, and bring to an end what died."""
    moment = timezone.now()
    send(services.recover(moment))
    for run_pk in queued_to_send(moment):
        send_run(run_pk)
    for press_pk in presses_to_send(moment):
        send_press(press_pk)
    # Last, because it carries runs on, which may take their time.
    # A lease whose clock was put forward looks over, though its holder lives and renews it soon.
    if recover_runs(moment=moment, by_lease=clock.is_even(for_s=LEASE.total_seconds())):
        services.settle_closed()


@shared_task(name="scheduler.prune")
def prune() -> None:
    """Delete what is past its time, by a clock that nobody has just set."""
    key_ring.bind_to_rows()
    if not clock.is_even(for_s=PRUNE_AFTER_S):
        logger.warning("The clock was set; nothing is pruned by it for an hour")
        return
    moment = timezone.now()
    occurrences = retention.prune_occurrences(moment)
    others = processes_retention.prune(moment)
    idempotency.prune(moment)
    notifications.prune(moment)
    mail.prune(moment)
    connections.prune(moment)
    call_command("clearsessions")
    if occurrences or others:
        logger.info("Pruned %s occurrences, %s runs and changes", occurrences, others)


def send(occurrence_pks: Iterable[int], *, producer: Any = None) -> None:
    """Hand occurrences to workers, many in one message.

    When the broker is away the sweep sends them later.
    """
    pks = list(occurrence_pks)
    for start in range(0, len(pks), services.BATCH):
        batch = pks[start : start + services.BATCH]
        try:
            execute_batch.apply_async((batch,), producer=producer, retry=False)
        except (OperationalError, OSError):
            logger.warning(
                "The broker is away; occurrences from %s on wait for the sweep", batch[0]
            )
            return


_stopped = threading.Event()


@worker_ready.connect
def start_heartbeat(**_: Any) -> None:
    """Begin to show that this worker is alive, from a thread of its own: its pool may be busy."""
    _stopped.clear()
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()


@worker_shutting_down.connect
def stop_heartbeat(**_: Any) -> None:
    """Show no more signs of life: what is left only finishes its runs."""
    _stopped.set()


def _beat() -> None:
    while not _stopped.is_set():
        clock.is_even(for_s=0)
        try:
            stamp("worker", timezone.now())
        except Error as error:
            logger.warning("No heartbeat was written", exc_info=not outages.noticed(error))
        finally:
            connection.close()
        _stopped.wait(HEARTBEAT_EVERY_S)
