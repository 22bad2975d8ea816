"""Occurrences that were lost on the way: sent again, taken up again, or closed with their run."""

from datetime import datetime, timedelta

from django.db.models import Q

from kianda.lib.process_names import gone
from processes.instances.leases import APART
from scheduler.models import Occurrence
from scheduler.services.execution import OUTCOMES, finish_with, longest_claim

# A message that has not led to a claim by then counts as lost.
SEND_AGAIN_AFTER = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=60)
MOST_AT_ONCE = 5_000


def recover(moment: datetime, *, everything: bool = False) -> list[int]:
    """Put right what a dead process or a lost message left; returns occurrences to send again.

    A claim without a run goes back to the queue when its lease is over or its process is gone. One
    with a run has the run's fate: `processes.running.runs.recover_runs` decides it, and
    `settle_closed` takes it over.
    With `everything`, which the embedded product says at its start, all claims are over at once.
    """
    settle_closed()
    _come_back(moment)
    _release(moment, everything=everything)
    queued = Occurrence.objects.filter(outcome__isnull=True, holder="")
    if everything:
        queued.update(sent_at=None)
        return list(queued.order_by("queued_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return _to_send_again(moment)


def settle_closed() -> int:
    """Take over the outcome of every closed run whose occurrence is still open."""
    rows = Occurrence.objects.filter(outcome__isnull=True, run__status__in=list(OUTCOMES))
    found = list(rows.select_related("run").defer("run__journal", "run__unsaved_values")[:500])
    return sum(finish_with(row, row.run) for row in found if row.run is not None)


def _come_back(moment: datetime) -> None:
    """Let what is of the future count as of now: the machine's clock was put back since."""
    queued = Occurrence.objects.filter(outcome__isnull=True, run__isnull=True)
    late = moment + APART
    future = queued.filter(Q(queued_at__gt=late) | Q(sent_at__gt=late))
    if future.exists():
        future.update(queued_at=moment, sent_at=moment)
    longest = longest_claim()
    far = queued.filter(lease_until__gt=late + longest)
    if far.exists():
        far.update(lease_until=moment + longest)


def _release(moment: datetime, *, everything: bool) -> None:
    """Free the claims that are over and had begun no run; nothing was sent out for them."""
    claimed = Occurrence.objects.filter(outcome__isnull=True, run__isnull=True).exclude(holder="")
    if not everything:
        over = Q(lease_until__lt=moment) | Q(lease_until__isnull=True)
        dead = gone(claimed.values_list("holder", flat=True))
        claimed = claimed.filter(over | Q(holder__in=dead))
    claimed.update(holder="", lease_until=None, sent_at=None)


def _to_send_again(moment: datetime) -> list[int]:
    """Return what counts as lost, marked as sent now.

    The wait doubles each time, up to a minute, so that occurrences that are merely waiting for a
    free worker do not fill the queue with copies of themselves.
    """
    rows = Occurrence.objects.filter(
        Q(sent_at__isnull=True) | Q(sent_at__lte=moment - SEND_AGAIN_AFTER),
        outcome__isnull=True,
        holder="",
    ).order_by("queued_at")
    lost = [
        pk
        for pk, queued, sent in rows.values_list("pk", "queued_at", "sent_at")[:MOST_AT_ONCE]
        if sent is None or moment - sent >= min(sent - queued, LONGEST_WAIT)
    ]
    Occurrence.objects.filter(pk__in=lost, outcome__isnull=True, holder="").update(sent_at=moment)
    return lost
