"""Checks of a task that need the database or the clock; every flaw of a body comes out at once."""

import difflib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.errors import Flaw, Invalid
from processes.definition.document import Document, TargetMissing
from processes.document_cache import document_of
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import visible_instances
from scheduler.document import read_task
from scheduler.models import ScheduledTask
from scheduler.schedules import Once
from scheduler.schedules.base import Schedule
from scheduler.schedules.once import read_moment
from scheduler.services.due_times import expiry_of, schedule_of, zone_named

PASSED = gettext_noop("This time has passed. Enter a later one.")


@dataclass
class CheckedTask:
    """A body that was read: its settings, and the rows that they name."""

    values: dict[str, Any]
    flaws: list[Flaw] = field(default_factory=list)
    design: ProcessDesign | None = None
    instance: ProcessInstance | None = None
    run_as: User | None = None

    def flaw(self, place: str, detail: str) -> None:
        """Note what is wrong at a place."""
        self.flaws.append(Flaw(place, detail))


def check_task(
    raw: object, *, user: User, moment: datetime, task: ScheduledTask | None, partial: bool
) -> CheckedTask:
    """Return the settings of a body, filled up from `task` when partial; raises Invalid."""
    values, flaws = read_task(raw, partial=partial)
    checked = CheckedTask(values, flaws)
    # What the body names but has wrong must not be replaced by what is stored.
    broken = {flaw.pointer.split("/")[1] for flaw in flaws if flaw.pointer}
    for key, value in (_stored(task) if partial and task else _defaults(user)).items():
        if key not in values and key not in broken:
            values[key] = value
    _check_name(checked, task)
    _check_process(checked, user)
    _check_run_as(checked, user, task)
    _check_times(checked, moment, task)
    if checked.flaws:
        raise Invalid(errors=checked.flaws)
    return checked


def _stored(task: ScheduledTask) -> dict[str, Any]:
    return {
        "name": task.name,
        "process": task.process_name,
        "process_id": task.process_id,
        "target": task.target,
        "schedule": schedule_of(task),
        "timezone": task.time_zone,
        "expires": expiry_of(task),
        "enabled": task.enabled,
        "run_as": task.run_as_name,
    }


def _defaults(user: User) -> dict[str, Any]:
    return {
        "timezone": settings.KIANDA_TIME_ZONE,
        "expires": None,
        "enabled": True,
        "run_as": user.get_username(),
    }


def _check_name(checked: CheckedTask, task: ScheduledTask | None) -> None:
    name = checked.values.get("name")
    if name is None:
        return
    same = ScheduledTask.objects.filter(name=name)
    if (same.exclude(pk=task.pk) if task else same).exists():
        checked.flaw("/name", _("%(name)s already exists. Choose another name.") % {"name": name})


def _check_process(checked: CheckedTask, user: User) -> None:
    """Check process, Process ID and target, each against what the one before it names."""
    name, process_id = checked.values.get("process"), checked.values.get("process_id")
    if name is not None:
        checked.design = (
            ProcessDesign.objects.select_related("draft", "published").filter(name=name).first()
        )
        if checked.design is None:
            said = (
                _("There is no process %(name)s.") % {"name": name}
                if name
                else _("Choose a process design.")
            )
            checked.flaw("/process", said)
    if process_id is not None:
        _check_instance(checked, process_id, user)
    document = _document(checked)
    target = checked.values.get("target")
    if document is None or target is None:
        return
    try:
        document.rules_of(target)
    except TargetMissing as missing:
        checked.flaw("/target", str(missing))


def _check_instance(checked: CheckedTask, process_id: str, user: User) -> None:
    instance, sentence = find_instance(process_id, design=checked.design, user=user)
    if instance is None:
        checked.flaw("/process_id", sentence)
        return
    checked.instance = instance
    checked.values["process_id"] = instance.process_id


def find_instance(
    process_id: str, *, design: ProcessDesign | None, user: User
) -> tuple[ProcessInstance | None, str]:
    """Return the instance of a Process ID when it is one of the design; else a sentence."""
    rows = visible_instances(user).select_related("version", "design").defer("version__document")
    instance = rows.filter(key=process_id.lower()).first()
    if instance is None:
        return None, _("There is no record %(id)s.") % {"id": process_id}
    if design is not None and instance.design_id != design.pk:
        names = {"id": instance.process_id, "own": instance.design.name, "asked": design.name}
        return None, _("%(id)s is a record of %(own)s, not of %(asked)s.") % names
    return instance, ""


def _document(checked: CheckedTask) -> Document | None:
    if checked.design is None:
        return None
    if checked.values.get("process_id") is not None and checked.instance is None:
        return None
    return definition_of(checked.design, checked.instance)


def definition_of(design: ProcessDesign, instance: ProcessInstance | None) -> Document | None:
    """Return the definition that a firing would use; None when the design has no version."""
    version = design.published or design.draft
    if instance is not None:
        preview = instance.mode == ProcessInstance.Mode.PREVIEW
        version = design.draft if preview else instance.version
    return document_of(version) if version is not None else None


def _check_run_as(checked: CheckedTask, user: User, task: ScheduledTask | None) -> None:
    name = checked.values.get("run_as")
    if name is None:
        return
    person = User.objects.filter(username=name).first()
    if name != user.get_username() and not has_role(user, ADMINISTRATOR):
        if task is None or not _does_the_same(checked, task):
            checked.flaw(
                "/run_as",
                _(
                    "Only an administrator may let a task run as %(name)s. Use your own "
                    "name, %(own)s."
                )
                % {"name": name, "own": user.get_username()},
            )
    elif person is None:
        checked.flaw("/run_as", _("No user named %(name)s.") % {"name": name})
    elif not person.is_active:
        checked.flaw("/run_as", _("%(name)s can no longer sign in.") % {"name": name})
    checked.run_as = person


def _does_the_same(checked: CheckedTask, task: ScheduledTask) -> bool:
    """Tell whether a change leaves alone what the task does and as whom: only its times differ."""
    values = checked.values
    return (
        values.get("run_as") == task.run_as_name
        and values.get("process") == task.process_name
        and values.get("process_id") == task.process_id
        and values.get("target") == task.target
    )


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def unknown_zone(name: str) -> Flaw:
    """Return what is wrong with a name that no time zone has."""
    near = difflib.get_close_matches(name, sorted(zone_names()), n=1, cutoff=0.5)
    meant = (
        _("Did you mean %(near)s?") % {"near": near[0]}
        if near
        else _("Enter one such as Europe/Dublin.")
    )
    return Flaw(
        "/timezone", _("Unknown time zone %(name)s. %(meant)s") % {"name": name, "meant": meant}
    )


def passed(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> list[Flaw]:
    """Return what is wrong with a one-time schedule whose moment does not lie ahead."""
    once = schedule.at if isinstance(schedule, Once) else None
    if once is None or read_moment(once, zone) > moment:
        return []
    return [Flaw("/schedule/at", gettext(PASSED))]


def _check_times(checked: CheckedTask, moment: datetime, task: ScheduledTask | None) -> None:
    """Check the zone; then, in it, that what is new lies ahead."""
    name = checked.values.get("timezone")
    if name is None:
        return
    if name not in zone_names():
        checked.flaws.append(unknown_zone(name))
        return
    zone, before = zone_named(name), _stored(task) if task else {}
    schedule, expires = checked.values.get("schedule"), checked.values.get("expires")
    if schedule is not None and schedule != before.get("schedule"):
        checked.flaws += passed(schedule, moment, zone)
    end = expires.moment(zone) if expires else None
    if end is not None and end <= moment and expires != before.get("expires"):
        checked.flaw("/expires/at", gettext(PASSED))
