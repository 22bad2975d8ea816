"""Runs with their traces, the history of values, the recycle bin: pruned in small batches."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.deletion import get_candidate_relations_to_delete

from datasources.services.call_records import forget_calls
from datasources.services.imports import forget_held
from kianda.accounts.services import recycle_bin
from kianda.accounts.services.sessions import forget_ended
from processes.bulk.closing import prune_presses
from processes.files.pruning import prune_files
from processes.models import Change, Run

KEPT_PER_INSTANCE = 100
# What is deleted is locked until the batch is committed, on SQLite the whole file.
BATCH, LEAST = 100, 10
SHORT_S = 0.03
LONGEST_REST_S = 0.1
# A turn comes every ten minutes: so pruning keeps up with 60 runs a second and their changes.
BATCHES = 800
UNHAPPY = (Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED)


def prune(moment: datetime, *, batches: int = BATCHES) -> int:
    """Delete runs, history and what is in the recycle bin past their time, at most so many batches.

    Returns how many.
    Failed runs are kept three times as long, and the last hundred of each instance for ever.
    """
    kept = timedelta(days=settings.KIANDA_RETENTION_DAYS)
    old_runs = Run.objects.filter(
        Q(finished__lt=moment - kept) & ~Q(status__in=UNHAPPY) | Q(finished__lt=moment - 3 * kept)
    )
    old_changes = Change.objects.filter(at__lt=moment - kept)
    young_runs = Run.objects.filter(finished__gte=moment - kept)
    young_changes = Change.objects.filter(at__gte=moment - kept)
    forget_ended()
    forget_held(moment)
    deleted = recycle_bin.prune(moment) + forget_calls(moment)
    deleted += prune_files(moment) + prune_presses(moment)
    # Changes first: those that are gone need not forget their run.
    rows = chain(_by_instance(old_changes, young_changes), _by_instance(old_runs, young_runs))
    return deleted + delete_in_batches(rows, size=BATCH, batches=batches)


def delete_in_batches(
    rows: Iterable[QuerySet[Any]],
    *,
    size: int,
    batches: int,
    clock: Callable[[], float] = time.perf_counter,
) -> int:
    """Delete rows in transactions of so many, at most so many of these; return how many.

    After one that took long the next ones are smaller. Between them is as much time as they take,
    so that nobody who saves waits for two of them.
    """
    deleted, now = 0, size
    for some in rows:
        while batches > 0 and (pks := _first(some, now)):
            begun = clock()
            if not _let_go(some.model, pks, most=now):
                # Their columns are not read: a trace may be long.
                gone = some.model._default_manager.filter(pk__in=pks).only("pk")
                deleted += gone.delete()[0]
            took = clock() - begun
            now = max(LEAST, now // 2) if took > SHORT_S else min(size, 2 * now)
            batches -= 1
            time.sleep(min(took, LONGEST_REST_S))
        if batches <= 0:
            break
    return deleted


def _let_go(model: type[Model], pks: Sequence[int], *, most: int) -> bool:
    """Let rows that refer to these forget them, when they are too many for one transaction.

    Returns whether it did: a run that wrote a thousand records has a change in each of them.
    """
    links: Iterable[Any] = get_candidate_relations_to_delete(model._meta)
    # A closed run has no points left, which go with it.
    for link in (one for one in links if one.field.null):
        others = link.related_model._default_manager
        some = _first(others.filter(**{f"{link.field.name}__in": pks}), most)
        if len(some) == most:
            others.filter(pk__in=some).update(**{link.field.name: None})
            return True
    return False


def _first(rows: QuerySet[Any], most: int) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])


def _by_instance(old: QuerySet[Any], young: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """Yield what may go, instance by instance: a kept row is never looked at again and again."""
    # Runs outlive their instance; then nothing but their age keeps them.
    yield old.filter(instance__isnull=True)
    rows: QuerySet[Model] = old.model._default_manager.filter(instance__isnull=False)
    many = (
        rows.order_by()
        .values("instance")
        .annotate(count=Count("pk"))
        .filter(count__gt=KEPT_PER_INSTANCE)
    )
    for instance in many.values_list("instance", flat=True):
        newest = rows.filter(instance=instance).order_by("-pk").values_list("pk", flat=True)
        oldest_kept = newest[KEPT_PER_INSTANCE - 1 : KEPT_PER_INSTANCE].first()
        # None when rows went away since they were counted.
        if oldest_kept is None:
            continue
        # From there on they are young, and they are many: none of them is looked at.
        of_it = young.filter(instance=instance).order_by("pk").values_list("pk", flat=True)
        yield old.filter(instance=instance, pk__lt=min(oldest_kept, of_it.first() or oldest_kept))
