"""Administration, Audit log: who changed what, and when."""

from django.http import HttpRequest, HttpResponseBase

from kianda.accounts.models import AuditEntry
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services.audit import kind_words, told_by
from kianda.administration.lists import shown_rows
from kianda.web.pages import page, query_words, render_page


@page(roles=(ADMINISTRATOR,))
def audit(request: HttpRequest) -> HttpResponseBase:
    """List the entries, newest first; by kind, by person, by words."""
    words = query_words(request, "search", "kind", "user")
    rows = AuditEntry.objects.all()
    for word in words["search"].split():
        rows = rows.filter(told_by(word))
    if words["kind"]:
        rows = rows.filter(kind=words["kind"])
    if words["user"]:
        rows = rows.filter(user_name=words["user"])
    stored = AuditEntry.objects.order_by("kind").values_list("kind", flat=True).distinct()
    kinds = sorted(((kind, kind_words(kind)) for kind in stored), key=lambda one: one[1].casefold())
    people = AuditEntry.objects.order_by("user_name").values_list("user_name", flat=True).distinct()
    context = {**shown_rows(request, rows, words), "kinds": kinds, "people": people[:200]}
    return render_page(
        request, "accounts/audit.html", context, partials={"rows": "accounts/_audit.html"}
    )
