"""Planned firings that did not come about: one row for each stretch of them."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from scheduler.models import Occurrence, ScheduledTask
from scheduler.schedules import Due
from scheduler.services.due_times import expires_at, schedule_of, zone_of


def due_of(task: ScheduledTask, moment: datetime) -> Due:
    """Sum up the planned moments from the task's next one up to now, before it expires."""
    assert task.next_run_at is not None
    end = expires_at(task)
    until = moment if end is None else min(moment, end - timedelta(microseconds=1))
    return schedule_of(task).due(task.next_run_at, until, start=task.start, zone=zone_of(task))


def gap_row(
    task: ScheduledTask,
    *,
    first: datetime,
    last: datetime,
    count: int,
    outcome: str,
    reason: str,
    moment: datetime,
) -> Occurrence:
    """Return the row of a stretch of planned moments that will not be fired; not saved."""
    return Occurrence(
        task=task,
        task_name=task.name,
        process_id=task.process_id,
        planned_at=first,
        planned_until=last if count > 1 else None,
        count=count,
        queued_at=moment,
        finished_at=moment,
        outcome=outcome,
        reason=reason,
    )


def close_gap(task: ScheduledTask, moment: datetime) -> None:
    """Record what was planned up to now and not fired: in a pause skipped, else missed.

    Called before a resume or another schedule sets the next run anew.
    """
    if task.next_run_at is None or task.next_run_at > moment:
        return
    due = due_of(task, moment)
    if task.enabled:
        outcome, reason = (
            "missed",
            _("The schedule was changed before this run started."),
        )
    else:
        since = task.paused_at or task.next_run_at
        outcome = "skipped"
        reason = _("The task was paused from %(since)s to %(until)s UTC.") % {
            "since": f"{since:%Y-%m-%d %H:%M:%S}",
            "until": f"{moment:%Y-%m-%d %H:%M:%S}",
        }
        if _grown(task, due, moment, reason):
            return
    gap_row(
        task,
        first=task.next_run_at,
        last=due.latest,
        count=due.earlier + 1,
        outcome=outcome,
        reason=reason,
        moment=moment,
    ).save(force_insert=True)


def _grown(task: ScheduledTask, due: Due, moment: datetime, reason: str) -> bool:
    """Let the row of this very pause grow, which another schedule set in it has begun already."""
    if task.paused_at is None:
        return False
    rows = Occurrence.objects.filter(
        task=task,
        trigger="planned",
        outcome="skipped",
        started_at=None,
        queued_at__gte=task.paused_at,
    )
    begun = rows.order_by("-planned_at").first()
    if begun is None:
        return False
    begun.count += due.earlier + 1
    begun.planned_until, begun.reason, begun.finished_at = due.latest, reason, moment
    begun.save(update_fields=["count", "planned_until", "reason", "finished_at"])
    return True
