"""The gallery of templates: what there is, the questions of one, and what it has made."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.services.connection_tests import try_connection
from kianda.accounts.roles import DESIGNER
from kianda.lib.dialogs.dialog import read_settings
from kianda.lib.errors import Busy, Flaw, Forbidden, Invalid, Missing
from kianda.lib.pointers import pointer, unique
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, page, render_page, toast
from processes.document_cache import document_of
from processes.models import ProcessDesign, Run
from processes.running import runs
from processes.views.common import person
from scheduler.gallery import TEMPLATES, GalleryTemplate, template_named
from scheduler.gallery.base import Wizard
from scheduler.services import gallery as services

PARTIALS = {"answer": "gallery/_answer.html", "lead": "gallery/_lead.html"}


@page(roles=(DESIGNER,))
def templates(request: HttpRequest) -> HttpResponseBase:
    """Show what there is to begin with."""
    context = {
        "templates": TEMPLATES,
        "may_make_datasources": services.may_make_datasources(person(request)),
    }
    return render_page(request, "gallery/gallery.html", context)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def template(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Ask the questions of a template; test the connection; make it all."""
    found = template_named(slug)
    if found is None:
        raise Missing(_("This template does not exist."))
    if found.needs_datasource and not services.may_make_datasources(person(request)):
        raise Forbidden(
            _("This template creates a data source, so you need the role Data source manager.")
        )
    if request.method == "GET":
        lead = found.lead(read_settings(found.questions, request.GET))
        return _render(request, found, Wizard.opened(found.questions), lead=lead)
    asked = found.questions
    wizard = Wizard(kind=asked, raw=read_settings(asked, request.POST))
    if request.POST.get("act") == "test":
        return _test(request, found, wizard)
    try:
        made = _make(request, found, wizard)
    except Invalid as invalid:
        wizard.flaws = unique(invalid.errors or [Flaw("", invalid.detail)])
        return _render(request, found, wizard, status=422)
    toast(request, _("%(title)s created and published.") % {"title": made.title})
    return go(request, "template-made", name=made.name)


def _make(request: HttpRequest, found: GalleryTemplate, wizard: Wizard) -> ProcessDesign:
    """Make it all; what is wrong with an object is said at the question that it comes from."""
    answers = wizard.answers()
    plan = found.plan(answers, services.free_names(found.wishes(answers)))
    try:
        return services.make(plan, user=person(request))
    except Invalid as invalid:
        asked = {place: pointer(name) for place, name in plan.places.items()}
        flaws = [Flaw(asked.get(one.pointer, ""), one.detail) for one in invalid.errors]
        raise Invalid(invalid.detail, errors=flaws) from invalid


def _test(request: HttpRequest, found: GalleryTemplate, wizard: Wizard) -> HttpResponseBase:
    """Ask the service as it is typed; the rest of the form need not be complete."""
    raw = found.trial(wizard.raw)
    if raw is None:
        raise Missing(_("This template calls no service."))
    answer: dict[str, Any]
    try:
        answer = try_connection(raw, user=person(request)).answer
    except Invalid as invalid:
        detail = " ".join(flaw.detail for flaw in invalid.errors)
        answer = {"ok": False, "status": None, "elapsed_ms": 0, "detail": detail}
    return _render(request, found, wizard, answer=answer)


def _render(
    request: HttpRequest,
    found: GalleryTemplate,
    wizard: Wizard,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponseBase:
    context = {
        "template": found,
        "form": wizard,
        "sections": [
            (section.title, [wizard.control(name) for name in section.fields])
            for section in found.sections
        ],
        "sure": wizard.errors_at("/every") and wizard.control("sure"),
        **more,
    }
    return render_page(request, "gallery/wizard.html", context, partials=PARTIALS, status=status)


@page(roles=(DESIGNER,))
def made(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the objects that belong together, and the button to press first."""
    return _made(request, services.made_of(name, user=person(request)))


def _made(
    request: HttpRequest, found: services.Made, *, busy: Busy | None = None
) -> HttpResponseBase:
    instance = found.instances[0] if len(found.instances) == 1 else None
    context = {
        "made": found, "instance": instance, "button": _button(found) if instance else None,
        "last": instance.runs.order_by("-pk").first() if instance else None, "busy": busy,
    }  # fmt: skip
    return render_page(request, "gallery/made.html", context, status=409 if busy else 200)


def _button(found: services.Made) -> Any:
    """Return the button that the task presses, else the first one of the forms."""
    draft = found.design.draft
    assert draft is not None  # a design is made with its first version
    buttons = [target for target in document_of(draft).targets() if target.kind == "button"]
    pressed = {task.target for task in found.tasks}
    return next((one for one in buttons if one.target in pressed), None)


@page(roles=(DESIGNER,), methods=("POST",))
@once
def press(request: HttpRequest, name: str) -> HttpResponseBase:
    """Press the button of the one instance, and come back to see what happened."""
    found = services.made_of(name, user=person(request))
    button = _button(found)
    if button is None or len(found.instances) != 1:
        raise Missing(_("There is no button to press."))
    here = reverse("template-made", args=[name])
    try:
        run = runs.trigger(
            process_id=found.instances[0].process_id,
            target=button.target,
            user=person(request),
            trigger="button",
            time_zone=timezone.get_current_timezone_name(),
            on_start=lambda run: leads_to(request, here),
        )
    except Busy as busy:
        return _made(request, found, busy=busy)
    if run.status == Run.Status.SUCCEEDED:
        toast(request, _("%(title)s: done") % {"title": button.title})
    return go(request, here)
