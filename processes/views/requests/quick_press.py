"""A button that is pressed from a list: the row of the record, its question, what came of it."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.substitutes import acted_words
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.lib.pointers import pointer
from kianda.web import times
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, is_htmx, page, page_before, render_page, toast
from processes.engine.instance_state import COMPLETED, CURRENT
from processes.fields import Button
from processes.forms.own_records import waiting_records
from processes.instances.claim import read_instance
from processes.instances.form_states import FormState, form_states
from processes.models import ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_error
from processes.running import runs
from processes.selectors import document_of_run
from processes.views.common import person, pressed_words

# Where a record stands that is pressed without being opened, and what is drawn there.
_PARTS = {"task": "requests/_task.html", "bell": "requests/_act.html", "news": "requests/_act.html"}


class PressedInRow(NamedTuple):
    """What came of a press: what is done; else why not, beside the text asked for or about all."""

    error: str = ""
    refusal: str = ""
    done: str = ""


@page(methods=("GET", "POST"))
@once
def press(request: HttpRequest, process_id: str, button: str) -> HttpResponseBase:
    """Show the row of a record with what a button asks for; a POST presses it."""
    user = person(request)
    instance, document = read_instance(process_id, user)
    rights = InstanceRights(user, instance, document)
    field, state = quick_button(rights, button)
    pressed = PressedInRow()
    if state.status != CURRENT:
        pressed = PressedInRow(refusal=_decided(field, state, user.get_username()))
    else:
        rights.presses(button).or_refuse()
    if request.method == "POST" and not pressed.refusal:
        pressed = _pressed(request, instance, field, state)
        if pressed.done and not is_htmx(request):
            return _plainly_done(request, pressed.done)
    return _row(request, process_id, field, pressed)


def quick_button(rights: InstanceRights, name: str) -> tuple[Button, FormState]:
    """Return a button that is offered in lists, and the state of its form; raises Missing."""
    part = rights.parts.get(name)
    field = part.field if part is not None else None
    if part is None or not isinstance(field, Button) or field.quick is None or (
        not rights.sees(name)
    ):  # fmt: skip
        words = _("%(process_id)s has no such quick action.")
        raise Missing(words % {"process_id": rights.instance.process_id})
    states = form_states(rights.instance, rights.document)
    return field, next(one for one in states if one.form == part.form.name)


def _pressed(
    request: HttpRequest, instance: ProcessInstance, field: Button, state: FormState
) -> PressedInRow:
    asked = field.quick.ask if field.quick else ""
    answer = request.POST.get("answer", "").replace("\r\n", "\n")
    user = person(request)
    try:
        run = runs.trigger(
            process_id=instance.process_id, target=field.name, user=user, trigger="button",
            data={asked: answer} if asked and "answer" in request.POST else None,
            revision=whole_number(request.POST.get("revision", "")),
            time_zone=timezone.get_current_timezone_name(),
            on_start=lambda _run: leads_to(
                request, reverse("instance", args=[instance.process_id])
            ),
        )  # fmt: skip
    except Invalid as invalid:
        said = {flaw.pointer: flaw.detail for flaw in invalid.errors}
        return _flawed(asked, said, invalid.detail)
    except Conflict as refused:
        # The form was open a moment ago.
        now = _state_now(instance.process_id, request, state.form)
        if now is None or now.status == CURRENT:
            return PressedInRow(refusal=refused.detail)
        return PressedInRow(refusal=_decided(field, now, user.get_username()))
    except ApplicationError as refused:
        return PressedInRow(refusal=refused.detail)
    if run.status == Run.Status.SUCCEEDED:
        return PressedInRow(done=pressed_words(run, field.title, user))
    told: dict[str, Any] = seen_error(run, user, document_of_run) or {}
    places = {pointer("data", *at.split("/")): str(say) for at, say in
              (told.get("fields") or {}).items()}  # fmt: skip
    return _flawed(asked, places, str(told.get("message", "")) or _("It was interrupted."))


def _flawed(asked: str, places: dict[str, str], otherwise: str) -> PressedInRow:
    """Return what is wrong: beside the text that is asked for, all else about the row."""
    beside = places.pop(pointer("data", asked), "") if asked else ""
    if beside and not places:
        return PressedInRow(error=beside)
    return PressedInRow(beside, " ".join(dict.fromkeys(places.values())) or otherwise)


def _state_now(process_id: str, request: HttpRequest, form: str) -> FormState | None:
    instance, document = read_instance(process_id, person(request))
    return next((one for one in form_states(instance, document) if one.form == form), None)


def _decided(field: Button, state: FormState, me: str) -> str:
    """Say who was first, and when."""
    act = field.title[:1].lower() + field.title[1:]
    if state.status != COMPLETED or state.completed_at is None:
        return _("Could not %(act)s: the form is not open.") % {"act": act}
    at = times.moment_in_sentence(state.completed_at)
    if state.completed_by == me:
        return _("Could not %(act)s: you decided %(at)s.") % {"act": act, "at": at}
    who = acted_words(state.completed_by, state.acted_for)
    return _("Could not %(act)s: %(who)s decided %(at)s.") % {"act": act, "who": who, "at": at}


def _plainly_done(request: HttpRequest, done: str) -> HttpResponseBase:
    toast(request, done)
    before = page_before(request)
    shown = {reverse(name) for name in ("start", "work", "notifications")}
    return go(request, before if before in shown else "work")


def _row(
    request: HttpRequest, process_id: str, field: Button, pressed: PressedInRow
) -> HttpResponseBase:
    """Answer with the row of the record as it is now; alone for htmx, else as a page."""
    instance, _document = read_instance(process_id, person(request))
    [line] = waiting_records([instance], person(request))
    is_done = bool(pressed.done)
    quick = field.quick
    opened = not is_done and not pressed.refusal and bool(quick and quick.ask)
    place = request.headers.get("HX-Target", "").partition("-")[0]
    is_closed = "closed" in request.GET
    context = {
        "line": line, "pressed": pressed, "is_done": is_done, "field": field,
        "is_opened": (opened or bool(pressed.error)) and not is_closed, "is_closed": is_closed,
        "asked": line.record.document.fields[quick.ask] if quick and quick.ask else None,
        "answer": request.POST.get("answer", ""),
        "at": place if is_htmx(request) and place in _PARTS else "task",
    }  # fmt: skip
    refused = 422 if is_htmx(request) or pressed.error else 409
    answer = render_page(
        request, "requests/quick_press.html", context,
        partials={f"{place}-{instance.pk}": part for place, part in _PARTS.items()},
        status=200 if request.method == "GET" or is_done else refused,
    )  # fmt: skip
    if is_done:
        # What counts what waits, on the same page, asks anew.
        answer["HX-Trigger"] = "work-decided"
    return answer
