"""Administration, Audit log: who changed what, and when; the list, and the list as a file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, ROLES
from kianda.accounts.services.audit import action_words, kind_words, record, told_by
from kianda.administration.lists import day_of, shown_rows, within_days
from kianda.lib.errors import TooLarge
from kianda.lib.i18n import grouped
from kianda.lib.usage import pages_by_name
from kianda.mail.models import MailMessage
from kianda.web.pages import page, query_words, render_page
from kianda.web.table_files import MOST_ROWS, csv_file

# Where all of a kind stand on one page.
_PAGES = {
    "API token": "tokens", "attribute": "user-attributes", "audit log": "audit",
    "backup": "system",
    "mail account": "messages", "sign-in": "sign-in-settings", "variable": "variables",
}  # fmt: skip


@page(roles=(ADMINISTRATOR,))
def audit(request: HttpRequest) -> HttpResponseBase:
    """List the entries, newest first; by kind, by person, by days, by words."""
    words = _words(request)
    stored = AuditEntry.objects.order_by("kind").values_list("kind", flat=True).distinct()
    kinds = sorted(((kind, kind_words(kind)) for kind in stored), key=lambda one: one[1].casefold())
    people = AuditEntry.objects.order_by("user_name").values_list("user_name", flat=True).distinct()
    context = {**shown_rows(request, _chosen(words), words), "kinds": kinds, "people": people[:200]}
    _link(context["page"])
    return render_page(
        request, "accounts/audit.html", context, partials={"rows": "accounts/_audit.html"}
    )


@page(roles=(ADMINISTRATOR,))
def export(request: HttpRequest) -> HttpResponseBase:
    """Give what is listed as a CSV file: every entry, not only those of the page."""
    words = _words(request)
    rows = _chosen(words)
    count = rows.count()
    if count > MOST_ROWS:
        said = _("%(count)s entries match; a file holds %(most)s. Choose fewer days.")
        raise TooLarge(said % {"count": grouped(count), "most": grouped(MOST_ROWS)})
    name = f"{slugify(_('Audit log'))}-{timezone.localdate():%Y-%m-%d}.csv"
    # It is written before the log tells of it, and does not hold that.
    file = csv_file(_lines(rows), name=name)
    by = ", ".join(f"{key}: {word}" for key, word in words.items() if word)
    record(signed_in(request), action="exported", kind="audit log", name=_("Audit log"), detail=by)
    return file


def _words(request: HttpRequest) -> dict[str, str]:
    """Return by what the list is chosen; what names no day counts as any."""
    words = query_words(request, "search", "kind", "user", "from", "to")
    days = {end: day_of(words[end]) for end in ("from", "to")}
    return words | {end: day.isoformat() if day else "" for end, day in days.items()}


def _chosen(words: Mapping[str, str]) -> QuerySet[AuditEntry]:
    rows = within_days(
        AuditEntry.objects.all(), "at", first=day_of(words["from"]), last=day_of(words["to"])
    )
    for word in words["search"].split():
        rows = rows.filter(told_by(word))
    if words["kind"]:
        rows = rows.filter(kind=words["kind"])
    if words["user"]:
        rows = rows.filter(user_name=words["user"])
    return rows


def _lines(rows: QuerySet[AuditEntry]) -> Iterator[Sequence[Any]]:
    yield [
        _("When (%(zone)s)") % {"zone": timezone.get_current_timezone_name()}, _("Who"),
        _("Action"), _("Kind"), _("What"), _("Details"),
    ]  # fmt: skip
    for entry in rows.iterator(chunk_size=2_000):
        action, kind = capfirst(action_words(entry.action)), kind_words(entry.kind)
        yield [entry.at, entry.user_name, action, kind, entry.name, entry.detail]


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
