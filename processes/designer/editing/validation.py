"""What is wrong with a working copy, each with the piece that it is about.

Levels: `error` (Save refuses it), `reference` (it refers to something outside that is not there:
Publish refuses it), `advice` (it works, and is unwise).
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer, unique
from processes.definition import raw_document as sent
from processes.definition.checks import Catalog, advise, check_references
from processes.definition.document import Document
from processes.designer.editing import tree
from processes.designer.editing.piece_checks import Pieces, bare
from processes.designer.editing.tree import Object, Path

Level = Literal["error", "reference", "advice"]


class FlawMark(NamedTuple):
    """One thing that is wrong: where in the definition, in which piece, what, how bad.

    `inner` is the place inside the piece, `/assignments/0/value`: where its form shows it.
    """

    pointer: str
    target: str
    inner: str
    detail: str
    level: Level


class CheckedDocument(NamedTuple):
    """A definition after its own checks: its errors, and what holds of it, parsed.

    `document` is without the broken rules; other broken pieces have their name and type alone.
    """

    raw: Object
    errors: list[FlawMark]
    document: Document | None


def checked(raw: Object) -> CheckedDocument:
    """Check a definition in itself: it finds what `parse_document` refuses."""
    gathered = _Gathered(raw)
    flaws = unique([*sent.flaws_in(raw), *gathered.flaws])
    return CheckedDocument(raw, list(_marked(raw, flaws, "error")), gathered.document)


def marks_of(found: CheckedDocument, catalog: Catalog) -> list[FlawMark]:
    """Return everything that is wrong with a definition, errors first."""
    if found.document is None:
        return found.errors
    outside = check_references(found.document, catalog)
    if not found.errors:
        return [
            *_marked(found.raw, outside, "reference"),
            *_marked(found.raw, advise(found.document, catalog), "advice"),
        ]
    # What is left of it has other places.
    places = {element.target: element.path for element in tree.walk(found.raw)}
    return found.errors + [
        mark._replace(pointer=pointer(*places[mark.target]) + mark.inner)
        for mark in _marked(found.document.normalised(), outside, "reference")
    ]


def _marked(raw: Object, flaws: list[Flaw], level: Level) -> Iterator[FlawMark]:
    for flaw in flaws:
        yield FlawMark(flaw.pointer, *tree.place_of(raw, flaw.pointer), flaw.detail, level)


class _Gathered:
    """The pieces of a definition checked, and put together again."""

    def __init__(self, raw: Object) -> None:
        self.flaws: list[Flaw] = []
        self._pieces = Pieces(sent.names_in(raw))
        made = self._piece(tree.PROCESS, raw, ())
        self.document = made if isinstance(made, Document) else None

    def _piece(self, kind: str, node: Object, path: Path) -> Any:
        found = self._pieces.check(kind, node)
        place = pointer(*path)
        self.flaws += [Flaw(place + flaw.pointer, flaw.detail) for flaw in found.flaws]
        if kind == "rule":
            return found.model
        model = found.model or bare(kind, node)
        held = {
            key: self._list(key, node[key], (*path, key))
            for key in tree.LISTS[kind]
            if isinstance(node.get(key), list)
        }
        return model.model_copy(update=held) if model is not None else None

    def _list(self, key: str, held: list[Any], path: Path) -> list[Any]:
        made = [
            self._piece(tree.HELD[key], item, (*path, at))
            for at, item in enumerate(held)
            if isinstance(item, dict)
        ]
        return [piece for piece in made if piece is not None]
