"""The lists of the pages: tasks and their occurrences, filtered and ordered."""

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrences_of, visible_tasks

OUTCOMES = (
    ("succeeded", _("Succeeded")), ("failed", _("Failed")), ("interrupted", _("Interrupted")),
    ("skipped", _("Skipped")), ("missed", _("Missed")), ("coalesced", _("Coalesced")),
)  # fmt: skip
STATUSES = (
    ("active", _("Active")), ("paused", _("Paused")), ("finished", _("Finished")), *OUTCOMES,
)  # fmt: skip
ORDER = {"name": "name", "next": "next_run_at", "last": "last_run_at"}


def tasks(
    user: User, *, words: str = "", status: str = "", process: str = "", ordering: str = ""
) -> QuerySet[ScheduledTask]:
    """Return the tasks that a person may see, the next one first."""
    rows = visible_tasks(user).select_related("design")
    for word in words.split():
        rows = rows.filter(
            Q(name__icontains=word) | Q(process_id__icontains=word)
            | Q(process_name__icontains=word) | Q(design__title__icontains=word)
        )  # fmt: skip
    if process:
        rows = rows.filter(process_name=process)
    field = F(ORDER.get(ordering.lstrip("-"), "next_run_at"))
    order = field.desc if ordering.startswith("-") else field.asc
    return _with_status(rows, status).order_by(order(nulls_last=True), "pk")


def _with_status(rows: QuerySet[ScheduledTask], status: str) -> QuerySet[ScheduledTask]:
    if status == "finished":
        return rows.filter(finished_at__isnull=False)
    if status == "paused":
        return rows.filter(enabled=False, finished_at__isnull=True)
    if status == "active":
        return rows.filter(enabled=True, finished_at__isnull=True)
    return rows.filter(last_outcome=status) if status in dict(OUTCOMES) else rows


def processes_of(user: User) -> list[tuple[str, str]]:
    """Return name and title of the processes that tasks name."""
    rows = visible_tasks(user).order_by().values_list("process_name", "design__title").distinct()
    return sorted(((name, title or name) for name, title in rows), key=lambda row: row[1])


def occurrences(task: ScheduledTask, *, outcome: str = "") -> QuerySet[Occurrence]:
    """Return the history of a task, newest first; with an outcome, only those."""
    rows = occurrences_of(task)
    if outcome == "open":
        return rows.filter(outcome__isnull=True)
    return rows.filter(outcome=outcome) if outcome in dict(OUTCOMES) else rows
