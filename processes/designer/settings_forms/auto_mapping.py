"""Map all by name: the rows that are obvious, because both sides are called the same."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datasources.rest.answer_schema import all_places
from kianda.lib.names import plain_letters
from processes.definition.tree import Piece
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import fields_in

_SIGNS = re.compile(r"[^a-z0-9]+")
# What people write in either way.
_SAME = {"uri": "url"}


def mapped_by_name(control: str, rows: Sequence[Any], scope: EditorScope) -> list[dict[str, Any]]:
    """Return the rows with the obvious ones filled in and added; what is written stays."""
    kept = [dict(row) for row in rows if isinstance(row, dict)]
    having = [one for one in fields_in(scope.document) if one.field_kind.holds_value]
    fields = _Fields(having, scope.column_titles)
    if control == "rows" or (control == "input_mapping" and scope.calls_processes):
        return _others(kept, scope, fields, "" if control == "rows" else "body.")
    if control == "input_mapping":
        files = _Fields([one for one in having if one.field_kind.holds_files])
        return _inputs(kept, scope, fields, files)
    return _answers(kept, scope, fields) if control == "success_mapping" else kept


class _Fields:
    """The fields of the process by the words of their names and titles; in a loop, the row first.

    `columns` are the titles of the columns that the row of the loop has.
    """

    def __init__(self, fields: list[Piece], columns: Mapping[str, str] | None = None) -> None:
        called = [(f"row.{name}", name, title) for name, title in (columns or {}).items()]
        called += [(one.name, one.name, one.title) for one in fields]
        self._by_name = {words_of(name): place for place, name, _ in reversed(called)}
        self._by_title = {words_of(title): place for place, _, title in reversed(called)}

    def named(self, words: str) -> str:
        """Return the field that is called so, by its name first; nothing when there is none."""
        return self._by_name.get(words) or self._by_title.get(words, "") if words else ""


def words_of(text: str) -> str:
    """Return a name without signs and capitals: `redirect_uri` and `Redirect URL` are the same."""
    parts = [part for part in _SIGNS.split(plain_letters(text)) if part]
    return "".join(_SAME.get(part, part) for part in parts)


def _inputs(
    rows: list[dict[str, Any]], scope: EditorScope, fields: _Fields, files: _Fields
) -> list[dict[str, Any]]:
    method = scope.rest_method
    if method is None:
        return rows
    for row in rows:
        target = str(row.get("target", ""))
        if target and not row.get("value"):
            name = (files if method.takes_file(target) else fields).named(_last(target))
            row["value"] = f"[{name}]" if name else ""
    mapped = {method.canonical_target(str(row.get("target", ""))) for row in rows}
    for target in method.input_targets():
        fixed = method.parameters.get(target)
        known = files if method.takes_file(target) else fields
        name = known.named(_last(target)) if "." in target else ""
        if name and target not in mapped and not (fixed and fixed.value):
            rows.append({"target": target, "value": f"[{name}]"})
    return rows


def _others(
    rows: list[dict[str, Any]], scope: EditorScope, fields: _Fields, prefix: str
) -> list[dict[str, Any]]:  # fmt: skip
    """Fill the fields of the other process that are called like fields here."""
    for row in rows:
        if row.get("target") and not row.get("value"):
            name = fields.named(_last(str(row["target"])))
            row["value"] = f"[{name}]" if name else ""
    mapped = {str(row.get("target", "")) for row in rows}
    for one in fields_in(scope.process or {}):
        name = fields.named(words_of(one.name)) if one.field_kind.holds_value else ""
        if name and f"{prefix}{one.name}" not in mapped:
            rows.append({"target": f"{prefix}{one.name}", "value": f"[{name}]"})
    return rows


def _answers(
    rows: list[dict[str, Any]], scope: EditorScope, fields: _Fields
) -> list[dict[str, Any]]:  # fmt: skip
    places: dict[str, str] = {}
    for place, words in _places(scope).items():
        # Of what is called the same, what stands nearer to the top.
        places.setdefault(words, f"[{place}]")
    for row in rows:
        if row.get("field") and not row.get("value"):
            row["value"] = places.get(words_of(str(row["field"])), row.get("value", ""))
    mapped = {str(row.get("field", "")) for row in rows}
    for words, place in places.items():
        name = fields.named(words)
        if name and name not in mapped:
            rows.append({"field": name, "value": place})
            mapped.add(name)
    return rows


def _places(scope: EditorScope) -> Mapping[str, str]:
    """Return what can be read, and the words that it goes by."""
    if scope.process is not None:
        return {
            f"item.{one.name}": words_of(one.name)
            for one in fields_in(scope.process)
            if one.field_kind.holds_value
        }
    method = scope.rest_method
    if method is None:
        return {}
    described = all_places(method.answer_tree) if method.answer_tree is not None else ()
    found = [*method.output_paths(), *(f"response.body.{one.name}" for one in described)]
    return {name: _last(name) for name in found if name.count(".") > 1}


def _last(place: str) -> str:
    return words_of(place.rpartition(".")[2])
