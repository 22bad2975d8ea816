"""What a person types to schedule a task, and the body that the services take."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from scheduler.models import ScheduledTask
from scheduler.schedules import Once, schedules
from scheduler.schedules.base import WEEKDAYS
from scheduler.schedules.once import read_moment
from scheduler.services.moments import expires_at, zone_of

Typed = dict[str, Any]

KINDS = (
    ("once", _("One time")), ("minutes", _("Minutes")), ("hourly", _("Hourly")),
    ("daily", _("Daily")), ("weekly", _("Weekly")), ("monthly", _("Monthly")),
    ("on_demand", _("On demand")),
)  # fmt: skip
MORE_KINDS = (("seconds", _("Seconds")), ("cron", _("Cron")))
DAYS = tuple(
    zip(
        WEEKDAYS,
        (
            _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
            _("Sunday"),
        ),
        strict=True,
    )
)  # fmt: skip
NTH = (
    ("1", _("first")), ("2", _("second")), ("3", _("third")), ("4", _("fourth")),
    ("last", _("last")),
)  # fmt: skip

# The names of the controls: the JSON pointer of what each one stands for.
START: Typed = {
    "/name": "", "/schedule/kind": "minutes", "/schedule/every": "", "/schedule/minute": "0",
    "/schedule/at": "", "/schedule/time": "", "/schedule/days": [],
    "/schedule/weekdays_only": False, "/schedule/day": "", "/schedule/nth": "1",
    "/schedule/weekday": "monday", "/schedule/expression": "", "/schedule/in/days": "",
    "/schedule/in/hours": "", "/schedule/in/minutes": "", "once_by": "at", "monthly_by": "day",
    "expire": "never", "/expires/at": "", "/expires/after_runs": "", "/process": "",
    "/process_id": "", "/target": "", "/timezone": "", "/run_as": "",
}  # fmt: skip
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "minutes": ("every",),
    "seconds": ("every",),
    "hourly": ("every", "minute"),
    "daily": ("every",),
    "weekly": ("every",),
    "monthly": ("every",),
}


_TIMED = {"/schedule/every", "/schedule/time"}
_DELAY = {"/schedule/in/days", "/schedule/in/hours", "/schedule/in/minutes"}
_BY_WEEKDAY = {"/schedule/nth", "/schedule/weekday"}
_DRAWN: Mapping[str, set[str]] = {
    "minutes": {"/schedule/every"},
    "seconds": {"/schedule/every"},
    "hourly": {"/schedule/every", "/schedule/minute"},
    "daily": {*_TIMED, "/schedule/weekdays_only"},
    "weekly": {*_TIMED, "/schedule/days"},
    "cron": {"/schedule/expression"},
}


def not_drawn(typed: Typed) -> list[tuple[str, Any]]:
    """Return what was typed into controls of other choices, to be there when they come back."""
    kind = typed["/schedule/kind"]
    drawn = set(_DRAWN.get(kind, ())) | {"/schedule/kind"}
    if kind == "once":
        drawn |= {"once_by"} | (_DELAY if typed["once_by"] == "in" else {"/schedule/at"})
    if kind == "monthly":
        by_day = {"/schedule/day"} if typed["monthly_by"] == "day" else _BY_WEEKDAY
        drawn |= _TIMED | {"monthly_by"} | by_day
    rest: list[tuple[str, Any]] = []
    for name, value in typed.items():
        if name not in drawn and name.startswith(("/schedule/", "once_by", "monthly_by")):
            many = value if isinstance(value, list) else ["on"] if value is True else [value]
            rest += [(name, one) for one in many if one]
    ends = {"at": "/expires/at", "runs": "/expires/after_runs"}
    drawn_end = ends.get(typed["expire"])
    return rest + [(name, typed[name]) for name in ends.values() if name != drawn_end]


def typed_in(sent: QueryDict) -> Typed:
    """Return what was typed, as it was typed."""
    made: Typed = {}
    for name, usual in START.items():
        if isinstance(usual, list):
            made[name] = sent.getlist(name)
        elif isinstance(usual, bool):
            made[name] = name in sent
        else:
            made[name] = str(sent.get(name, usual)).replace("\0", "")
    return made


def typed_of(task: ScheduledTask) -> Typed:
    """Return a task as it stands in the form."""
    made = {
        **START, "/name": task.name, "/process": task.process_name,
        "/process_id": task.process_id or "", "/target": task.target,
        "/timezone": task.time_zone, "/run_as": task.run_as_name,
    }  # fmt: skip
    made |= _typed_schedule(task)
    end = expires_at(task)
    if end is not None:
        made |= {"expire": "at", "/expires/at": _wall(end, task)}
    elif task.expires:
        made |= {"expire": "runs", "/expires/after_runs": str(task.expires["after_runs"])}
    return made


def _typed_schedule(task: ScheduledTask) -> Typed:
    stored = schedules.parse(task.schedule)
    made: Typed = {}
    for name, value in task.schedule.items():
        if name == "in":
            made |= {f"/schedule/in/{unit}": str(count) for unit, count in value.items()}
            made["once_by"] = "in"
        else:
            made[f"/schedule/{name}"] = value if isinstance(value, list | bool) else str(value)
    if isinstance(stored, Once):
        if stored.at:
            made["/schedule/at"] = _wall(read_moment(stored.at, zone_of(task)), task)
    elif "/schedule/at" in made:
        made["/schedule/time"] = made.pop("/schedule/at")
    made["monthly_by"] = "weekday" if "nth" in task.schedule else "day"
    return made


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
    made = {"kind": kind}
    for name in _OF_KIND.get(kind, ()):
        made |= _number(name, typed[f"/schedule/{name}"])
    more = {"once": _once, "daily": _daily, "weekly": _weekly, "monthly": _monthly, "cron": _cron}
    return made | more[kind](typed) if kind in more else made


def _number(name: str, text: str) -> dict[str, Any]:
    tidy = text.strip()
    if not tidy:
        return {}
    return {name: int(tidy) if _WHOLE.match(tidy) else tidy}


def _once(typed: Typed) -> dict[str, Any]:
    if typed["once_by"] != "in":
        return {"at": typed["/schedule/at"]}
    delay: dict[str, Any] = {}
    for unit in ("days", "hours", "minutes"):
        delay |= _number(unit, typed[f"/schedule/in/{unit}"])
    return {"in": delay}


def _daily(typed: Typed) -> dict[str, Any]:
    return {"at": typed["/schedule/time"], "weekdays_only": typed["/schedule/weekdays_only"]}


def _weekly(typed: Typed) -> dict[str, Any]:
    return {"at": typed["/schedule/time"], "days": typed["/schedule/days"]}


def _monthly(typed: Typed) -> dict[str, Any]:
    made: dict[str, Any] = {"at": typed["/schedule/time"]}
    if typed["monthly_by"] == "weekday":
        nth = typed["/schedule/nth"]
        return made | {
            "nth": int(nth) if _WHOLE.match(nth) else nth, "weekday": typed["/schedule/weekday"],
        }  # fmt: skip
    return made | (_number("day", typed["/schedule/day"]) or {"day": ""})


def _cron(typed: Typed) -> dict[str, Any]:
    return {"expression": typed["/schedule/expression"]}


def _expires(typed: Typed) -> dict[str, Any] | None:
    if typed["expire"] == "at":
        return {"at": typed["/expires/at"]}
    if typed["expire"] == "runs":
        runs = typed["/expires/after_runs"]
        return _number("after_runs", runs) or {"after_runs": ""}
    return None
