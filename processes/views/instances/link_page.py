"""The page of an anonymous form link: open to whoever has it, with one form and nothing else."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeAlias, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.api.throttling import left_of_window, over
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import (
    ApplicationError,
    Busy,
    Conflict,
    Flaw,
    Forbidden,
    Invalid,
    Missing,
    NoLongerValid,
)
from kianda.lib.pointers import pointer
from kianda.web.middleware import client_address
from kianda.web.pages import Errors, go, is_htmx, render_page
from kianda.web.sessions import in_language_shown
from processes.forms.fill_in import in_form_order
from processes.instances.form_links import link_of, refuse_ended
from processes.models import FormLink, Run
from processes.running import runs
from processes.running.checkpoints import USES_LINK
from processes.views.instances.instance_page import modes_of, refuse_misfit
from processes.views.instances.link_files import session_of, upload, with_session
from processes.views.instances.linked_form import LinkedForm
from processes.views.instances.plain_uploads import take_uploads

P = ParamSpec("P")

View: TypeAlias = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]


def _open_to_all(*methods: str) -> Callable[[View[P]], View[P]]:
    """Guard a page that needs no account: counted by address, kept by nobody, found by nobody."""

    def guarded_by(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(
            request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            answer = _counted(request) or _answered(
                request, lambda: view(request, token, *args, **kwargs)
            )
            answer["Referrer-Policy"] = "no-referrer"
            answer["X-Robots-Tag"] = "noindex, nofollow"
            answer["Cache-Control"] = "no-store"
            return answer

        return cast(View[P], guarded)

    return guarded_by


def _counted(request: HttpRequest) -> HttpResponse | None:
    if not over("links", client_address(request)):
        return None
    sentence = _("Too many requests. Wait a minute, then try again.")
    answer = _sentence(request, sentence, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer["Retry-After"] = str(int(left_of_window()) + 1)
    return answer


def _answered(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        return view()
    except Missing:
        words = _("This link is incomplete or has a typo.")
        return _sentence(request, words, status=HTTPStatus.NOT_FOUND)
    except NoLongerValid as ended:
        return _sentence(request, ended.detail, status=HTTPStatus.GONE)
    except ApplicationError:
        # Whatever it is about, strangers are not told.
        return _sentence(request, _("That did not work. Try again later."), status=409)


def _sentence(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    if is_htmx(request):
        # The page stays; it says the sentence beside what was pressed.
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "links/ended.html", {"sentence": sentence}, status=status)


@_open_to_all("GET", "HEAD", "POST")
@in_language_shown
def linked(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the form that a link leads to; a POST presses one of its buttons."""
    link = link_of(token)
    refuse_ended(link)
    form = LinkedForm.behind(link)
    form.session, form.upload_url = session_of(request), reverse("form-link-files", args=[token])
    if request.method != "POST":
        return with_session(request, _shown(request, form))
    act = act_of(request.POST.get("act", ""))
    if act.verb == "load":
        return _opened(request, form)
    refused = take_uploads(request, form.editable(), form.uploader)
    form.take(request.POST)
    if refused:
        form.errors = Errors(Invalid(errors=refused))
        return _shown(request, form, status=422)
    if act.is_placed:
        form.act_on_rows(act)
        return _shown(request, form)
    return _pressed(request, form, act.pressed, token)


@_open_to_all("POST")
def files(request: HttpRequest, token: str) -> HttpResponseBase:
    """Begin an upload for the form of a link."""
    return upload(request, token)


@_open_to_all("GET", "HEAD", "PATCH", "DELETE")
def file(request: HttpRequest, token: str, file_id: UUID) -> HttpResponseBase:
    """Go on with an upload through a link, tell about it, or end it."""
    return upload(request, token, file_id)


@_open_to_all("GET", "HEAD")
def sent(request: HttpRequest, token: str) -> HttpResponseBase:
    """Say that the form was sent."""
    link = link_of(token)
    if not link.uses:
        raise Missing
    if link.ended not in {"", FormLink.Ended.CLOSED}:
        refuse_ended(link)
    return render(request, "links/sent.html", {"message": link.message})


def _shown(
    request: HttpRequest, form: LinkedForm, *, status: int = 200, trouble: str = "",
    opened: bool = False,
) -> HttpResponseBase:  # fmt: skip
    context = form.context(opened=opened or request.method == "POST") | {"trouble": trouble}
    parts = {"instance": "links/_form.html"}
    return render_page(request, "links/form.html", context, partials=parts, status=status)


def _opened(request: HttpRequest, form: LinkedForm) -> HttpResponseBase:
    """Run what runs when the page is opened; what fails there is not told to strangers."""
    link = form.link
    for target in form.load_targets:
        run = runs.trigger(
            process_id=form.instance.process_id, target=target, user=None, trigger="load",
            link=link, time_zone=timezone.get_current_timezone_name(),
            on_start=lambda run: refuse_ended(link),
        )  # fmt: skip
        form = _now(form, run)
    return _shown(request, form)


def _pressed(request: HttpRequest, form: LinkedForm, target: str, token: str) -> HttpResponseBase:
    refused = 422 if is_htmx(request) else 409
    if form.was_overtaken:
        return _shown(request, form, status=refused, trouble=_overtaken())
    try:
        run = _run(form, target)
    except Invalid as invalid:
        form.errors = Errors(invalid)
        return _shown(request, form, status=422)
    except (Conflict, Forbidden) as refusal:
        refuse_ended(form.link)
        fresh = form.read_again()
        fresh.keep_view(form)
        fresh.keep_typed(form)
        busy = _("Not sent: someone is working on this form. Try again in a moment.")
        words = busy if isinstance(refusal, Busy) else _overtaken()
        return _shown(request, fresh, status=refused, trouble=words)
    return _after(request, form, run, token)


def _overtaken() -> str:
    return _("The form was changed while you were filling it in. Check it and send it again.")


def _run(form: LinkedForm, target: str) -> Run:
    """Run what was pressed with what was typed; raises Invalid for what is wrong with that."""
    if form.ended_view:
        raise form.ended_view
    _refuse_foreign(form, target)
    kind = refuse_misfit(form, target)
    return runs.trigger(
        process_id=form.instance.process_id, target=target, user=None, trigger=kind,
        data=form.changes, set_by_rules=form.set_by_rules, revision=form.instance.revision,
        time_zone=timezone.get_current_timezone_name(), link=form.link, modes=form.modes,
        # Under the lock of the instance: the last use is used once.
        on_start=lambda run: refuse_ended(form.link),
    )  # fmt: skip


def _refuse_foreign(form: LinkedForm, target: str) -> None:
    """Raise Forbidden for what does not stand on the form, before a sentence tells what it is."""
    if not form.rights.sees(target.partition("#")[0]):
        raise Forbidden
    form.rights.presses(target).or_refuse()


def _after(request: HttpRequest, form: LinkedForm, run: Run, token: str) -> HttpResponseBase:
    if run.status == Run.Status.SUCCEEDED and run.trigger in USES_LINK and run.saved:
        return go(request, reverse("form-link-sent", args=[token]))
    refuse_ended(form.link)
    fresh = _now(form, run)
    if run.status == Run.Status.SUCCEEDED:
        return _shown(request, fresh)
    # What went wrong behind the form is for those who see the trace.
    words = "" if fresh.errors else _("Not sent. Try again later.")
    return _shown(request, fresh, status=422, trouble=words)


def _now(form: LinkedForm, run: Run) -> LinkedForm:
    """Return the form as a run has left it: what it set and did not save, or what it refused."""
    fresh = form.read_again()
    fresh.keep_view(form, modes_of([run]))
    if run.status == Run.Status.SUCCEEDED:
        fresh.lay_over(run.data or {}, form)
        return fresh
    fresh.keep_typed(form)
    refused = (run.error or {}).get("fields") or {}
    known = {at: say for at, say in refused.items() if fresh.rights.sees(at.partition("/")[0])}
    if known:
        flaws = [Flaw(pointer("data", *at.split("/")), str(say)) for at, say in known.items()]
        fresh.errors = Errors(Invalid(errors=in_form_order(fresh.document, flaws)))
    return fresh
