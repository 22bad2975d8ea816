"""My work: the instances with an open form that belongs to the person, or to a group of theirs."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import groups_of
from kianda.lib.errors import ApplicationError, Missing
from kianda.once import once
from kianda.pages import go, is_htmx, page, render_dialog, render_page, toast
from processes.models import FormOwner, ProcessInstance
from processes.services.documents import document_of
from processes.services.forms_state import (
    FormState,
    form_states,
    my_work,
    send_back,
)
from processes.services.starting import read_instance
from processes.views.common import asked, page_of, person


class Line(NamedTuple):
    """One instance that waits for the person, and which of its open forms do."""

    instance: ProcessInstance
    forms: list[FormState]


@page()
def work(request: HttpRequest) -> HttpResponseBase:
    """List what waits for the person, newest first."""
    query = asked(request, "q", "process")
    user = person(request)
    everything = my_work(user).select_related("design", "version", "created_by")
    rows = everything.defer("version__document")
    if query["q"]:
        rows = rows.filter(key__contains=query["q"].lower())
    if query["process"]:
        rows = rows.filter(design__name=query["process"])
    found = page_of(request, rows)
    filtered = bool(query["q"] or query["process"])
    context = {
        "page": found, "query": query, "filtered": filtered, "lines": _lines(found, user),
        "any": found.paginator.count > 0 or (filtered and my_work(user).exists()),
        "processes": everything.order_by("design__title").values_list(
            "design__name", "design__title"
        ).distinct(),
    }  # fmt: skip
    return render_page(
        request, "processes/work.html", context, partials={"rows": "processes/_work_rows.html"}
    )


def _lines(instances: Iterable[ProcessInstance], user: User) -> list[Line]:
    shown = list(instances)
    mine = _mine(shown, user)
    return [
        Line(
            one,
            [
                state
                for state in form_states(one, document_of(one.version))
                if (one.pk, state.form) in mine
            ],
        )
        for one in shown
    ]


def _mine(instances: Iterable[ProcessInstance], user: User) -> set[tuple[int, str]]:
    groups, name = groups_of(user), user.get_username()
    owners = FormOwner.objects.filter(instance__in=[one.pk for one in instances])
    return {
        (owner.instance_id, owner.form)
        for owner in owners
        if (owner.name == name if owner.kind == FormOwner.Kind.USER else owner.name in groups)
    }


@page(methods=("GET", "POST"))
@once
def back(request: HttpRequest, process_id: str, form: str) -> HttpResponseBase:
    """Ask, then open an earlier form of an instance again."""
    instance, document = read_instance(process_id, person(request))
    state = next((one for one in form_states(instance, document) if one.form == form), None)
    if state is None:
        raise Missing(f"{instance.process_id} has no form {form}.")
    error = ""
    if request.method == "POST":
        seen = request.POST.get("revision", "")
        try:
            send_back(
                process_id=process_id,
                form=form,
                user=person(request),
                revision=int(seen) if seen.isascii() and seen.isdigit() else None,
            )
        except ApplicationError as refusal:
            error = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        else:
            toast(request, _("%(form)s is open again.") % {"form": state.title})
            return go(request, "instance", process_id=instance.process_id)
    return render_dialog(
        request,
        "processes/_send_back.html",
        {"instance": instance, "state": state, "error": error},
        title=_("Send back to %(form)s") % {"form": state.title},
        status=(422 if is_htmx(request) else 409) if error else 200,
    )
