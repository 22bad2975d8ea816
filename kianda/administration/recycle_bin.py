"""Administration, Recycle bin: what was deleted, restored, and removed for good."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, USER, has_role
from kianda.accounts.services import recycle_bin as services
from kianda.lib.errors import Conflict, Forbidden, Invalid, Missing
from kianda.lib.pagination import page_of_list
from kianda.web.form_once import once
from kianda.web.pages import (
    Errors,
    go,
    is_htmx,
    page,
    query_words,
    render_dialog,
    render_page,
    toast,
)


@page(roles=(USER,))
def recycle_bin(request: HttpRequest) -> HttpResponseBase:
    """List what was deleted and can still be restored; by kind, by words."""
    words = query_words(request, "q", "kind")
    found = services.BinnedThings(request.user, slug=words["kind"], words=words["q"])
    context = {
        "page": page_of_list(found, request),
        "words": words, "filtered": any(words.values()),
        "kinds": [(kind.slug, kind.title) for kind in services.kinds_for(request.user)],
        "may_remove": has_role(request.user, ADMINISTRATOR),
    }  # fmt: skip
    return render_page(
        request, "accounts/bin.html", context, partials={"rows": "accounts/_bin.html"}
    )


@page(roles=(USER,), methods=("GET", "POST"))
@once
def restore(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """Restore a thing; ask for another name when its own is taken."""
    found, errors, refusal = services.find(request.user, slug=kind, pk=pk), Errors(), ""
    name = request.POST.get("/name", "").strip()
    if request.method == "POST":
        try:
            made = services.restore(found.kind, pk=pk, user=cast(User, request.user), name=name)
        except Invalid as invalid:
            errors = Errors(invalid)
        except (Conflict, Forbidden) as refused:
            refusal = refused.detail
        else:
            toast(request, _("%(title)s restored.") % {"title": found.title})
            return go(request, services.BinnedThing(found.kind, made).page)
    wish = name if errors and name != found.name else found.kind.free_name(name or found.name)
    context: dict[str, Any] = {
        "thing": found, "errors": errors, "refusal": refusal,
        "name": wish, "taken": wish != found.name,
    }  # fmt: skip
    title = _("Restore %(title)s") % {"title": found.title}
    status = 422 if errors or (refusal and is_htmx(request)) else 409 if refusal else 200
    return render_dialog(request, "accounts/_bin_restore.html", context, title=title, status=status)


@page(roles=(ADMINISTRATOR,), methods=("GET", "POST"))
@once
def remove(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """Ask, then remove a thing for good."""
    try:
        found = services.find(request.user, slug=kind, pk=pk)
    except Missing:
        if request.method == "POST":
            return go(request, "bin")
        raise
    if request.method == "POST":
        services.remove(found.kind, pk=pk, user=cast(User, request.user))
        toast(request, _("%(title)s permanently deleted.") % {"title": found.title})
        return go(request, "bin")
    title = _("Delete %(title)s permanently") % {"title": found.title}
    return render_dialog(request, "accounts/_bin_remove.html", {"thing": found}, title=title)
