"""What the API gives for scheduled tasks and occurrences."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from processes.language.timestamps import moment_text
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import reason_told
from scheduler.services.due_times import schedule_of


def _moment(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None


def task_json(task: ScheduledTask) -> dict[str, Any]:
    """Return a task as the API gives it."""
    return {
        "id": str(task.pk),
        "name": task.name,
        "process": task.process_name,
        "process_id": task.process_id,
        "target": task.target,
        "schedule": task.schedule,
        "timezone": task.time_zone,
        "expires": task.expires,
        "enabled": task.enabled,
        "run_as": task.run_as_name,
        "next_run_at": _moment(task.next_run_at) if task.enabled else None,
        "last_run_at": _moment(task.last_run_at),
        "last_outcome": task.last_outcome,
        "description": schedule_of(task).describe(),
        "meta": {
            "created": _moment(task.created),
            "modified": _moment(task.modified),
            "modified_by": task.modified_by.get_username() if task.modified_by else None,
            "paused_at": _moment(task.paused_at),
            "finished_at": _moment(task.finished_at),
        },
    }


def occurrence_json(occurrence: Occurrence, user: User) -> dict[str, Any]:
    """Return an occurrence as the API gives it to a person."""
    return {
        "id": str(occurrence.pk),
        "planned_at": _moment(occurrence.planned_at),
        "planned_until": _moment(occurrence.planned_until),
        "count": occurrence.count,
        "trigger": occurrence.trigger,
        "started_at": _moment(occurrence.started_at),
        "finished_at": _moment(occurrence.finished_at),
        "outcome": occurrence.outcome,
        "reason": reason_told(occurrence, user),
        "run": str(occurrence.run_id) if occurrence.run_id else None,
    }
