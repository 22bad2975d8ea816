"""What people see of scheduled tasks."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from processes.models import Run
from processes.selectors import runs_seen_among
from scheduler.models import Occurrence, ScheduledTask

# Instead of why, to those who see the task and not the instance.
UNSEEN = gettext_noop("Only people who can see the record see the reason.")


def visible_tasks(user: User | None) -> QuerySet[ScheduledTask]:
    """Return the tasks that a person may see: designers and administrators all, others none."""
    rows = ScheduledTask.objects.select_related("run_as", "modified_by")
    return rows if has_role(user, ADMINISTRATOR, DESIGNER) else rows.none()


def tasks_seen(user: User, keys: Collection[str]) -> set[str]:
    """Return those of some tasks, by their keys as texts, that a person may see."""
    rows = visible_tasks(user).filter(pk__in=[int(key) for key in keys])
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def occurrences_of(task: ScheduledTask) -> QuerySet[Occurrence]:
    """Return the history of a task, newest first."""
    return Occurrence.objects.filter(task=task).order_by("-planned_at", "-pk")


def waiting_occurrences() -> QuerySet[Occurrence]:
    """Return the occurrences that have neither a run nor an outcome."""
    return Occurrence.objects.filter(outcome__isnull=True, run__isnull=True)


def occurrence_of_run(run: Run, user: User) -> Occurrence | None:
    """Return the firing that a run carries out, for those who may see its task."""
    if run.trigger not in {"schedule", "webhook", "manual"} or not visible_tasks(user).exists():
        return None
    rows = Occurrence.objects.filter(run=run).select_related("task")
    found = rows.order_by("pk").first()
    if found is not None and found.task is not None and found.task.deleted_at is not None:
        # Its page is not there while it is in the recycle bin.
        found.task = None
    return found


def reason_told(occurrence: Occurrence, user: User) -> str:
    """Return why a firing did not do its work, as a person may read it."""
    (told,) = reasons_told([(0, occurrence.run_id, occurrence.reason)], user).values()
    return told


def reasons_told(rows: Iterable[tuple[int, int | None, str]], user: User) -> dict[int, str]:
    """Return why firings, or tasks, failed, as a person may read it; rows: key, run, reason.

    What a run says may hold values of its instance: it is for those who see that.
    """
    found = list(rows)
    named = {run for _key, run, reason in found if run and reason}
    seen = set(runs_seen_among(user, named).values_list("pk", flat=True)) if named else set()
    return {key: _(UNSEEN) if run in named - seen else reason for key, run, reason in found}


def uses_of_instance(process_id: str) -> list[dict[str, Any]]:
    """Return the tasks that name an instance, by the Process ID as it is stored."""
    return [_use(task) for task in ScheduledTask.objects.filter(process_id=process_id)]


def uses_of_process(name: str) -> list[dict[str, Any]]:
    """Return the tasks that make new instances of a process, or fire on one of them."""
    named = ScheduledTask.objects.filter(design__name=name, design__deleted_at__isnull=True)
    return [_use(task) for task in named]


def uses_of_targets(name: str) -> list[dict[str, Any]]:
    """Return the tasks of a process with the target that each fires."""
    named = ScheduledTask.objects.filter(design__name=name, design__deleted_at__isnull=True)
    return [_use(task) | {"target": task.target} for task in named]


def _use(task: ScheduledTask) -> dict[str, Any]:
    return {
        "kind": "scheduled task",
        "name": task.name,
        "url": f"/api/v1/scheduled-tasks/{task.pk}/",
    }
