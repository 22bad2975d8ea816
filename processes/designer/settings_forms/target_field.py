"""The field that a value of the design goes to, and whether it can store it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from processes.definition.tree import Piece, columns_of, title_of
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import fields_in
from processes.fields import FormField, fields
from processes.language.labels import of_the_row
from processes.language.values import Value, ValueFailure

# Not needed to convert a value, and perhaps half done in a working copy.
_LEFT_ALONE = frozenset({"default", "rules", "fields"})


@dataclass(frozen=True)
class TargetField:
    """Where a value goes: its title, and the field where it is one whose settings are valid."""

    title: str
    field: FormField | None = None

    def refusal(self, value: Value) -> str:
        """Return why the field cannot store a value, as a sentence; nothing when it can."""
        try:
            if self.field is not None:
                self.field.to_python(value)
        except ValueFailure as failure:
            return str(failure)
        return ""


def target_of(
    scope: EditorScope, row: Mapping[str, str], element: Piece | None
) -> TargetField | None:
    """Return where the value of a box goes, by what is in its row."""
    if target := row.get("row_target"):
        found = _found(scope.process or {}, target.removeprefix("body."))
        return found or TargetField(target)
    if field := row.get("row_field"):
        return _found(scope.document, field, loop=scope.loop) or TargetField(field)
    if row.get("setting") == "default" and element is not None and element.kind == "field":
        return _target(element.node, element.title)
    return None


def _found(document: Mapping[str, Any], name: str, *, loop: str = "") -> TargetField | None:
    return next((found for known, found in _targets(document, loop) if known == name), None)


def _targets(document: Mapping[str, Any], loop: str) -> Iterator[tuple[str, TargetField]]:
    for piece in fields_in(document):
        if piece.field_kind.holds_value:
            yield piece.name, _target(piece.node, piece.title)
        if loop and piece.name == loop:
            for column in columns_of(piece.node):
                title = of_the_row(title_of(column))
                yield f"row.{column.get('name')}", _target(column, title)


def _target(node: Mapping[str, Any], title: str) -> TargetField:
    settings = {key: value for key, value in node.items() if key not in _LEFT_ALONE}
    try:
        return TargetField(title, fields.parse(settings))
    except ValidationError:
        return TargetField(title)
