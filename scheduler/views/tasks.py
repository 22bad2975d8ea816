"""The list of scheduled tasks, and what is done with one by a click."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER
from kianda.lib.errors import Conflict
from kianda.once import leads_to, once
from kianda.pages import go, page, render_dialog, render_page, toast
from processes.views.common import asked, page_of, person
from scheduler import listing, services
from scheduler.models import ScheduledTask
from scheduler.selectors import visible_tasks
from scheduler.services.moments import expires_at, schedule_of
from scheduler.tasks import send

KEEPERS = (DESIGNER, ADMINISTRATOR)


@page(roles=KEEPERS)
def tasks(request: HttpRequest) -> HttpResponseBase:
    """List the scheduled tasks."""
    query = asked(request, "q", "status", "process", "ordering")
    user = person(request)
    rows = listing.tasks(
        user, words=query["q"], status=query["status"], process=query["process"],
        ordering=query["ordering"],
    )  # fmt: skip
    found = page_of(request, rows)
    filtered = any(query[name] for name in ("q", "status", "process"))
    context = {
        "page": found, "query": query, "filtered": filtered,
        "any": found.paginator.count > 0 or (filtered and visible_tasks(user).exists()),
        "lines": [_line(task) for task in found],
        "processes": listing.processes_of(user), "statuses": listing.STATUSES,
    }  # fmt: skip
    return render_page(
        request, "scheduler/tasks.html", context, partials={"rows": "scheduler/_tasks_rows.html"}
    )


def _line(task: ScheduledTask) -> dict[str, Any]:
    return {
        "task": task, "words": schedule_of(task).describe(), "state": state_of(task),
        "next": next_of(task), "ends": expires_at(task),
        "runs": (task.expires or {}).get("after_runs"),
        "title": task.design.title if task.design else task.process_name,
        "on_demand": task.schedule["kind"] == "on_demand",
    }  # fmt: skip


def state_of(task: ScheduledTask) -> str:
    """Return the status of a task in a word."""
    if task.finished_at:
        return "finished"
    return "active" if task.enabled else "paused"


def next_of(task: ScheduledTask) -> datetime | None:
    """Return when a task fires next; nothing is planned while it is paused."""
    return task.next_run_at if task.enabled else None


def _back(request: HttpRequest, task_id: str) -> HttpResponse:
    if request.POST.get("back") == "history":
        return go(request, "task-history", task_id=task_id)
    return go(request, "tasks")


@page(roles=KEEPERS, methods=("POST",))
@once
def run(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Fire a task once, now."""
    occurrence = services.run_now(task_id=task_id, user=person(request))
    if occurrence.outcome is None:
        send([occurrence.pk])
    toast(request, _("%(name)s was started. Its history shows how it went.")
          % {"name": occurrence.task_name})  # fmt: skip
    return _back(request, task_id)


@page(roles=KEEPERS, methods=("POST",))
@once
def pause(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Stop the planned firings of a task."""
    task = services.pause_task(task_id=task_id, user=person(request))
    toast(request, _("%(name)s is paused.") % {"name": task.name})
    return _back(request, task_id)


@page(roles=KEEPERS, methods=("POST",))
@once
def resume(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Plan the firings of a task again."""
    task = services.resume_task(task_id=task_id, user=person(request))
    toast(request, _("%(name)s goes on.") % {"name": task.name})
    return _back(request, task_id)


@page(roles=KEEPERS, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Ask, then delete a task."""
    task = services.get_task(task_id)
    if request.method == "POST":
        services.delete_task(task_id=task_id, user=person(request))
        toast(request, _("%(name)s is deleted.") % {"name": task.name})
        return go(request, "tasks")
    return render_dialog(
        request, "scheduler/_delete_task.html", {"task": task},
        title=_("Delete %(name)s") % {"name": task.name},
    )  # fmt: skip


@page(roles=KEEPERS, methods=("GET", "POST"))
@once
def renew(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Ask, then give an on-demand task a new address, which is shown this once."""
    task = services.get_task(task_id)
    error = ""
    if request.method == "POST":
        try:
            task, token = services.renew_hook(task_id=task_id, user=person(request))
        except Conflict as conflict:
            error = conflict.detail
        else:
            return shown_once(request, task, token)
    return render_dialog(
        request, "scheduler/_renew_hook.html", {"task": task, "error": error},
        title=_("New webhook address"), status=422 if error else 200,
    )  # fmt: skip


def shown_once(request: HttpRequest, task: ScheduledTask, token: str) -> HttpResponse:
    """Show the address of a hook; nobody can read it again."""
    leads_to(request, reverse("task", args=[task.pk]))
    context = {"task": task, "url": services.hook_url(token)}
    return render_dialog(request, "scheduler/_hook.html", context, title=_("Webhook address"))
