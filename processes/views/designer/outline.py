"""The outline: every form, field and rule as one line, to be searched and chosen."""

from collections.abc import Iterator
from typing import NamedTuple

from processes.definition.tree import Piece
from processes.views.designer import palette
from processes.views.designer.screen import Screen

DEEPEST = 4


class OutlineEntry(NamedTuple):
    """One element in the outline."""

    target: str
    title: str
    icon: str
    depth: int
    flaws: int
    selected: bool
    words: str


def lines(screen: Screen, words: str = "") -> list[OutlineEntry]:
    """Return the elements in their order; with words, only those that hold all of them."""
    wanted = words.lower().split()
    found = (_entry(screen, element, depth) for element, depth in _walk(screen.tree.process, 0))
    return [line for line in found if all(word in line.words for word in wanted)]


def _walk(element: Piece, depth: int) -> Iterator[tuple[Piece, int]]:
    yield element, depth
    for rule in [*element.rules, *element.load_rules]:
        yield from _walk(rule, depth + 1)
    for inner in element.fields:
        yield from _walk(inner, depth + 1)


def _entry(screen: Screen, element: Piece, depth: int) -> OutlineEntry:
    slug = element.slug or element.kind
    words = f"{element.title} {element.name} {slug.replace('_', ' ')}".lower()
    return OutlineEntry(
        element.target, element.title, palette.icon_of(slug), min(depth, DEEPEST),
        screen.wrong_at(element.target), element.path == screen.selected.path, words,
    )  # fmt: skip
