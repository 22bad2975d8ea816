"""What somebody was told: the bell, the page of it, and of what they want to be told."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kianda.accounts.permissions import signed_in
from kianda.lib.pagination import Listed, page_of_list
from kianda.messages import services
from kianda.messages.kinds import KINDS
from kianda.web.form_once import once
from kianda.web.pages import go, page, query_words, render_page, toast

NEWEST = 5


@page(roles=())
def notifications(request: HttpRequest) -> HttpResponseBase:
    """List what the person was told, the newest first, and what they want to be told of."""
    user, query = signed_in(request), query_words(request, "show")
    only_unread = query["show"] == "unread"
    found = page_of_list(
        Listed(services.lines_of(user, unread=only_unread)), request.GET.get("page")
    )
    wanted = services.wanted_kinds(user)
    context = {
        "page": found, "lines": services.as_lines(found), "only_unread": only_unread,
        "unread": services.unread_count(user),
        "kinds": [(kind, slug in wanted) for slug, kind in KINDS.items()],
    }  # fmt: skip
    return render_page(request, "notifications/notifications.html", context)


@page(roles=(), methods=("POST",))
@once
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark everything as read."""
    services.read_all(signed_in(request))
    return go(request, "notifications")


@page(roles=(), methods=("POST",))
@once
def settings(request: HttpRequest) -> HttpResponseBase:
    """Keep what the person wants to be told of."""
    services.want_kinds(signed_in(request), request.POST.getlist("kind"))
    toast(request, _("Saved."))
    return go(request, "notifications")


@page(roles=())
def read(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Lead to what a line is about, and mark it as read."""
    found = services.read_one(pk, signed_in(request))
    ours = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return go(request, found.url if ours else reverse("notifications"))


@page(roles=())
def bell(request: HttpRequest) -> HttpResponse:
    """Answer with the bell: how many lines are unread."""
    return render(request, "notifications/_bell.html", {"unread": services.unread_count(
        signed_in(request))})  # fmt: skip


@page(roles=())
def newest(request: HttpRequest) -> HttpResponse:
    """Answer with the newest lines, for the box behind the bell."""
    rows = services.lines_of(signed_in(request))[:NEWEST]
    return render(request, "notifications/_newest.html", {"lines": services.as_lines(rows)})
