"""The dialogs of the quick actions of a form: given to others, opened again, a button pressed."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.groups import group_names_in, names_in
from kianda.lib.errors import ApplicationError, Flaw, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.web.form_once import leads_to, once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog, toast
from processes.instances import quick_actions
from processes.instances.claim import read_instance
from processes.instances.form_states import FormState, form_states
from processes.instances.quick_actions import button_in_menu
from processes.models import ProcessInstance, Run
from processes.rights.decisions import Decision
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_error
from processes.running import runs
from processes.selectors import document_of_run
from processes.views.common import beside_text, person, place_after, pressed_words
from processes.views.instances.my_work import page_of

May = Callable[[InstanceRights, str], Decision]
Found = tuple[ProcessInstance, FormState]


@page(methods=("GET", "POST"))
@once
def reassign(request: HttpRequest, process_id: str, form: str) -> HttpResponseBase:
    """Ask to whom an open form is given, and give it."""
    found = _found(request, process_id, form, InstanceRights.reassigns)
    sent = request.POST
    users, groups = names_in(sent.get("to/users", "")), group_names_in(sent.getlist("to/groups"))
    note = sent.get("note", "")

    def act() -> str:
        quick_actions.reassign(
            process_id=process_id, form=form, users=users, groups=groups, note=note,
            user=person(request), revision=whole_number(sent.get("revision", "")),
        )  # fmt: skip
        return _("%(form)s reassigned.") % {"form": found[1].title}

    more = {"users": users, "groups": groups, "note": note}
    title = _("Reassign %(form)s") % {"form": found[1].title}
    return _asked(request, found, "instances/_reassign.html", act, title=title, more=more)


@page(methods=("GET", "POST"))
@once
def edit_again(request: HttpRequest, process_id: str, form: str) -> HttpResponseBase:
    """Ask, then open a completed form for its owners again."""
    found = _found(request, process_id, form, InstanceRights.edits_again)

    def act() -> str:
        quick_actions.edit_again(
            process_id=process_id, form=form, user=person(request),
            revision=whole_number(request.POST.get("revision", "")),
        )  # fmt: skip
        return _("%(form)s is open again.") % {"form": found[1].title}

    title = _("Edit %(form)s again") % {"form": found[1].title}
    return _asked(request, found, "instances/_edit_again.html", act, title=title)


@page(methods=("GET", "POST"))
@once
def press(request: HttpRequest, process_id: str, form: str, button: str) -> HttpResponseBase:
    """Ask, then press a button as a quick action."""
    user = person(request)
    instance, document = read_instance(process_id, user)
    field = button_in_menu(InstanceRights(user, instance, document), form, button)
    back, refusal, error = page_of(request, instance), "", ""
    ask = field.quick.ask if field.quick is not None else ""
    answer = request.POST.get("answer", "").replace("\r\n", "\n")
    if request.method == "POST":
        try:
            run = runs.trigger(
                process_id=instance.process_id, target=button, user=user, trigger="button",
                revision=whole_number(request.POST.get("revision", "")), from_menu=True,
                data={ask: answer} if ask and "answer" in request.POST else None,
                time_zone=timezone.get_current_timezone_name(),
                on_start=lambda run: leads_to(request, reverse("run", args=[run.pk])),
            )  # fmt: skip
        except ApplicationError as refused:
            error, refusal = beside_text(ask, refused)
        else:
            if run.status == Run.Status.SUCCEEDED:
                toast(request, pressed_words(run, field.title, user))
                left = (run.page or {}).get("leave")
                return go(request, place_after(instance, user) if left else back)
            refusal = str((seen_error(run, user, document_of_run) or {}).get("message", ""))
    context = {"instance": instance, "form": form, "field": field, "back": back,
               "refusal": refusal, "error": error, "answer": answer,
               "asked": document.fields[ask] if ask else None}  # fmt: skip
    status = 422 if error or (refusal and is_htmx(request)) else 409 if refusal else 200
    return render_dialog(
        request, "instances/_quick_action.html", context, title=field.title, status=status
    )


def _found(request: HttpRequest, process_id: str, form: str, may: May) -> Found:
    """Return an instance and one of its forms; raises Missing, and Forbidden for who may not."""
    instance, document = read_instance(process_id, person(request))
    rights = InstanceRights(person(request), instance, document)
    state = next((one for one in form_states(instance, document) if one.form == form), None)
    if state is None or not rights.sees(form):
        words = _("%(process_id)s has no form %(form)s.")
        raise Missing(words % {"process_id": instance.process_id, "form": form})
    may(rights, form).or_refuse()
    return instance, state


def _asked(
    request: HttpRequest,
    found: Found,
    template: str,
    act: Callable[[], str],
    *,
    title: str,
    more: dict[str, Any] | None = None,
) -> HttpResponseBase:
    """Show a dialog; a POST acts, and says what is in the way."""
    instance, state = found
    here, errors, refusal = page_of(request, instance), Errors(), ""
    if request.method == "POST":
        try:
            done = act()
        except Invalid as invalid:
            errors = Errors(Invalid(errors=[_placed(flaw) for flaw in invalid.errors]))
        except ApplicationError as refused:
            refusal = refused.detail
        else:
            toast(request, done)
            return go(request, here)
    context = {
        "instance": instance, "state": state, "back": here, "errors": errors, "refusal": refusal,
        **(more or {}),
    }  # fmt: skip
    status = 422 if errors or (refusal and is_htmx(request)) else 409 if refusal else 200
    return render_dialog(request, template, context, title=title, status=status)


def _placed(flaw: Flaw) -> Flaw:
    """Return a flaw where the page asks: people and groups are named in one box."""
    return Flaw("/to", flaw.detail) if flaw.pointer in {"/users", "/groups"} else flaw
