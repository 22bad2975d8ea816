"""The history of a scheduled task: what was planned, what became of it, and why."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kianda.web import times
from kianda.web.pages import page, render_page
from processes.views.common import asked, page_of, person, target_title
from scheduler import listing, services
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrences_of, reasons_told
from scheduler.services.due_times import next_of, status_of, words_of
from scheduler.token_selectors import KeptToken, token_of_task
from scheduler.tokens.health import validity
from scheduler.views import timeline
from scheduler.views.chart import drawing
from scheduler.views.choices import Choices
from scheduler.views.tasks import KEEPERS

# Sooner than this a firing counts as punctual.
PUNCTUAL = timedelta(seconds=1)


@page(roles=KEEPERS)
def history(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Show the last hours or days of a task, and one line for each occurrence."""
    task, now = services.get_task(task_id), timezone.now()
    query = asked(request, "outcome", "range")
    window = next(
        (one for one in timeline.WINDOWS if one.key == query["range"]), timeline.WINDOWS[0]
    )
    kept = token_of_task(task, now=now, length=window.length)
    found = page_of(request, listing.occurrences(task, outcome=query["outcome"]))
    reasons = reasons_told(((one.pk, one.run_id, one.reason) for one in found), person(request))
    lines = [_occurrence_row(one, reasons[one.pk], kept, now) for one in found]
    choices = Choices(task.process_name, task.process_id or "", person(request))
    context: dict[str, Any] = {
        "task": task, "page": found, "query": query, "outcomes": listing.OUTCOMES, "now": now,
        "lines": lines, "state": status_of(task), "next": next_of(task),
        "next_said": _moment_in_words(next_of(task)),
        "next_line": _next_line(task, now), "words": words_of(task),
        "title": target_title(choices.document, task.target), "instance": choices.instance,
        "any": found.paginator.count > 0 or occurrences_of(task).exists(), "noun": _noun(),
        "first_page": found.number == 1 and not query["outcome"],
        "going": bool(listing.going_on([task])),
        "window": window, "windows": timeline.WINDOWS, **drawing(task, window, kept, now),
    }  # fmt: skip
    return render_page(
        request, "scheduler/history.html", context,
        partials={"history": "scheduler/_history.html"},
    )  # fmt: skip


def _noun() -> str:
    days = settings.KIANDA_RETENTION_DAYS
    return _("occurrences, stored for %(days)s days, failed ones for %(more)s") % {
        "days": days, "more": 3 * days,
    }  # fmt: skip


def _moment_in_words(moment: datetime | None) -> str:
    return times.moment_in_sentence(moment) if moment else ""


def _day(moment: datetime, now: datetime) -> str:
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    near = times.near_words(local.date(), today=today)
    full = date_format(local)
    return f"{near}, {full}" if near else full


def _clock(moment: datetime, *, seconds: bool = True) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S" if seconds else "%H:%M")


def _next_line(task: ScheduledTask, now: datetime) -> dict[str, Any] | None:
    moment = next_of(task)
    if moment is None:
        return None
    return {
        "at": moment,
        "day": _day(moment, now),
        "words": _clock(moment, seconds=bool(moment.second)),
    }


def _occurrence_row(
    occurrence: Occurrence, reason: str, kept: KeptToken | None, now: datetime
) -> dict[str, Any]:
    planned, started = occurrence.planned_at, occurrence.started_at
    finished = occurrence.finished_at
    late = started - planned if started else timedelta(0)
    until = occurrence.planned_until
    # On the grid of a task the seconds say little; by hand and by webhook they are all there is.
    exact = bool(planned.second) or occurrence.trigger != "planned"
    other_day = started and timezone.localtime(started).date() != timezone.localtime(planned).date()
    return {
        "one": occurrence, "day": _day(planned, now), "planned": _clock(planned, seconds=exact),
        "until": until and times.moment_words(until, now=now),
        "started": started and (
            times.moment_words(started, now=now, seconds=True) if other_day else _clock(started)
        ),
        "took": finished - started if started and finished else None,
        "late": late if late >= PUNCTUAL and occurrence.trigger == "planned" else None,
        "status": occurrence.outcome or ("running" if started else "queued"),
        "reason": reason or _renewed(occurrence, kept),
    }  # fmt: skip


def _renewed(occurrence: Occurrence, kept: KeptToken | None) -> str:
    """Say what a firing that succeeded did to the token that the task keeps."""
    run = occurrence.run
    if kept is None or run is None or occurrence.outcome != "succeeded" or not run.data:
        return ""
    until = validity(kept.fields, run.data, refreshed=run.finished).until
    if until is None:
        return _("Token refreshed")
    same_day = timezone.localtime(until).date() == timezone.localtime(run.finished).date()
    at = _clock(until, seconds=False) if same_day else times.moment_in_sentence(until)
    return _("Token refreshed, valid until %(at)s") % {"at": at}
