"""Names in a box of values as people read them: a chip with the title of the field and its icon."""

from collections.abc import Mapping
from dataclasses import dataclass

from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import fields_in
from processes.language.labels import name_in_words, part_in_words
from processes.language.parser import names_of, read_text

# Of names that no field stands behind, by how they begin; the longest that fits counts.
_ICONS: Mapping[str, str] = {
    "now": "clock", "today": "calendar3", "user": "person", "process": "diagram-3",
    "error": "exclamation-circle", "response": "arrow-down-left-square", "item": "collection",
    "row": "table",
}  # fmt: skip
GONE = "question-circle"


@dataclass(frozen=True)
class ValueChip:
    """A name as it is shown: what it is called, the icon of its kind, whether it is gone."""

    name: str
    title: str
    icon: str
    gone: bool = False


def chips_of(source: str, scope: EditorScope) -> list[ValueChip]:
    """Return the names in a text, in order of appearance; the text itself may be half written."""
    return [_chip(name, scope) for name in names_of(read_text(source))]


def _chip(name: str, scope: EditorScope) -> ValueChip:
    gone = bool(scope.broken_names(f"[{name}]"))
    return ValueChip(name, title_of(name, scope), GONE if gone else _icon(name, scope), gone)


def title_of(name: str, scope: EditorScope) -> str:
    """Return what a name is called: as its field, else in words of its own."""
    field, _dot, part = name.partition(".")
    if name not in scope.titles and part and field in scope.names.tables:
        return f"{scope.titles.get(field, field)}: {part_in_words(part)}"
    return scope.titles.get(name) or name_in_words(name)


def _icon(name: str, scope: EditorScope) -> str:
    root, _dot, rest = name.partition(".")
    kinds = scope.kinds
    if root == "item":
        kinds = {one.name: one.field_kind for one in fields_in(scope.process or {})}
    kind = kinds.get(rest if root == "item" else name) or scope.names.fields.get(root)
    return kind.kind_icon if kind is not None else _ICONS.get(root, GONE)
