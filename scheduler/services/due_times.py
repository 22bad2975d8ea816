"""When a task is due next, and when it is at its end."""

from collections.abc import Container
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext as _

from scheduler.document import Expiry
from scheduler.models import ScheduledTask
from scheduler.schedules import Schedule, schedules


def schedule_of(task: ScheduledTask) -> Schedule:
    """Return the stored schedule as its kind."""
    return schedules.parse(task.schedule)


@lru_cache(maxsize=600)
def zone_named(name: str) -> ZoneInfo:
    """Return a time zone; raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def zone_of(task: ScheduledTask) -> ZoneInfo:
    """Return the task's time zone."""
    return zone_named(task.time_zone)


def words_of(task: ScheduledTask) -> str:
    """Return the schedule in words, with its zone where the reader's clock shows another time."""
    schedule, zone = schedule_of(task), task.time_zone
    words, reads = schedule.describe(), schedule.reads()
    same = _plain(zone) == _plain(str(timezone.get_current_timezone()))
    if not reads or same or (reads == "minutes" and _same_minutes(task)):
        return words
    return _("%(words)s, %(zone)s") % {"words": words, "zone": zone}


def _plain(zone: str) -> str:
    return zone.removeprefix("Etc/")


def _same_minutes(task: ScheduledTask) -> bool:
    """Tell whether the clocks of task and reader are whole hours apart."""
    now = timezone.now()
    try:
        theirs = timezone.localtime(now, zone_of(task))
    except ZoneInfoNotFoundError:
        return False
    return theirs.minute == timezone.localtime(now).minute


def status_of(task: ScheduledTask) -> str:
    """Return the status of a task in a word."""
    if task.finished_at:
        return "finished"
    return "active" if task.enabled else "paused"


def next_of(task: ScheduledTask) -> datetime | None:
    """Return when a task fires next; nothing is planned while it is paused."""
    return task.next_run_at if task.enabled else None


def expiry_of(task: ScheduledTask) -> Expiry | None:
    """Return the stored expiry."""
    return Expiry.model_validate(task.expires) if task.expires else None


def expires_at(task: ScheduledTask) -> datetime | None:
    """Return the moment from which on the task fires no more, if it has one."""
    expiry = expiry_of(task)
    return expiry.moment(zone_of(task)) if expiry else None


def runs_left(task: ScheduledTask, *, fired: int = 0) -> bool:
    """Tell whether `after_runs` allows one more firing after `fired` further ones."""
    allowed = (task.expires or {}).get("after_runs")
    return allowed is None or task.counted_runs + fired < allowed


def has_expired(task: ScheduledTask, moment: datetime) -> bool:
    """Tell whether the task has expired, by date or by number."""
    end = expires_at(task)
    return not runs_left(task) or (end is not None and moment >= end)


def next_run_after(task: ScheduledTask, moment: datetime, *, fired: int = 0) -> datetime | None:
    """Return the next planned moment; None when the task has expired by then."""
    if not runs_left(task, fired=fired):
        return None
    planned = schedule_of(task).next_after(moment, start=task.start, zone=zone_of(task))
    end = expires_at(task)
    return None if planned is None or (end is not None and planned >= end) else planned


def set_next_run(task: ScheduledTask, moment: datetime, *, taken: Container[datetime] = ()) -> None:
    """Set when the task is due next, or that nothing is left to fire but `taken` moments."""
    following = next_run_after(task, moment)
    while following is not None and following in taken:
        following = next_run_after(task, following)
    task.next_run_at, task.next_run_set_at = following, moment
    on_demand = task.schedule.get("kind") == "on_demand"
    over = has_expired(task, moment) if on_demand else task.next_run_at is None
    task.finished_at = (task.finished_at or moment) if over else None


def next_five(task: ScheduledTask, moment: datetime) -> list[datetime]:
    """Return the next planned moments, at most five, for previews."""
    if not task.enabled or task.next_run_at is None:
        return []
    coming = schedule_of(task).next_n(5, moment, start=task.start, zone=zone_of(task))
    end = expires_at(task)
    allowed = (task.expires or {}).get("after_runs")
    left = 5 if allowed is None else max(allowed - task.counted_runs, 0)
    return [planned for planned in coming if end is None or planned < end][:left]
