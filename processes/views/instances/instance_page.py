"""One instance: shown, saved by hand, its buttons pressed."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import Busy, Conflict, Flaw, Forbidden, Invalid, Stale
from kianda.lib.pointers import pointer
from kianda.web.form_once import leads_to, once
from kianda.web.pages import Errors, go, is_htmx, page, render_page, toast
from processes.engine.instance_state import form_of
from processes.forms.fill_in import in_form_order
from processes.instances.lifecycle import patch_instance
from processes.models import Change, ProcessInstance, Run
from processes.rights.seen import sees_details
from processes.running import runs
from processes.views.common import (
    person,
    place_after,
    pressed_words,
    sent_address,
    target_kind,
    target_title,
)
from processes.views.instances.form_page import FormPage, closed_columns
from processes.views.instances.form_page_context import context_of
from processes.views.instances.form_steps import load_targets, submitted_by
from processes.views.instances.page_frame import frame_of
from processes.views.instances.plain_uploads import take_uploads

PARTIALS = {
    "instance": "instances/_instance.html",
    "runs": "instances/_instance_runs.html",
    "running": "instances/_running.html",
}
TRIES = 3


@page(methods=("GET", "POST"))
@once
def instance(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Show an instance; a POST saves what was typed, or presses a button with it."""
    form_page = FormPage.read(process_id, person(request))
    if request.method == "POST":
        return _act(request, form_page)
    if form_page.instance.process_id != process_id:
        # Process IDs are found in any case; pages have one address.
        return go(request, "instance", process_id=form_page.instance.process_id)
    return _render(request, form_page)


def _render(
    request: HttpRequest,
    form_page: FormPage,
    *,
    status: int = 200,
    busy: Busy | None = None,
    refusal: Conflict | Forbidden | None = None,
    opened: bool = False,
) -> HttpResponseBase:
    place = frame_of(request)
    context = {**context_of(form_page), "busy": busy, "refusal": refusal, **place.extra}
    # Load rules run once for each time that the page is opened, not after each act on it.
    context["load"] = context["load"] and request.method == "GET" and not opened
    return render_page(
        request, place.template, context, partials=place.partials or PARTIALS, status=status
    )


def _act(request: HttpRequest, form_page: FormPage) -> HttpResponseBase:
    """Save or press; what is in the way is said on the page, and what was typed stays."""
    act = act_of(request.POST.get("act", "save"))
    target = act.pressed
    if act.verb == "load":
        return _opened(request, form_page)
    do = (lambda now: _press(request, now, target)) if target else lambda now: _save(request, now)
    refused = take_uploads(request, form_page.editable(), form_page.uploader)
    form_page.take(request.POST)
    if form_page.ended_view:
        return _refused(request, form_page, form_page.ended_view)
    if refused:
        form_page.errors = Errors(Invalid(errors=refused))
        return _render(request, form_page, status=422)
    if act.is_placed:
        form_page.act_on_rows(act)
        form_page.next_page = {"form": form_of(form_page.document, "".join(act.parts[:1]))}
        return _render(request, form_page)
    try:
        return _carried_out(request, form_page, do)
    except Invalid as invalid:
        form_page.errors = Errors(invalid)
        return _render(request, form_page, status=422)
    except Busy as busy:
        return _render(request, form_page, status=422 if is_htmx(request) else 409, busy=busy)
    except (Conflict, Forbidden) as refusal:
        return _refused(request, form_page, refusal)


def _refused(
    request: HttpRequest, form_page: FormPage, refusal: Conflict | Forbidden
) -> HttpResponseBase:
    """Show the instance as it is now, with why nothing was changed; what was typed stays there."""
    fresh = FormPage.read(form_page.instance.process_id, form_page.user)
    fresh.keep_view(form_page)
    fresh.keep_typed(form_page)
    status = 422 if is_htmx(request) else refusal.status
    return _render(request, fresh, status=status, refusal=refusal)


def _carried_out(
    request: HttpRequest, form_page: FormPage, do: Callable[[FormPage], HttpResponseBase]
) -> HttpResponseBase:
    for _again in range(TRIES):
        if form_page.conflicts:
            return _render(request, form_page, status=422 if is_htmx(request) else 409)
        try:
            return do(form_page)
        except Stale:
            # Saved between our look and the act: look again, ask if it meets what was typed.
            form_page = FormPage.read(form_page.instance.process_id, form_page.user)
            form_page.take(request.POST)
            if form_page.ended_view:
                raise form_page.ended_view from None
    raise Busy(_("It is in use right now. Try again in a moment."))


def _save(request: HttpRequest, form_page: FormPage) -> HttpResponseBase:
    _refuse(form_page, [*form_page.missing(), *form_page.invalid()])
    before = form_page.instance
    changed = before
    if form_page.changes:
        changed = patch_instance(
            process_id=before.process_id,
            data=form_page.changes,
            revision=before.revision,
            user=form_page.user,
            set_by_rules=form_page.set_by_rules,
            modes=form_page.modes,
        )
    if changed.revision == before.revision:
        toast(request, _("Nothing was changed, so nothing was saved."))
    else:
        toast(request, _saved_in_words(form_page))
    return _after(request, form_page, frozenset(form_page.changes))


def _saved_in_words(form_page: FormPage) -> str:
    """Say that it was saved, and of a form which people submit that it is not submitted by that."""
    document = form_page.document
    touched = {form_of(document, name) for name in form_page.changes}
    drafts = {form.name for form in document.forms if form_page.is_draft(form)}
    if touched and touched <= drafts:
        return _("Draft saved. Not submitted yet.")
    return _("Saved.")


def _press(request: HttpRequest, form_page: FormPage, target: str) -> HttpResponseBase:
    kind = refuse_misfit(form_page, target)
    before = frame_of(request).press
    if before and (answer := before(request, form_page, target, kind)):
        return answer
    run = runs.trigger(
        process_id=form_page.instance.process_id,
        target=target,
        user=form_page.user,
        trigger=kind,
        data=form_page.changes,
        set_by_rules=form_page.set_by_rules,
        revision=_revision(form_page.instance),
        time_zone=timezone.get_current_timezone_name(),
        on_start=lambda run: leads_to(request, reverse("run", args=[run.pk])),
        modes=form_page.modes,
    )
    process_id = form_page.instance.process_id
    # Who closes a record leaves it: what is withdrawn was not sent.
    goes_elsewhere = frame_of(request).url or _next_page([run]).get("leave")
    if not goes_elsewhere and (sent := sent_address(process_id, form_page.user, run)):
        return go(request, sent)
    fields = _stored_by(run)
    if run.status == Run.Status.SUCCEEDED and kind != "change":
        stored = len(fields & form_page.document.fields.keys())
        toast(request, _success(run, form_page, stored))
    return _after(request, form_page, fields, [run])


def refuse_misfit(form_page: FormPage, target: str) -> str:
    """Return how a person triggers a target; raises Invalid for what is wrong with the form."""
    kind = target_kind(form_page.document, target)
    missing = form_page.missing_on(_form_of(target)) if kind == "submit" else []
    wrong = form_page.invalid()
    if wrong and kind == "button":
        # Its rules would tell of the blanks had they a chance to run: all is told at once.
        forms = submitted_by(form_page.document, target)
        missing = [flaw for form in forms for flaw in form_page.missing_on(form)]
    _refuse(form_page, [*missing, *wrong])
    return kind


def _opened(request: HttpRequest, form_page: FormPage) -> HttpResponseBase:
    """Run what runs when the page is opened, each with what those before it have left."""
    if form_page.conflicts:
        # Entries of a former visit came back, and others have changed the same fields since.
        return _render(request, form_page, status=422 if is_htmx(request) else 409, opened=True)
    done: list[Run] = []
    for target in load_targets(form_page.document, form_page.steps):
        data = form_page.changes if not done else left_by(form_page, done[-1])
        run = runs.trigger(
            process_id=form_page.instance.process_id,
            target=target,
            user=form_page.user,
            trigger="load",
            data=data,
            set_by_rules=[*data, *closed_columns(data, form_page.rights)],
            time_zone=timezone.get_current_timezone_name(),
        )
        done.append(run)
        if run.status != Run.Status.SUCCEEDED:
            break
    return _after(request, form_page, frozenset(), done)


def left_by(form_page: FormPage, run: Run) -> dict[str, Any]:
    """Return what a run has left unsaved, as the next trigger takes it."""
    known, data = form_page.document.value_fields, run.data or {}
    return {name: data[name] for name in known if name in data and not known[name].is_secret}


def _refuse(form_page: FormPage, flaws: list[Flaw]) -> None:
    if flaws:
        raise Invalid(errors=in_form_order(form_page.document, flaws))


def _revision(instance: ProcessInstance) -> int | None:
    """Return the revision to insist on; one that follows its draft moves on by itself."""
    follows = instance.mode == ProcessInstance.Mode.PREVIEW
    return (
        None if follows and instance.version_id != instance.design.draft_id else instance.revision
    )


def _form_of(target: str) -> str:
    return target.removeprefix("form:").partition("#")[0]


def _stored_by(run: Run) -> frozenset[str]:
    rows = Change.objects.filter(run=run).values_list("fields", flat=True)
    return frozenset(str(row["field"]) for fields in rows for row in fields)


def _success(run: Run, form_page: FormPage, stored: int) -> str:
    told = pressed_words(run, target_title(form_page.document, run.target), form_page.user)
    if stored and form_page.instance.mode == ProcessInstance.Mode.PREVIEW:
        # Whoever tries a draft wants to know what was stored.
        saved = ngettext("%(n)s field saved", "%(n)s fields saved", stored) % {"n": stored}
        told = f"{told}. {saved}."
    if not sees_details(form_page.user, form_page.rights):
        return told
    return format_html(
        '{} <a href="{}">{}</a>',
        told,
        reverse("run", args=[run.pk]),
        _("View details"),
    )


def _after(
    request: HttpRequest, form_page: FormPage, fields: frozenset[str], done: Sequence[Run] = ()
) -> HttpResponseBase:
    """Show the instance as it is now: at once for htmx, after a redirect for a plain form.

    What a run has set and not saved, and what was typed before one that failed, stays in the form.
    """
    url = frame_of(request).url or reverse("instance", args=[form_page.instance.process_id])
    next_page = _next_page(done)
    if next_page.get("leave") and not frame_of(request).url:
        return go(request, place_after(form_page.instance, form_page.user))
    fresh = FormPage.read(form_page.instance.process_id, form_page.user)
    fresh.fresh, fresh.next_page = fields, next_page
    fresh.keep_view(form_page, modes_of(done))
    pressed = fresh.steps.get(form_of(fresh.document, done[-1].target)) if done else None
    if pressed and pressed.takes_values and not next_page.get("form"):
        # Who types on one of several forms stays there.
        next_page["form"] = pressed.state.form
    for run in done:
        _lay_over(fresh, run, form_page)
    plain = request.headers.get("HX-Target") != "instance"
    # After the rules of opening the page stays: led to, it would be opened once more, and so on.
    opening = request.POST.get("act") == "load"
    nothing = not (fresh.typed or fresh.errors or fresh.modes.modes)
    if plain and not opening and nothing:
        return go(request, url)
    leads_to(request, url)
    return _render(request, fresh, status=422 if fresh.errors else 200, opened=True)


def _next_page(done: Sequence[Run]) -> dict[str, Any]:
    """Return what the last run that succeeded wants the page to do: form, mode, leave."""
    ended_well = [run for run in done if run.status == Run.Status.SUCCEEDED]
    return dict(ended_well[-1].page or {}) if ended_well else {}


def modes_of(done: Sequence[Run]) -> dict[str, str]:
    """Return how the runs that succeeded let the page show fields and forms."""
    pages = [run.page or {} for run in done if run.status == Run.Status.SUCCEEDED]
    return {name: mode for page in pages for name, mode in page.get("display", {}).items()}


def _lay_over(fresh: FormPage, run: Run, typed: FormPage) -> None:
    if run.status == Run.Status.SUCCEEDED:
        fresh.lay_over(run.data or {}, typed)
        return
    fresh.keep_typed(typed)
    refused = (run.error or {}).get("fields") or {}
    if refused:
        # A cell is named by its place in the table: lines/0/price.
        flaws = [
            Flaw(pointer("data", *place.split("/")), str(words)) for place, words in refused.items()
        ]
        fresh.errors = Errors(Invalid(errors=in_form_order(fresh.document, flaws)))
