"""Two people change one task: what the other one saved, and what of the own input is kept."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.three_way_merge import Told, merge, told, written
from scheduler import forms
from scheduler.models import ScheduledTask
from scheduler.services.preview import coming


def seen(task: ScheduledTask) -> str:
    """Return the task as it stands in a form that is opened now, to be sent back with it."""
    return written(_settings_of(task))


def _settings_of(task: ScheduledTask) -> dict[str, Any]:
    return {**forms.body_of(forms.typed_of(task), task=task), "enabled": task.enabled}


def merged(typed: forms.Typed, before: dict[str, Any], task: ScheduledTask) -> forms.Typed:
    """Return what was typed, with what was left alone as it is stored now."""
    mine, theirs = forms.body_of(typed, task=task), forms.typed_of(task)
    alone = {part for part in before if part in mine and mine[part] == before[part]}
    return {
        name: theirs[name] if _part_of(name) in alone else value for name, value in typed.items()
    }


def _part_of(name: str) -> str:
    if name.startswith("expire"):
        return "expires"
    return name.split("/")[1] if name.startswith("/") else "schedule"


def differences(typed: forms.Typed, before: dict[str, Any], task: ScheduledTask) -> list[Told]:
    """Return what somebody else has changed since the form was opened."""
    titles = {
        "name": _("Task name"), "schedule": _("Schedule"), "timezone": _("Time zone"),
        "expires": _("Expire"), "process": _("Process design"), "process_id": _("Process ID"),
        "target": _("Field or rule"), "run_as": _("Run as"), "enabled": _("State"),
    }  # fmt: skip
    mine, keys = forms.body_of(typed, task=task), [part for part in titles if part in before]
    found = merge(before, mine, _settings_of(task), keys=keys).differences
    return told(found, titles=titles, words=_value_in_words)


def _value_in_words(part: str, value: Any) -> str:
    if part == "schedule":
        return coming({"schedule": value}, moment=timezone.now()).words or _("not complete")
    if part == "expires":
        ends = value if isinstance(value, dict) else {}
        runs = _("after %(n)s runs") % {"n": ends.get("after_runs")}
        return str(ends.get("at") or runs) if ends else _("never")
    if part == "enabled":
        return _("active") if value else _("paused")
    if part == "process_id":
        return str(value or _("a new instance each time"))
    return str(value)[:200]
