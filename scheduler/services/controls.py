"""Pause, resume, run now, a new hook."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kianda.accounts.services.audit import Action, record
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import firing
from scheduler.services.due_times import set_next_run
from scheduler.services.missed_firings import close_gap
from scheduler.services.tasks import KIND, lock_task


def pause_task(*, task_id: str, user: User, moment: datetime | None = None) -> ScheduledTask:
    """Stop planned firings. The next planned moment is kept: a resume counts from it."""
    moment = moment or timezone.now()
    with transaction.atomic():
        task = lock_task(task_id)
        if task.enabled:
            task.enabled, task.paused_at = False, moment
            _save(task, user, moment, action="paused")
    return task


def resume_task(*, task_id: str, user: User, moment: datetime | None = None) -> ScheduledTask:
    """Plan again, on a new grid from now; what the pause left out becomes one skipped row."""
    moment = moment or timezone.now()
    with transaction.atomic():
        task = lock_task(task_id)
        if not task.enabled:
            close_gap(task, moment)
            task.enabled, task.paused_at, task.start = True, None, moment
            set_next_run(task, moment)
            _save(task, user, moment, action="resumed")
    return task


def _save(task: ScheduledTask, user: User, moment: datetime, *, action: Action) -> None:
    task.revision += 1
    task.modified, task.modified_by = moment, user
    task.save()
    record(user, action=action, kind=KIND, name=task.name)


def run_now(*, task_id: str, user: User, moment: datetime | None = None) -> Occurrence:
    """Fire once now, also when paused or finished; neither grid nor `after_runs` take notice."""
    moment = moment or timezone.now()
    with transaction.atomic():
        task = lock_task(task_id)
        record(user, action="run", kind=KIND, name=task.name)
        return firing.fire_now(task, trigger="manual", moment=moment)


def renew_hook(*, task_id: str, user: User) -> tuple[ScheduledTask, str]:
    """Give an on-demand task a new hook address; raises Conflict for another kind."""
    with transaction.atomic():
        task = lock_task(task_id)
        return task, firing.renew_hook(task=task, user=user)
