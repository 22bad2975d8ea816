"""My work: the instances with an open form that belongs to the person, or to a group of theirs."""

from collections.abc import Iterable
from typing import NamedTuple

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
from processes.document_cache import document_of
from processes.forms.record_titles import SeenRecord, seen_record
from processes.instances.claim import read_instance
from processes.instances.form_states import FormState, form_states, my_work, newest_work
from processes.instances.sending_back import send_back
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.models import FormOwner, ProcessDesign, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.ownership import owner_names
from processes.views.common import asked, person


class WorkRow(NamedTuple):
    """One instance that waits for the person, and which of its open forms do."""

    record: SeenRecord
    forms: list[FormState]


@page()
def work(request: HttpRequest) -> HttpResponseBase:
    """List what waits for the person, newest first."""
    query = asked(request, "q", "process", "page")
    user = person(request)
    newest = newest_work(user, MOST_HITS + 1)
    filtered = bool(query["q"] or query["process"])
    rows = _filtered(user, query) if filtered else ProcessInstance.objects.filter(pk__in=newest)
    shown = rows.select_related("design", "version", "created_by").order_by("-pk")
    shown = shown.defer("version__document", "secrets")
    found = page_of_list(Listed(shown, most=MOST_HITS), query["page"])
    context = {
        "page": found, "query": query, "filtered": filtered, "lines": _lines(found, user),
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


def _lines(instances: Iterable[ProcessInstance], user: User) -> list[WorkRow]:
    shown = list(instances)
    mine = _mine(shown, user)
    states = [
        [
            state
            for state in form_states(one, document_of(one.version))
            if (one.pk, state.form) in mine
        ]
        for one in shown
    ]
    # Looked up at once, and remembered until the page is made.
    called(user_ref(name) for some in states for state in some for name in state.users)
    return [WorkRow(seen_record(one, user), some) for one, some in zip(shown, states, strict=True)]


def _mine(instances: Iterable[ProcessInstance], user: User) -> set[tuple[int, str]]:
    mine = set(owner_names(user))
    owners = FormOwner.objects.filter(instance__in=[one.pk for one in instances])
    return {(one.instance_id, one.form) for one in owners if (one.kind, one.name) in mine}


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
    """Return the page to come back to: that of the instance, or the preview that shows it."""
    before = page_before(request) if is_htmx(request) else ""
    is_preview = instance.mode == ProcessInstance.Mode.PREVIEW
    return before if is_preview and before else reverse("instance", args=[instance.process_id])
