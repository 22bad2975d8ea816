"""The one control in which people and groups are named: what its template draws.

With script it is a box that searches, with a chip for each of the chosen; without, plain boxes of
names. Either way these plain boxes are what is sent, under the names that the page asks for:

    {% people_picker "/manager" label users=typed multiple=False errors=errors %}
    {% people_picker "/editors" label users=named groups=grouped roles=True %}
    {% people_picker "v-cover" label refs="user:ada" choices=choices %}

`users` and `groups` are names, `refs` are texts such as `user:ada`, `group:HR` or the ref of one of
the `choices`, which stand beside people and groups (`everyone`, a field). `free`: whatever is typed
is taken as well, such as an expression.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.accounts.services.directory import (
    DEACTIVATED,
    GROUP,
    UNKNOWN,
    USER,
    DirectoryEntry,
    entries,
)
from kianda.lib.pointers import control_id

REFS: Final = ""
# What stands between two names: a group may be called by several words, free text by anything.
_BETWEEN = {USER: r"[\s,;\0]+", GROUP: r"[\n\r,;\0]+", REFS: r"[\n\r,;\0]+"}
_LINES = r"[\n\r\0]+"


class PeopleInput(forms.TextInput):
    """The widget of a field of a Django form that holds user names; `is_list`: of several people.

    `{% field %}` draws it.
    """

    input_type = "people"

    def __init__(self, *, is_list: bool = False) -> None:
        """Say whether it holds one person or a list."""
        self.is_list = is_list
        super().__init__()


class PickerChoice(NamedTuple):
    """Something to choose that is neither person nor group: `everyone`, a field."""

    ref: str
    label: Any
    icon: str = "person-workspace"
    detail: Any = ""


class Chip(NamedTuple):
    """One of the chosen."""

    ref: str
    label: Any
    # Of a person or group: the mark; else the icon.
    entry: DirectoryEntry | None
    icon: str
    note: str = ""
    is_bad: bool = False


class PlainBox(NamedTuple):
    """One of the boxes that are sent: names of one kind, or refs."""

    kind: str
    name: str
    title: Any
    text: str

    def refs(self, *, free: bool) -> list[str]:
        """Return what its text names, as refs."""
        between = _LINES if free else _BETWEEN[self.kind]
        names = (name.strip() for name in re.split(between, self.text))
        prefix = f"{self.kind}:" if self.kind else ""
        return [prefix + name for name in dict.fromkeys(names) if name]


def picker_context(name: str, label: Any, **more: Any) -> dict[str, Any]:
    """Return what the template draws for a picker that stands for a JSON pointer.

    more: users, groups, refs (what is chosen: a text or names), post (the name under which it is
    sent; of two boxes both begin so), multiple, choices with their choices_title, free, choose
    (users, groups, both), within (a group), roles (groups that are roles too), errors (an Errors or
    sentences), help, required, disabled or
    enabled, width, id; of a cell of a table the number of its row.
    """
    errors, free = more.get("errors") or (), bool(more.get("free"))
    sentences = list(errors.at(name) if hasattr(errors, "at") else errors)
    identifier = more.get("id") or control_id(name)
    boxes = _boxes(more.get("post") or name, more)
    described = [f"{identifier}-help"] if more.get("help") else []
    described += [f"{identifier}-error"] if sentences else []
    refs = dict.fromkeys(ref for box in boxes for ref in box.refs(free=free))
    choices = [PickerChoice(*one) for one in more.get("choices") or ()]
    return {
        "width": 12, "multiple": True, "disabled": more.get("enabled") is False, **more,
        "id": identifier, "label": label, "boxes": boxes, "sentences": sentences, "free": free,
        "described": " ".join(described), "choices": choices,
        "chips": _chips(refs, choices, wrong=bool(sentences)),
        "options": _options(boxes, more),
    }  # fmt: skip


def _boxes(name: str, more: dict[str, Any]) -> list[PlainBox]:
    kinds = [(USER, "users", _("People")), (GROUP, "groups", _("Groups")), (REFS, "refs", "")]
    given = [(kind, key, title) for kind, key, title in kinds if more.get(key) is not None]
    several = len(given) > 1
    return [
        PlainBox(
            kind, f"{name}/{key}" if several else name, title if several else "", _text(more[key])
        )
        for kind, key, title in given
    ]


def _text(chosen: str | Iterable[str]) -> str:
    return chosen if isinstance(chosen, str) else "\n".join(chosen)


def _chips(refs: Iterable[str], choices: Sequence[PickerChoice], *, wrong: bool) -> list[Chip]:
    offered = {one.ref: one for one in choices}
    known = entries(ref for ref in refs if ref not in offered)
    return [
        Chip(ref, offered[ref].label, None, offered[ref].icon)
        if ref in offered
        else _chip(known[ref], wrong=wrong)
        for ref in refs
    ]


def _chip(entry: DirectoryEntry, *, wrong: bool) -> Chip:
    if entry.state == UNKNOWN:
        is_value = entry.name.startswith(("[", "="))
        icon = "input-cursor-text" if is_value else "exclamation-circle" if wrong else "person"
        return Chip(entry.ref, entry.name, None, icon, is_bad=wrong and not is_value)
    note = _("deactivated") if entry.state == DEACTIVATED else ""
    return Chip(entry.ref, entry.name, entry, "", note)


def _options(boxes: Sequence[PlainBox], more: dict[str, Any]) -> str:
    """Return the address that answers with what fits the words typed so far."""
    kinds = {box.kind for box in boxes}
    usual = {frozenset({USER}): "users", frozenset({GROUP}): "groups"}.get(frozenset(kinds), "both")
    asked = {"choose": more.get("choose") or usual, "within": more.get("within") or ""}
    asked["roles"] = "1" if more.get("roles") else ""
    return f"{reverse('people-options')}?{urlencode({k: v for k, v in asked.items() if v})}"
