"""Values, traces and definitions on pages: {% load processes_ui %}.

{{ value|value_words }} · {{ value|new_words }} · {{ value|in_words_of:field|value_words }} ·
{{ answer|code }} JSON with its parts marked · {{ request|request_code }} · {{ request|curl }} ·
{{ text|numbered }} · {{ run|trigger_words }} · {{ run|took }} · {{ name|words }} ·
{% status_pill status meaning %} · {{ state|sent_back }} · {{ by|acted:acted_for }} ·
{{ username|person_called }} · {{ username|name_for:user }} · {{ state|owners_for:user }} ·
{% now_with state since %} · {% later_with state %}
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.template import Context
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datasources.http.curl import as_curl
from kianda.accounts.services.substitutes import acted_words
from kianda.lib.i18n import grouped
from kianda.lib.names import as_title
from kianda.lib.secret_names import MASK
from kianda.templatetags.kianda_ui import NONE, pill
from kianda.templatetags.kianda_words import status_words
from kianda.web.edit_conflict import changed_words as editing_words
from kianda.web.times import full_words
from processes.fields import Table
from processes.fields.base import FormField
from processes.forms.value_words import sent_back_words, table_changes, words_of
from processes.instances.form_states import FormState
from processes.instances.history import ForeignChange
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.language.values import names_of_files
from processes.models import Run

register = template.Library()

# What a status means to people: its colour and icon.
MEANINGS: Mapping[str, tuple[str, str]] = {
    "waiting": ("run", "hourglass-split"), "good": ("ok", "check-circle-fill"),
    "bad": ("bad", "x-octagon-fill"), "attention": ("warn", "exclamation-triangle-fill"),
    "neutral": ("", "circle"),
}  # fmt: skip

LONGEST_SHOWN = 600
BLANK: tuple[Any, ...] = (None, "", [], {})
_JSON_PART = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")|'
    r"(?P<number>(?<![\w\"])-?\d[\d.eE+-]*)|(?P<word>\b(?:true|false|null)\b)"
)
_ACTS = {
    "create": gettext_lazy("Create a record of"), "change": gettext_lazy("Change records of"),
    "delete": gettext_lazy("Delete records of"), "start": gettext_lazy("Start"),
}  # fmt: skip
_ACT_PARTS = frozenset({"act", "process", "pinned"})
TRIGGERS = {
    "load": gettext_lazy("Opened"), "schedule": gettext_lazy("Schedule"),
    "api": gettext_lazy("API"),
    "webhook": gettext_lazy("Webhook"), "token": gettext_lazy("A refused token"),
    "rule": gettext_lazy("Another rule"), "manual": gettext_lazy("Run now"),
}  # fmt: skip


@register.simple_tag
def status_pill(status: str, meaning: str) -> SafeString:
    """Draw the status of a record in the colour of what it means to people."""
    kind, drawn = MEANINGS[meaning]
    return pill(status, capfirst(status_words(status)), kind, drawn)


@register.filter
def value_words(value: Any) -> SafeString:
    """Show a recorded value: nothing is "empty", a secret is the word."""
    if value is None or value in ("", [], {}):
        return format_html('<span class="k-muted">{}</span>', _("empty"))
    if value == MASK:
        return format_html('<span class="k-muted">{}</span>', _("secret"))
    return conditional_escape(_short(_plain(value)))


@register.filter
def in_words_of(value: Any, field: FormField | None) -> Any:
    """Return a recorded value in the words in which the form of its field shows it."""
    return words_of(field, value)


@register.filter
def sent_back(state: FormState) -> str:
    """Say who has sent a form back, and why."""
    return sent_back_words(acted_words(state.sent_back_by, state.acted_for), state.note)


@register.filter
def person_called(username: str) -> str:
    """Say what somebody is called."""
    return called([user_ref(username)])[0]


@register.filter
def name_for(username: str, reader: User) -> str:
    """Say what somebody is called; to themselves "You", as a label begins."""
    return _("You") if username == reader.get_username() else person_called(username)


@register.filter
def changed_for(username: str, reader: User) -> str:
    """Say who has changed what the reader is editing."""
    return editing_words(person_called(username), own=username == reader.get_username())


@register.filter
def owners_for(state: FormState, reader: User) -> str:
    """Name those whose a form is, as a label does; the reader first, as "You"."""
    others = state.others(reader.get_username())
    own = [_("You")] if len(others) < len(state.owners) else []
    return ", ".join([*own, *others])


@register.simple_tag(takes_context=True)
def now_with(context: Context, state: FormState, since: SafeString) -> SafeString:
    """Say with whom an open form is, and since when; to the reader it is with "you"."""
    me = context["user"].get_username()
    others = state.now_with(me)
    if me not in state.users:
        said = _("Now with %(owners)s, open since %(since)s")
    elif others:
        said = _("Now with you and %(owners)s, open since %(since)s")
    else:
        said = _("Now with you, open since %(since)s")
    words = {"owners": escape(", ".join(others)), "since": conditional_escape(since)}
    return mark_safe(escape(said) % words)  # noqa: S308 - each part is escaped


@register.filter
def now_with_others(state: FormState, me: str) -> str:
    """Name the owners of an open form but for the reader, each with who stands in for them."""
    return ", ".join(state.now_with(me))


@register.simple_tag(takes_context=True)
def later_with(context: Context, state: FormState) -> str:
    """Say with whom a form is once it opens; to the reader it is with "you"."""
    others = state.others(context["user"].get_username())
    said = {"owners": ", ".join(others)}
    if len(others) == len(state.owners):
        return _("with %(owners)s") % said
    return _("with you and %(owners)s") % said if others else _("with you")


@register.filter
def acted(by: str, acted_for: str | None) -> str:
    """Say who has acted; of a substitute, for whom."""
    return acted_words(by, acted_for)


@register.filter
def new_words(value: Any, before: Any = None) -> SafeString:
    """Show the value after a change; a secret that took the place of another is a new one."""
    if value == MASK == before:
        return format_html("{}", _("new secret"))
    return value_words(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if names := names_of_files(value):
        return names
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        return _rows(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(rows: list[Mapping[str, Any]]) -> str:
    """Say how many rows of a table there are, and what the first ones hold."""
    told = [
        ", ".join(
            f"{as_title(name)} {_plain(one)}" for name, one in row.items() if one not in BLANK
        )
        for row in rows[:5]
    ]
    count = ngettext("%(n)s row", "%(n)s rows", len(rows)) % {"n": grouped(len(rows))}
    return f"{count}: {'; '.join(told)}" + (" …" if len(rows) > len(told) else "")


@register.filter
def changed_words(found: ForeignChange, field: FormField) -> SafeString:
    """Say what others have made of a field: of a table only what differs."""
    if isinstance(field, Table):
        told = table_changes(field, found.before, found.after)
        return conditional_escape("; ".join(told))
    return new_words(words_of(field, found.after), words_of(field, found.before))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


@register.filter
def code(value: Any) -> SafeString:
    """Write JSON with keys, texts, numbers and secrets marked; text that is no JSON as it is."""
    if isinstance(value, str):
        return _secrets_marked(escape(value))
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    parts: list[str] = []
    at = 0
    for match in _JSON_PART.finditer(text):
        parts.append(escape(text[at : match.start()]))
        parts.append(_part(match))
        at = match.end()
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 - every part is escaped


def _part(match: re.Match[str]) -> str:
    if match["text"] == f'"{MASK}"':
        return f"<mark>{escape(_('secret'))}</mark>"
    mark = {"key": "b", "text": "i", "number": "u", "word": "u"}[str(match.lastgroup)]
    return f"<{mark}>{_secrets_marked(escape(match[0]))}</{mark}>"


def _secrets_marked(escaped: str) -> SafeString:
    word = f"<mark>{escape(_('secret'))}</mark>"
    return mark_safe(escaped.replace(MASK, word))  # noqa: S308 - escaped by the caller


@register.filter
def request_code(request: Mapping[str, Any]) -> SafeString:
    """Write a recorded request: the line, the headers, the body; or an act on other instances."""
    if "act" in request:
        more = {key: part for key, part in request.items() if key not in _ACT_PARTS}
        words = _ACTS.get(request["act"], request["act"])
        head = format_html("{} {}", words, request.get("process", ""))
        return format_html("{}\n{}", head, code(more)) if more else head
    lines = [f"{request.get('method', '')} {request.get('url', '')}"]
    lines += [f"{name}: {value}" for name, value in (request.get("headers") or {}).items()]
    head = _secrets_marked(escape("\n".join(lines)))
    body = request.get("body")
    if body is None or body == "":
        return head
    if isinstance(body, Mapping) and _is_form(request):
        pairs = (f"{name}={_form_text(value)}" for name, value in body.items())
        rest = _secrets_marked(escape("\n".join(pairs)))
        return format_html("{}\n<mark>{}</mark>\n{}", head, _("body, as a form"), rest)
    return format_html("{}\n\n{}", head, code(body))


def _is_form(request: Mapping[str, Any]) -> bool:
    headers = request.get("headers") or {}
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    return "form" in str(kind)


def _form_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def curl(request: Mapping[str, Any]) -> str:
    """Write a recorded request as a cURL command."""
    return as_curl(request)


@register.filter
def trigger_words(run: Run) -> str:
    """Say what started a run: a person by name, or what it was."""
    by = acted_words(run.run_as_name, run.acted_for)
    if run.trigger in {"button", "change", "submit"}:
        return by
    word = str(TRIGGERS.get(run.trigger, run.trigger))
    # Somebody asks for these too.
    return f"{word} · {by}" if by and run.trigger in {"api", "manual"} else word


@register.filter
def took(run: Run) -> timedelta | None:
    """Return how long a run took."""
    return run.finished - run.started if run.started and run.finished else None


@register.filter
def clock_ms(moment: datetime | None) -> SafeString | str:
    """Show the time of a moment to the millisecond, as a trace needs it."""
    if moment is None:
        return NONE
    local = timezone.localtime(moment)
    text = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), full_words(moment), text
    )


@register.filter
def words(name: str) -> str:
    """Write a name as words: `access_token` is `Access token`."""
    return as_title(name)


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    """Return what a mapping holds under a name; nothing when it is not there."""
    return mapping.get(key, "")
