"""The page of a mail account: its settings, signing in, a test message."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasources import forms
from datasources.kinds import EmailDatasource
from datasources.models import Datasource
from datasources.selectors import document_of, get_datasource, security_of
from datasources.services.connection_tests import try_connection, try_settings
from datasources.services.datasources import KIND, create_datasource, patch_datasource
from datasources.services.status import standing_of
from datasources.views.access import CHANGERS, may_change, must_change
from datasources.views.uses import use_lines
from kianda.lib.errors import Flaw, Invalid, Stale, TooLarge
from kianda.lib.names import slugify
from kianda.lib.secret_names import MASK
from kianda.mail.accounts import chosen_account, operators_account
from kianda.web.edit_conflict import EditConflict, edit_conflict, revision_context
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_page, toast

PARTIALS = {"answer": "datasources/_answer.html"}
PASSWORD = "/auth/password"  # noqa: S105 - the place of one
LABELS = {
    "title": gettext_lazy("Display name"),
    "host": gettext_lazy("Server"),
    "port": gettext_lazy("Port"),
    "security": gettext_lazy("Encryption"),
    "auth": gettext_lazy("Sign-in"),
    "from": gettext_lazy("From"),
    "reply_to": gettext_lazy("Reply to"),
    "rate": gettext_lazy("Messages per minute"),
    "timeout_s": gettext_lazy("Timeout per step in seconds"),
}
SECURITIES = [
    ("starttls", gettext_lazy("STARTTLS (usually port 587)")),
    ("tls", gettext_lazy("TLS from the start (usually port 465)")),
    ("none", gettext_lazy("None: others can read the messages on the way")),
]


@page(roles=CHANGERS, methods=("GET", "POST"))
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a mail account; before that, test it."""
    if request.method == "GET":
        return _render(request, {"security": "starttls", "timeout_s": 60})
    body = _body(request.POST, stored=None)
    named = {"title": body["title"] or body["host"], "name": body["name"] or "new-account"}
    try:
        if _is_test(request):
            tested = try_connection(body | named, user=request.user, to=_to(request))
            return _render(request, body, tested=tested)
        return _make(request, body)
    except (Invalid, TooLarge) as error:
        return _render(request, body, errors=_errors(error, body), status=422)


@once
def _make(request: HttpRequest, body: dict[str, Any]) -> HttpResponseBase:
    row = create_datasource(raw=body, user=request.user)
    toast(request, _("%(title)s created.") % {"title": row.title})
    return go(request, "datasource", name=row.name)


def account(request: HttpRequest, row: Datasource) -> HttpResponseBase:
    """Show a mail account, and store its settings."""
    if request.method == "GET":
        return show(request, row)
    must_change(request, row)
    stored = document_of(row)
    body = _body(request.POST, stored=stored)
    try:
        changed = patch_datasource(
            name=row.name,
            changes=body,
            user=request.user,
            revision=forms.revision_of(request.POST) or 0,
        )
    except Stale:
        row = get_datasource(row.name)
        conflict = edit_conflict(
            KIND, row.name, titles=LABELS, theirs=document_of(row).masked(), mine=_masked(body)
        )
        return show(request, row, body=body, conflict=conflict, status=409)
    except (Invalid, TooLarge) as error:
        return show(request, row, body=body, errors=_errors(error, body), status=422)
    toast(request, _("%(title)s saved.") % {"title": changed.title})
    return go(request, "datasource", name=row.name)


def test(request: HttpRequest, row: Datasource) -> HttpResponseBase:
    """Sign in with the settings on the page, saved or not; with an address, send a message."""
    body = _body(request.POST, stored=document_of(row))
    try:
        tested = try_settings(name=row.name, settings=body, user=request.user, to=_to(request))
    except (Invalid, TooLarge) as error:
        return show(request, row, body=body, errors=_errors(error, body), status=422)
    return show(request, get_datasource(row.name), body=body, tested=tested)


test.__test__ = False  # type: ignore[attr-defined]


def show(
    request: HttpRequest,
    row: Datasource,
    *,
    body: dict[str, Any] | None = None,
    conflict: EditConflict | None = None,
    **more: Any,
) -> HttpResponse:
    """Render the page of an account, with what was typed into it."""
    stored = document_of(row)
    return _render(
        request,
        body or stored.masked(),
        row=row,
        document=stored,
        standing=standing_of(row),
        security=security_of(row),
        uses=use_lines("datasource", row.name, user=request.user),
        is_chosen=chosen_account() == row.name,
        **revision_context(request, row.revision, conflict),
        **more,
    )


def _render(
    request: HttpRequest,
    body: dict[str, Any],
    *,
    row: Datasource | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    auth = body.get("auth") or {}
    document = more.get("document")
    context = {
        "row": row,
        "new_title": _("New mail account"),
        "new_place": "datasource-new-email",
        "settings_template": "datasources/_mail_settings.html",
        "body": body,
        "username": auth.get("username", ""),
        "has_password": isinstance(document, EmailDatasource) and bool(document.password),
        "securities": SECURITIES,
        "to": request.POST.get("/to", getattr(request.user, "email", "")),
        "sending": _is_test(request),
        "by_operator": operators_account() is not None,
        "oob": is_htmx(request) and _is_test(request),
        "may_change": may_change(request, row),
        **more,
    }
    return render_page(
        request, "datasources/mail_account.html", context, partials=PARTIALS, status=status
    )


def _body(post: QueryDict, *, stored: Any) -> dict[str, Any]:
    """Return the settings as they were typed."""
    username = forms.line_of(post, "/auth/username")
    held = isinstance(stored, EmailDatasource) and bool(stored.password)
    auth: dict[str, Any] = {"scheme": "none"}
    if username:
        password = forms.secret_of(post, PASSWORD, stored=held)
        auth = {"scheme": "basic", "username": username, "password": password}
    body: dict[str, Any] = {
        "title": forms.line_of(post, "/title") or None,
        "host": forms.line_of(post, "/host"),
        "port": forms.number_of(post, "/port") or None,
        "security": post.get("/security", ""),
        "auth": auth,
        "from": forms.line_of(post, "/from"),
        "reply_to": forms.line_of(post, "/reply_to"),
        "rate": forms.number_of(post, "/rate") or None,
        "timeout_s": forms.number_of(post, "/timeout_s"),
    }
    if stored is None:
        typed = forms.line_of(post, "/name")
        body |= {"kind": "email", "name": typed or slugify(body["title"] or "", fallback="")}
    return body


def _masked(body: dict[str, Any]) -> dict[str, Any]:
    auth = body["auth"]
    return {**body, "auth": {**auth, "password": MASK} if auth.get("password") else auth}


def _errors(error: Invalid | TooLarge, body: dict[str, Any]) -> Errors:
    """Return the flaws in the words of somebody who sees a form."""
    told = {
        "/host": _("Enter the server, such as mail.example.org."),
        "/from": _("Enter a sender: an address, or Name <address>."),
    }
    flaws = [
        Flaw(flaw.pointer, told[flaw.pointer])
        if flaw.pointer in told and not body[flaw.pointer[1:]]
        else flaw
        for flaw in error.errors
    ]
    return forms.errors_of(Invalid(error.detail, errors=flaws), typed=body)


def _is_test(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("act") in {"test", "send"}


def _to(request: HttpRequest) -> str:
    """Return where a test message goes; Test connection sends none. Raises Invalid."""
    if request.POST.get("act") != "send":
        return ""
    to = forms.line_of(request.POST, "/to")
    if not to:
        raise Invalid.at("/to", _("Enter an address for the test message."))
    return to
