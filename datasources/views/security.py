"""The dialog that says who may change a datasource, and whose runs may call it."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasources.selectors import get_datasource, security_of
from datasources.services.access import must_edit, set_security
from datasources.services.datasources import KIND
from datasources.views.access import CHANGERS
from kianda.accounts.roles import role_titles
from kianda.accounts.services.groups import group_names_in, names_in
from kianda.lib.errors import Flaw, Invalid, Stale
from kianda.web.edit_conflict import (
    check_revision,
    edit_conflict,
    revision_context,
    revision_of,
)
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_dialog, toast

TITLES = {
    "editors": gettext_lazy("Manage and test"),
    "callers": gettext_lazy("Call from rules"),
}


@page(roles=CHANGERS, methods=("GET", "POST"))
@once
def security(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show who may, and store it."""
    row = get_datasource(name)
    must_edit(row, request.user)
    stored = security_of(row)
    body: dict[str, Any] = stored.model_dump(mode="json")
    errors, status, conflict = Errors(), 200, None
    if request.method == "POST":
        body = _body(request.POST)
        try:
            set_security(
                name=name, raw=body, user=request.user,
                unchanged=lambda stored: check_revision(request, stored.model_dump(mode="json")),
            )  # fmt: skip
        except Invalid as invalid:
            errors, status = _beside_lists(invalid), 422
        except Stale:
            stored, status = security_of(get_datasource(name)), 422
            theirs = _in_words(stored.model_dump(mode="json"))
            conflict = edit_conflict(KIND, name, titles=TITLES, theirs=theirs, mine=_in_words(body))
        else:
            toast(request, _("Permissions of %(title)s saved.") % {"title": row.title})
            return go(request, "datasource", name=name)
    heading = _("Security of %(title)s") % {"title": row.title}
    context = {
        "row": row, "errors": errors,
        "parts": [{"name": name, "at": f"/{name}", **body[name]} for name in TITLES],
        **revision_context(request, revision_of(stored.model_dump(mode="json")), conflict),
    }  # fmt: skip
    return render_dialog(
        request, "datasources/_security.html", context, title=heading, status=status
    )


def _in_words(body: dict[str, Any]) -> dict[str, Any]:
    return {part: [*named["users"], *role_titles(named["groups"])] for part, named in body.items()}


def _body(post: QueryDict) -> dict[str, Any]:
    return {
        part: {
            "users": names_in(post.get(f"/{part}/users", "")),
            "groups": group_names_in(post.getlist(f"/{part}/groups")),
        }
        for part in TITLES
    }


def _beside_lists(invalid: Invalid) -> Errors:
    """Put the flaws of single names beside the picker that they stand in."""
    flaws = [Flaw("/".join(flaw.pointer.split("/")[:2]), flaw.detail) for flaw in invalid.errors]
    return Errors(Invalid(errors=flaws))
