"""The page of one datasource: its settings, its REST methods, who uses it and how it does."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasources import forms
from datasources.models import Datasource
from datasources.ports import calls_of
from datasources.rest.document import RestDatasource
from datasources.selectors import document_of, get_datasource, rest_document_of, security_of
from datasources.services.connection_tests import Tested, try_connection
from datasources.services.datasources import KIND, create_datasource, patch_datasource
from datasources.services.status import gate_in_words, standing_of
from datasources.views import mail_accounts
from datasources.views.access import CHANGERS, READERS, may_change, must_change
from datasources.views.certificates import held_certificate
from datasources.views.connections import connection_of
from datasources.views.uses import use_lines
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.audit import record
from kianda.lib.errors import Invalid, Stale, TooLarge
from kianda.web.edit_conflict import EditConflict, edit_conflict, revision_context
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_page, toast

LOOK_BACK = timedelta(hours=24)
LABELS = {
    "title": gettext_lazy("Display name"),
    "base_url": gettext_lazy("Base URL"),
    "auth": gettext_lazy("Authentication"),
    "timeout_s": gettext_lazy("Timeout"),
    "test_path": gettext_lazy("Test path"),
    "follow_redirects": gettext_lazy("Follow redirects"),
    "max_answer_bytes": gettext_lazy("Maximum response size"),
    "allowed_addresses": gettext_lazy("Allowed addresses"),
    "rate": gettext_lazy("Calls per period"),
    "concurrency": gettext_lazy("Calls at once"),
    "breaker": gettext_lazy("Pause after failures"),
}
# What stands under More settings, which opens by itself for what is wrong there.
MORE = (
    "/test_path", "/max_answer_bytes", "/allowed_addresses", "/rate", "/rate/calls", "/rate/per_s",
    "/concurrency", "/breaker", "/breaker/failures", "/breaker/pause_s",
)  # fmt: skip


@page(roles=CHANGERS, methods=("GET", "POST"))
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a datasource; before that, show the settings of a scheme or test the connection."""
    if request.method == "GET":
        return _form(
            request, RestDatasource.model_construct(title="", name="", base_url="").masked()
        )
    body = forms.settings_body(request.POST, stored=None)
    act = request.POST.get("act")
    if act == "scheme":
        return _form(request, _typed(request, body))
    try:
        if act == "test":
            return _form(request, _typed(request, body), tested=_tried(body, request))
        return _make(request, body)
    except (Invalid, TooLarge) as error:
        errors = forms.errors_of(error, typed=body)
        return _form(request, _typed(request, body), errors=errors, status=422)


@once
def _make(request: HttpRequest, body: dict[str, Any]) -> HttpResponseBase:
    row = create_datasource(raw=body, user=request.user)
    toast(request, _("%(title)s created. Add its first REST method.") % {"title": row.title})
    return go(request, "datasource", name=row.name)


def _typed(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"name": request.POST.get("/name", "")}


def _tried(body: dict[str, Any], request: HttpRequest) -> Tested:
    # Whoever tries an address need not have a name for it yet.
    named = {
        "title": body["title"] or body["base_url"][:200],
        "name": body["name"] or "new-service",
    }
    return try_connection(body | named, user=request.user)


def _form(
    request: HttpRequest,
    body: dict[str, Any],
    *,
    errors: Errors | None = None,
    tested: Tested | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **_settings_context(body, stored=None, errors=errors),
        "errors": errors,
        "tested": tested,
        "sending": request.POST.get("act") == "test",
        "new_title": _("New REST Service"),
        "new_place": "datasource-new",
        "oob": is_htmx(request),
        "may_change": True,
        "may_narrow": True,
    }
    partials = {"answer": "datasources/_answer.html"}
    return render_page(request, "datasources/new.html", context, partials=partials, status=status)


@page(roles=READERS, methods=("GET", "POST"))
@once
def datasource(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show a datasource, and store its settings."""
    row = get_datasource(name)
    if row.kind == "email":
        return mail_accounts.account(request, row)
    if request.method == "GET":
        return show(request, row)
    must_change(request, row)
    stored = rest_document_of(row)
    body = forms.settings_body(request.POST, stored=stored)
    if request.POST.get("act") == "scheme":
        return show(request, row, body=body)
    return _save(request, row, body)


def _save(request: HttpRequest, row: Datasource, body: dict[str, Any]) -> HttpResponseBase:
    stored, methods = rest_document_of(row), None
    revision = forms.revision_of(request.POST)
    if revision == row.revision:
        methods = forms.methods_with_secrets(request.POST, stored)
    changes = body if methods is None else body | {"methods": methods}
    try:
        changed = patch_datasource(
            name=row.name, changes=changes, user=request.user, revision=revision or 0
        )
    except Stale:
        return _stale(request, get_datasource(row.name), body)
    except (Invalid, TooLarge) as error:
        errors = forms.errors_of(error, typed=body | {"name": row.name})
        return show(request, row, body=body, errors=errors, status=422)
    toast(request, _("%(title)s saved.") % {"title": changed.title})
    return go(request, "datasource", name=row.name)


def _stale(request: HttpRequest, row: Datasource, body: dict[str, Any]) -> HttpResponse:
    """Show what somebody else changed, above what was typed; nothing is stored."""
    theirs = rest_document_of(row).masked()
    conflict = edit_conflict(
        KIND,
        row.name,
        titles=LABELS,
        theirs=theirs,
        mine=forms.masked(body),
    )
    return show(request, row, body=body, conflict=conflict, status=409)


def show(
    request: HttpRequest,
    row: Datasource,
    *,
    body: dict[str, Any] | None = None,
    errors: Errors | None = None,
    conflict: EditConflict | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render the page of a datasource, with what was typed into it."""
    stored = rest_document_of(row)
    wrong = [place for _, place, _ in errors.items()] if errors else []
    context = {
        **_stored_context(row, stored, request.user),
        "uses": use_lines("datasource", row.name, user=request.user),
        **_settings_context(body or stored.masked(), stored=stored, errors=errors),
        **revision_context(request, row.revision, conflict),
        "errors": errors,
        "again": list(forms.asked_again(wrong, stored)),
        "may_change": may_change(request, row),
        "may_narrow": has_role(request.user, ADMINISTRATOR),
        **more,
    }
    partials = {"answer": "datasources/_answer.html"}
    return render_page(
        request, "datasources/datasource.html", context, partials=partials, status=status
    )


def _stored_context(row: Datasource, stored: RestDatasource, user: Any) -> dict[str, Any]:
    """Return what the page shows of a datasource, whatever was typed."""
    calls = calls_of(row.name, since=timezone.now() - LOOK_BACK)
    return {
        "row": row,
        "document": stored,
        "standing": standing_of(row),
        "gate": gate_in_words(stored),
        "calls": calls,
        "methods": [(method, calls.by_method.get(method.name)) for method in stored.methods],
        "security": security_of(row),
        "held": held_certificate(stored.client_certificate),
        "connection": connection_of(row, user=user),
    }


def _settings_context(
    body: dict[str, Any], *, stored: RestDatasource | None, errors: Errors | None = None
) -> dict[str, Any]:
    auth = body.get("auth")
    auth = auth if isinstance(auth, dict) else {"scheme": "none"}
    return {
        "body": body,
        "settings_template": "datasources/_settings.html",
        "scheme": auth.get("scheme"),
        "schemes": forms.scheme_choices(),
        "auth": forms.auth_dialog(auth, stored=stored.auth if stored else None, errors=errors),
        "name": stored.name if stored else "new",
        "more_open": any(errors.at(place) for place in MORE) if errors else False,
        "nl": "\n",
    }


@page(roles=READERS)
def auth_fields(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return the settings of the scheme that was just chosen."""
    stored = None if name == "new" else rest_document_of(get_datasource(name))
    body = {"auth": {"scheme": request.GET.get("/auth/scheme", "none")}}
    context = {**_settings_context(body, stored=stored), "may_change": may_change(request)}
    return render_page(
        request,
        "datasources/_auth.html",
        context,
        partials={"auth-fields": "datasources/_auth.html"},
    )


@page(roles=READERS)
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """Give the definition as a file, secrets masked, as the API takes it."""
    body = document_of(get_datasource(name)).masked()
    record(signed_in(request), action="exported", kind="datasource", name=name)
    answer = JsonResponse(body, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer
