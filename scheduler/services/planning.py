"""The planner: which tasks are due, and the occurrences that come of it.

Safe to run anywhere, any number of times at once: a plan is written only while the task's row is as
it was read, under its lock, and unique constraints have the last word.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.db import IntegrityError, connection, transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from scheduler.models import Occurrence, ScheduledTask
from scheduler.schedules import Due
from scheduler.selectors import waiting_occurrences
from scheduler.services.due_times import next_run_after
from scheduler.services.missed_firings import due_of, gap_row

logger = logging.getLogger(__name__)

BATCH = 500
MOST_IN_A_PASS = 20_000
# The columns that a plan is made from.
READ = (
    "name", "process_id", "schedule", "time_zone", "expires", "start", "next_run_at",
    "counted_runs", "revision",
)  # fmt: skip
LATE = gettext_noop(
    "The scheduler was stopped or late. Only the latest missed run was made up for."
)
WAITS = gettext_noop("An earlier run of this task was still queued.")


@dataclass(frozen=True)
class PlannedFiring:
    """What is to be written for one due task."""

    task: ScheduledTask
    due: Due
    next_run_at: datetime | None


def plan(moment: datetime, *, overdue: timedelta = timedelta()) -> list[int]:
    """Write the occurrences that are due and return those to send to a worker.

    With `overdue` only tasks that have been due for that long, for a planner that steps in.
    """
    due = ScheduledTask.objects.filter(enabled=True, next_run_at__lte=moment - overdue)
    pks = list(due.order_by("next_run_at").values_list("pk", flat=True)[:MOST_IN_A_PASS])
    return [
        occurrence
        for start in range(0, len(pks), BATCH)
        for occurrence in _plan_batch(pks[start : start + BATCH], moment)
    ]


def next_due() -> datetime | None:
    """Return when the next task is due, if any is."""
    due = ScheduledTask.objects.filter(enabled=True, next_run_at__isnull=False)
    found: datetime | None = due.aggregate(at=Min("next_run_at"))["at"]
    return found


def _plan_batch(pks: Sequence[int], moment: datetime) -> list[int]:
    # Computed before the lock is taken: a long downtime of a cron line takes its time.
    plans = _plans(pks, moment)
    try:
        with transaction.atomic():
            return _write(plans, moment)
    except IntegrityError:
        if len(pks) > 1:
            return [found for pk in pks for found in _plan_batch([pk], moment)]
        # The moment was planned before, as when the machine's clock was put back: step over it.
        for made in plans.values():
            logger.warning("Scheduled task %s: %s was planned already", *_where(made))
            _as_read(made).update(next_run_at=made.next_run_at, next_run_set_at=moment)
        return []


def _where(made: PlannedFiring) -> tuple[int, datetime | None]:
    return made.task.pk, made.task.next_run_at


def _as_read(made: PlannedFiring) -> QuerySet[ScheduledTask]:
    return ScheduledTask.objects.filter(
        pk=made.task.pk, next_run_at=made.task.next_run_at, revision=made.task.revision
    )


def _plans(pks: Sequence[int], moment: datetime) -> dict[int, PlannedFiring]:
    found = {}
    rows = ScheduledTask.objects.filter(pk__in=pks, enabled=True, next_run_at__lte=moment)
    for task in rows.only(*READ):
        try:
            due = due_of(task, moment)
            found[task.pk] = PlannedFiring(task, due, next_run_after(task, moment, fired=1))
        except (ValueError, OverflowError, ZoneInfoNotFoundError):
            logger.exception("Scheduled task %s cannot be planned", task.pk)
            _give_up(task, moment)
    return found


def _give_up(task: ScheduledTask, moment: datetime) -> None:
    """End a task whose stored schedule cannot be read any more, and say so in its history."""
    assert task.next_run_at is not None
    with transaction.atomic():
        ended = ScheduledTask.objects.filter(pk=task.pk, next_run_at=task.next_run_at)
        if ended.update(next_run_at=None, finished_at=moment, last_outcome="failed"):
            gap_row(
                task,
                first=task.next_run_at,
                last=task.next_run_at,
                count=1,
                outcome="failed",
                reason=_("The stored schedule cannot be read. Save the task again."),
                moment=moment,
            ).save(force_insert=True)


def _write(plans: Mapping[int, PlannedFiring], moment: datetime) -> list[int]:
    """Write the plans whose tasks are still as they were read; returns what is to be sent."""
    rows = ScheduledTask.objects.select_for_update(skip_locked=True, no_key=True)
    locked = rows.filter(pk__in=list(plans), enabled=True)
    now = {pk: (at, rev) for pk, at, rev in locked.values_list("pk", "next_run_at", "revision")}
    held = [
        made
        for pk, made in plans.items()
        if now.get(pk) == (made.task.next_run_at, made.task.revision)
    ]
    waiting = _waiting([made.task.pk for made in held])
    busy = [made for made in held if made.task.pk in waiting]
    free = [made for made in held if made.task.pk not in waiting]
    fired = [_firing(made, moment) for made in free]
    missed = [_missed(made, moment) for made in free if made.due.earlier]
    Occurrence.objects.bulk_create([*fired, *missed])
    _coalesce(busy, waiting, moment)
    _move_on([(made, 1) for made in free] + [(made, 0) for made in busy], moment)
    return [occurrence.pk for occurrence in fired]


def _waiting(task_pks: Sequence[int]) -> dict[int, datetime]:
    """Return the planned moment of the waiting occurrence of each task that has one.

    One that waits at a worker for its busy instance is among them: else a run that takes longer
    than its interval would fill the workers with firings of one task.
    """
    rows = waiting_occurrences().filter(task_id__in=task_pks)
    return {task: at for task, at in rows.values_list("task_id", "planned_at") if task}


def _firing(made: PlannedFiring, moment: datetime) -> Occurrence:
    return Occurrence(
        task=made.task,
        task_name=made.task.name,
        process_id=made.task.process_id,
        planned_at=made.due.latest,
        queued_at=moment,
        sent_at=moment,
    )


def _missed(made: PlannedFiring, moment: datetime) -> Occurrence:
    first, last = made.task.next_run_at, made.due.last_earlier
    assert first is not None
    assert last is not None
    return gap_row(
        made.task,
        first=first,
        last=last,
        count=made.due.earlier,
        outcome="missed",
        reason=_(LATE),
        moment=moment,
    )


def _coalesce(
    busy: Sequence[PlannedFiring], waiting: Mapping[int, datetime], moment: datetime
) -> None:
    """Let the one row of each waiting occurrence grow by what is due now, or begin it."""
    if not busy:
        return
    rows = Occurrence.objects.filter(
        task_id__in=[made.task.pk for made in busy],
        planned_at__gt=min(waiting.values()),
        outcome="coalesced",
        trigger="planned",
    ).order_by("planned_at")
    growing = {
        task: pk
        for task, pk, at in rows.values_list("task_id", "pk", "planned_at")
        if task and at > waiting[task]
    }
    grown, begun = [], []
    for made in busy:
        count = made.due.earlier + 1
        if made.task.pk in growing:
            grown.append((growing[made.task.pk], count, _stored(made.due.latest)))
        else:
            begun.append(_begun(made, count, moment))
    Occurrence.objects.bulk_create(begun)
    _write_each(
        "WITH grown (pk, more, latest) AS (VALUES {rows}) UPDATE scheduler_occurrence "
        "SET count = count + more, planned_until = latest FROM grown WHERE id = pk",
        grown,
    )


def _begun(made: PlannedFiring, count: int, moment: datetime) -> Occurrence:
    first = made.task.next_run_at
    assert first is not None
    return gap_row(
        made.task,
        first=first,
        last=made.due.latest,
        count=count,
        outcome="coalesced",
        reason=_(WAITS),
        moment=moment,
    )


def _move_on(moved: Sequence[tuple[PlannedFiring, int]], moment: datetime) -> None:
    """Set when each task is due next, and count what was fired."""
    values = []
    for made, fired in moved:
        following = made.next_run_at if fired else next_run_after(made.task, moment)
        # Never NULL: of a column that is NULL in each row PostgreSQL does not know the type.
        values.append((made.task.pk, _stored(following or moment), following is None, fired))
    _write_each(
        "WITH moved (pk, following, ended, fired) AS (VALUES {rows}) "
        "UPDATE scheduler_scheduledtask SET counted_runs = counted_runs + fired, "
        "next_run_at = CASE WHEN ended THEN NULL ELSE following END, "
        "next_run_set_at = %s, finished_at = CASE WHEN ended THEN %s END FROM moved WHERE id = pk",
        values,
        _stored(moment),
        _stored(moment),
    )


def _stored(moment: datetime) -> Any:
    """Return a moment as this database takes it in plain SQL."""
    return connection.ops.adapt_datetimefield_value(moment)


def _write_each(statement: str, values: Sequence[tuple[Any, ...]], *others: Any) -> None:
    """Give many rows a value each in one statement, for which the ORM has no cheap way."""
    if values:
        row = f"({', '.join(['%s'] * len(values[0]))})"
        with connection.cursor() as cursor:
            cursor.execute(
                statement.format(rows=", ".join([row] * len(values))),
                [*chain.from_iterable(values), *others],
            )
