"""Administration, Audit log: who changed what, and when."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.roles import ADMINISTRATOR, ROLES
from kianda.accounts.services.audit import kind_words, told_by
from kianda.administration.lists import shown_rows
from kianda.lib.usage import pages_by_name
from kianda.mail.models import MailMessage
from kianda.web.pages import page, query_words, render_page

# Where all of a kind stand on one page.
_PAGES = {
    "API token": "tokens", "attribute": "user-attributes", "backup": "system",
    "mail account": "messages", "sign-in": "sign-in-settings", "variable": "variables",
}  # fmt: skip


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
    _link(context["page"])
    return render_page(
        request, "accounts/audit.html", context, partials={"rows": "accounts/_audit.html"}
    )


def _link(entries: Iterable[Any]) -> None:
    """Give each entry the address of what it speaks of, where that is still there."""
    names: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        names[entry.kind].add(entry.name)
    pages = {kind: _pages(kind, found) for kind, found in names.items()}
    for entry in entries:
        entry.url = pages[entry.kind].get(entry.name, "")


def _pages(kind: str, names: set[str]) -> dict[str, str]:
    if kind == "user":
        users = User.objects.filter(username__in=names).values_list("username", "pk")
        return {name: reverse("user", args=[pk]) for name, pk in users}
    if kind == "group":
        groups = Group.objects.filter(name__in=names).exclude(name__in=ROLES)
        return {name: reverse("group", args=[pk]) for name, pk in groups.values_list("name", "pk")}
    if kind == "message":
        found = MailMessage.objects.filter(pk__in=[name for name in names if name.isdecimal()])
        ones = {str(pk): reverse("message", args=[pk]) for pk in found.values_list("pk", flat=True)}
        # What is no number is all that were listed, as a file.
        listed = {name: reverse("messages") for name in names if not name.isdecimal()}
        return listed | ones
    if kind == "identity provider":
        slugs = IdentityProvider.objects.filter(slug__in=names).values_list("slug", flat=True)
        return {slug: reverse("identity-provider", args=[slug]) for slug in slugs}
    if kind in _PAGES:
        return dict.fromkeys(names, reverse(_PAGES[kind]))
    # A link leads to a form of an instance, by which it is called.
    return pages_by_name("instance" if kind == "form link" else kind, names)
