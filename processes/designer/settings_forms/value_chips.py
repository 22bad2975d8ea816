"""Names in a box as people read them: with the title of the field, and the icon of its kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from kianda.lib.i18n import with_small_beginning
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import PARTS, fields_in, form_names
from processes.language.labels import name_in_words, part_in_words, place_in_words
from processes.language.parser import names_of, read_text

# Of names that no field stands behind, by how they begin; the longest that fits counts.
_ICONS: Mapping[str, str] = {
    "now": "clock", "today": "calendar3", "user": "person", "process": "diagram-3",
    "error": "exclamation-circle", "response": "arrow-down-left-square", "item": "collection",
    "row": "table",
}  # fmt: skip
GONE = "question-circle"
# The boxes that hold one name and nothing else.
NAMES = frozenset({"field", "own_field", "field_or_form", "target", "other_field"})


@dataclass(frozen=True)
class ValueChip:
    """A name as it is shown: what it is called, the icon of its kind, whether it is gone."""

    name: str
    title: str
    icon: str = ""
    gone: bool = False
    # The part of a request that it stands in.
    place: str = ""


def chips_of(source: str, scope: EditorScope) -> list[ValueChip]:
    """Return the names in a text, in order of appearance; the text itself may be half written."""
    return [_chip(name, scope) for name in names_of(read_text(source))]


def chips_in(text: str, tree: str, scope: EditorScope) -> list[ValueChip]:
    """Return the names in a box, by the tree that it picks from."""
    if tree not in NAMES:
        return chips_of(text, scope)
    return [_picked(text, tree, scope)] if text else []


def _picked(name: str, tree: str, scope: EditorScope) -> ValueChip:
    """Return the one name that stands in a box."""
    if tree == "target":
        place, title = _target(name, scope)
        return ValueChip(name, title, gone=scope.broken_target(name), place=place)
    called = f"item.{name}" if tree == "other_field" else name
    forms = dict(form_names(scope.document)) if tree == "field_or_form" else {}
    title = scope.titles.get(called) or forms.get(name, name)
    return ValueChip(name, title, gone=scope.broken_field(name, tree))


def _target(name: str, scope: EditorScope) -> tuple[str, str]:
    """Return the part of a request that a place stands in, and what it is called there."""
    part, _dot, rest = name.partition(".")
    if scope.calls_processes:
        return "", scope.titles.get(f"item.{rest}", name)
    if rest and part in PARTS:
        return with_small_beginning(str(PARTS[part][0])), place_in_words(name)
    whole = (leaf for branch in scope.tree("target") for leaf in branch.leaves)
    return "", next((one.said or one.title for one in whole if one.value == name), name)


def _chip(name: str, scope: EditorScope) -> ValueChip:
    gone = bool(scope.broken_names(f"[{name}]"))
    return ValueChip(name, title_of(name, scope), GONE if gone else _icon(name, scope), gone)


def title_of(name: str, scope: EditorScope) -> str:
    """Return what a name is called: as its field, else in words of its own."""
    field, _dot, part = name.partition(".")
    if name not in scope.titles and part and field in scope.names.tables:
        return f"{scope.titles.get(field, field)}: {part_in_words(part)}"
    if name in scope.titles:
        return scope.titles[name]
    # A chip shows by its icon that it is of the response.
    of_response = field == "response" and "." in part
    return place_in_words(part) if of_response else name_in_words(name)


def _icon(name: str, scope: EditorScope) -> str:
    root, _dot, rest = name.partition(".")
    kinds = scope.kinds
    if root == "item":
        kinds = {one.name: one.field_kind for one in fields_in(scope.process or {})}
    kind = kinds.get(rest if root == "item" else name) or scope.names.fields.get(root)
    return kind.kind_icon if kind is not None else _ICONS.get(root, GONE)
