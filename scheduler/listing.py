"""The lists of the pages: tasks and their occurrences, filtered and ordered."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from kianda.lib.word_search import holds_word
from processes.listing import MOST_CHOICES
from processes.models import ProcessDesign
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrences_of, reasons_told, visible_tasks

OUTCOMES = (
    ("succeeded", _("Succeeded")), ("failed", _("Failed")), ("interrupted", _("Interrupted")),
    ("skipped", _("Skipped")), ("missed", _("Missed")), ("coalesced", _("Merged")),
)  # fmt: skip
STATUSES = (
    ("active", _("Active")), ("running", _("Running")), ("paused", _("Paused")),
    ("finished", _("Finished")), *OUTCOMES,
)  # fmt: skip
_SAID = ("name", "process_id", "process_name")
ORDER = {"name": "name", "next": "next_run_at", "last": "last_run_at"}


def tasks(
    user: User, *, words: str = "", status: str = "", process: str = "", ordering: str = ""
) -> QuerySet[ScheduledTask]:
    """Return the tasks that a person may see, the next one first."""
    rows = visible_tasks(user).select_related("design")
    for word in words.split():
        rows = _that_say(rows, word)
    if process:
        rows = rows.filter(process_name=process)
    field = F(ORDER.get(ordering.lstrip("-"), "next_run_at"))
    order = field.desc if ordering.startswith("-") else field.asc
    return with_status(rows, status).order_by(order(nulls_last=True), "pk")


def _that_say(rows: QuerySet[ScheduledTask], word: str) -> QuerySet[ScheduledTask]:
    # In a join, each task would look for the title of its design.
    titled = ProcessDesign.objects.filter(holds_word(word, "title"))
    return rows.filter(Q(design__in=titled.values("pk")) | holds_word(word, *_SAID))


def with_status(rows: QuerySet[ScheduledTask], status: str) -> QuerySet[ScheduledTask]:
    """Return the tasks of a status, as the list calls it; all when it is none."""
    if status == "finished":
        return rows.filter(finished_at__isnull=False)
    if status == "paused":
        return rows.filter(enabled=False, finished_at__isnull=True)
    if status == "active":
        return rows.filter(enabled=True, finished_at__isnull=True)
    if status == "running":
        going = Occurrence.objects.filter(outcome__isnull=True, task__isnull=False)
        return rows.filter(pk__in=going.values("task"))
    return rows.filter(last_outcome=status) if status else rows


def last_outcomes(user: User) -> dict[str, int]:
    """Return how many tasks ended how the last time; those that never ran under no word."""
    rows = visible_tasks(user).order_by().values_list("last_outcome").annotate(count=Count("*"))
    return {outcome or "": count for outcome, count in rows}


def going_on(tasks: Sequence[ScheduledTask]) -> dict[int, str]:
    """Return which of some tasks have a firing that waits or runs."""
    wanted, made = {one.pk for one in tasks}, dict[int, str]()
    # All that are open: there are few, and an index holds them alone.
    rows = Occurrence.objects.filter(outcome__isnull=True).order_by("started_at")
    for pk, started in rows.values_list("task", "started_at"):
        if pk not in wanted:
            continue
        made[pk] = "running" if started or made.get(pk) == "running" else "queued"
    return made


def last_reasons(tasks: Sequence[ScheduledTask], user: User) -> dict[int, str]:
    """Return why the last firing of some tasks did not do its work, as a person may read it."""
    pks = [one.pk for one in tasks if one.last_outcome not in {None, "succeeded"}]
    newest = Occurrence.objects.filter(task=OuterRef("pk"), outcome=OuterRef("last_outcome"))
    newest = newest.order_by("-planned_at")
    run, reason = (Subquery(newest.values(key)[:1]) for key in ("run", "reason"))
    rows = ScheduledTask.objects.filter(pk__in=pks).order_by().values_list("pk", run, reason)
    return reasons_told(((pk, run, said or "") for pk, run, said in rows), user)


def processes_to_choose(user: User, chosen: str = "") -> tuple[list[tuple[str, str]], bool]:
    """Return name and title of the processes that tasks name, and whether there are more."""
    names = set(visible_tasks(user).order_by().values_list("process_name", flat=True).distinct())
    few = set(sorted(names)[:MOST_CHOICES]) | ({chosen} & names)
    titles = dict(ProcessDesign.objects.filter(name__in=few).values_list("name", "title"))
    rows = [(name, titles.get(name) or name) for name in few]
    return sorted(rows, key=lambda row: row[1]), len(few) < len(names)


def occurrences(task: ScheduledTask, *, outcome: str = "") -> QuerySet[Occurrence]:
    """Return the history of a task, newest first; with an outcome, only those."""
    rows = occurrences_of(task).select_related("run")
    rows = rows.defer("run__steps", "run__journal", "run__unsaved_values")
    if outcome == "open":
        return rows.filter(outcome__isnull=True)
    return rows.filter(outcome=outcome) if outcome in dict(OUTCOMES) else rows


def counts_between(task: ScheduledTask, edges: Sequence[datetime]) -> list[tuple[int, str, int]]:
    """Return how many firings ended how between each two moments and the next: number, word, count.

    A firing that is not over has no word. Each stretch is a range of an index that holds all that
    is asked for; to group a month of a task of every half minute at once is a sort of 86,400 rows.
    """
    moments = [connection.ops.adapt_datetimefield_value(edge) for edge in edges]
    asked = [
        f"SELECT {number}, outcome, SUM(count) FROM {Occurrence._meta.db_table}"  # noqa: S608 - ours
        " WHERE task_id = %s AND planned_at >= %s AND planned_at < %s GROUP BY outcome"
        for number in range(len(moments) - 1)
    ]
    with connection.cursor() as cursor:
        words = [word for ends in pairwise(moments) for word in (task.pk, *ends)]
        cursor.execute(" UNION ALL ".join(asked), words)
        return [(number, outcome or "", int(count)) for number, outcome, count in cursor.fetchall()]
