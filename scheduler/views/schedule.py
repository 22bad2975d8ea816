"""Schedule a task, and change one: a dialog, and the same as a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.errors import Invalid, PreconditionFailed
from kianda.lib.numbers import whole_number
from kianda.web import times
from kianda.web.edit_conflict import EditConflict, edit_conflict, revision_context
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, page_before, render_page, toast
from processes.views.common import person
from scheduler import forms, services
from scheduler.kind_controls import lines_of
from scheduler.models import ScheduledTask
from scheduler.services.preview import coming, token_life
from scheduler.services.validation import zone_names
from scheduler.views.choices import Choices
from scheduler.views.tasks import KEEPERS, shown_once

# What is sent alone, by the place it goes to; each brings along what else depends on it.
PARTIALS = {
    "dialog": "scheduler/_form.html",
    "settings": "scheduler/_settings_alone.html",
    "next": "scheduler/_next_alone.html",
    "found": "scheduler/_found_alone.html",
    "lead": "scheduler/_lead.html",
}
TITLES = {
    "name": gettext_lazy("Task name"), "schedule": gettext_lazy("Schedule"),
    "timezone": gettext_lazy("Time zone"), "expires": gettext_lazy("Expire"),
    "process": gettext_lazy("Process design"), "process_id": gettext_lazy("Process ID"),
    "target": gettext_lazy("Field or rule"), "run_as": gettext_lazy("Run as"),
}  # fmt: skip


@page(roles=KEEPERS, methods=("GET", "POST"))
def new_task(request: HttpRequest) -> HttpResponseBase:
    """Ask for a task in the order of the scenario, then make it."""
    if sent := _asked(request):
        return _render(request, _chosen(request, forms.typed_in(sent)))
    if request.method == "POST":
        return _make(request)
    typed = {
        **forms.START,
        "/timezone": settings.KIANDA_TIME_ZONE,
        "/run_as": person(request).get_username(),
    }
    for name in ("process", "process_id", "target", "name"):
        typed[f"/{name}"] = request.GET.get(name, "").replace("\0", "")[:200]
    return _render(request, _chosen(request, typed))


def _asked(request: HttpRequest) -> QueryDict | None:
    """Return what was typed when only what follows from it is asked for."""
    sent = request.POST if request.method == "POST" else request.GET
    return sent if "show" in sent else None


def _chosen(request: HttpRequest, typed: forms.Typed) -> forms.Typed:
    """Fill in what usually follows from what was chosen, where nothing else was typed."""
    if request.headers.get("HX-Target") not in {"next", "found", "lead"}:
        typed = forms.with_usual(typed)
    if typed["/process"] and not typed["/target"]:
        choices = Choices(typed["/process"], typed["/process_id"].strip(), person(request))
        typed["/target"] = choices.only_button
    return typed


@once
def _make(request: HttpRequest) -> HttpResponseBase:
    typed = forms.typed_in(request.POST)
    try:
        task, token = services.create_task(raw=forms.body_of(typed), user=person(request))
    except Invalid as invalid:
        return _render(request, typed, invalid=invalid)
    if token:
        return shown_once(request, task, token)
    toast(request, _("%(name)s scheduled.") % {"name": task.name})
    return _done(request)


def _done(request: HttpRequest) -> HttpResponse:
    """Lead back to the page on which the dialog was opened; from a page, to the list."""
    return go(request, (_in_dialog(request) and page_before(request)) or "tasks")


def _in_dialog(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "dialog"


@page(roles=KEEPERS, methods=("GET", "POST"))
def task(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Show the settings of a task, and change them."""
    found = services.get_task(task_id)
    if sent := _asked(request):
        return _render(request, _chosen(request, forms.typed_in(sent)), task=found)
    if request.method == "POST":
        return _change(request, found)
    return _render(request, forms.typed_of(found), task=found)


@once
def _change(request: HttpRequest, found: ScheduledTask) -> HttpResponseBase:
    typed = forms.typed_in(request.POST)
    seen = whole_number(request.POST.get("revision", ""))
    try:
        changed, token = services.change_task(
            task_id=str(found.pk), raw=forms.body_of(typed, task=found), user=person(request),
            partial=True, revision=-1 if seen is None else seen,
        )  # fmt: skip
    except Invalid as invalid:
        return _render(request, typed, task=found, invalid=invalid)
    except PreconditionFailed:
        now = services.get_task(str(found.pk))
        return _render(request, typed, task=now, conflict=_conflict(typed, now))
    if token:
        return shown_once(request, changed, token)
    toast(request, _("%(name)s saved.") % {"name": changed.name})
    return _done(request)


def _conflict(typed: forms.Typed, now: ScheduledTask) -> EditConflict:
    theirs = _in_words(forms.body_of(forms.typed_of(now), task=now))
    mine = _in_words(forms.body_of(typed, task=now))
    return edit_conflict("scheduled task", now.name, titles=TITLES, theirs=theirs, mine=mine)


def _in_words(body: dict[str, Any]) -> dict[str, Any]:
    """Return the settings as a person reads them."""
    plan, ends = coming(body, moment=timezone.now()), body["expires"] or {}
    runs = _("after %(n)s runs") % {"n": ends.get("after_runs")}
    return {
        **body,
        "schedule": plan.words or _("not complete"),
        "expires": (ends.get("at") or runs) if ends else _("never"),
        "process_id": body["process_id"] or _("a new record each time"),
    }  # fmt: skip


@dataclass(frozen=True)
class NextFiring:
    """A moment of the next five: by the clock of the task, and how far it is."""

    moment: datetime
    words: str
    title: str
    distance: str


def _firings(
    moments: Sequence[datetime], zone: str, *, now: datetime, seconds: bool
) -> list[NextFiring]:
    if not moments:
        return []
    gaps = [times.distance_words(moments[0], now=now)]
    gaps += [f"+ {times.span_words(after - before)}" for before, after in pairwise(moments)]
    with timezone.override(ZoneInfo(zone)):
        return [
            NextFiring(
                moment, times.moment_words(moment, now=now, seconds=seconds),
                times.full_words(moment), gap,
            )
            for moment, gap in zip(moments, gaps, strict=True)
        ]  # fmt: skip


def _render(
    request: HttpRequest,
    typed: forms.Typed,
    *,
    task: ScheduledTask | None = None,
    invalid: Invalid | None = None,
    conflict: EditConflict | None = None,
) -> HttpResponse:
    user, now = person(request), timezone.now()
    kind, zone = typed["/schedule/kind"], typed["/timezone"] or settings.KIANDA_TIME_ZONE
    known = zone if zone in zone_names() else settings.KIANDA_TIME_ZONE
    choices = Choices(typed["/process"], typed["/process_id"].strip(), user)
    plan = coming(forms.body_of(typed, task=task), moment=now, task=task)
    instance, target = choices.instance, typed["/target"]
    context: dict[str, Any] = {
        "task": task, "typed": typed, "errors": Errors(invalid), "choices": choices,
        "plan": plan, "firings": _firings(plan.firings, known, now=now, seconds=kind == "seconds"),
        "missing": forms.what_is_missing(typed, plan.flaws), "begun": forms.has_begun(typed),
        "life": instance and token_life(instance, choices.document, target, plan.firings),
        "zone": zone, "kinds": forms.KINDS, "more_kinds": forms.MORE_KINDS, "kind": kind,
        "lines": lines_of(kind), "more_open": kind in dict(forms.MORE_KINDS),
        "zones": sorted(zone_names() | {zone}), "not_drawn": forms.not_drawn(typed),
        "in_dialog": _in_dialog(request),
        **(revision_context(request, task.revision, conflict) if task else {}),
        **_persons(user, task),
    }  # fmt: skip
    return render_page(
        request, "scheduler/task.html", context, partials=PARTIALS,
        status=422 if invalid or conflict else 200,
    )  # fmt: skip


def _persons(user: User, task: ScheduledTask | None) -> dict[str, Any]:
    """Return as whom it may run: an administrator chooses, others keep it or take it over."""
    if has_role(user, ADMINISTRATOR):
        return {"administers": True}
    name, own = task.run_as_name if task else "", user.get_username()
    return {"takes_over": (name, own) if name not in {"", own} else None}
