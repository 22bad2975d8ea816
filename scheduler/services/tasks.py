"""Scheduled tasks: created, changed, deleted."""

from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import Action, record
from kianda.lib.errors import Invalid, Missing, PreconditionFailed
from kianda.lib.numbers import whole_number
from scheduler.document import dumped
from scheduler.models import ScheduledTask
from scheduler.selectors import waiting_occurrences
from scheduler.services.due_times import expires_at, schedule_of, set_next_run, zone_of
from scheduler.services.firing import set_new_token
from scheduler.services.missed_firings import close_gap
from scheduler.services.validation import CheckedTask, check_task

KIND: Final = "scheduled task"


def get_task(task_id: str) -> ScheduledTask:
    """Return a task by its id as the API writes it; raises Missing."""
    return _found(task_id, lock=False)


def _found(task_id: str, *, lock: bool) -> ScheduledTask:
    rows = ScheduledTask.objects.select_related("design", "run_as", "modified_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    pk = whole_number(task_id)
    found = None if pk is None else rows.filter(pk=pk).first()
    if found is None:
        raise Missing(_("There is no scheduled task %(id)s.") % {"id": task_id})
    return found


def lock_task(task_id: str, *, revision: int | None = None) -> ScheduledTask:
    """Return a task locked for a change; raises Missing, PreconditionFailed. In a transaction."""
    task = _found(task_id, lock=True)
    if revision is not None and task.revision != revision:
        raise PreconditionFailed()
    return task


def create_task(
    *, raw: object, user: User, moment: datetime | None = None
) -> tuple[ScheduledTask, str | None]:
    """Make a task; returns it with the token of its hook when it has one. Raises Invalid."""
    moment = moment or timezone.now()
    checked = check_task(raw, user=user, moment=moment, task=None, partial=False)
    task = ScheduledTask(start=moment, created=moment)
    token = _fill(task, checked)
    task.paused_at = None if task.enabled else moment
    set_next_run(task, moment)
    _refuse_never(task, moment)
    _save(task, user, moment, action="created")
    return task, token


def change_task(
    *,
    task_id: str,
    raw: object,
    user: User,
    partial: bool,
    revision: int | None = None,
    moment: datetime | None = None,
) -> tuple[ScheduledTask, str | None]:
    """Replace a task's settings, or with `partial` some of them; raises Invalid and as lock_task.

    A changed schedule starts a new grid now; switching `enabled` is a pause or a resume.
    """
    moment = moment or timezone.now()
    with transaction.atomic():
        task = lock_task(task_id, revision=revision)
        before = task.process_id
        checked = check_task(raw, user=user, moment=moment, task=task, partial=partial)
        token = _fill_and_plan(task, checked, moment)
        task.paused_at = None if task.enabled else task.paused_at or moment
        task.revision += 1
        _save(task, user, moment, action="changed")
        # One whose instance is made already, or that a webhook has chosen, keeps it.
        waiting = waiting_occurrences().filter(task=task, process_id=before)
        waiting.exclude(trigger="webhook").update(process_id=task.process_id)
    return task, token


def _fill_and_plan(task: ScheduledTask, checked: CheckedTask, moment: datetime) -> str | None:
    """Put the checked settings into the row and plan anew what they change; returns as `_fill`."""
    schedule, values = task.schedule, checked.values
    resumed = values["enabled"] and not task.enabled
    timing = dumped(values["schedule"]), values["timezone"], dumped(values["expires"])
    changed = timing != (task.schedule, task.time_zone, task.expires)
    if changed or resumed:
        close_gap(task, moment)
    token = _fill(task, checked)
    if task.schedule != schedule or resumed:
        task.start = moment
    if changed or resumed:
        set_next_run(task, moment)
    if changed:
        _refuse_never(task, moment)
    return token


def _fill(task: ScheduledTask, checked: CheckedTask) -> str | None:
    """Put the checked settings into the row; returns the token of a new hook."""
    values = checked.values
    task.name, task.target, task.enabled = values["name"], values["target"], values["enabled"]
    task.design, task.process_name = checked.design, values["process"]
    task.process_id = values["process_id"]
    task.schedule = dumped(values["schedule"])
    task.expires, task.time_zone = dumped(values["expires"]), values["timezone"]
    task.run_as, task.run_as_name = checked.run_as, values["run_as"]
    if task.schedule["kind"] != "on_demand":
        task.hook_digest = None
        return None
    return None if task.hook_digest else set_new_token(task)


def _refuse_never(task: ScheduledTask, moment: datetime) -> None:
    """Refuse an expiry by date that comes before the first firing."""
    end = expires_at(task)
    first = schedule_of(task).next_after(moment, start=task.start, zone=zone_of(task))
    if end is not None and end > moment and first is not None and first >= end:
        raise Invalid.at(
            "/expires/at",
            _("The task would end before its first run on %(day)s at %(time)s UTC.")
            % {"day": f"{first:%Y-%m-%d}", "time": f"{first:%H:%M:%S}"},
        )


def _save(task: ScheduledTask, user: User, moment: datetime, *, action: Action) -> None:
    task.modified, task.modified_by = moment, user
    try:
        with transaction.atomic():
            task.save()
            record(user, action=action, kind=KIND, name=task.name)
    except IntegrityError as error:
        # Somebody else took the name between the check and now.
        detail = _("%(name)s already exists. Choose another name.") % {"name": task.name}
        raise Invalid.at("/name", detail) from error


def delete_task(*, task_id: str, user: User, revision: int | None = None) -> None:
    """Put a task into the recycle bin. What waits is skipped, what runs goes on."""
    moment = timezone.now()
    with transaction.atomic():
        task = lock_task(task_id, revision=revision)
        waiting_occurrences().filter(task=task).update(
            outcome="skipped", reason=_("The scheduled task was deleted."), finished_at=moment
        )
        # Paused, as it comes back; a plan that was made just now is for another revision.
        task.enabled, task.paused_at = False, task.paused_at or moment
        task.revision += 1
        task.deleted_at, task.deleted_by = moment, user
        task.save()
        record(user, action="deleted", kind=KIND, name=task.name)
