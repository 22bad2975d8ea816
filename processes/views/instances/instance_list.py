"""The list of instances, and making a new one."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER, has_role
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import Invalid
from kianda.lib.pagination import LOOKED_AT
from kianda.web.form_once import leads_to, once
from kianda.web.pages import Errors, go, page, render_page, toast
from processes import listing
from processes.bulk.offered import buttons_offered
from processes.instances.lifecycle import create_instance
from processes.models import DesignVersion, ProcessDesign, ProcessInstance, Run
from processes.record_titles import SeenRecord, seen_record
from processes.rights.querysets import startable_designs
from processes.running import runs
from processes.selectors import visible_instances
from processes.views.common import asked, page_of, person
from processes.views.instances.new_instance_form import NewInstanceForm
from processes.views.instances.plain_uploads import first_form

_KEY = re.compile(r"[0-9]{1,18}")


@page()
def instances(request: HttpRequest) -> HttpResponseBase:
    """List the instances that the person may see."""
    query = asked(request, "q", "process", "mode", "status", "ordering", "before")
    user, before = person(request), query["before"]
    rows, last, keys = listing.instances(
        user, words=query["q"], process=query["process"], mode=query["mode"],
        status=query["status"], ordering=query["ordering"],
        before=int(before) if _KEY.fullmatch(before) else None,
    )  # fmt: skip
    found = page_of(request, rows, words=query["q"], keys=keys)
    filtered = any(query[name] for name in ("q", "process", "mode", "status"))
    context = {
        "page": found, "query": query, "filtered": filtered,
        "lines": [_line(one, user, query["q"]) for one in found],
        "any": found.paginator.count > 0 or (filtered and visible_instances(user).exists()),
        "processes": listing.processes_to_choose(query["process"], user=user),
        # Those of one process have buttons in common.
        "offered": buttons_offered(found, user) if query["process"] else [],
        "statuses": listing.statuses(), "last": last, "looked_at": LOOKED_AT,
    }  # fmt: skip
    return render_page(
        request, "instances/instances.html", context,
        partials={"rows": "instances/_instances_rows.html"},
    )  # fmt: skip


def _line(instance: ProcessInstance, user: User, words: str) -> SeenRecord:
    """Return an instance as a line of the list: values that were searched for stand in it."""
    record = seen_record(instance, user)
    if record.summary and not words:
        return record
    return record._replace(summary=_plain_values(record, words)[:2])


def _plain_values(record: SeenRecord, words: str) -> list[tuple[str, Any]]:
    """Return the values to know an instance by; first those that were searched for."""
    wanted = [word.casefold() for word in words.split()]
    fields = record.document.fields
    plain = [
        (fields[name].title, value)
        for name, value in record.seen.items()
        if value not in (None, "", []) and name in fields
    ]
    plain.sort(key=lambda row: not any(word in str(row[1]).casefold() for word in wanted))
    return plain


PARTS_OF_NEW = {
    "new-instance": "instances/_new_instance.html", "instance": "instances/_first_form.html",
}  # fmt: skip


@page(methods=("GET", "POST"))
@once
def new_instance(request: HttpRequest) -> HttpResponseBase:
    """Ask for process and mode, then for the values of the first form; make the instance."""
    sent = request.POST if request.method == "POST" else request.GET
    process, mode = sent.get("process", ""), sent.get("mode", "live")
    staff = has_role(request.user, DESIGNER)
    startable = _startable(person(request), preview=staff and mode == "preview")
    context: dict[str, Any] = {
        "process": process, "mode": mode, "staff": staff,
        "choices": list(startable.order_by("title", "name").values_list("name", "title")),
    }  # fmt: skip
    version = _version(startable, process, mode if staff else "live")
    status = 200
    if version is not None:
        form, errors = (
            first_form(request, version, mode=mode if staff else "live"),
            Errors(),
        )
        try:
            if request.method != "POST":
                form.open()
            elif answer := _act(request, form, mode):
                return answer
        except Invalid as invalid:
            errors, status = Errors(invalid), 422
        context |= form.context(errors)
    elif request.method == "POST":
        context["errors"] = Errors(Invalid.at("/process", _("Choose a process of the list.")))
        status = 422
    return render_page(
        request, "instances/new_instance.html", context,
        partials=PARTS_OF_NEW, status=status,
    )  # fmt: skip


def _startable(user: User, *, preview: bool) -> QuerySet[ProcessDesign]:
    return ProcessDesign.objects.all() if preview else startable_designs(user)


def _version(startable: QuerySet[ProcessDesign], process: str, mode: str) -> DesignVersion | None:
    rows = startable.select_related("draft", "published")
    design = rows.filter(name=process.replace("\0", "")).first() if process else None
    if design is None:
        return None
    return design.draft if mode == "preview" else design.published


def _act(request: HttpRequest, form: NewInstanceForm, mode: str) -> HttpResponseBase | None:
    """Do what was pressed; nothing is returned when the form stays a form."""
    act = act_of(request.POST.get("act", ""))
    target = act.pressed
    if act.is_placed:
        form.act_on_rows(act)
        return None
    if target:
        if form.press(target):
            return go(request, "instances") if form.is_left else None
    elif flaws := form.flaws():
        raise Invalid(errors=flaws)
    return _make(request, form, mode, target)


def _make(request: HttpRequest, form: NewInstanceForm, mode: str, target: str) -> HttpResponseBase:
    """Make the instance; then press on it what was pressed."""
    user = person(request)
    made = create_instance(
        process=form.document.name, mode=mode, data=form.data(), display=form.display, user=user,
        set_by_rules=form.set_by_rules, modes=form.modes,
    )  # fmt: skip
    toast(request, _("%(id)s created.") % {"id": made.process_id})
    url = reverse("instance", args=[made.process_id])
    leads_to(request, url)
    if not target:
        return go(request, url)
    run = runs.trigger(
        process_id=made.process_id,
        target=target,
        user=user,
        trigger=form.kind_of(target),
        time_zone=timezone.get_current_timezone_name(),
    )
    succeeded = run.status == Run.Status.SUCCEEDED
    if succeeded and (run.page or {}).get("leave"):
        return go(request, "instances")
    shown = (run.page or {}).get("form") if succeeded else ""
    return go(request, f"{url}#form-{shown}" if shown else url)
