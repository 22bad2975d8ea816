"""What a person types to schedule a task, and the body that the services take."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kianda.lib.errors import Flaw
from scheduler.kind_controls import WAYS, ScheduleControl, controls_of, lines_of, way_name
from scheduler.models import ScheduledTask
from scheduler.schedules import schedules
from scheduler.schedules.once import read_moment
from scheduler.services.due_times import expires_at, zone_of

Typed = dict[str, Any]

KINDS = (
    ("once", _("One time")), ("minutes", _("Minutes")), ("hourly", _("Hourly")),
    ("daily", _("Daily")), ("weekly", _("Weekly")), ("monthly", _("Monthly")),
    ("on_demand", _("On demand")),
)  # fmt: skip
MORE_KINDS = (("seconds", _("Seconds")), ("cron", _("Cron")))
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


def _blank(control: ScheduleControl) -> str | bool | list[str]:
    if control.type == "days":
        return []
    if control.type == "check":
        return False
    # A list of choices is never empty: its first one is chosen.
    return control.choices[0][0] if control.type == "select" else ""


# The names of the controls, most of them the JSON pointer of what they stand for.
START: Typed = {
    "/name": "", "/schedule/kind": "minutes",
    **{control.name: _blank(control) for kind in schedules.kinds for control in controls_of(kind)},
    **{way_name(kind): next(iter(ways)) for kind, ways in WAYS.items()},
    "expire": False, "expire_by": "at", "/expires/at": "", "/expires/after_runs": "",
    "/process": "", "/process_id": "", "/target": "", "/timezone": "", "/run_as": "",
}  # fmt: skip


def typed_in(sent: QueryDict) -> Typed:
    """Return what was typed, as it was typed."""
    made: Typed = {}
    for name, usual in START.items():
        if isinstance(usual, list):
            made[name] = [one.replace("\0", "") for one in sent.getlist(name)]
        elif isinstance(usual, bool):
            made[name] = bool(sent.get(name))
        else:
            made[name] = str(sent.get(name, usual)).replace("\0", "")
    return made


def with_usual(typed: Typed) -> Typed:
    """Return what was typed, with the usual value in each empty setting of the chosen kind."""
    usual = {control.name: control.usual for control in controls_of(typed["/schedule/kind"])}
    return typed | {name: value for name, value in usual.items() if value and not typed[name]}


def has_begun(typed: Typed) -> bool:
    """Tell whether a setting of the chosen kind was typed, so that its errors may be said."""
    return any(
        typed[control.name] not in (control.usual, _blank(control))
        for control in controls_of(typed["/schedule/kind"])
    )


def what_is_missing(typed: Typed, flaws: Iterable[Flaw]) -> list[str]:
    """Say why no run can be shown; of a number, which one is meant."""
    kind = schedules.kinds.get(typed["/schedule/kind"])
    if kind is not None and kind.asks and not has_begun(typed):
        return [gettext(kind.asks)]
    numbers = {
        control.pointer: control.label
        for control in controls_of(typed["/schedule/kind"])
        if control.type == "number"
    }
    return [
        gettext("%(name)s: %(why)s") % {"name": numbers[flaw.pointer], "why": flaw.detail}
        if flaw.pointer in numbers
        else flaw.detail
        for flaw in flaws
    ]


def not_drawn(typed: Typed) -> list[tuple[str, str]]:
    """Return what was typed into settings of other kinds, to be there when they come back."""
    kind = typed["/schedule/kind"]
    drawn = {control.name for control in controls_of(kind)} | {way_name(kind), "/schedule/kind"}
    rest: list[tuple[str, str]] = []
    for name, value in typed.items():
        if name not in drawn and (name.startswith("/schedule/") or name in _WAY_NAMES):
            many = value if isinstance(value, list) else ["on"] if value is True else [value]
            rest += [(name, one) for one in many if one]
    return rest


_WAY_NAMES = {way_name(kind) for kind in WAYS}


def typed_of(task: ScheduledTask) -> Typed:
    """Return a task as it stands in the form."""
    made = {
        **START, "/name": task.name, "/process": task.process_name,
        "/process_id": task.process_id or "", "/target": task.target,
        "/timezone": task.time_zone, "/run_as": task.run_as_name,
    }  # fmt: skip
    made |= dict(_typed_schedule(task))
    end = expires_at(task)
    if end is not None:
        made |= {"expire": True, "expire_by": "at", "/expires/at": _wall(end, task)}
    elif task.expires:
        runs = str(task.expires["after_runs"])
        made |= {"expire": True, "expire_by": "runs", "/expires/after_runs": runs}
    return made


def _typed_schedule(task: ScheduledTask) -> Iterator[tuple[str, Any]]:
    kind = task.schedule["kind"]
    yield "/schedule/kind", kind
    for line in lines_of(kind):
        for control in line.controls:
            value = _stored(task.schedule, control.path)
            if value is None:
                continue
            if line.way:
                yield line.way_name, line.way
            if control.type == "moment":
                value = _wall(read_moment(value, zone_of(task)), task)
            yield control.name, value if isinstance(value, list | bool) else str(value)


def _stored(schedule: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = schedule
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _wall(moment: datetime, task: ScheduledTask) -> str:
    """Write a moment as the control of a date and time takes it, by the clock of the task."""
    local = moment.astimezone(zone_of(task)).replace(tzinfo=None)
    return local.isoformat(timespec="minutes" if local.second == 0 else "seconds")


def body_of(typed: Typed, *, task: ScheduledTask | None = None) -> dict[str, Any]:
    """Return the body that says what was typed; what was not touched is sent as it is stored."""
    body: dict[str, Any] = {
        "name": typed["/name"],
        "process": typed["/process"],
        "process_id": typed["/process_id"].strip() or None,
        "target": typed["/target"],
        "schedule": _schedule(typed),
        "expires": _expires(typed),
    }
    if typed["/timezone"]:
        body["timezone"] = typed["/timezone"]
    if typed["/run_as"].strip():
        body["run_as"] = typed["/run_as"].strip()
    if task is not None and typed["/timezone"] == task.time_zone:
        _keep_stored(body, task)
    return body


def _keep_stored(body: dict[str, Any], task: ScheduledTask) -> None:
    """Send a moment with an offset as it is stored: the form shows it by the clock of the task."""
    shown = body_of(typed_of(task))
    for part, stored in (("schedule", task.schedule), ("expires", task.expires)):
        if body[part] == shown[part]:
            body[part] = stored


def _schedule(typed: Typed) -> dict[str, Any]:
    kind = typed["/schedule/kind"]
    made: dict[str, Any] = {"kind": kind}
    for line in lines_of(kind):
        if line.way and typed[line.way_name] != line.way:
            continue
        for control in line.controls:
            # What the chosen way asks for is sent even when it is empty: the error stands there.
            _put(made, control, typed[control.name], always=bool(line.way))
    return made


def _put(made: dict[str, Any], control: ScheduleControl, value: Any, *, always: bool) -> None:
    for name in control.path[:-1]:
        made = made.setdefault(name, {})
        always = False
    if control.type in {"number", "select"}:
        value = value.strip()
        value = int(value) if _WHOLE.match(value) else value
        if value == "" and not always:
            return
    made[control.path[-1]] = value


def _expires(typed: Typed) -> dict[str, Any] | None:
    if not typed["expire"]:
        return None
    if typed["expire_by"] != "runs":
        return {"at": typed["/expires/at"]}
    runs = typed["/expires/after_runs"].strip()
    return {"after_runs": int(runs) if _WHOLE.match(runs) else runs}
