"""Acts on a datasource: testing its connection, deleting it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from datasources import forms
from datasources.selectors import get_datasource, rest_document_of
from datasources.services.connection_tests import test_connection as run_test
from datasources.services.connection_tests import try_settings
from datasources.services.datasources import delete_datasource
from datasources.services.status import standing_of
from datasources.views import mail_accounts
from datasources.views.access import CHANGERS, may_force
from datasources.views.detail import show
from datasources.views.listing import Entry
from datasources.views.uses import use_lines
from kianda.lib.errors import InUse, Invalid, TooLarge
from kianda.web.form_once import once
from kianda.web.pages import go, is_htmx, page, render_dialog, render_page, toast


@page(roles=CHANGERS, methods=("POST",))
def test(request: HttpRequest, name: str) -> HttpResponseBase:
    """Test the connection with the settings on the page, saved or not, and show what came back."""
    row = get_datasource(name)
    if request.POST.get("from") == "list":
        run_test(name=name, user=request.user, to="")
        row = get_datasource(name)
        return _row(request, Entry(row, standing_of(row), may_change=True))
    if row.kind == "email":
        return mail_accounts.test(request, row)
    body = forms.settings_body(request.POST, stored=rest_document_of(row))
    part = is_htmx(request)
    try:
        tested = try_settings(name=name, settings=body, user=request.user)
    except (Invalid, TooLarge) as error:
        errors = forms.errors_of(error, typed=body | {"name": name})
        return show(request, row, body=body, errors=errors, sending=True, oob=part, status=422)
    return show(request, get_datasource(name), body=body, tested=tested, oob=part)


test.__test__ = False  # type: ignore[attr-defined]


def _row(request: HttpRequest, entry: Entry) -> HttpResponse:
    context = {"entry": entry, "may_change": True}
    if not is_htmx(request):
        return go(request, "datasources")
    return render_page(
        request,
        "datasources/_row.html",
        context,
        partials={f"row-{entry.row.name}": "datasources/_row.html"},
    )


@page(roles=CHANGERS, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask, say who uses it, and delete it."""
    row = get_datasource(name)
    if request.method == "POST":
        force = bool(request.POST.get("force"))
        try:
            delete_datasource(name=name, user=request.user, force=force)
        except InUse:
            return _ask(request, name, status=422)
        toast(request, _("%(title)s moved to the recycle bin.") % {"title": row.title})
        return go(request, "datasources")
    return _ask(request, name)


def _ask(request: HttpRequest, name: str, *, status: int = 200) -> HttpResponse:
    row = get_datasource(name)
    context = {
        "title": row.title,
        "what": pgettext("in a sentence", "data source"),
        "uses": use_lines("datasource", name, user=request.user),
        "may_force": may_force(request),
        "refused": status != 200,
        "back": "datasource",
        "restorable": True,
        "names": [name],
    }
    title = _("Delete %(title)s") % {"title": row.title}
    return render_dialog(request, "datasources/_delete.html", context, title=title, status=status)
