"""What belongs to an instance: its runs, its history, values restored, moving, deleting."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import ApplicationError, Conflict, InUse, Invalid, Missing
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog, render_page, toast
from processes import listing
from processes.designs.check_as import checked_instance
from processes.instances.history import can_restore, restore_value, told
from processes.instances.lifecycle import delete_instance
from processes.instances.version_moves import move_instance
from processes.models import Change, ProcessInstance
from processes.record_titles import seen_record
from processes.rights.check_as import Verdict
from processes.rights.decisions import is_administrator, security_of
from processes.rights.seen import seen_changes, sees_details
from processes.views.common import asked, page_of, person, place_after, used_by_links
from processes.views.instances.form_page import FormPage
from processes.views.instances.log_rows import entries_of, with_titles


@page()
def instance_runs(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """List all runs of an instance."""
    form_page = FormPage.read(process_id, person(request))
    found = page_of(request, listing.runs_of(form_page.instance))
    context = {
        **_named(form_page),
        "page": found, "runs": with_titles(list(found), form_page.document),
    }  # fmt: skip
    return render_page(request, "instances/instance_runs.html", context)


def _named(form_page: FormPage) -> dict[str, Any]:
    """Return what a record and its process are called, for the head of a page about it."""
    instance = form_page.instance
    record = seen_record(instance, form_page.user, form_page.rights)
    return {"instance": instance, "design": instance.design, "record": record}


@page()
def instance_changes(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """List all changes of an instance."""
    form_page = FormPage.read(process_id, person(request))
    found = page_of(request, listing.changes_of(form_page.instance))
    context = {
        **_named(form_page), "page": found,
        "sees_details": sees_details(form_page.user, form_page.rights),
        "changes": entries_of(list(found), form_page),
    }  # fmt: skip
    return render_page(request, "instances/instance_changes.html", context)


@page(methods=("GET", "POST"))
@once
def restore(request: HttpRequest, process_id: str, change: int, field: str) -> HttpResponseBase:
    """Ask, then give a field the value that it had before a change."""
    form_page = FormPage.read(process_id, person(request))
    known = form_page.document.fields
    row = told(_row(form_page, change, field), known)
    title = known[field].title if field in known else field
    error = ""
    if request.method == "POST":
        try:
            restore_value(process_id=process_id, change_pk=change, field=field, user=form_page.user)
        except (Conflict, ApplicationError) as refusal:
            error = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        else:
            toast(request, _("%(field)s restored.") % {"field": title})
            return go(request, "instance", process_id=form_page.instance.process_id)
    context: dict[str, Any] = {
        "instance": form_page.instance, "row": row, "error": error,
        "change": change, "field": field, "known": known.get(field),
        "now": form_page.shown().get(field),
        "possible": can_restore(form_page.instance, known, row, form_page.shown()),
    }  # fmt: skip
    return render_dialog(
        request, "instances/_restore.html", context,
        title=_("Restore %(title)s") % {"title": title}, status=_refused(request, error),
    )  # fmt: skip


def _row(form_page: FormPage, change: int, field: str) -> dict[str, Any]:
    """Return what a change says of a field, as far as the person sees it; raises Missing."""
    instance = form_page.instance
    found = Change.objects.filter(instance=instance, pk=change).first()
    for row in seen_changes(found.fields if found else (), form_page.rights):
        if row["field"] == field:
            return row
    raise Missing(
        _("The history of %(process_id)s does not contain this change of %(field)s.")
        % {"process_id": instance.process_id, "field": field}
    )


def _refused(request: HttpRequest, error: str) -> int:
    if not error:
        return 200
    return 422 if is_htmx(request) else 409


@page(methods=("GET", "POST"))
@once
def delete(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Ask, then delete an instance; what uses it stands in the way."""
    form_page = FormPage.read(process_id, person(request))
    form_page.rights.delete.or_refuse()
    error = ""
    uses: list[dict[str, Any]] = []
    if request.method == "POST":
        force = request.POST.get("force") == "1"
        try:
            delete_instance(process_id=process_id, user=form_page.user, force=force)
        except Conflict as refusal:
            error = refusal.detail
            uses = refusal.extra.get("used_by", []) if isinstance(refusal, InUse) else []
        else:
            toast(request, _gone_words(form_page.instance))
            return go(request, place_after(form_page.instance, form_page.user))
    context = {
        "instance": form_page.instance, "record": form_page.document.record.one, "error": error,
        "uses": used_by_links(uses),
        "may_force": bool(uses) and has_role(form_page.user, ADMINISTRATOR),
    }  # fmt: skip
    return render_dialog(
        request, "instances/_delete_instance.html", context,
        title=_("Delete %(id)s") % {"id": form_page.instance.process_id},
        status=_refused(request, error),
    )  # fmt: skip


def _gone_words(instance: ProcessInstance) -> str:
    named = {"id": instance.process_id}
    if instance.mode == ProcessInstance.Mode.PREVIEW:
        return _("%(id)s deleted.") % named
    return _("%(id)s moved to the recycle bin.") % named


@page()
def check(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Tell who manages the process what somebody may do in this instance, and why."""
    form_page = FormPage.read(process_id, person(request))
    is_administrator(form_page.user, security_of(form_page.instance.design)).or_refuse()
    name = asked(request, "person")["person"].strip().removeprefix("user:")
    context: dict[str, Any] = {
        "instance": form_page.instance, "process_id": form_page.instance.process_id,
        "person": name,
    }  # fmt: skip
    if name:
        try:
            acts = checked_instance(process_id=process_id, person=name, user=form_page.user)
        except Invalid as refusal:
            context |= {"check_errors": Errors(refusal)}
        else:
            user = User.objects.get(username=name)
            context |= {"verdict": Verdict.of(acts), "called": display_name(user)}
    title = _("Check %(id)s as") % {"id": form_page.instance.process_id}
    return render_dialog(request, "instances/_check_as.html", context, title=title)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def move(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Ask, then move a live instance to the published version of its design."""
    form_page = FormPage.read(process_id, person(request))
    published = form_page.instance.design.published
    if published is None:
        raise Missing(
            _("%(design)s has no published version.") % {"design": form_page.instance.design.name}
        )
    error = ""
    if request.method == "POST":
        try:
            move_instance(instance_pk=form_page.instance.pk, version=published, user=form_page.user)
        except Conflict as refusal:
            error = refusal.detail
        else:
            toast(request, _("Moved to version %(version)s.") % {"version": published})
            return go(request, "instance", process_id=form_page.instance.process_id)
    context = {
        "instance": form_page.instance, "version": form_page.version, "published": published,
        "error": error,
    }  # fmt: skip
    return render_dialog(
        request, "instances/_move.html", context,
        title=_("Move %(id)s to version %(version)s")
        % {"id": form_page.instance.process_id, "version": published},
        status=_refused(request, error),
    )  # fmt: skip
