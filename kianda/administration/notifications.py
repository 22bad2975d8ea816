"""What somebody was told: the bell, the page of it, and of what they want to be told."""

import re
from collections.abc import Iterable
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kianda.accounts.permissions import signed_in
from kianda.accounts.services.account_mails import mail_leaves
from kianda.lib.errors import Missing, NoLongerValid
from kianda.lib.pagination import Listed, page_of_list
from kianda.messages import mails, services
from kianda.messages.kinds import kinds_for
from kianda.messages.lines import Line, as_lines, offers_for
from kianda.messages.models import MailTiming
from kianda.messages.stop_links import read_stop_link
from kianda.web.form_once import once
from kianda.web.pages import go, page, query_words, render_page, toast
from kianda.web.times import day_words

NEWEST = 5
_HOUR = re.compile("[0-9]{1,2}")


@page(roles=())
def notifications(request: HttpRequest) -> HttpResponseBase:
    """List what the person was told, the newest first, and what they want to be told of."""
    user, query = signed_in(request), query_words(request, "show")
    only_unread = query["show"] == "unread"
    found = page_of_list(Listed(services.lines_of(user, unread=only_unread)), request)
    wanted, timings = services.wanted_kinds(user), mails.mail_timings(user)
    lines = as_lines(found)
    context = {
        "page": found, "days": _by_day(lines), "only_unread": only_unread,
        "offers": offers_for(user, lines),
        "unread": services.unread_count(user),
        "kinds": [(kind, slug in wanted, timings[slug]) for slug, kind in kinds_for(user).items()],
        "timings": MailTiming.choices, "hour": mails.summary_hour(user),
        "hours": [(hour, f"{hour:02}:00") for hour in range(24)],
        "can_be_mailed": mails.can_be_mailed(user), "leaves": mail_leaves(),
    }  # fmt: skip
    return render_page(request, "notifications/notifications.html", context)


def _by_day(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Return lines under the days that they came on, as the person's clock has them."""
    today = timezone.localdate()
    days = groupby(lines, key=lambda line: timezone.localtime(line.notification.at).date())
    return [(day_words(day, today=today), list(some)) for day, some in days]


@page(roles=(), methods=("POST",))
@once
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark everything as read."""
    services.read_all(signed_in(request))
    if request.headers.get("HX-Target") == "bell-newest":
        return _newest(request, was_read=True)
    return go(request, "notifications")


@page(roles=(), methods=("POST",))
@once
def settings(request: HttpRequest) -> HttpResponseBase:
    """Keep what the person wants to be told of."""
    user, hour = signed_in(request), request.POST.get("hour", "")
    services.want_kinds(user, request.POST.getlist("kind"))
    mails.choose_mails(
        user, {kind: request.POST.get(f"mail-{kind}", "") for kind in kinds_for(user)},
        hour=int(hour) if _HOUR.fullmatch(hour) else None, moment=timezone.now(),
    )  # fmt: skip
    toast(request, _("Saved."))
    return go(request, "notifications")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Say which mails a link stops, and stop them when asked to: programs open links too.

    Open to whoever has the link, which a mail program presses without a session (RFC 8058).
    """
    try:
        link = read_stop_link(token)
    except Missing as unknown:
        raise Http404(unknown.detail) from unknown
    except NoLongerValid as ended:
        return render(request, "notifications/stop.html", {"ended": ended.detail}, status=410)
    done = request.method == "POST"
    if done:
        mails.stop_mails(link, moment=timezone.now())
    return render(request, "notifications/stop.html", {"link": link, "done": done})


@page(roles=())
def read(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Lead to what a line is about, and mark it as read."""
    found = services.read_one(pk, signed_in(request))
    ours = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return go(request, found.url if ours else reverse("notifications"))


@page(roles=())
def bell(request: HttpRequest) -> HttpResponse:
    """Answer with the bell: how many lines are unread."""
    unread = services.unread_count(signed_in(request))
    return render(request, "notifications/_bell.html", {"unread": unread, "is_polled": True})


@page(roles=())
def newest(request: HttpRequest) -> HttpResponse:
    """Answer with the newest lines, for the box behind the bell."""
    return _newest(request)


def _newest(request: HttpRequest, *, was_read: bool = False) -> HttpResponse:
    user = signed_in(request)
    lines = as_lines(services.newest_lines(user, most=NEWEST))
    context = {
        "lines": lines, "offers": offers_for(user, lines), "was_read": was_read,
        "unread": services.unread_count(user),
    }  # fmt: skip
    return render(request, "notifications/_newest.html", context)
