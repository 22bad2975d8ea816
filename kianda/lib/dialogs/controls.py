"""The controls that a setting may ask for: the template that draws each, and how it is read.

A kind names its control in `json_schema_extra`. A new control is a template and a line here, or one
that its room registers; `read` takes what was sent, `shown` gives a setting as the template shows
it. What cannot be read stays as it was typed, so that the typed models say what is wrong with it.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kianda.lib.dialogs import posted_rows, text_codecs
from kianda.lib.dialogs.posted import Node
from kianda.lib.dialogs.specs import Spec, kind_among, specs_of, tag_of
from kianda.lib.numbers import number_typed, with_point
from kianda.lib.secret_names import MASK

Read = Callable[["Sent"], Any]
Shown = Callable[[Spec, Any], Any]
REMOVE = "!remove"
# The box to tick that gives a setting its parts; without it there is none.
WANTED = "!wanted"


class Sent(NamedTuple):
    """What was sent for one setting of a kind. `node` is None when nothing was."""

    kind: Any
    spec: Spec
    node: Node | None
    root: Node
    # Rows that nothing is written in are kept while somebody still works on them.
    blank: bool = False
    # What is stored of a secret, masked: left empty, it stays.
    held: Any = None

    @property
    def text(self) -> str:
        """Return the text that was sent."""
        return self.node.text if self.node is not None else ""


def read_text(sent: Sent) -> Any:
    """Return a text as it was typed."""
    return None if sent.spec.nullable and sent.text == "" else sent.text


def read_name(sent: Sent) -> Any:
    """Return a name or a choice, which bears no blanks around it."""
    text = sent.text.strip()
    return None if sent.spec.nullable and text == "" else text


def _read_number(sent: Sent) -> Any:
    return number_typed(sent.text, nullable=sent.spec.nullable)


def _read_switch(sent: Sent) -> Any:
    return sent.node is not None and sent.text not in {"", "off", "false"}


def _read_secret(sent: Sent) -> Any:
    if sent.root.at(f"{sent.spec.name}{REMOVE}") is not None:
        return ""
    return sent.text or (MASK if sent.held else "")


def read_rows(sent: Sent) -> Any:
    """Return the rows of a mapping."""
    return posted_rows.read_rows(sent.spec, sent.node, blank=sent.blank)


def _read_people(sent: Sent) -> Any:
    return {key: _read_lines(sent, key) for key in ("users", "groups")}


def _read_lines(sent: Sent, key: str) -> list[str]:
    found = sent.node.at(key) if sent.node is not None else None
    lines = [line.strip() for text in (found.values if found else ()) for line in text.split("\n")]
    return [line for line in lines if line]


def _read_elements(sent: Sent) -> Any:
    """Return typed elements, such as columns: each with the settings of its own kind."""
    found = []
    for at, node in sent.node.below.items() if sent.node is not None else ():
        if not at.isdecimal() or sent.node is None:
            continue
        marked = sent.node.at(f"{at}!shown")
        shown = {*(marked.values if marked is not None else ()), *node.below}
        found.append(_element(sent, node, shown))
    if not sent.spec.kinds:
        return found
    return [one for one in found if sent.blank or one.get("name") or one.get("title")]


def _element(sent: Sent, node: Node, shown: set[str]) -> dict[str, Any]:
    kinds = sent.spec.element_kinds
    tag, usual = tag_of(kinds[0])
    slug = node.text_at(tag) or usual if tag else ""
    kind = kind_among(kinds, slug) or kinds[0]
    asked = [one for one in specs_of(kind) if one.name in shown and one.control in CONTROLS]
    read = {
        spec.name: control_for(spec).read(
            Sent(kind, spec, node.at(spec.name), node, blank=sent.blank)
        )
        for spec in asked
    }
    if tag:
        return {tag: slug} | read
    # Of an only kind nothing is written down that is as it is without.
    usual_values = {spec.name: spec.default for spec in asked if not spec.required}
    return {
        name: value for name, value in read.items()
        if name not in usual_values or value not in ("", None, [], {}, usual_values[name])
    }  # fmt: skip


def _read_lines_of_text(sent: Sent) -> Any:
    return [line for one in sent.text.split("\n") if (line := one.strip())]


def _read_json(sent: Sent) -> Any:
    return text_codecs.read_json(sent.text, otherwise=sent.spec.default)


def _read_parts(sent: Sent) -> Any:
    kind, node = sent.spec.model, sent.node or Node()
    return {
        spec.name: control_for(spec).read(Sent(kind, spec, node.at(spec.name), node))
        for spec in (specs_of(kind) if kind is not None else ())
    }


def _read_optional_parts(sent: Sent) -> Any:
    wanted = sent.node is not None and bool(sent.node.text_at(WANTED))
    return _read_parts(sent) if wanted else None


def _read_choices(sent: Sent) -> Any:
    return text_codecs.read_choices(sent.text)


def shown_text(spec: Spec, value: Any) -> Any:
    """Return a setting as a text."""
    return text_codecs.as_typed(value)


def shown_number(spec: Spec, value: Any) -> Any:
    """Return a number as its reader types it; a text as it was typed."""
    text = shown_text(spec, value)
    return text if isinstance(value, str) else with_point(text)


def _shown_switch(spec: Spec, value: Any) -> Any:
    return value is True


def _shown_secret(spec: Spec, value: Any) -> Any:
    # It is never written into a page.
    return ""


def shown_rows(spec: Spec, value: Any) -> Any:
    """Return the rows of a mapping as texts."""
    return posted_rows.shown_rows(spec, value)


def _shown_json(spec: Spec, value: Any) -> Any:
    return text_codecs.shown_json(value, otherwise=spec.default)


def _shown_choices(spec: Spec, value: Any) -> Any:
    return text_codecs.shown_choices(value)


def _shown_optional_parts(spec: Spec, value: Any) -> Any:
    if value is None or spec.model is None:
        return None
    raw = value if isinstance(value, Mapping) else {}
    return {
        one.name: control_for(one).shown(one, raw.get(one.name, one.default))
        for one in specs_of(spec.model)
    }


def _shown_people(spec: Spec, value: Any) -> Any:
    raw = value if isinstance(value, dict) else {}
    return {
        key: [str(one) for one in names] if isinstance(names, (list, tuple)) else []
        for key in ("users", "groups")
        for names in (raw.get(key),)
    }


def _shown_elements(spec: Spec, value: Any) -> Any:
    found = value if isinstance(value, (list, tuple)) else ()
    return [_shown_element(spec, one if isinstance(one, dict) else {}) for one in found]


def _shown_element(spec: Spec, raw: dict[str, Any]) -> dict[str, Any]:
    kinds = spec.element_kinds
    tag, usual = tag_of(kinds[0])
    kind = kind_among(kinds, raw.get(tag)) or kinds[0]
    return ({tag: raw.get(tag, usual)} if tag else {}) | {
        one.name: control_for(one).shown(one, raw.get(one.name, one.default))
        for one in specs_of(kind)
        if one.control in CONTROLS
    }


class ControlType(NamedTuple):
    """One kind of control."""

    template: str
    read: Read = read_text
    shown: Shown = shown_text
    # The setting whose control sends it too, as `<setting>/<this>`.
    beside: str = ""


CONTROLS: dict[str, ControlType] = {
    "text": ControlType("text"),
    "line": ControlType("text", read_name),
    "long_text": ControlType("long_text"),
    "pattern": ControlType("pattern"),
    "number": ControlType("number", _read_number, shown_number),
    "switch": ControlType("switch", _read_switch, _shown_switch),
    "select": ControlType("select", read_name),
    "slug": ControlType("name", read_name),
    "field_name": ControlType("name", read_name),
    "secret": ControlType("secret", _read_secret, _shown_secret),
    # A secret of several lines, such as a private key.
    "long_secret": ControlType("long_secret", _read_secret, _shown_secret),
    "lines": ControlType("long_text", _read_lines_of_text),
    "json": ControlType("long_text", _read_json, _shown_json),
    # A setting of several parts, each with a control of its own.
    "parts": ControlType("parts", _read_parts),
    "optional_parts": ControlType("optional_parts", _read_optional_parts, _shown_optional_parts),
    "rows": ControlType("rows", read_rows, shown_rows),
    "columns": ControlType("columns", _read_elements, _shown_elements),
    # Elements of one kind, such as the charts of a list.
    "elements": ControlType("columns", _read_elements, _shown_elements),
    "people": ControlType("people", _read_people, _shown_people),
    "group": ControlType("group", read_name),
    "one_ref": ControlType("one_ref", read_name),
    "choices": ControlType("choices", _read_choices, _shown_choices),
}


def register(controls: Mapping[str, ControlType]) -> None:
    """Add the controls that one room draws and reads."""
    CONTROLS.update(controls)


def control_for(spec: Spec) -> ControlType:
    """Return the control of a setting; one that nobody has drawn yet is a fault of the program."""
    return CONTROLS[spec.control]
