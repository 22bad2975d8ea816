"""The definition as it was sent, before it is trusted: limits, names used twice, rule ids.

And a definition under other names, for imports and copies.

Everything here bears with any JSON: what has the wrong shape is left to the typed models.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from kianda.lib.names import as_title, column_name_flaw, field_name_flaw, slugify
from kianda.lib.pointers import pointer
from processes.definition.tree import PROCESS, DefinitionTree, Object, Piece
from processes.language.limits import LIMITS
from processes.rules import rules
from processes.rules.instances import process_setting


def prepared(raw: object) -> Object:
    """Return a copy of the body with rule ids and titles filled in; raises when it is no body."""
    if not isinstance(raw, dict):
        raise Invalid.at("", _("Send the definition of a process as a JSON object."))
    _refuse_deep(raw)
    try:
        text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise Invalid.at("", _("This is not JSON: %(error)s.") % {"error": error}) from error
    if len(text.encode("utf-8", "surrogatepass")) > LIMITS.bytes:
        raise TooLarge(
            _("A definition can have at most 1 MB (%(most)s bytes). This one is larger.")
            % {"most": grouped(LIMITS.bytes)}
        )
    made: Object = json.loads(text)
    _fill_ids(made)
    return made


def flaws_in(tree: DefinitionTree) -> list[Flaw]:
    """Return what breaks the limits, and the names and rule ids that are reserved or used twice."""
    return [
        *_limits(tree), *_reserved_names(tree), *_same_names(tree), *_same_ids(tree),
        *_asked_elsewhere(tree), *_open_in_a_ring(tree),
    ]  # fmt: skip


def _rules_in(tree: DefinitionTree) -> Iterator[Piece]:
    """Yield the rules as they get ids: those of the process, of forms, of fields.

    What stands in rules comes after the whole list of these.
    """
    for kind in (PROCESS, "form", "field"):
        for owner in tree.walk(kind):
            for held in (owner.rules, owner.load_rules):
                yield from held
                yield from (inner for rule in held for inner in rule.rules)


def _refuse_deep(raw: object) -> None:
    level: list[object] = [raw]
    for _level in range(LIMITS.levels):
        level = [
            inner
            for value in level
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise Invalid.at(
        "",
        _("The JSON is nested deeper than %(most)s levels.") % {"most": LIMITS.levels},
    )


def _limits(tree: DefinitionTree) -> Iterator[Flaw]:
    fields = [*tree.walk("field")]
    if len(fields) > LIMITS.fields:
        yield Flaw(
            "/forms",
            _("At most %(most)s fields are allowed here; there are %(count)s.")
            % {"most": LIMITS.fields, "count": grouped(len(fields))},
        )
    for field in fields:
        if field.path.count("fields") == LIMITS.nesting + 2 and field.at == 0:
            yield Flaw(
                pointer(*field.path[:-1]),
                _("Fields can be nested at most %(most)s levels deep. Move these further out.")
                % {"most": LIMITS.nesting},
            )


def _reserved_names(tree: DefinitionTree) -> Iterator[Flaw]:
    """Yield the fields that are named as what else a rule can name; a column can be."""
    for piece in tree.walk("field"):
        said = None if column_name_flaw(piece.name) else field_name_flaw(piece.name)
        if said:
            yield Flaw(pointer(*piece.path, "name"), said)


def _same_names(tree: DefinitionTree) -> Iterator[Flaw]:
    seen: set[str] = set()
    for piece in tree.walk("form", "field"):
        name = piece.node.get("name")
        if not isinstance(name, str):
            continue
        if name.lower() in seen:
            yield Flaw(
                pointer(*piece.path, "name"),
                _(
                    "The name %(name)s is used twice. Forms and fields of a process need "
                    "different names; uppercase and lowercase count as the same."
                )
                % {"name": name},
            )
        seen.add(name.lower())


def _same_ids(tree: DefinitionTree) -> Iterator[Flaw]:
    seen: set[str] = set()
    for rule in _rules_in(tree):
        name = rule.node.get("id")
        if isinstance(name, str) and name in seen:
            yield Flaw(
                pointer(*rule.path, "id"),
                _("The rule id %(name)s is used twice. Omit it to get a new one.") % {"name": name},
            )
        elif isinstance(name, str):
            seen.add(name)


def _asked_elsewhere(tree: DefinitionTree) -> Iterator[Flaw]:
    """Yield the buttons that ask for a field of another form: it is not open when they are."""
    forms = {piece.name: piece.form for piece in tree.walk("field")}
    for piece in tree.walk("field"):
        quick = piece.node.get("quick")
        asked = quick.get("ask") if isinstance(quick, dict) else None
        there = forms.get(asked) if isinstance(asked, str) else None
        if there is not None and piece.form is not None and there.path != piece.form.path:
            yield Flaw(
                pointer(*piece.path, "quick", "ask"),
                _("%(name)s is on another form. Choose a field of this one.") % {"name": asked},
            )


def _open_in_a_ring(tree: DefinitionTree) -> Iterator[Flaw]:
    """Yield the forms that open with themselves, or with one that waits for them."""
    forms = {form.name: form for form in tree.forms if form.name}
    opens_with = {name: form.node.get("activate_with") for name, form in forms.items()}
    for name, form in forms.items():
        before, seen = opens_with[name], set[str]()
        while isinstance(before, str) and before in forms and before not in {name, *seen}:
            seen.add(before)
            before = opens_with[before]
        if before != name:
            continue
        said = (
            _("“%(form)s” cannot open with “%(other)s”, which waits for it. Choose another form.")
            if seen
            else _("“%(form)s” cannot open with itself. Choose another form.")
        )
        other = forms[str(opens_with[name])].title
        yield Flaw(
            pointer(*form.path, "activate_with"), said % {"form": form.title, "other": other}
        )


def _fill_ids(raw: Object) -> None:
    found = [rule.node for rule in _rules_in(DefinitionTree(raw))]
    taken = {rule["id"] for rule in found if isinstance(rule.get("id"), str)}
    for rule in found:
        title, name = rule.get("title"), rule.get("id")
        if title in (None, ""):
            rule["title"] = as_title(name) if isinstance(name, str) and name else _label(rule)
        if name in (None, ""):
            rule["id"] = _new_id(str(rule["title"]), taken)
            taken.add(rule["id"])


def _label(rule: Mapping[str, Any]) -> str:
    kind = rules.kinds.get(str(rule.get("type")))
    return kind.label if kind else "Rule"


def _new_id(title: str, taken: set[str]) -> str:
    stem = slugify(title, fallback="rule")
    made, number = stem, 1
    while made in taken:
        number += 1
        made = f"{stem[: 62 - len(str(number))].rstrip('-')}-{number}"
    return made


def with_names(
    raw: Object, *, processes: Mapping[str, str], datasources: Mapping[str, str] | None = None
) -> Object:
    """Return a definition in which every name of these, {old: new}, is the new one.

    A process that looks into itself goes on to do so under its new name.
    """
    made: Object = copy.deepcopy(raw)
    if isinstance(made.get("name"), str):
        made["name"] = processes.get(made["name"], made["name"])
    for rule in DefinitionTree(made).walk("rule"):
        _rename(rule.node, processes, datasources or {})
    return made


def _rename(rule: Object, processes: Mapping[str, str], datasources: Mapping[str, str]) -> None:
    _replace(rule, process_setting(rule), processes)
    _replace(rule, "datasource", datasources)


def _replace(holder: Object, key: str, names: Mapping[str, str]) -> None:
    if isinstance(holder.get(key), str):
        holder[key] = names.get(holder[key], holder[key])
