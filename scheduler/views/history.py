"""The history of a scheduled task: what was planned, what became of it, and why."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from kianda.pages import page, render_page
from processes.views.common import asked, page_of, person, target_title
from scheduler import listing, services
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrences_of
from scheduler.selectors_health import token_of_task
from scheduler.services.moments import next_five, schedule_of
from scheduler.timeline import DAY, MOST_READ, timeline
from scheduler.views.choices import Choices
from scheduler.views.tasks import KEEPERS, next_of, state_of

# Sooner than this a firing counts as punctual.
PUNCTUAL = timedelta(seconds=1)


@page(roles=KEEPERS)
def history(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Show the last 24 hours of a task, and one line for each occurrence."""
    task, now = services.get_task(task_id), timezone.now()
    query = asked(request, "outcome")
    found = page_of(
        request, listing.occurrences(task, outcome=query["outcome"]).select_related("run")
    )
    choices = Choices(task.process_name, task.process_id or "", person(request))
    context: dict[str, Any] = {
        "task": task, "page": found, "query": query, "outcomes": listing.OUTCOMES, "now": now,
        "lines": [_line(one, now) for one in found], "state": state_of(task),
        "next": next_of(task), "words": schedule_of(task).describe(),
        "title": target_title(choices.document, task.target), "instance": choices.instance,
        "any": found.paginator.count > 0 or occurrences_of(task).exists(),
        "first_page": found.number == 1 and not query["outcome"],
        **_drawing(task, now),
    }  # fmt: skip
    return render_page(
        request, "scheduler/history.html", context,
        partials={"rows": "scheduler/_history_rows.html"},
    )  # fmt: skip


def _line(occurrence: Occurrence, now: datetime) -> dict[str, Any]:
    started, finished = occurrence.started_at, occurrence.finished_at
    late = started - occurrence.planned_at if started else timedelta(0)
    return {
        "one": occurrence, "took": finished - started if started and finished else None,
        "late": late if late >= PUNCTUAL and occurrence.trigger == "planned" else None,
        "status": occurrence.outcome or ("running" if started else "queued"),
    }  # fmt: skip


def _drawing(task: ScheduledTask, now: datetime) -> dict[str, Any]:
    recent = occurrences_of(task).filter(planned_at__gte=now - DAY)
    kept = token_of_task(task, now=now)
    strip = kept.strip if kept else None
    drawn = timeline(
        recent.only("planned_at", "started_at", "outcome", "trigger")[:MOST_READ],
        next_five(task, now), now=now,
        valid=strip.valid if strip else (), gaps=strip.missing if strip else (),
    )  # fmt: skip
    return {"timeline": drawn, "kept": kept}
