"""Administration, Users, Attributes: what this workspace wants to know of its people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.models import UserAttribute
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import attributes as services
from kianda.administration.forms import AttributeForm
from kianda.lib.errors import InUse, Invalid, Stale
from kianda.lib.usage import page_of
from kianda.web.edit_conflict import (
    check_revision,
    edit_conflict,
    revision_context,
    revision_of,
)
from kianda.web.form_once import once
from kianda.web.pages import form_errors, go, page, render_dialog, render_page, toast

ADMIN = (ADMINISTRATOR,)


@page(roles=ADMIN)
def attributes(request: HttpRequest) -> HttpResponseBase:
    """List the attributes."""
    rows = services.attributes()
    return render_page(request, "accounts/attributes.html", {"attributes": rows})


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def add(request: HttpRequest) -> HttpResponseBase:
    """Add an attribute."""
    form = AttributeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_attribute(**form.cleaned_data, by=signed_in(request))
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            toast(request, _("Attribute %s added.") % made.title)
            return go(request, "user-attributes")
    return _dialog(request, form, title=_("Add an attribute"))


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def change(request: HttpRequest, attribute_id: int) -> HttpResponseBase:
    """Change what an attribute is called."""
    row, conflict = services.attribute(attribute_id), None
    now = _settings_of(row)
    form = AttributeForm(request.POST or None, initial=now)
    form.keep_name()
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["title"]
        try:
            services.retitle_attribute(
                row, title=title, by=signed_in(request),
                unchanged=lambda row: check_revision(request, _settings_of(row)),
            )  # fmt: skip
        except Invalid as invalid:
            form_errors(form, invalid)
        except Stale:
            now = _settings_of(services.attribute(attribute_id))
            titles = {key: form[key].label for key in form.fields}
            conflict = edit_conflict(
                services.KIND, row.name, titles=titles, theirs=now, mine=form.cleaned_data
            )
        else:
            toast(request, _("%s changed.") % title)
            return go(request, "user-attributes")
    context = revision_context(request, revision_of(now), conflict)
    return _dialog(request, form, title=row.title, **context)


def _settings_of(row: UserAttribute) -> dict[str, Any]:
    return {"title": row.title, "name": row.name}


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, attribute_id: int) -> HttpResponseBase:
    """Ask, say who reads it, and delete an attribute that no design reads."""
    row, refused = services.attribute(attribute_id), False
    if request.method == "POST":
        try:
            services.delete_attribute(row, by=signed_in(request))
        except InUse:
            refused = True
        else:
            toast(request, _("Attribute %s deleted.") % row.title)
            return go(request, "user-attributes")
    uses = [(use["name"], page_of(use)) for use in services.uses_of(row)]
    context = {
        "uses": uses, "refused": refused, "people": services.people_with_attribute(row),
    }  # fmt: skip
    title = _("Delete the attribute %s?") % row.title
    return render_dialog(
        request, "accounts/_attribute_delete.html", context, title=title,
        status=422 if refused else 200,
    )  # fmt: skip


def _dialog(request: HttpRequest, form: AttributeForm, *, title: str, **more: Any) -> HttpResponse:
    context = {"form": form, "action": request.path, **more}
    status = 422 if form.errors or more.get("conflict") else 200
    return render_dialog(request, "accounts/_attribute.html", context, title=title, status=status)
