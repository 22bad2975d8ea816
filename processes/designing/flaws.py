"""What is wrong with a working copy, each with the piece that it is about.

Levels: `error` (Save refuses it), `reference` (it refers to something outside that is not there:
Publish refuses it), `advice` (it works, and is unwise).
"""

import json
from typing import Literal, NamedTuple

from pydantic import ValidationError

from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.pointers import pointer
from processes.checks import Catalog, advise, check_references
from processes.designing import tree
from processes.designing.tree import Object
from processes.document import Document, parse_document

Level = Literal["error", "reference", "advice"]


class Mark(NamedTuple):
    """One thing that is wrong: where in the definition, in which piece, what, how bad.

    `inner` is the place inside the piece, `/assignments/0/value`: where its form shows it.
    """

    pointer: str
    target: str
    inner: str
    detail: str
    level: Level


class Checked(NamedTuple):
    """A definition after its own checks: parsed when it holds in itself, else its errors."""

    raw: Object
    errors: list[Mark]
    document: Document | None


def checked(document: Object) -> Checked:
    """Check a definition in itself."""
    try:
        return Checked(document, [], parse_document(document))
    except (Invalid, TooLarge) as refusal:
        found = refusal.errors or [Flaw("", refusal.detail)]
    errors = _marked(document, found, "error")
    return Checked(document, errors, _whole_part(document, {mark.target for mark in errors}))


def marks_of(found: Checked, catalog: Catalog) -> list[Mark]:
    """Return everything that is wrong with a definition, errors first."""
    if found.document is None:
        return found.errors
    if not found.errors:
        return [
            *_marked(found.raw, check_references(found.document, catalog), "reference"),
            *_marked(found.raw, advise(found.document, catalog), "advice"),
        ]
    part = found.document.normalised()
    places = {element.target: element.path for element in tree.walk(found.raw)}
    outside = [
        mark._replace(pointer=pointer(*places[mark.target]) + mark.inner)
        for mark in _marked(part, check_references(found.document, catalog), "reference")
    ]
    return [*found.errors, *outside]


def _marked(document: Object, flaws: list[Flaw], level: Level) -> list[Mark]:
    return [
        Mark(flaw.pointer, *tree.place_of(document, flaw.pointer), flaw.detail, level)
        for flaw in flaws
    ]


def _whole_part(document: Object, broken: set[str]) -> Document | None:
    """Return what can be checked further: the definition without its broken pieces."""
    try:
        # Without names: what refers to a broken piece is not wrong itself.
        return Document.model_validate(_without(document, broken))
    except ValidationError:
        return None


def _without(document: Object, broken: set[str]) -> Object:
    """Return the definition with broken rules left out, other broken pieces bare."""
    copy: Object = json.loads(json.dumps(document))
    for element in list(tree.walk(copy)):
        for key in tree.LISTS[element.kind]:
            held = element.node.get(key)
            if isinstance(held, list) and tree.HELD[key] == "rule":
                element.node[key] = [
                    rule for rule in held if tree.target_of("rule", rule) not in broken
                ]
        if element.target in broken and element.kind != "rule":
            keep = {"type", "name", *tree.LISTS[element.kind]}
            for key in set(element.node) - keep:
                del element.node[key]
    return copy
