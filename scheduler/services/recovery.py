"""Occurrences whose message was lost are sent again; the others have the fate of their run."""

from datetime import datetime, timedelta

from django.db.models import Q

from processes.instances.leases import APART
from scheduler.selectors import waiting_occurrences
from scheduler.services.execution import settle_closed

# A message that has not led to a run by then counts as lost.
SEND_AGAIN_AFTER = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=60)
MOST_AT_ONCE = 5_000


def recover(moment: datetime, *, everything: bool = False) -> list[int]:
    """Put right what a dead process or a lost message left; returns occurrences to send again.

    One with a run has the run's fate: `processes.running.runs.recover_runs` decides it, and
    `settle_closed` takes it over.
    With `everything`, which the embedded product says at its start, all messages are lost at once.
    """
    settle_closed()
    _come_back(moment)
    if everything:
        waiting_occurrences().update(sent_at=None)
        return list(
            waiting_occurrences().order_by("queued_at").values_list("pk", flat=True)[:MOST_AT_ONCE]
        )
    return _to_send_again(moment)


def _come_back(moment: datetime) -> None:
    """Let what is of the future count as of now: the machine's clock was put back since."""
    late = moment + APART
    future = waiting_occurrences().filter(Q(queued_at__gt=late) | Q(sent_at__gt=late))
    if future.exists():
        future.update(queued_at=moment, sent_at=moment)


def _to_send_again(moment: datetime) -> list[int]:
    """Return what counts as lost, marked as sent now.

    The wait doubles each time, up to a minute, so that occurrences that are merely waiting for a
    free worker do not fill the queue with copies of themselves.
    """
    over = Q(sent_at__isnull=True) | Q(sent_at__lte=moment - SEND_AGAIN_AFTER)
    rows = waiting_occurrences().filter(over).order_by("queued_at")
    lost = [
        pk
        for pk, queued, sent in rows.values_list("pk", "queued_at", "sent_at")[:MOST_AT_ONCE]
        if sent is None or moment - sent >= min(sent - queued, LONGEST_WAIT)
    ]
    waiting_occurrences().filter(pk__in=lost).update(sent_at=moment)
    return lost
