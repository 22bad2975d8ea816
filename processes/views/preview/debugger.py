"""The acts of the debugger: step, continue, stop, run again, breakpoints, values by hand."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog
from processes.fields.base import InputField
from processes.forms.fill_in import act_on_rows, control_of, sent_of, typed_in
from processes.models import ProcessInstance, Run
from processes.preview import debugger as debugging
from processes.preview.debug_session import Session, session_of
from processes.preview.debugger import Paused
from processes.preview.preview_instance import refuse_unasked, saved_draft
from processes.views.common import person, target_kind
from processes.views.preview import common
from processes.views.preview.page import shown
from processes.views.preview.session_start import begin

CommandHandler = Callable[[Paused, QueryDict], Run]


def _again(at: Paused, post: QueryDict) -> Run:
    position = whole_number(post.get("act", "").removeprefix("again:"), digits=4)
    return debugging.rerun(at, position=-1 if position is None else position)


ACTS: dict[str, CommandHandler] = {
    "step": lambda at, _post: debugging.step(at),
    "continue": lambda at, _post: debugging.go_on(at),
    "stop": lambda at, _post: debugging.stop(at),
    "again": _again,
}


@page(roles=common.MAKERS, methods=("POST",))
@once
def debugger(request: HttpRequest, name: str, process_id: str) -> HttpResponseBase:
    """Carry out one act on the session of an instance."""
    instance = common.preview_instance(request, name, process_id)
    kind, _colon, target = request.POST.get("act", "").partition(":")
    refusal = ""
    try:
        if kind == "start":
            _start(request, instance, target)
        elif kind in ACTS:
            ACTS[kind](_paused(request, instance), request.POST)
        else:
            raise Invalid(_("The debugger knows start, step, continue, again and stop."))
    except ApplicationError as error:
        refusal = " ".join(flaw.detail for flaw in error.errors) or error.detail
    return _answer(request, name, instance, refusal)


def _start(request: HttpRequest, instance: ProcessInstance, target: str) -> None:
    """Begin with what no button starts, such as the rules of opening a form."""
    draft = saved_draft(instance.design.name)
    refuse_unasked(draft.document, target, instance.outward)
    begin(request, instance, target, target_kind(draft.document, target), {})


def _paused(request: HttpRequest, instance: ProcessInstance) -> Paused:
    """Return the session that was meant: the one that the page showed."""
    run_pk = whole_number(request.POST.get("run", "")) or 0
    if not Run.objects.filter(pk=run_pk, instance=instance).exists():
        raise Conflict(_("This debugging session has ended."))
    return Paused(run_pk, person(request), request.POST.get("answer", ""))


def _answer(
    request: HttpRequest, name: str, instance: ProcessInstance, refusal: str
) -> HttpResponseBase:
    if not refusal and not is_htmx(request):
        return go(request, f"{common.shell_url(name, instance.process_id)}?debug=1")
    status = (422 if is_htmx(request) else 409) if refusal else 200
    return shown(request, saved_draft(name), instance, status=status, refusal=refusal)


@page(roles=common.MAKERS, methods=("POST",))
def breakpoint_of(
    request: HttpRequest, name: str, rule: str, process_id: str = ""
) -> HttpResponseBase:
    """Set or remove a breakpoint: for the session that is paused, and for the next ones."""
    instance = common.preview_instance(request, name, process_id) if process_id else None
    kept = common.breakpoints_of(request, name)
    wanted = request.POST.get("on") == "1"
    if wanted and rule not in {one.id for _place, one in saved_draft(name).document.placed_rules()}:
        raise Missing(_("There is no rule %(name)s any more.") % {"name": rule})
    rules = [one for one in kept if one != rule] + ([rule] if wanted else [])
    common.keep_breakpoints(request, name, rules)
    held = session_of(instance) if instance else None
    refusal = ""
    if held and held[0].run_as_id == request.user.pk:
        try:
            debugging.set_breakpoints(Paused(held[0].pk, person(request)), rules)
        except ApplicationError as error:
            refusal = error.detail
    if instance is not None:
        return _answer(request, name, instance, refusal)
    if is_htmx(request):
        return shown(request, saved_draft(name), None)
    return go(request, f"{common.shell_url(name)}?debug=1")


@page(roles=common.MAKERS, methods=("GET", "POST"))
@once
def value(request: HttpRequest, name: str, process_id: str, field: str) -> HttpResponseBase:
    """Ask for a value of the working copy, and set it by hand."""
    instance = common.preview_instance(request, name, process_id)
    session = _session(instance)
    found = session.document.value_fields.get(field)
    if found is None:
        raise Missing(
            _("%(name)s has no field %(field)s that holds a value.")
            % {"name": name, "field": field}
        )
    fields, values = {field: cast(InputField, found)}, session.working.values
    typed, errors = typed_in(fields, request.POST, values), Errors()
    act = act_of(request.POST.get("act", ""))
    if act.is_placed:
        act_on_rows(act, fields, typed, values)
    elif request.method == "POST":
        errors = _set(request, session, field, typed)
        if not errors:
            return go(request, f"{common.shell_url(name, process_id)}?debug=1")
    context = {
        "control": control_of(found, values, typed, errors),
        "run": session.run, "design": instance.design, "instance": instance,
        "errors": errors, "field": found,
    }  # fmt: skip
    title = _("Edit %(title)s") % {"title": found.title}
    return render_dialog(
        request, "preview/_value.html", context, title=title, status=422 if errors else 200
    )


def _session(instance: ProcessInstance) -> Session:
    held = session_of(instance)
    if held is None or held[1] is None:
        raise Missing(_("There is no debugging session that is paused."))
    return held[1]


def _set(request: HttpRequest, session: Session, field: str, typed: dict[str, Any]) -> Errors:
    """Set what was typed; a secret that was left empty stays as it is."""
    if field not in typed:
        return Errors()
    sent = sent_of(session.document.fields[field], typed[field])
    try:
        debugging.edit_value(Paused(session.run.pk, person(request)), field=field, value=sent)
    except ApplicationError as error:
        return Errors(error if isinstance(error, Invalid) else Invalid(error.detail))
    return Errors()
