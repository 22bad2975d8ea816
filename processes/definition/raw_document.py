"""The definition as it was sent, before it is trusted: limits, names used twice, rule ids.

Everything here bears with any JSON: what has the wrong shape is left to the typed models.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.i18n import gettext as _
from kianda.lib.names import as_title, slugify
from kianda.lib.pointers import pointer
from processes.fields import kind_named
from processes.language.scope import NameTable
from processes.rules import rules

MAX_BYTES = 1_000_000
MAX_FIELDS = 500
MAX_NESTING = 8
# Deeper than any definition can be; deeper JSON is not looked at any further.
_MAX_JSON_DEPTH = 64

DocumentPath = tuple[str | int, ...]
Object = dict[str, Any]


def prepared(raw: object) -> Object:
    """Return a copy of the body with rule ids and titles filled in; raises when it is no body."""
    if not isinstance(raw, dict):
        raise Invalid.at("", _("Send the definition of a process as a JSON object."))
    _refuse_deep(raw)
    try:
        text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise Invalid.at("", _("This is not JSON: %(error)s.") % {"error": error}) from error
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TooLarge(
            _("A definition may have 1 MB (%(most)s bytes). This one is larger.")
            % {"most": f"{MAX_BYTES:,}"}
        )
    copy: Object = json.loads(text)
    _fill_ids(copy)
    return copy


def flaws_in(raw: Object) -> list[Flaw]:
    """Return what breaks the limits and which names and rule ids are used twice."""
    return [*_limits(raw), *_same_names(raw), *_same_ids(raw)]


def names_in(raw: Object) -> NameTable:
    """Return the fields of a definition and their kinds, its forms, the columns of its tables."""
    fields = [field for _, field in fields_of(raw) if _is_named(field)]
    return NameTable(
        {field["name"]: kind_named(field["type"]) for field in fields},
        forms=frozenset(
            form["name"] for _, form in forms_of(raw) if isinstance(form.get("name"), str)
        ),
        tables={
            field["name"]: {
                column["name"]: kind_named(column["type"])
                for _, column in _objects(field.get("columns"), ())
                if _is_named(column)
            }
            for field in fields
            if kind_named(field["type"]).holds_rows
        },
    )


def _is_named(thing: Object) -> bool:
    return isinstance(thing.get("name"), str) and isinstance(thing.get("type"), str)


def forms_of(raw: Object) -> Iterator[tuple[DocumentPath, Object]]:
    """Yield the forms and where they stand."""
    yield from _objects(raw.get("forms"), ("forms",))


def fields_of(raw: Object) -> Iterator[tuple[DocumentPath, Object]]:
    """Yield the fields of all forms and where they stand, each container before its fields."""
    for place, form in forms_of(raw):
        yield from _fields_in(form, place)


def _fields_in(owner: Object, place: DocumentPath) -> Iterator[tuple[DocumentPath, Object]]:
    for found, field in _objects(owner.get("fields"), (*place, "fields")):
        yield found, field
        yield from _fields_in(field, found)


def rule_lists_of(raw: Object) -> Iterator[tuple[DocumentPath, list[Any]]]:
    """Yield every list of rules and where it stands."""
    owners: list[tuple[DocumentPath, Object]] = [((), raw), *forms_of(raw), *fields_of(raw)]
    for place, owner in owners:
        for key in ("rules", "load_rules"):
            if isinstance(owner.get(key), list):
                yield (*place, key), owner[key]
                yield from _lists_inside(owner[key], (*place, key))


def _lists_inside(
    found: list[Any], place: DocumentPath
) -> Iterator[tuple[DocumentPath, list[Any]]]:
    """Yield the lists of rules that stand in rules, as in those that go through a table."""
    for at, rule in _objects(found, place):
        if isinstance(rule.get("rules"), list):
            yield (*at, "rules"), rule["rules"]


def rules_of(raw: Object) -> Iterator[tuple[DocumentPath, Object]]:
    """Yield every rule and where it stands."""
    for place, found in rule_lists_of(raw):
        yield from _objects(found, place)


def _objects(value: object, place: DocumentPath) -> Iterator[tuple[DocumentPath, Object]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield (*place, index), item


def _refuse_deep(raw: object) -> None:
    level: list[object] = [raw]
    for _level in range(_MAX_JSON_DEPTH):
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
        _("The JSON is nested deeper than %(most)s levels.") % {"most": _MAX_JSON_DEPTH},
    )


def _limits(raw: Object) -> Iterator[Flaw]:
    count = sum(1 for _ in fields_of(raw))
    if count > MAX_FIELDS:
        yield Flaw(
            "/forms",
            _("At most %(most)s fields are allowed here; there are %(count)s.")
            % {"most": MAX_FIELDS, "count": f"{count:,}"},
        )
    for place, _field in fields_of(raw):
        if place.count("fields") == MAX_NESTING + 2 and place[-1] == 0:
            yield Flaw(
                pointer(*place[:-1]),
                _("Fields may be nested %(most)s deep at most. Move these further out.")
                % {"most": MAX_NESTING},
            )


def _same_names(raw: Object) -> Iterator[Flaw]:
    seen: set[str] = set()
    places = sorted([*forms_of(raw), *fields_of(raw)], key=lambda found: found[0][1:2])
    for place, owner in places:
        name = owner.get("name")
        if not isinstance(name, str):
            continue
        if name.lower() in seen:
            yield Flaw(
                pointer(*place, "name"),
                _(
                    "The name %(name)s is used twice. Forms and fields of a process need "
                    "different names; capital and small letters count as the same."
                )
                % {"name": name},
            )
        seen.add(name.lower())


def _same_ids(raw: Object) -> Iterator[Flaw]:
    seen: set[str] = set()
    for place, rule in rules_of(raw):
        name = rule.get("id")
        if isinstance(name, str) and name in seen:
            yield Flaw(
                pointer(*place, "id"),
                _("The rule id %(name)s is used twice. Leave it out to get a new one.")
                % {"name": name},
            )
        elif isinstance(name, str):
            seen.add(name)


def _fill_ids(raw: Object) -> None:
    found = [rule for _, rule in rules_of(raw)]
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
