"""Occurrences pruned in small batches (contract 6)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from processes.retention import delete_in_batches
from scheduler.models import Occurrence

KEPT_PER_TASK = 100
BATCH = 100
# One for each run.
BATCHES = 400
UNHAPPY = ("failed", "interrupted")


def prune_occurrences(moment: datetime, *, batches: int = BATCHES) -> int:
    """Delete occurrences past their time, at most so many batches; returns how many.

    The last hundred of each task stay; of tasks that were deleted nothing stays.
    """
    kept = timedelta(days=settings.KIANDA_RETENTION_DAYS)
    old = Occurrence.objects.filter(
        Q(finished_at__lt=moment - kept) & ~Q(outcome__in=UNHAPPY)
        | Q(finished_at__lt=moment - 3 * kept)
    )
    return delete_in_batches(_by_task(old, moment - kept), size=BATCH, batches=batches)


def _by_task(old: QuerySet[Occurrence], young: datetime) -> Iterator[QuerySet[Occurrence]]:
    """Yield what may go, task by task: a kept row is never looked at again and again."""
    yield old.filter(task__isnull=True)
    many = (
        Occurrence.objects.filter(task__isnull=False)
        .order_by()
        .values("task")
        .annotate(count=Count("pk"))
        .filter(count__gt=KEPT_PER_TASK)
    )
    for task in many.values_list("task", flat=True):
        newest = Occurrence.objects.filter(task=task).order_by("-planned_at", "-pk")
        moments = newest.values_list("planned_at", flat=True)
        oldest_kept = moments[KEPT_PER_TASK - 1 : KEPT_PER_TASK].first()
        # None when rows went away since they were counted.
        if oldest_kept is not None:
            # None was over before it was planned: an index leaves out what is young.
            yield old.filter(task=task, planned_at__lt=min(oldest_kept, young))
