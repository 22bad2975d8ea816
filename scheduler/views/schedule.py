"""Schedule a task, and change one."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.errors import Invalid, PreconditionFailed
from kianda.once import once
from kianda.pages import Errors, go, page, render_page, toast
from processes.views.common import person
from scheduler import forms, services
from scheduler.models import ScheduledTask
from scheduler.services.checks import zone_names
from scheduler.services.preview import coming, token_life
from scheduler.views.choices import Choices, people
from scheduler.views.tasks import KEEPERS, shown_once

PARTIALS = {
    "fields": "scheduler/_fields.html",
    "next": "scheduler/_next.html",
    "picked": "scheduler/_picked.html",
}


@page(roles=KEEPERS, methods=("GET", "POST"))
def new_task(request: HttpRequest) -> HttpResponseBase:
    """Ask for a task in the order of the scenario, then make it."""
    if request.method == "POST":
        return _shown(request, forms.typed_in(request.POST)) if _asks(request) else _make(request)
    typed = {
        **forms.START,
        "/timezone": settings.KIANDA_TIME_ZONE,
        "/run_as": person(request).get_username(),
    }
    for name in ("process", "process_id", "target", "name"):
        typed[f"/{name}"] = request.GET.get(name, "").replace("\0", "")[:200]
    return _shown(request, typed)


def _asks(request: HttpRequest) -> bool:
    """Tell whether only the settings of what was chosen are asked for."""
    return "show" in request.POST


@once
def _make(request: HttpRequest) -> HttpResponseBase:
    typed = forms.typed_in(request.POST)
    try:
        task, token = services.create_task(raw=forms.body_of(typed), user=person(request))
    except Invalid as invalid:
        return _shown(request, typed, invalid=invalid)
    if token:
        return shown_once(request, task, token)
    toast(request, _("%(name)s is scheduled.") % {"name": task.name})
    return go(request, "tasks")


@page(roles=KEEPERS, methods=("GET", "POST"))
def task(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Show the settings of a task, and change them."""
    found = services.get_task(task_id)
    if request.method != "POST":
        return _shown(request, forms.typed_of(found), task=found)
    if _asks(request):
        return _shown(request, forms.typed_in(request.POST), task=found)
    return _change(request, found)


@once
def _change(request: HttpRequest, found: ScheduledTask) -> HttpResponseBase:
    typed = forms.typed_in(request.POST)
    sent = request.POST.get("revision", "")
    revision = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else -1
    try:
        changed, token = services.change_task(
            task_id=str(found.pk), raw=forms.body_of(typed, task=found), user=person(request),
            partial=True, revision=revision,
        )  # fmt: skip
    except Invalid as invalid:
        return _shown(request, typed, task=found, invalid=invalid)
    except PreconditionFailed:
        return _shown(request, typed, task=found, stale=True)
    if token:
        return shown_once(request, changed, token)
    toast(request, _("%(name)s is changed.") % {"name": changed.name})
    return go(request, "tasks")


def _shown(
    request: HttpRequest,
    typed: forms.Typed,
    *,
    task: ScheduledTask | None = None,
    invalid: Invalid | None = None,
    stale: bool = False,
) -> HttpResponse:
    user, now = person(request), timezone.now()
    choices = Choices(typed["/process"], typed["/process_id"].strip(), user)
    words, firings = coming(forms.body_of(typed, task=task), moment=now, task=task)
    instance = choices.instance
    context: dict[str, Any] = {
        "task": task, "typed": typed, "errors": Errors(invalid), "choices": choices,
        "words": words, "firings": firings, "now": now,
        "life": token_life(instance, typed["/target"], firings) if instance else None,
        "kinds": forms.KINDS, "more_kinds": forms.MORE_KINDS, "days": forms.DAYS,
        "nth": forms.NTH, "zones": sorted(zone_names() | {typed["/timezone"]} - {""}),
        "stale": _differences(typed, task) if stale and task else None,
        "not_drawn": forms.not_drawn(typed),
        "more_open": typed["/schedule/kind"] in dict(forms.MORE_KINDS),
        "revision": _revision(request, task, stale=stale), **_persons(user),
    }  # fmt: skip
    return render_page(
        request, "scheduler/task.html", context, partials=PARTIALS,
        status=422 if invalid or stale else 200,
    )  # fmt: skip


def _revision(request: HttpRequest, task: ScheduledTask | None, *, stale: bool) -> Any:
    """Return the revision that was read: after a warning the one warned of, else what was sent."""
    if task is None:
        return ""
    return task.revision if stale else request.POST.get("revision", task.revision)


def _persons(user: User) -> dict[str, Any]:
    administers = has_role(user, ADMINISTRATOR)
    return {"administers": administers, "people": people() if administers else []}


def _differences(typed: forms.Typed, task: ScheduledTask) -> list[tuple[str, str, str]]:
    """Return what differs between what is typed and what somebody else has saved."""
    mine, theirs = forms.body_of(typed, task=task), forms.body_of(forms.typed_of(task), task=task)
    titles = {
        "name": _("Task name"), "schedule": _("Schedule"), "expires": _("Expire"),
        "process": _("Process design"), "process_id": _("Process ID"),
        "target": _("Field or rule"), "timezone": _("Time zone"), "run_as": _("Run as"),
    }  # fmt: skip
    return [
        (title, _said(name, mine), _said(name, theirs))
        for name, title in titles.items()
        if name in mine and mine[name] != theirs.get(name)
    ]


def _said(name: str, body: dict[str, Any]) -> str:
    value = body.get(name)
    if name == "schedule":
        return coming(body, moment=timezone.now())[0] or _("not complete")
    if name == "expires" and value:
        return str(value.get("at") or _("after %(n)s runs") % {"n": value.get("after_runs")})
    return str(value) if value else _("none")
