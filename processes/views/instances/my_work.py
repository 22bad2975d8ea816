"""My work: the instances with an open form that belongs to the person, or to a group of theirs."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.lib.errors import ApplicationError, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.web.form_once import once
from kianda.web.pages import (
    Errors,
    go,
    is_htmx,
    page,
    page_before,
    render_dialog,
    render_page,
    toast,
)
from processes.forms.own_records import waiting_records
from processes.instances.claim import read_instance
from processes.instances.form_states import form_states, my_work, newest_work
from processes.instances.sending_back import send_back
from processes.models import ProcessDesign, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.views.common import asked, person


@page()
def work(request: HttpRequest) -> HttpResponseBase:
    """List what waits for the person, newest first."""
    query = asked(request, "q", "process")
    user = person(request)
    newest = newest_work(user, MOST_HITS + 1)
    filtered = bool(query["q"] or query["process"])
    rows = _filtered(user, query) if filtered else ProcessInstance.objects.filter(pk__in=newest)
    shown = rows.select_related("design", "version", "created_by").order_by("-pk")
    shown = shown.defer("version__document", "secrets")
    found = page_of_list(Listed(shown, most=MOST_HITS), request)
    context = {
        "page": found, "query": query, "filtered": filtered, "lines": waiting_records(found, user),
        "any": bool(newest), "processes": _processes(newest),
    }  # fmt: skip
    return render_page(
        request, "instances/work.html", context, partials={"rows": "instances/_work_rows.html"}
    )


def _filtered(user: User, query: dict[str, str]) -> QuerySet[ProcessInstance]:
    rows = my_work(user)
    if query["q"]:
        rows = rows.filter(key__contains=query["q"].lower())
    return rows.filter(design__name=query["process"]) if query["process"] else rows


def _processes(pks: list[int]) -> list[tuple[str, str]]:
    """Return name and title of the processes of some instances."""
    held = ProcessInstance.objects.filter(pk__in=pks).order_by().values("design")
    rows = ProcessDesign.objects.filter(pk__in=held).order_by("title", "name")
    return list(rows.values_list("name", "title"))


@page(methods=("GET", "POST"))
@once
def back(request: HttpRequest, process_id: str, form: str) -> HttpResponseBase:
    """Ask why, then open a completed form of an instance again."""
    instance, document = read_instance(process_id, person(request))
    state = next((one for one in form_states(instance, document) if one.form == form), None)
    if state is None or not InstanceRights(person(request), instance, document).sees(form):
        raise Missing(
            _("%(process_id)s has no form %(form)s.")
            % {"process_id": instance.process_id, "form": form}
        )
    note, here = request.POST.get("note", ""), page_of(request, instance)
    errors, refusal = Errors(), ""
    if request.method == "POST":
        try:
            send_back(
                process_id=process_id,
                form=form,
                note=note,
                user=person(request),
                revision=whole_number(request.POST.get("revision", "")),
            )
        except Invalid as invalid:
            errors = Errors(invalid)
        except ApplicationError as refused:
            refusal = refused.detail
        else:
            toast(request, _("%(form)s is open again.") % {"form": state.title})
            return go(request, here)
    return render_dialog(
        request,
        "instances/_send_back.html",
        {
            "instance": instance, "state": state, "note": note, "back": here,
            "errors": errors, "refusal": refusal,
        },
        title=_("Send back to %(form)s") % {"form": state.title},
        status=422 if errors or (refusal and is_htmx(request)) else 409 if refusal else 200,
    )  # fmt: skip


def page_of(request: HttpRequest, instance: ProcessInstance) -> str:
    """Return the page to come back to: that of the instance, or one that shows it among others."""
    before = page_before(request) if is_htmx(request) else ""
    is_shown = before in {reverse("start"), reverse("work")}
    if before and (is_shown or instance.mode == ProcessInstance.Mode.PREVIEW):
        return before
    return reverse("instance", args=[instance.process_id])
