"""What the form of a task posts, and what is stored then."""

from typing import Any

from scheduler import forms
from scheduler.models import ScheduledTask


def sent(**typed: Any) -> dict[str, Any]:
    """Return what the form of a new task posts; `schedule__every` is `/schedule/every`."""
    usual = {
        "/name": "Count", "/schedule/kind": "minutes", "/schedule/minutes/every": "5",
        "/process": "counter", "/process_id": "counter-1", "/target": "add",
        "/timezone": "Europe/Dublin",
    }  # fmt: skip
    pointed = {
        (name if name in forms.START else "/" + name.replace("__", "/")): value
        for name, value in typed.items()
    }
    return usual | pointed


def now_of(task: ScheduledTask) -> ScheduledTask:
    """Return a task as it is stored now."""
    return ScheduledTask.objects.get(pk=task.pk)
