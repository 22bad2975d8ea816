"""When a task would fire that is still being typed, and whether a token lives so long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings

from kianda.lib.errors import Flaw
from processes.definition.document import Document
from processes.models import ProcessInstance
from scheduler.document import dumped, read_task
from scheduler.models import ScheduledTask
from scheduler.services.due_times import next_five, set_next_run, zone_named
from scheduler.services.validation import passed, unknown_zone, zone_names
from scheduler.tokens.health import token_fields, validity


@dataclass(frozen=True)
class Coming:
    """A schedule in words and its next firings; or why there are none."""

    words: str = ""
    firings: tuple[datetime, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def coming(raw: dict[str, Any], *, moment: datetime, task: ScheduledTask | None = None) -> Coming:
    """Return what a task would do, its next firings at most five.

    A schedule that is stored as it is typed keeps its grid.
    """
    values, flaws = read_task(raw, partial=True)
    schedule = values.get("schedule")
    zone = values.get("timezone") or settings.KIANDA_TIME_ZONE
    if schedule is None:
        return Coming(flaws=tuple(one for one in flaws if one.pointer[:9] == "/schedule"))
    if zone not in zone_names():
        return Coming(flaws=(unknown_zone(zone),))
    same = task is not None and task.schedule == dumped(schedule)
    made = ScheduledTask(
        start=task.start if task and same else moment,
        schedule=dumped(schedule),
        time_zone=zone,
        expires=dumped(values.get("expires")),
        counted_runs=task.counted_runs if task else 0,
    )
    set_next_run(made, moment)
    late = passed(schedule, moment, zone_named(zone))
    return Coming(schedule.describe(), tuple(next_five(made, moment)), tuple(late))


@dataclass(frozen=True)
class TokenLife:
    """How long the token lives that a target keeps, and how long it is left alone."""

    process_id: str
    life: timedelta
    longest: timedelta

    @property
    def lasts(self) -> bool:
        """Tell whether the token is always renewed before its end."""
        return self.longest < self.life

    @property
    def spare(self) -> timedelta:
        """Return what is left of the token when it is renewed; or how long it is missing."""
        return abs(self.life - self.longest)


def token_life(
    instance: ProcessInstance,
    document: Document | None,
    target: str,
    firings: Sequence[datetime],
) -> TokenLife | None:
    """Compare the life of the token that a target keeps with the times between its firings."""
    fields = token_fields(document, target) if document else None
    if fields is None or len(firings) < 2:
        return None
    life = validity(fields, instance.values, refreshed=instance.modified).life
    if not life or life < timedelta(0):
        return None
    return TokenLife(
        instance.process_id, life, max(after - before for before, after in pairwise(firings))
    )
