"""The list of scheduled tasks, and what is done with one by a click."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER
from kianda.lib.errors import Conflict
from kianda.lib.i18n import grouped
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, is_htmx, page, page_before, render_dialog, render_page, toast
from processes.views.common import asked, page_of, person
from scheduler import listing, services
from scheduler.models import ScheduledTask
from scheduler.selectors import visible_tasks
from scheduler.services.due_times import expires_at, next_of, status_of, words_of
from scheduler.tasks import send

KEEPERS = (DESIGNER, ADMINISTRATOR)
UNHAPPY = {
    "failed": gettext_lazy("%(n)s failed"),
    "interrupted": gettext_lazy("%(n)s interrupted"),
    "skipped": gettext_lazy("%(n)s skipped"),
    "missed": gettext_lazy("%(n)s missed"),
}


@page(roles=KEEPERS)
def tasks(request: HttpRequest) -> HttpResponseBase:
    """List the scheduled tasks."""
    query = asked(request, "q", "status", "process", "ordering")
    user = person(request)
    rows = listing.tasks(
        user, words=query["q"], status=query["status"], process=query["process"],
        ordering=query["ordering"],
    )  # fmt: skip
    found = page_of(request, rows, words=query["q"])
    filtered = any(query[name] for name in ("q", "status", "process"))
    context = {
        "page": found, "query": query, "filtered": filtered,
        "any": found.paginator.count > 0 or (filtered and visible_tasks(user).exists()),
        "lines": lines_of(list(found), user), "summary": _summary(user),
        "processes": listing.processes_to_choose(user, query["process"]),
        "statuses": listing.STATUSES,
    }  # fmt: skip
    return render_page(
        request, "scheduler/tasks.html", context, partials={"rows": "scheduler/_tasks_rows.html"}
    )


def _summary(user: User) -> str:
    """Return how many tasks there are, and how many of them did not do their work last time."""
    counts = listing.last_outcomes(user)
    whole = sum(counts.values())
    said = ngettext("%(n)s task", "%(n)s tasks", whole) % {"n": grouped(whole)}
    unhappy = [
        words % {"n": grouped(counts[outcome])}
        for outcome, words in UNHAPPY.items()
        if counts.get(outcome)
    ]
    return f"{said}. " + (
        _("%(what)s last time.") % {"what": ", ".join(unhappy)} if unhappy else ""
    )


def lines_of(found: Sequence[ScheduledTask], user: User) -> list[dict[str, Any]]:
    """Return what the rows of some tasks show."""
    going, reasons = listing.going_on(found), listing.last_reasons(found, user)
    return [
        {
            "task": task, "words": words_of(task), "state": status_of(task),
            "next": next_of(task), "ends": expires_at(task), "going": going.get(task.pk, ""),
            "reason": reasons.get(task.pk, ""),
            "seconds": task.schedule["kind"] == "seconds",
            "runs": (task.expires or {}).get("after_runs"),
            "title": task.design.title if task.design else task.process_name,
            "on_demand": task.schedule["kind"] == "on_demand", "menu": _menu(task),
        }
        for task in found
    ]  # fmt: skip


def _menu(task: ScheduledTask) -> str:
    """Return what the menu of a row holds, in words."""
    switch = {"active": _("pause"), "paused": _("resume")}.get(status_of(task))
    hook = _("new webhook URL") if task.schedule["kind"] == "on_demand" else None
    return ", ".join(filter(None, [_("edit"), switch, hook, _("delete")]))


@page(roles=KEEPERS)
def row(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Show the row of one task anew, while it runs."""
    if not is_htmx(request):
        return go(request, "task-history", task_id=task_id)
    return _row(request, services.get_task(task_id))


def _row(request: HttpRequest, task: ScheduledTask) -> HttpResponse:
    context = {"line": lines_of([task], person(request))[0]}
    name = f"task-{task.pk}"
    return render_page(
        request, "scheduler/_row.html", context, partials={name: "scheduler/_row.html"}
    )


def _after(request: HttpRequest, task_id: str) -> HttpResponse:
    """Show what an act has changed: its row alone for htmx, else the page it was done on."""
    if request.headers.get("HX-Target") == f"task-{task_id}" and is_htmx(request):
        # A form that is sent again must find that it was.
        leads_to(request, reverse("tasks"))
        return _row(request, services.get_task(task_id))
    return go(request, page_before(request) or reverse("tasks"))


@page(roles=KEEPERS, methods=("POST",))
@once
def run(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Fire a task once, now."""
    occurrence = services.run_now(task_id=task_id, user=person(request))
    if occurrence.outcome is None:
        send([occurrence.pk])
        said = _("%(name)s started. See its history for the result.")
    else:
        said = _("%(name)s is already queued.")
    toast(request, said % {"name": occurrence.task_name})
    return _after(request, task_id)


@page(roles=KEEPERS, methods=("POST",))
@once
def pause(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Stop the planned firings of a task."""
    task = services.pause_task(task_id=task_id, user=person(request))
    toast(request, _("%(name)s paused.") % {"name": task.name})
    return _after(request, task_id)


@page(roles=KEEPERS, methods=("POST",))
@once
def resume(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Plan the firings of a task again."""
    task = services.resume_task(task_id=task_id, user=person(request))
    toast(request, _("%(name)s resumed.") % {"name": task.name})
    return _after(request, task_id)


@page(roles=KEEPERS, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Ask, then delete a task."""
    task = services.get_task(task_id)
    if request.method == "POST":
        services.delete_task(task_id=task_id, user=person(request))
        toast(request, _("%(name)s moved to the recycle bin.") % {"name": task.name})
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
        title=_("New webhook URL"), status=422 if error else 200,
    )  # fmt: skip


def shown_once(request: HttpRequest, task: ScheduledTask, token: str) -> HttpResponse:
    """Show the address of a hook; nobody can read it again."""
    leads_to(request, reverse("task", args=[task.pk]))
    context = {"task": task, "url": services.hook_url(token)}
    return render_dialog(request, "scheduler/_hook.html", context, title=_("Webhook URL"))
