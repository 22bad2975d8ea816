"""Who refers to a field or form, found by the checks themselves: what would break without it.

A text is a use when the typed models refuse it once the name is not known. So every setting of
every rule that can refer to something is found here without a list of them.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields as settings_of
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import ValidationError

from kianda.lib.i18n import gettext as _
from kianda.lib.pointers import flaws_of, pointer
from processes.definition import tree
from processes.definition.tree import DefinitionTree, Object, Path, Piece
from processes.designer.editing import text_references
from processes.designer.editing.patches import Set
from processes.designer.editing.piece_checks import model_of, parsed
from processes.fields import InputField
from processes.language.labels import piece_in_words, setting_in_words
from processes.language.scope import NameTable
from processes.rules.instances import process_setting

# What is read by people alone.
_PLAIN = frozenset({"title", "id", "type"})
# A name that no design has: what is renamed to it is gone.
_NOBODY = "nobody_has_this_name_"


class Use(NamedTuple):
    """A piece that refers to something: where, and in a sentence."""

    target: str
    pointer: str
    sentence: str


class _Found(NamedTuple):
    """A text of a piece that refers to a name, and the text with the new name."""

    element: Piece
    path: Path
    text: str
    new: str


def uses_of(document: Object, target: str) -> list[Use]:
    """Return who refers to a form or field, or to one inside it, from outside of it."""
    whole = tree.find(document, target)
    inside = {element.target for element in tree.walk_piece(whole.kind, whole.node)}
    made: dict[tuple[str, str], Use] = {}
    for element in tree.walk_piece(whole.kind, whole.node):
        if element.kind not in {"form", "field"}:
            continue
        for found in _references(document, {tree.name_of(element.target): _NOBODY}):
            if found.element.target not in inside:
                use = _use(document, found)
                made.setdefault((use.target, use.sentence), use)
    return list(made.values())


def _use(document: Object, found: _Found) -> Use:
    element = found.element
    setting = setting_in_words(str(found.path[0]), model_of(element))
    if element.kind == tree.PROCESS:
        is_pattern = found.path[0] == "process_id"
        sentence = (
            _("The pattern of the Process ID uses it.")
            if is_pattern
            else _("The process uses it in its %(setting)s.") % {"setting": setting}
        )
    else:
        owner = tree.find(document, element.holder)
        of = _("the process") if owner.kind == tree.PROCESS else owner.title
        sentence = _("The %(kind)s %(element)s of %(of)s uses it in its %(setting)s.") % {
            "kind": piece_in_words(element.kind),
            "element": element.title,
            "of": of,
            "setting": setting,
        }
    return Use(element.target, pointer(*element.path, *found.path), sentence)


def rename_references(document: Object, names: Mapping[str, str]) -> list[Set]:
    """Return the changes that make every reference to forms and fields carry their new names.

    `names` is {old: new}; the pieces themselves are not renamed here.
    """
    return [_set(found) for found in _references(document, names)]


def uses_of_column(document: Object, table: str, column: str) -> list[Use]:
    """Return who refers to a column of a table, in the rules of its rows too."""
    known = _names_in(document)
    left = {name: kind for name, kind in known.tables.get(table, {}).items() if name != column}
    unknown = replace(known, tables={**known.tables, table: left})
    made: dict[tuple[str, str], Use] = {}
    for found in _column_references(document, table, {column: _NOBODY}, known, unknown):
        use = _use(document, found)
        made.setdefault((use.target, use.sentence), use)
    return list(made.values())


def rename_columns(document: Object, table: str, names: Mapping[str, str]) -> list[Set]:
    """Return the changes that make every reference to columns of a table carry their new names.

    `names` is {old: new}; the columns themselves have their new names already.
    """
    now = _names_in(document)
    columns = now.tables.get(table, {})
    old = {name: columns.get(new, InputField) for name, new in names.items()}
    known = replace(now, tables={**now.tables, table: {**columns, **old}})
    return [_set(found) for found in _column_references(document, table, names, known, now)]


def _column_references(
    document: Object, table: str, names: Mapping[str, str], known: NameTable, unknown: NameTable
) -> Iterator[_Found]:
    """Yield every text that refers to one of the columns: what is refused once they are gone."""
    for element in tree.walk(document):
        settings, loop = own_settings(element), _loop_around(element)
        is_met = document.get("name") == settings.get(process_setting(settings))
        leaves = [
            (path, text, text_references.of_columns(text, names, table, in_rows=loop == table))
            for path, text in _leaves(settings)
        ]
        broken: set[str] = set()
        if any(new != text for _path, text, new in leaves):
            broken = _broken_places(element, known.in_rows_of(loop), unknown.in_rows_of(loop))
        for path, text, own in leaves:
            new = own if _is_in(broken, path) else text
            if is_met and path[0] not in _PLAIN:
                new = text_references.of_item_columns(new, names, table)
            if new != text:
                yield _Found(element, path, text, new)


def _loop_around(element: Piece) -> str:
    """Return the table whose rows the rule around a piece goes through; empty without one."""
    owner = element.owner
    table = owner.node.get("table") if owner is not None and owner.kind == "rule" else ""
    return table if isinstance(table, str) else ""


def _is_in(places: Collection[str], path: Path) -> bool:
    place = pointer(*path)
    return any(place == at or place.startswith(f"{at}/") for at in places)


def _set(found: _Found) -> Set:
    return Set(
        target=found.element.target, path=found.path, before=(found.text,), after=(found.new,)
    )


def _references(document: Object, names: Mapping[str, str]) -> Iterator[_Found]:
    """Yield every text that refers to one of the names: what is refused once they are gone."""
    known, unknown = _names_in(document), _names_in(_without(document, names))
    for element in tree.walk(document):
        settings = own_settings(element)
        is_met = document.get("name") == settings.get(process_setting(settings))
        leaves = [
            (path, text, text_references.of_fields(text, names)) for path, text in _leaves(settings)
        ]
        broken: set[str] = set()
        if any(new != text for _path, text, new in leaves):
            broken = _broken_places(element, known, unknown)
        for path, text, own in leaves:
            new = own if _is_in(broken, path) else text
            new = _met(path, new, names) if is_met else new
            if new != text:
                yield _Found(element, path, text, new)


def _met(path: Path, text: str, names: Mapping[str, str]) -> str:
    """Return what a rule that works on instances of this very process says of their fields."""
    if path[0] in _PLAIN:
        return text
    if path[0] == "input_mapping" and path[-1] == "target":
        return text_references.of_inputs(text, names)
    return (
        text_references.of_triggers(text, names)
        if path == ("target",)
        else text_references.of_items(text, names)
    )


def own_settings(element: Piece) -> Object:
    """Return the settings of a piece without the pieces that it holds."""
    return {
        key: value for key, value in element.node.items() if key not in tree.LISTS[element.kind]
    }


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _leaves(item, (*path, at))


class _Names(NameTable):
    """The names without hints, which take long and are not read here."""

    def nearest(self, name: str) -> str | None:
        """Return no hint."""
        return None


def _names_in(document: Object) -> NameTable:
    found = DefinitionTree(document).names()
    return _Names(**{one.name: getattr(found, one.name) for one in settings_of(found)})


def _without(document: Object, names: Collection[str]) -> Object:
    """Return the definition with some forms and fields under names that nobody refers to."""
    copy: Object = json.loads(json.dumps(document))
    for number, element in enumerate(tree.walk(copy)):
        if element.kind in {"form", "field"} and element.node.get("name") in names:
            element.node["name"] = f"{_NOBODY}{number}"
    return copy


def _broken_places(element: Piece, known: NameTable, unknown: NameTable) -> set[str]:
    before = set(_flaws(element, known))
    return {place for place, detail in _flaws(element, unknown) if (place, detail) not in before}


def _flaws(element: Piece, names: NameTable) -> list[tuple[str, str]]:
    settings = own_settings(element)
    try:
        parsed(element.kind, settings, names)
    except ValidationError as error:
        return [(flaw.pointer, flaw.detail) for flaw in flaws_of(error, settings)]
    return []
