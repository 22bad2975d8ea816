"""The machine's clock was set: that is noticed, and what a wrong one has planned is planned anew.

A task keeps by which clock its next moment was set. One of the future was put back since; until it
came again the task would stand still. What was fired by it is not fired a second time; moments that
it only passed over have not come yet, so they are taken out of the history again.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from processes.instances.leases import APART
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services.due_times import schedule_of, set_next_run, zone_of

logger = logging.getLogger(__name__)

# Whoever corrects a clock little by little makes no step.
STEP_S = 5.0
# Health is red for a task that is due and not planned for so long.
LATE = timedelta(seconds=15)
MOST_AT_ONCE = 100
_GAPS = ("missed", "coalesced", "skipped")
_EARLY = gettext_noop(
    "Ran early, because the server clock was ahead and was then set back. It does not run "
    "again at its planned time."
)
_CUT = gettext_noop(
    "The server clock was ahead and was then set back. Later runs are planned again."
)


class ClockWatch:
    """Tells whether the clock runs evenly, by one that nobody can set.

    After a step stored moments tell wrong ages: a lease given a second ago looks over for hours.
    Whoever would end or delete something by its age asks here. The time that a machine slept is
    such a step too: what was alive before it is alive after it.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the two clocks, and how far they lie apart now."""
        self._wall, self._steady = wall, steady
        self._apart = wall() - steady()
        self._stepped = float("-inf")

    def is_even(self, *, for_s: float) -> bool:
        """Tell whether no step was seen for so long; ask often, or its moment is not known."""
        now = self._steady()
        apart = self._wall() - now
        if abs(apart - self._apart) > STEP_S:
            self._stepped = now
        self._apart = apart
        return now - self._stepped >= for_s


def plan_anew(moment: datetime) -> int:
    """Set the next moment of tasks that a clock of the future has planned; return how many."""
    return sum(
        _plan_rows_anew(rows, moment)
        for rows in (_by_the_future(moment), _by_no_known_clock(moment))
        # Looked for first: a transaction takes the lock of the database, found or not.
        if rows.exists()
    )


def unplanned(moment: datetime) -> int:
    """Count the tasks that stand still: due for long and not planned, or planned too far ahead."""
    late = ScheduledTask.objects.filter(enabled=True, next_run_at__lte=moment - LATE)
    return late.count() + _by_the_future(moment).count()


# Two questions, because each is a range of one index; asked with "or" they look at every task.
def _by_the_future(moment: datetime) -> QuerySet[ScheduledTask]:
    """Return the tasks planned by a clock of the future."""
    # What is due already is planned from its own moment on, not from now.
    coming = Q(next_run_at=None) | Q(next_run_at__gt=moment)
    return ScheduledTask.objects.filter(coming, enabled=True, next_run_set_at__gt=moment + APART)


def _by_no_known_clock(moment: datetime) -> QuerySet[ScheduledTask]:
    """Return the tasks of which it is not known by which clock they were planned."""
    return ScheduledTask.objects.filter(enabled=True, next_run_set_at=None, next_run_at__gt=moment)


def _plan_rows_anew(rows: QuerySet[ScheduledTask], moment: datetime) -> int:
    with transaction.atomic():
        locked = rows.select_for_update(skip_locked=True, no_key=True)
        return sum(_planned_anew(task, moment) for task in locked.order_by("pk")[:MOST_AT_ONCE])


def _planned_anew(task: ScheduledTask, moment: datetime) -> bool:
    before = task.next_run_at
    task.start = min(task.start, moment)
    task.last_run_at = task.last_run_at and min(task.last_run_at, moment)
    try:
        set_next_run(task, moment, taken=_put_right(task, moment))
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        # The planner ends it and says so when it is due.
        logger.exception("Scheduled task %s cannot be planned anew", task.pk)
    task.next_run_set_at = moment
    task.save(
        update_fields=["start", "last_run_at", "next_run_at", "next_run_set_at", "finished_at"]
    )
    if task.next_run_at == before:
        return False
    logger.warning(
        "The clock was put back: scheduled task %s is due at %s, not %s",
        *(task.pk, task.next_run_at, before),
    )
    return True


def _put_right(task: ScheduledTask, moment: datetime) -> set[datetime]:
    """Correct the history that lies in the future; return the moments that were fired there."""
    rows = Occurrence.objects.filter(task=task, trigger="planned")
    fired = set()
    for row in rows.filter(Q(planned_at__gt=moment) | Q(planned_until__gt=moment)):
        if row.started_at is not None or row.outcome not in _GAPS:
            fired.add(row.planned_at)
            row.reason = _noted(row.reason, _(_EARLY))
            row.save(update_fields=["reason"])
        elif row.planned_at > moment:
            row.delete()
        else:
            _cut(row, task, moment)
    return fired


def _cut(row: Occurrence, task: ScheduledTask, moment: datetime) -> None:
    """Let a stretch of moments end where the clock is now."""
    due = schedule_of(task).due(row.planned_at, moment, start=task.start, zone=zone_of(task))
    row.count = due.earlier + 1
    row.planned_until = due.latest if due.earlier else None
    row.reason = _noted(row.reason, _(_CUT))
    row.save(update_fields=["count", "planned_until", "reason"])


def _noted(reason: str, note: str) -> str:
    return reason if note in reason else f"{reason} {note}".strip()[:1000]
