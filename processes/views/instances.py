"""The list of instances, and making a new one."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.errors import Invalid
from kianda.once import once
from kianda.pages import Errors, go, page, render_page, toast
from processes import listing
from processes.document import Document
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import visible_instances
from processes.services.documents import document_of
from processes.services.instances import create_instance
from processes.views.common import asked, page_of, person
from processes.views.first_form import FirstForm


@page()
def instances(request: HttpRequest) -> HttpResponseBase:
    """List the instances that the person may see."""
    query = asked(request, "q", "process", "mode", "status", "ordering")
    user = person(request)
    rows = listing.instances(
        user, words=query["q"], process=query["process"], mode=query["mode"],
        status=query["status"], ordering=query["ordering"],
    )  # fmt: skip
    found = page_of(request, rows)
    filtered = any(query[name] for name in ("q", "process", "mode", "status"))
    context = {
        "page": found, "query": query, "filtered": filtered,
        "lines": [(one, _summary(one, query["q"])) for one in found],
        "any": found.paginator.count > 0 or (filtered and visible_instances(user).exists()),
        "processes": listing.processes_of(user), "statuses": listing.statuses(),
    }  # fmt: skip
    return render_page(
        request, "processes/instances.html", context,
        partials={"rows": "processes/_instances_rows.html"},
    )  # fmt: skip


def _summary(instance: ProcessInstance, words: str) -> list[tuple[str, Any]]:
    """Return a few plain values to know an instance by; first those that were searched for."""
    wanted = [word.casefold() for word in words.split()]
    plain = [
        (name, value) for name, value in instance.values.items() if value not in (None, "", [])
    ]
    plain.sort(key=lambda row: not any(word in str(row[1]).casefold() for word in wanted))
    return plain[:2]


@page(methods=("GET", "POST"))
@once
def new_instance(request: HttpRequest) -> HttpResponseBase:
    """Ask for process and mode, then for the values of the first form; make the instance."""
    sent = request.POST if request.method == "POST" else request.GET
    process, mode = sent.get("process", ""), sent.get("mode", "live")
    staff = has_role(request.user, ADMINISTRATOR, DESIGNER)
    context: dict[str, Any] = {
        "process": process, "mode": mode, "staff": staff,
        "choices": _startable(preview=staff and mode == "preview"),
    }  # fmt: skip
    document = _document(process, mode if staff else "live")
    status = 200
    if document is not None:
        form, errors = FirstForm(document, person(request), request.POST), Errors()
        act = request.POST.get("act", "")
        if act.startswith("rows:"):
            form.act_on_rows(act)
        elif request.method == "POST":
            try:
                return _make(request, form, mode)
            except Invalid as invalid:
                errors, status = Errors(invalid), 422
        context |= {"views": form.views(errors), "document": document, "errors": errors}
    elif request.method == "POST":
        context["errors"] = Errors(Invalid.at("/process", _("Choose a process of the list.")))
        status = 422
    return render_page(
        request, "processes/new_instance.html", context,
        partials={"new-instance": "processes/_new_instance.html"}, status=status,
    )  # fmt: skip


def _startable(*, preview: bool) -> list[tuple[str, str]]:
    rows = ProcessDesign.objects.order_by("title", "name")
    rows = rows if preview else rows.filter(published__isnull=False)
    return list(rows.values_list("name", "title"))


def _document(process: str, mode: str) -> Document | None:
    rows = ProcessDesign.objects.select_related("draft", "published")
    design = rows.filter(name=process.replace("\0", "")).first() if process else None
    version = design and (design.draft if mode == "preview" else design.published)
    return document_of(version) if version else None


def _make(request: HttpRequest, form: FirstForm, mode: str) -> HttpResponseBase:
    if flaws := form.flaws():
        raise Invalid(errors=flaws)
    made = create_instance(
        process=form.document.name, mode=mode, data=form.data(), user=person(request)
    )
    toast(request, _("%(id)s is made.") % {"id": made.process_id})
    return go(request, "instance", process_id=made.process_id)
