"""Administration, Audit log: who changed what, and when."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase

from kianda.accounts.audit import named
from kianda.accounts.models import AuditEntry
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.views.lists import shown_rows
from kianda.pages import page, query_words, render_page


@page(roles=(ADMINISTRATOR,))
def audit(request: HttpRequest) -> HttpResponseBase:
    """List the entries, newest first; by kind, by person, by words."""
    words = query_words(request, "search", "kind", "user")
    rows = AuditEntry.objects.all()
    for word in words["search"].split():
        rows = rows.filter(
            Q(name__icontains=word) | Q(detail__icontains=word) | Q(action__in=named(word))
        )
    if words["kind"]:
        rows = rows.filter(kind=words["kind"])
    if words["user"]:
        rows = rows.filter(user_name=words["user"])
    kinds = AuditEntry.objects.order_by("kind").values_list("kind", flat=True).distinct()
    people = AuditEntry.objects.order_by("user_name").values_list("user_name", flat=True).distinct()
    context = {**shown_rows(request, rows, words), "kinds": kinds, "people": people[:200]}
    return render_page(
        request, "accounts/audit.html", context, partials={"rows": "accounts/_audit.html"}
    )
