"""How fields look on the canvas: as on the form, as far as that can be told without values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from processes.definition.tree import Piece
from processes.fields import kind_named
from processes.language.values import JSONValue

_INLINE = re.compile(r"</?(?:a|b|code|em|i|s|strong|sub|sup|u)(?:\s[^>]*)?>")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")


class Look(NamedTuple):
    """How a field looks on the canvas, whatever is selected."""

    target: str
    name: str
    title: str
    # Of a button that has one.
    icon: str
    kind: str
    shown: str
    rules: int
    flaws: int
    required: bool
    hidden: bool
    columns: tuple[str, ...]


@dataclass(slots=True)
class Box:
    """A field as it stands on the canvas."""

    element: Piece
    look: Look
    width: int
    selected: bool
    inner: "list[Box]"

    @property
    def target(self) -> str:
        """Return the target of the field."""
        return self.element.target


def look_of(element: Piece, *, flaws: int) -> Look:
    """Return how a field looks."""
    raw = element.node
    return Look(
        target=element.target, name=element.name, title=element.title,
        icon=str(raw.get("icon") or ""),
        kind=kind_named(element.slug).look_of(raw), shown=_text_on_canvas(raw),
        rules=len(element.rules), flaws=flaws,
        required=raw.get("required") is True, hidden=raw.get("visible") is False,
        columns=_columns(raw.get("columns") or raw.get("choices")),
    )  # fmt: skip


def width_of(raw: JSONValue) -> int:
    """Return how many of twelve columns a field takes."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= 12 else 12


def _text_on_canvas(raw: Mapping[str, Any]) -> str:
    """Return what the canvas shows inside a field: its default, a rich text its words."""
    value = raw.get("default")
    if "default" not in raw:
        text = raw.get("text", raw.get("content"))
        # Words of two paragraphs do not run into each other.
        value = _TAG.sub(" ", _INLINE.sub("", text)).strip() if isinstance(text, str) else text
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)[:200]


def _columns(raw: JSONValue) -> tuple[str, ...]:
    """Return what the columns of a table, or the choices of a list, are called."""
    return tuple(
        str(one.get("title") or one.get("name") or one.get("value") or "")
        if isinstance(one, dict) else str(one)
        for one in (raw if isinstance(raw, list) else ())
    )  # fmt: skip
