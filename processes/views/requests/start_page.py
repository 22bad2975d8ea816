"""Starting a request: its process and first form on one page, and what there is to start."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER, has_role
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import Invalid, Missing
from kianda.web.form_once import leads_to, once
from kianda.web.pages import Errors, go, page, render_page, toast
from processes.forms.own_records import start_tiles
from processes.forms.sent_forms import saved_words, starts_as_draft
from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.rights.querysets import startable_designs
from processes.running import runs
from processes.views.common import person, sent_address
from processes.views.instances.new_instance_form import NewInstanceForm
from processes.views.instances.plain_uploads import first_form
from processes.views.requests.next_steps import steps_before

MOST_TILES = 500
# What a link may say beside the fields of the form.
MODE = "mode"


@page()
def starts(request: HttpRequest) -> HttpResponseBase:
    """List the processes of which the person may start a record."""
    tiles = start_tiles(person(request), most=MOST_TILES)
    context = {"tiles": tiles, "may_design": has_role(request.user, DESIGNER)}
    return render_page(request, "requests/starts.html", context)


@page(methods=("GET", "POST"))
def start_before(request: HttpRequest) -> HttpResponseBase:
    """Lead to where a request is started now; what was sent is sent there."""
    query = request.GET.copy()
    process = (request.POST.get("process") or query.get("process", "")).strip()
    query.pop("process", None)
    url = reverse("start-request", args=[process]) if process else reverse("start-list")
    where = f"{url}?{query.urlencode()}" if query and process else url
    answer = HttpResponseRedirect(where)
    # What was sent goes with it.
    answer.status_code = 307 if request.method == "POST" and process else 302
    return answer


@page(methods=("GET", "POST"))
@once
def start_request(request: HttpRequest, process: str) -> HttpResponseBase:
    """Show the first form of a process; a POST keeps it as a draft, or sends it."""
    sent = request.POST if request.method == "POST" else request.GET
    staff = has_role(request.user, DESIGNER)
    # A link to a preview leads others to the process itself; what was sent as one is never real.
    previews = staff or request.method == "POST"
    mode = "preview" if previews and sent.get(MODE) == "preview" else "live"
    design = _design(person(request), process, mode=mode)
    version = design.draft if mode == "preview" else design.published
    context: dict[str, Any] = {
        "design": design, "process": design.name, "mode": mode, "staff": staff,
    }  # fmt: skip
    if version is None:
        return render_page(request, "requests/start.html", context)
    form, errors, status = first_form(request, version, mode=mode), Errors(), 200
    try:
        if request.method != "POST":
            errors = _opened(form, request)
        elif answer := _act(request, form, mode):
            return answer
    except Invalid as invalid:
        errors, status = Errors(invalid), 422
    return _shown(request, form, errors, context, status)


def _shown(
    request: HttpRequest, form: NewInstanceForm, errors: Errors, context: dict[str, Any],
    status: int,
) -> HttpResponseBase:  # fmt: skip
    context |= form.context(errors)
    if len(form.document.forms) > 1:
        context["steps"] = steps_before(form, str(context["primary"]))
    return render_page(
        request, "requests/start.html", context,
        partials={"instance": "instances/_first_form.html"}, status=status,
    )  # fmt: skip


def _design(user: User, process: str, *, mode: str) -> ProcessDesign:
    """Return the process that is started; raises Missing where the person may start no such one."""
    rows: QuerySet[ProcessDesign] = startable_designs(user)
    if has_role(user, DESIGNER):
        # Those who design see that it is not published yet.
        rows = rows if mode == "live" else ProcessDesign.objects.all()
        unpublished = ProcessDesign.objects.filter(published=None)
        rows = ProcessDesign.objects.filter(pk__in=rows.values("pk")) | unpublished
    elif mode == "preview":
        rows = rows.none()
    found = rows.select_related("draft", "published")
    design = found.filter(name=process.replace("\0", "")).first()
    if design is None:
        raise Missing(
            _("You cannot start anything named %(name)s. Ask the person who sent you the link.")
            % {"name": process}
        )
    return design


def _opened(form: NewInstanceForm, request: HttpRequest) -> Errors:
    """Fill the form with what the link says, then do what the rules of opening do."""
    said = {name: request.GET.getlist(name) for name in request.GET if name != MODE}
    flaws = form.prefill(said)
    form.open()
    return Errors(Invalid(errors=flaws)) if flaws else Errors()


def _act(request: HttpRequest, form: NewInstanceForm, mode: str) -> HttpResponseBase | None:
    """Do what was pressed; nothing is returned when the form stays a form."""
    act = act_of(request.POST.get("act", ""))
    target = act.pressed
    if act.is_placed:
        form.act_on_rows(act)
        return None
    if target:
        if form.press(target):
            return go(request, "start") if form.is_left else None
    elif flaws := form.flaws(strict=not starts_as_draft(form.document)):
        raise Invalid(errors=flaws)
    return _make(request, form, mode, target)


def _make(request: HttpRequest, form: NewInstanceForm, mode: str, target: str) -> HttpResponseBase:
    """Make the instance; then press on it what was pressed."""
    user = person(request)
    made = create_instance(
        process=form.document.name, mode=mode, data=form.data(), display=form.display, user=user,
        set_by_rules=form.set_by_rules, modes=form.modes,
    )  # fmt: skip
    url = reverse("instance", args=[made.process_id])
    leads_to(request, url)
    if not target:
        toast(request, saved_words(form.document))
        return go(request, url)
    run = runs.trigger(
        process_id=made.process_id,
        target=target,
        user=user,
        trigger=form.kind_of(target),
        time_zone=timezone.get_current_timezone_name(),
    )
    return _after(request, made, form, run)


def _after(
    request: HttpRequest, made: ProcessInstance, form: NewInstanceForm, run: Run
) -> HttpResponseBase:
    """Lead to where a request was sent, or on to what is to be filled in next."""
    url = reverse("instance", args=[made.process_id])
    if run.status != Run.Status.SUCCEEDED:
        toast(request, saved_words(form.document))
        return go(request, url)
    if sent := sent_address(made.process_id, person(request), run):
        return go(request, sent)
    asked = run.page or {}
    if asked.get("leave"):
        return go(request, "start")
    return go(request, f"{url}#form-{asked['form']}" if asked.get("form") else url)
