"""The pages of connections: all of them, and one with its history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datasources.connections import overview
from datasources.models import Connection, Datasource
from datasources.services import connections as services
from datasources.views.access import CHANGERS, READERS, may_change
from datasources.views.uses import use_lines
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.lib.validity_strip import Strip
from kianda.web import times
from kianda.web.pages import page, query_words, render_page

STATES = (
    ("needs_attention", gettext_lazy("Needs attention")), ("failing", gettext_lazy("Retrying")),
    ("healthy", gettext_lazy("Connected")), ("disconnected", gettext_lazy("Not connected")),
)  # fmt: skip
# In the session: why the last act of a person came to nothing, told once.
REFUSED = "connection_refused"
CAUSES = {
    "ahead": gettext_lazy("Ahead of time"), "call": gettext_lazy("Needed by a call"),
    "401": gettext_lazy("Call answered 401"), "manual": gettext_lazy("Manually"),
    "connect": gettext_lazy("Connected"),
}  # fmt: skip


# What a person may suppose of the provider, in the order in which they are offered.
FAULTS = (
    ("none", gettext_lazy("nothing goes wrong")),
    ("refused", gettext_lazy("it rejects the refresh token")),
    ("503", gettext_lazy("it answers 503")),
    ("500", gettext_lazy("it answers 500")),
    ("429", gettext_lazy("it answers 429 and asks to wait")),
    ("slow", gettext_lazy("it does not answer in time")),
    ("lost_answer", gettext_lazy("its response is lost")),
    ("reset", gettext_lazy("it drops the connection")),
    ("cut_gzip", gettext_lazy("its compressed response is cut off")),
    ("error_in_200", gettext_lazy("it answers 200 with an error inside")),
    ("nested_error", gettext_lazy("its error is deep inside the response")),
    ("not_json", gettext_lazy("it returns a web page")),
    ("latin1", gettext_lazy("its response has another character set")),
    ("no_token", gettext_lazy("its response has no token")),
    ("token_not_text", gettext_lazy("its token is not text")),
    ("no_refresh_token", gettext_lazy("it returns no new refresh token")),
    ("no_expiry", gettext_lazy("it does not say how long the token lasts")),
    ("expires_text", gettext_lazy("it sends the lifetime as text")),
    ("expires_words", gettext_lazy("it sends the lifetime in words")),
    ("expires_milliseconds", gettext_lazy("it sends the lifetime in milliseconds")),
    ("expires_on", gettext_lazy("it sends the expiry time instead of the lifetime")),
    ("expires_zero", gettext_lazy("it says that the token lasts 0 s")),
    ("expires_negative", gettext_lazy("it says that the token has expired")),
    ("expires_huge", gettext_lazy("it says that the token lasts for centuries")),
)


@dataclass(frozen=True)
class ConnectionLine:
    """One connection of the list: its state, and in words why."""

    row: Connection
    state: str
    said: str
    strip: Strip
    may_change: bool

    @property
    def who(self) -> str:
        """Return as whom it is connected, or how."""
        return self.row.account or overview.grant_words(self.row.grant)


@page(roles=READERS)
def connections(request: HttpRequest) -> HttpResponseBase:
    """List the connections, with what needs somebody said on top."""
    asked, now = query_words(request, "q", "state"), timezone.now()
    visible = services.all_connections(request.user)
    rows = overview.searched(visible, asked["q"], asked["state"])
    found = page_of_list(Listed(rows, most=MOST_HITS if asked["q"] else None), request)
    shown = list(found)
    strips = overview.strips_of(shown, now=now)
    counts = overview.counts(visible)
    context = {
        "page": found, "asked": asked, "states": STATES, "now": now,
        "lines": [_line(request, row, strips[row.pk], now) for row in shown],
        "title": title_of(counts), "any": bool(counts), "may_change": may_change(request),
        "week": overview.last_week(visible, now=now),
        "soon": overview.ending_soon(visible, now=now),
    }  # fmt: skip
    return render_page(
        request, "connections/list.html", context, partials={"rows": "connections/_rows.html"}
    )


def _line(request: HttpRequest, row: Connection, strip: Strip, now: datetime) -> ConnectionLine:
    state = services.state_of(row, now)
    may = may_change(request, row.datasource)
    return ConnectionLine(row, state, reason_in_words(row, state, now), strip, may)


def title_of(counts: Any) -> str:
    """Return the answer to "do all connections work?" in one sentence."""
    whole, broken = sum(counts.values()), counts.get("needs_attention", 0)
    if not whole:
        return _("Connections")
    if broken:
        return ngettext(
            "%(broken)s of %(n)s connections needs attention",
            "%(broken)s of %(n)s connections need attention",
            broken,
        ) % {"broken": broken, "n": whole}
    if counts.get("healthy", 0) == whole:
        return ngettext("The connection works", "All %(n)s connections work", whole) % {"n": whole}
    return ngettext("%(n)s connection", "%(n)s connections", whole) % {"n": whole}


def connection_of(row: Datasource, *, user: Any) -> dict[str, Any] | None:
    """Return what the page of a datasource says of its connection; None when it has none."""
    found = services.all_connections(user).filter(datasource=row).first()
    if found is None:
        return None
    now = timezone.now()
    state = services.state_of(found, now)
    return {"state": state, "said": reason_in_words(found, state, now)}


def reason_in_words(row: Connection, state: str, now: datetime) -> str:
    """Say in a few words why a connection is in its state."""
    if state == "disconnected":
        return _never(row)
    if state in {"needs_attention", "failing"}:
        return f"{row.reason} {_left(row, now)}".strip()
    if state == "refreshing" or row.refreshed_at is None:
        return _left(row, now)
    return _("Refreshed %(when)s") % {"when": times.moment_in_sentence(row.refreshed_at, now=now)}


def _never(row: Connection) -> str:
    if is_by_a_person(row) or row.is_off:
        return _("Calls fail until it is connected.")
    return _("The first token is fetched when you connect it, or at the first call.")


def _left(row: Connection, now: datetime) -> str:
    if row.expires_at is None or row.refreshed_at is None:
        return ""
    if row.expires_at <= now:
        when = times.moment_in_sentence(row.expires_at, now=now)
        return _("The token expired %(when)s.") % {"when": when}
    return _("The token is valid for %(span)s.") % {"span": times.span_words(row.expires_at - now)}


@page(roles=READERS)
def connection(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show one connection: how it is, as whom, and what was tried."""
    row, now = services.get_connection(name, request.user), timezone.now()
    failures = request.GET.get("show") == "failures"
    found = page_of_list(Listed(overview.history(row, only_failures=failures)), request)
    state = services.state_of(row, now)
    context = {
        "row": row, "source": row.datasource, "state": state, "now": now,
        "why": _refusal(request, name),
        "head": headline(row, state, now), "said": advice(row, state, now),
        "strip": overview.strips_of([row], now=now)[row.pk],
        "page": found, "failures": failures,
        "lines": [(one, CAUSES.get(one.cause, one.cause)) for one in found],
        "week": overview.last_week([row], now=now), "grant": overview.grant_words(row.grant),
        "uses": use_lines("datasource", name, user=request.user),
        "may_change": may_change(request, row.datasource), "is_person": is_by_a_person(row),
    }  # fmt: skip
    return render_page(
        request, "connections/one.html", context, partials={"state": "connections/_state.html"}
    )


@page(roles=CHANGERS)
def rehearsal(request: HttpRequest, name: str) -> HttpResponseBase:
    """Say what a fault of the provider would come to; nothing is sent and nothing is changed."""
    row = services.get_connection(name, request.user)
    supposed = request.GET.get("fault", "none")
    fault = supposed if supposed in dict(FAULTS) else "none"
    context = {
        "row": row, "source": row.datasource, "faults": FAULTS, "fault": fault,
        "rehearsed": services.rehearse_faults(name, request.user, [fault])[0],
    }  # fmt: skip
    return render_page(
        request, "connections/rehearsal.html", context,
        partials={"rehearsal": "connections/_rehearsal.html"},
    )  # fmt: skip


def _refusal(request: HttpRequest, name: str) -> str:
    """Return why the last act of this person came to nothing; told once."""
    told: dict[str, str] = request.session.get(REFUSED, {})
    if told.get("name") != name:
        return ""
    del request.session[REFUSED]
    return told["why"]


def is_by_a_person(row: Connection) -> bool:
    """Tell whether only a person can connect it, by signing in at the provider."""
    return row.grant == "authorization_code"


def headline(row: Connection, state: str, now: datetime) -> str:
    """Say how a connection is, in one sentence."""
    good = row.refreshed_at is not None and (row.expires_at is None or row.expires_at > now)
    spans = {
        "left": times.span_words(row.expires_at - now) if row.expires_at and good else "",
        "next": times.distance_words(row.next_refresh_at, now=now) if row.next_refresh_at else "",
    }
    if state == "disconnected":
        return _("Not connected.")
    if state == "needs_attention":
        return _("Connect it again.")
    if state == "refreshing":
        return _("Getting a new token.")
    if not good:
        return _("No valid token. Next attempt: %(next)s.") % spans
    if row.expires_at is None:
        return _("Connected. The token has no expiry date.")
    if state == "failing":
        return _("The last refresh failed. The old token is valid for %(left)s.") % spans
    return _("Connected. The token is valid for %(left)s, next refresh %(next)s.") % spans


def advice(row: Connection, state: str, now: datetime) -> str:
    """Say what that means for those who call it, and what to do."""
    title = row.datasource.title
    if state == "disconnected":
        return _never(row)
    if state == "needs_attention":
        return _("%(reason)s Calls fail until it is connected again.") % {"reason": row.reason}
    if state == "failing":
        when = times.moment_in_sentence(row.next_refresh_at or now, now=now)
        return _("%(reason)s Next attempt: %(when)s.") % {"reason": row.reason, "when": when}
    return _(
        "Kianda refreshes the token before it expires. Everyone who may call %(title)s uses it."
    ) % {"title": title}
