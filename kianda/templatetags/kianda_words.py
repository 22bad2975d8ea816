"""Words and drawings about runs and tokens: {% load kianda_words %}.

{{ run|trigger_words }} · {{ run|took:now }} · {{ now|full_day }} · {{ now|clock }} ·
{{ life|span }} · {{ entry.action|audit_action }} · {{ instance.status|status_words }} ·
{{ kept|idle_words }} · {% zone_name %} · {% token_state kept now %} · {% token_pill kept %} ·
{% validity_strip strip %}
"""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.roles import role_titles
from kianda.accounts.services import audit
from kianda.accounts.services.substitutes import acted_words
from kianda.lib.i18n import with_small_beginning
from kianda.templatetags.kianda_ui import NONE, pill
from kianda.web import times

register = template.Library()

TRIGGERS = {
    "schedule": gettext_lazy("Schedule"), "webhook": gettext_lazy("Webhook"),
    "token": gettext_lazy("A refused token"),
    "api": gettext_lazy("API"), "rule": gettext_lazy("Rule"),
    "manual": gettext_lazy("Run now"), "load": gettext_lazy("Opened"),
}  # fmt: skip
STATES = {
    "valid": ("ok", "check-circle-fill", gettext_lazy("Valid")),
    "failing": ("warn", "exclamation-triangle-fill", gettext_lazy("Refresh failed")),
    "late": ("warn", "exclamation-triangle-fill", gettext_lazy("Refresh too late")),
    "unplanned": ("warn", "pause-circle-fill", gettext_lazy("Not refreshed")),
    "expired": ("bad", "x-octagon-fill", gettext_lazy("Expired")),
    "missing": ("bad", "x-octagon-fill", gettext_lazy("No token")),
    "waiting": ("", "hourglass-split", gettext_lazy("Not yet fetched")),
}
# Why nothing is planned for a kept token.
IDLE = {
    "finished": gettext_lazy("The task has finished"), "paused": gettext_lazy("Paused"),
    "on_demand": gettext_lazy("On each webhook call"),
    "active": gettext_lazy("No run planned"),
}  # fmt: skip

# What the product itself says of an instance; a design may have statuses of its own.
STATUSES = {
    "open": gettext_lazy("open"), "completed": gettext_lazy("completed"),
    "preview": gettext_lazy("preview"), "live": gettext_lazy("live"),
}  # fmt: skip


@register.filter
def audit_action(action: str) -> str:
    """Say what an entry of the audit log tells of."""
    return audit.action_words(action)


@register.filter
def audit_kind(kind: str) -> str:
    """Say what kind of object an entry of the audit log is about."""
    return audit.kind_words(kind)


@register.filter
def group_words(name: str) -> str:
    """Say the name of a group; that of a role in the reader's language."""
    return role_titles([name])[0]


@register.filter
def status_words(status: str) -> str:
    """Say the status or mode of an instance; a status of the design stays as it is."""
    return str(STATUSES.get(status, status))


@register.filter
def span(value: timedelta) -> str:
    """Show a length of time: "55 min", "1 min 30 s"."""
    return times.exact_span_words(value)


@register.filter
def full_day(value: datetime) -> str:
    """Write the day of a moment in full."""
    return date_format(timezone.localtime(value))


@register.filter
def clock(value: datetime) -> str:
    """Write the time of a moment."""
    return timezone.localtime(value).strftime("%H:%M")


@register.simple_tag
def zone_name() -> str:
    """Return the name of the zone in which the page shows times."""
    return timezone.get_current_timezone_name()


@register.filter
def trigger_words(run: Any) -> str:
    """Say what started a run: a person by name, or what it was."""
    by = acted_words(run.run_as_name, run.acted_for)
    if run.trigger in {"button", "change", "submit"}:
        return by
    word = str(TRIGGERS.get(run.trigger, run.trigger.capitalize()))
    return f"{word} · {by}" if run.trigger in {"api", "manual"} else word


@register.filter
def uncapfirst(text: str) -> str:
    """Write a sentence's beginning as it is after another word."""
    return with_small_beginning(text)


@register.filter
def took(run: Any, now: datetime) -> str:
    """Say how long a run took; one that goes on, how long it has run."""
    if run.started is None:
        return NONE
    if run.finished is None:
        return times.span_words(now - run.started)
    return times.duration_words((run.finished - run.started).total_seconds() * 1000)


@register.simple_tag
def token_state(kept: Any, now: datetime) -> SafeString:
    """Draw the state of a kept token, with how much of its life is left."""
    kind, symbol, word = STATES[kept.state]
    rest = _rest(kept, now)
    said = format_html(' <span class="k-muted k-small text-nowrap">{}</span>', rest) if rest else ""
    return format_html("{}{}", pill(kept.state, text=str(word), kind=kind, icon=symbol), said)


def _rest(kept: Any, now: datetime) -> str:
    """Say how much of a token's life is left, or since when it is over."""
    until = kept.validity.until
    if until is not None and kept.state == "expired":
        return _("since %(at)s") % {"at": times.moment_in_sentence(until)}
    if until is not None and kept.is_current:
        return _("%(span)s left") % {"span": times.span_words(until - now)}
    return ""


@register.filter
def idle_words(kept: Any) -> str:
    """Say why no refresh of a kept token is planned."""
    return str(IDLE[kept.idle])


@register.simple_tag
def token_pill(kept: Any) -> SafeString:
    """Draw the state of a kept token as one pill, for the head of its instance's page."""
    kind, symbol, word = STATES[kept.state]
    parts = [str(word), _rest(kept, timezone.now())]
    text = ", ".join(part for part in parts if part)
    if kept.state != "missing":
        text = _("Token %(state)s") % {"state": uncapfirst(text)}
    return pill(kept.state, text=text, kind=kind, icon=symbol)


@register.simple_tag
def validity_strip(strip: Any) -> SafeString:
    """Draw when a token was valid in the last 24 hours; gaps are taller as well as red."""
    return format_html(
        '<svg class="k-strip" height="16" role="img" aria-label="{}">'
        '<rect class="is-base" x="0" y="3" width="100%" height="10" rx="1"/>{}{}</svg>',
        _strip_in_words(strip), _rects(strip.valid, "is-valid", y=3, height=10),
        _rects(strip.missing, "is-gap", y=0, height=16),
    )  # fmt: skip


def _rects(spans: Any, css: str, *, y: int, height: int) -> SafeString:
    return format_html_join(
        "",
        '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="1"/>',
        ((css, span.x, y, max(span.width, 0.3), height) for span in spans),
    )


def _strip_in_words(strip: Any) -> str:
    if not strip.gaps:
        always = strip.valid and strip.valid[0].x == 0
        if always:
            return _("Last 24 hours: always valid")
        return (
            _("Last 24 hours: valid since it was first fetched")
            if strip.valid
            else _("Last 24 hours: no token")
        )
    named = [
        _("from %(start)s to %(end)s")
        % {"start": times.moment_in_sentence(start), "end": times.moment_in_sentence(end)}
        for start, end in strip.gaps[:5]
    ]
    more = len(strip.gaps) - len(named)
    if more:
        named.append(_("%(n)s more times") % {"n": more})
    return _("Last 24 hours: not valid %(when)s") % {"when": ", ".join(named)}
