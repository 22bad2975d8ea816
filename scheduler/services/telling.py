"""Who is told when a scheduled task begins to fail, and when it works again."""

from django.contrib.auth.models import User
from django.urls import reverse

from kianda.accounts.roles import ADMINISTRATOR
from kianda.lib.db.prepared_statements import Writes
from kianda.messages.kinds import NotificationKind, TaskFailed, TaskRecovered
from kianda.messages.readers import Subject
from kianda.messages.services import notify
from scheduler.models import Occurrence, ScheduledTask

_BAD = frozenset({"failed", "interrupted"})


def telling_of(occurrence: Occurrence, *, outcome: str, reason: str) -> Writes:
    """Return what tells people when a task changes between well and ill.

    They are the person of the task and the administrators.
    `occurrence.task` is as it was before this outcome. Firings that were skipped tell nothing.
    """
    task = occurrence.task
    if task is None or not (outcome in _BAD or outcome == "succeeded"):
        return []
    before = task.last_outcome or ""
    if (outcome in _BAD) == (before in _BAD):
        return []
    kind: type[NotificationKind] = TaskFailed if outcome in _BAD else TaskRecovered
    data = {"task": task.name, "reason": reason[:500]}
    url, thing = reverse("task", args=[task.pk]), Subject("task", str(task.pk))
    return [lambda: notify(_people(task), kind, data=data, url=url, about=thing)]


def _people(task: ScheduledTask) -> set[int]:
    keepers = User.objects.filter(groups__name=ADMINISTRATOR) | User.objects.filter(
        is_superuser=True
    )
    found = set(keepers.values_list("pk", flat=True))
    return found | ({task.run_as_id} if task.run_as_id is not None else set())
