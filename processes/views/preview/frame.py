"""What stands in the frame of a preview: the form page of its instance, as its users see it."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import Invalid
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_page
from processes.definition.document import Document
from processes.forms.sent_forms import starts_as_draft
from processes.models import ProcessInstance, Run
from processes.preview.debug_session import Session, session_of
from processes.preview.preview_instance import (
    choose_outward,
    make_preview,
    refuse_unasked,
    saved_draft,
)
from processes.running import runs
from processes.running.pinned_answers import outward_rules, reaching
from processes.views.common import person, target_kind, target_title
from processes.views.instances import instance_page
from processes.views.instances.form_page import FormPage
from processes.views.instances.form_page_context import context_of
from processes.views.instances.new_instance_form import NewInstanceForm
from processes.views.instances.page_frame import PageFrame, put
from processes.views.instances.plain_uploads import first_form
from processes.views.preview import common
from processes.views.preview.session_start import begin

TEMPLATE = "preview/frame.html"


@common.framed
@page(roles=common.MAKERS, methods=("GET", "POST"))
def frame(request: HttpRequest, name: str, process_id: str) -> HttpResponseBase:
    """Show the form of a preview instance; a press may begin a debugging session."""
    instance = common.preview_instance(request, name, process_id)
    held = session_of(instance)
    if held and request.method == "GET":
        return _paused(request, *held)
    if request.method == "POST" and request.POST.get("outward"):
        choose_outward(instance, request.POST["outward"])
    document = saved_draft(name).document
    put(
        request,
        PageFrame(
            url=common.frame_url(name, instance.process_id),
            template=TEMPLATE,
            partials={
                "instance": "preview/_frame.html",
                "running": "instances/_running.html",
            },
            extra={
                **_asking(document, instance.outward),
                **({} if _may_load(document, instance) else {"load": False}),
                "shell": common.shell_url(name, instance.process_id),
                "debug": _debugs(request),
            },
            press=_press,
        ),
    )
    return instance_page.instance(request, instance.process_id)


def _debugs(request: HttpRequest) -> bool:
    sent = request.POST if request.method == "POST" else request.GET
    return sent.get("debug") == "1"


def _asking(document: Document, outward: str) -> dict[str, Any]:
    """Return what the question about outward effects needs; it is asked once."""
    return {"reaching": list(outward_rules(document).values()), "ask": not outward}


def _may_load(document: Document, instance: ProcessInstance) -> bool:
    """Tell whether the rules of opening may run by themselves: not before the question."""
    loads = [found for found in document.rule_lists if "#load" in found.key]
    return bool(instance.outward) or not any(reaching(found.rules) for found in loads)


def _press(
    request: HttpRequest, form_page: FormPage, target: str, kind: str
) -> HttpResponseBase | None:
    refuse_unasked(form_page.document, target, form_page.instance.outward)
    if not _debugs(request):
        return None
    instance = form_page.instance
    begin(
        request, instance, target, kind, form_page.changes, form_page.left, form_page.modes
    )  # fmt: skip
    return go(request, common.frame_url(instance.design.name, instance.process_id))


def _paused(request: HttpRequest, run: Run, session: Session | None) -> HttpResponseBase:
    """Show the form with the values of the working copy; it waits for the debugger."""
    instance = run.instance
    assert instance is not None  # it was found by its instance
    form_page = FormPage.read(instance.process_id, person(request))
    if session is not None:
        form_page.document, form_page.values = session.document, session.working.values
        form_page.version = instance.version
        stands = session.working.standing
        form_page.instance.status, form_page.instance.forms = stands.status, dict(stands.forms)
        form_page.instance.display = dict(stands.display)
    form_page.fresh = frozenset(row["field"] for step in run.steps for row in step["changes"])
    context = {
        **context_of(form_page),
        "paused": run,
        "load": False,
        "title": target_title(form_page.document, run.target),
        "shell": common.shell_url(instance.design.name, instance.process_id),
        "debug": True,
    }
    return render_page(request, TEMPLATE, context, partials={"instance": "preview/_frame.html"})


@common.framed
@page(roles=common.MAKERS, methods=("GET", "POST"))
@once
def new_frame(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the first form of the draft; Save, or a press, makes the instance."""
    form = first_form(request, saved_draft(name).version, mode="preview")
    act = act_of(request.POST.get("act", ""))
    try:
        if act.is_placed:
            form.act_on_rows(act)
        elif request.method != "POST":
            form.open()
        elif answer := _made(request, form):
            return answer
    except Invalid as invalid:
        return _new_form(request, form, invalid)
    return _new_form(request, form, None)


def _new_form(
    request: HttpRequest, form: NewInstanceForm, invalid: Invalid | None
) -> HttpResponseBase:
    document, errors = form.document, Errors(invalid)
    context = {
        **_asking(document, ""), **form.context(errors),
        "outward": request.POST.get("outward", ""),
        "shell": common.shell_url(document.name), "debug": _debugs(request), "is_new": True,
    }  # fmt: skip
    return render_page(
        request, TEMPLATE, context, partials={"instance": "preview/_frame.html"},
        status=422 if invalid else 200,
    )  # fmt: skip


def _made(request: HttpRequest, form: NewInstanceForm) -> HttpResponseBase | None:
    """Make the instance with what was typed; then press on it what was pressed.

    Nothing is returned when what was pressed needs no instance.
    """
    outward = request.POST.get("outward", "")
    target = act_of(request.POST.get("act", "save")).pressed
    document = form.document
    if target and not _debugs(request):
        refuse_unasked(document, target, outward)
        if form.press(target):
            return None
    elif flaws := form.flaws(
        strict=target.endswith("#submit") if target else not starts_as_draft(document)
    ):
        raise Invalid(errors=flaws)
    if target:
        refuse_unasked(document, target, outward)
    user = person(request)
    made = make_preview(
        process=document.name, data=form.data(), display=form.display, outward=outward, user=user
    )
    if target:
        _pressed_at_once(request, made, document, target)
    url = common.frame_url if is_htmx(request) else common.shell_url
    return go(request, url(document.name, made.process_id))


def _pressed_at_once(
    request: HttpRequest, made: ProcessInstance, document: Document, target: str
) -> None:
    kind = target_kind(document, target)
    if _debugs(request):
        begin(request, made, target, kind, {})
    else:
        runs.trigger(
            process_id=made.process_id,
            target=target,
            user=person(request),
            trigger=kind,
            time_zone=timezone.get_current_timezone_name(),
        )
