"""What is wrong with a working copy, each with the piece that it is about.

Levels: `error` (Save refuses it), `reference` (it refers to something outside that is not there:
Publish refuses it), `advice` (it works, and is unwise).
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer, unique
from processes.definition import raw_document as sent
from processes.definition import tree
from processes.definition.checks import Catalog, advise, check_references
from processes.definition.document import Document
from processes.definition.tree import DefinitionTree, Object
from processes.designer.editing.piece_checks import Pieces, bare

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
    whole = DefinitionTree(raw)
    gathered = _Gathered(whole)
    flaws = unique([*sent.flaws_in(whole), *gathered.flaws])
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

    def __init__(self, whole: DefinitionTree) -> None:
        self.flaws: list[Flaw] = []
        self._pieces = Pieces(whole.names())
        made = self._piece(whole.process)
        self.document = made if isinstance(made, Document) else None

    def _piece(self, piece: tree.Piece) -> Any:
        kind, node = piece.kind, piece.node
        found = self._pieces.check(kind, node)
        place = pointer(*piece.path)
        self.flaws += [Flaw(place + flaw.pointer, flaw.detail) for flaw in found.flaws]
        if kind == "rule":
            return found.model
        model = found.model or bare(kind, node)
        held = {
            key: [made for one in piece.held(key) if (made := self._piece(one)) is not None]
            for key in tree.LISTS[kind]
            if isinstance(node.get(key), list)
        }
        return model.model_copy(update=held) if model is not None else None
