"""Tags and filters of the pages: icons, times, pills, fields, lists.

{% load kianda_ui %} gives, in short:
{% icon "alarm" %} · {% pill status %} · {% pill "Draft" kind="" icon="pencil" %} · {% copy text %}
{% once %} a form's token against double sending
{% note kind="bad" title="..." tight=True alert=True %} ... {% endnote %} ·
{% empty_state title="Nothing yet" icon="alarm" %} <p>...</p> {% endempty_state %} ·
{% dialog_form action=here back=back ok=_("OK") %} body {% enddialog_form %} ·
{% list_search to="runs" value=query.q hint="..." label="..." %} filters {% endlist_search %} ·
{% control name="/title" label=... value=... errors=errors %} · {% field form.name %} ·
{% people_picker "/to" label users=names errors=errors %} · {% avatar entry %} ·
<a {% opens_dialog "task-delete" task.pk %}> · {{ user|person }} ·
{% error_summary errors %} · {% pager page %} · {% query page=2 %} ·
{% sort_menu name="Name" %}, then in the table {% sort_header "name" %}
{{ moment|moment }} · {{ moment|moment:"seconds" }} · {{ moment|ago }} · {{ ms|duration }} ·
{{ value|json }} · {{ errors|at:"/name" }}
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kianda.accounts.roles import ROLES, roles_of
from kianda.accounts.services.directory import DirectoryEntry, person_entry, tint_of
from kianda.accounts.services.profiles import profile_of
from kianda.lib.pointers import control_id
from kianda.messages.services import unread_count
from kianda.web import icons, navigation, times
from kianda.web.block_tags import read_block
from kianda.web.form_once import new_token
from kianda.web.pages import Errors
from kianda.web.people_picker import picker_context
from kianda.web.sorting import SortHead, menu_of, sorted_so
from kianda.web.status_pills import PILLS

register = template.Library()

NONE = "\u2013"


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon, of no name nothing: decoration, hidden from readers; size "lg" is larger."""
    if not name:
        return SafeString("")
    classes = conditional_escape(f"k-i k-i--{size}" if size else "k-i")
    return mark_safe(icons.drawn(name, classes=classes))  # noqa: S308 (the shapes are a package's)


@register.simple_tag
def pill(status: str, text: str = "", kind: str | None = None, icon: str = "") -> SafeString:
    """Draw the state of one thing, always with icon and word; an unknown one is neutral."""
    known = PILLS.get(status, ("", "circle", status.replace("_", " ").capitalize()))
    chosen = known[0] if kind is None else kind
    return format_html(
        '<span class="k-pill{}">{}{}</span>',
        f" k-pill--{chosen}" if chosen else "", _icon(icon or known[1]), text or known[2],
    )  # fmt: skip


def _icon(name: str) -> SafeString:
    return icon(name)


@register.simple_tag
def copy(text: str, what: str = "") -> SafeString:
    """Draw the button that copies a text and says so."""
    return format_html(
        '<button type="button" class="btn btn-sm k-quiet k-icon-btn k-copy" data-copy="{}"'
        ' aria-label="{}" title="{}">{}</button>',
        text, _("Copy %(what)s") % {"what": what or text}, _("Copy"), icon("copy"),
    )  # fmt: skip


@register.simple_tag
def once() -> SafeString:
    """Draw the hidden token by which a form that is sent twice has one effect."""
    return format_html('<input type="hidden" name="once" value="{}">', new_token())


@register.filter
def moment(value: datetime | None, style: str = "") -> SafeString:
    """Show a moment in the person's zone; style "seconds" adds them. None is a dash.

    The style "inside" is for the middle of a sentence.
    """
    if value is None:
        return SafeString(NONE)
    if style == "inside":
        words = times.moment_in_sentence(value)
    else:
        words = times.moment_words(value, seconds=style == "seconds")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(), times.full_words(value), words,
    )  # fmt: skip


@register.filter
def ago(value: datetime | None) -> str:
    """Show how far a moment is: "in 40 min", "48 min ago"."""
    return "" if value is None else times.distance_words(value)


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Show how long something took, from milliseconds or a timedelta."""
    if value is None:
        return NONE
    return times.duration_words(
        value / timedelta(milliseconds=1) if isinstance(value, timedelta) else value
    )


@register.filter(name="json")
def as_json(value: Any) -> str:
    """Write a value as indented JSON; the template escapes it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def at(errors: Errors | None, pointer: str) -> list[str]:
    """Return the sentences about one place."""
    return errors.at(pointer) if errors else []


@register.filter
def lookup(words: Mapping[str, Any], key: str) -> Any:
    """Return what a table says about a key, or nothing."""
    return words.get(key, "")


@register.filter
def offers(choices: Iterable[tuple[Any, Any]], value: Any) -> bool:
    """Tell whether a value is among some choices, each with its word."""
    return any(str(choice) == str(value) for choice, _word in choices)


@register.inclusion_tag("components/error_summary.html")
def error_summary(errors: Any, *, sending: bool = False) -> dict[str, Any]:
    """Draw all errors above a long form, each a link to its control: Errors or a Django form.

    `sending`: the form was to be sent to a service, not saved.
    """
    if hasattr(errors, "errors"):
        # Django's own sentences do not say which box they mean.
        items = [
            (errors[name].id_for_label, name, f"{errors[name].label}: {sentence}")
            if name in errors.fields
            else ("", name, sentence)
            for name, sentences in errors.errors.items()
            for sentence in sentences
        ]
    else:
        found = errors.items() if errors else []
        # What has no place of its own leads nowhere.
        items = [(at if pointer else "", pointer, said) for at, pointer, said in found]
    return {"items": items, "count": len(items), "sending": sending}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, width: int = 12, mono: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - a template's keyword
    """Draw one field of a Django form: label, control, help, errors."""
    kind = getattr(bound.field.widget, "input_type", "")
    described = [bound.auto_id + "-help"] if bound.help_text else []
    described += [bound.auto_id + "-error"] if bound.errors else []
    css = {"checkbox": "form-check-input", "select": "form-select"}.get(kind, "form-control")
    attributes: dict[str, str | bool] = {
        "class": f"{css}{' k-mono' if mono else ''}{' is-invalid' if bound.errors else ''}"
    }
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {
        "bound": bound, "id": bound.auto_id, "width": width, "kind": kind,
        "value": bound.value() or "", "widget": bound.as_widget(attrs=attributes),
    }  # fmt: skip


@register.inclusion_tag("components/control.html")
def control(name: str, label: str, **more: Any) -> dict[str, Any]:
    """Draw one control that stands for a JSON pointer, with its errors beside it.

    `name` is the pointer ("/title"); more: value, errors (Errors), type (text, textarea, select,
    checkbox, password ...), choices [(value, word)], help, required, width, mono, rows, readonly,
    maxlength, autocomplete, post (the input's name, by default the pointer), is_set (a secret),
    placeholder (of a textarea: shown in it in place of the label, which readers still have),
    mentions (of a textarea: people are offered after an @).
    """
    errors: Errors | None = more.get("errors")
    sentences = errors.at(name) if errors else []
    control = {"type": "text", "width": 12, "value": "", "post": name, **more}
    identifier = control_id(name)
    described = [f"{identifier}-help"] if more.get("help") else []
    described += [f"{identifier}-error"] if sentences else []
    return {
        **control, "label": label, "id": identifier, "sentences": sentences,
        "described": " ".join(described),
    }  # fmt: skip


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], noun: str = "") -> dict[str, Any]:
    """Draw the count and the links of a list's pages; they keep the rest of the query."""
    return {"page": page, "noun": noun, "request": context["request"]}


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """Write the query string with some parameters changed; an empty one is left out.

    A cursor leads to no other page than its own.
    """
    parameters = context["request"].GET.copy()
    if "page" in changes:
        parameters.pop("cursor", None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in {None, ""}:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.inclusion_tag("components/sort_menu.html", takes_context=True)
def sort_menu(context: Context, **labels: str) -> dict[str, Any]:
    """Draw the menu that sorts a list on a phone, and name its columns for `sort_header`.

    `name="Name"` sorts by `ordering=name`, and the other way when it is sorted so.
    """
    now = context["request"].GET.get("ordering", "")
    heads = {}
    for name, label in labels.items():
        state, other = sorted_so(name, now)
        heads[name] = SortHead(label, state, query(context, ordering=other, page=""))
    context["heads_by_name"] = heads
    unsorted = query(context, ordering="", page="")
    return menu_of(heads.values(), unsorted=unsorted, words=_("Default order"))


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, name: str) -> dict[str, Any]:
    """Draw the head of a column that `sort_menu` has named."""
    return {"head": context["heads_by_name"][name]}


@register.simple_tag
def link(name: str, argument: Any = "") -> str:
    """Return the address of a page."""
    try:
        return reverse(name, args=[argument] if argument not in {"", None} else [])
    except NoReverseMatch:
        return ""


@register.simple_tag
def opens_dialog(to: str, *arguments: Any) -> SafeString:
    """Write the attributes of a link that opens a dialog; without script, a page of its own.

    `to` is the name of an address, or an address.
    """
    url = to if to.startswith("/") else reverse(to, args=arguments)
    return format_html('href="{0}" hx-get="{0}" hx-target="#dialog"', url)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Return the colours that the person chose, or nothing."""
    user = context.get("user")
    return profile_of(user).theme if user is not None and user.is_authenticated else ""


@register.inclusion_tag("components/rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """Draw the places that the person may open."""
    user, path = context["user"], context["request"].path
    here, shown = navigation.process_here(context), navigation.processes_of(user)
    # A record is below its process there, not below all records.
    in_process = any(one.name == here for one in shown)
    groups = [
        [
            (
                place,
                navigation.is_here(place, path) and not in_process,
                navigation.count_at(place, user),
            )
            for place in navigation.places_for(user, places)
            if navigation.in_rail(place, user)
        ]
        for places in (navigation.WORK, navigation.ADMINISTRATION)
    ]
    processes = [(one, one.name == here) for one in shown]
    return {"work": groups[0], "processes": processes, "administration": groups[1]}


@register.simple_tag(takes_context=True)
def off_rail(context: Context) -> list[navigation.PageEntry]:
    """Return the pages of administration that the person opens from their menu, not the rail."""
    user = context["user"]
    off = [one for one in navigation.ADMINISTRATION if not navigation.in_rail(one, user)]
    return navigation.places_for(user, tuple(off))


@register.simple_tag(takes_context=True)
def bell_count(context: Context) -> int:
    """Return how many lines behind the bell are unread."""
    return unread_count(context["user"])


@register.filter
def person(user: Any) -> str:
    """Return what somebody is called: the full name, else the user name; a dash for nobody."""
    return NONE if user is None else user.get_full_name() or user.get_username()


@register.filter
def role_of(user: Any) -> str:
    """Return the first of a person's roles."""
    held = roles_of(user)
    return next((_(role) for role in ROLES if role in held), _("No role"))


@register.filter
def department_or_role(user: Any) -> str:
    """Return where somebody works, as colleagues tell two of one name apart; else their role."""
    return profile_of(user).department or role_of(user)


@register.filter
def entry(user: Any) -> DirectoryEntry:
    """Return a person as the directory has them, for their mark."""
    return person_entry(user)


@register.filter
def tint(name: str) -> int:
    """Return which colour marks a process by this name."""
    return tint_of(name)


@register.simple_tag
def avatar(entry: DirectoryEntry, size: str = "") -> SafeString:
    """Draw the mark of a person or group: decoration, the name stands beside it; size "sm"."""
    css = f"k-avatar{f' k-avatar--{size}' if size else ''}"
    if entry.kind == "group":
        css, inside = f"{css} k-avatar--group", icon("people-fill")
    else:
        inside = SafeString(format_html("{}", entry.initials))
    tint = "k-avatar--off" if entry.state else f"k-id-{entry.tint}"
    return format_html('<span class="{} {}" aria-hidden="true">{}</span>', css, tint, inside)


@register.inclusion_tag("components/people_picker.html")
def people_picker(name: str, label: str, **more: Any) -> dict[str, Any]:
    """Draw the control in which people and groups are named: see kianda/web/people_picker.py."""
    return picker_context(name, label, **more)


for block in ("note", "empty_state", "list_search", "dialog_form"):
    source = f"components/{block}.html"
    register.tag(block, partial(read_block, end=f"end{block}", source=source))
