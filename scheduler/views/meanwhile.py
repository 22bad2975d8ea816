"""Two people change one task: what the other one saved, and what of the own input is kept."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from scheduler import forms
from scheduler.models import ScheduledTask
from scheduler.services.preview import coming

MOST = 20_000


@dataclass(frozen=True)
class Difference:
    """A setting that somebody else has changed; `mine` is said when this person has too."""

    title: str
    before: str
    now: str
    mine: str


def seen(task: ScheduledTask) -> str:
    """Return the task as it stands in a form that is opened now, to be sent back with it."""
    body = forms.body_of(forms.typed_of(task), task=task)
    return json.dumps({**body, "enabled": task.enabled})


def read_seen(text: str) -> dict[str, Any]:
    """Return what a form had when it was opened; nothing when it cannot be read."""
    try:
        found = json.loads(text) if len(text) <= MOST else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


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


def differences(
    typed: forms.Typed, before: dict[str, Any], task: ScheduledTask
) -> list[Difference]:
    """Return what somebody else has changed since the form was opened."""
    mine = forms.body_of(typed, task=task)
    now = {**forms.body_of(forms.typed_of(task), task=task), "enabled": task.enabled}
    titles = {
        "name": _("Task name"), "schedule": _("Schedule"), "timezone": _("Time zone"),
        "expires": _("Expire"), "process": _("Process design"), "process_id": _("Process ID"),
        "target": _("Field or rule"), "run_as": _("Run as"), "enabled": _("State"),
    }  # fmt: skip
    return [
        Difference(
            title,
            _said(part, before),
            _said(part, now),
            _said(part, mine)
            if part in mine and mine[part] not in (before[part], now[part])
            else "",
        )
        for part, title in titles.items()
        if part in before and before[part] != now[part]
    ]


def _said(part: str, body: dict[str, Any]) -> str:
    value = body.get(part)
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
