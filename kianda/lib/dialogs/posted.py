"""What a form sent, as a tree: `/on_success/3/field` is the field of row 3 of the on-success rows.

Rows come in the order in which the page shows them; their numbers only tell them apart.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

# A name: what was sent under it, and what lies below it.
Tree = dict[str, "Node"]
DEEPEST = 24


class Posted(Protocol):
    """What was sent, such as Django's QueryDict."""

    def __iter__(self) -> Iterator[Any]: ...
    def getlist(self, key: str) -> list[Any]: ...


class Node:
    """One place of a form: the values sent for it, and the places below it, in page order."""

    __slots__ = ("below", "values")

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Start with these values and nothing below."""
        self.values: list[str] = list(values)
        self.below: Tree = {}

    @property
    def text(self) -> str:
        """Return the last value sent, lines broken by \\n; nothing when none was."""
        return self.values[-1] if self.values else ""

    def at(self, *parts: str) -> "Node | None":
        """Return a place below, or None when nothing was sent for it."""
        found: Node | None = self
        for part in parts:
            found = found.below.get(part) if found is not None else None
        return found

    def text_at(self, *parts: str) -> str:
        """Return the text of a place below, or nothing."""
        found = self.at(*parts)
        return found.text if found is not None else ""

    def rows(self) -> "list[Node]":
        """Return the numbered places below, in page order."""
        return [node for name, node in self.below.items() if name.isdecimal()]


def posted(post: Posted, *, prefix: str = "") -> Node:
    """Return everything sent under names that begin with `<prefix>/`."""
    root = Node()
    start = f"{prefix}/"
    for name in post:
        if not isinstance(name, str) or not name.startswith(start):
            continue
        parts = name.removeprefix(start).split("/")
        if len(parts) <= DEEPEST:
            _place(root, parts).values.extend(_clean(text) for text in post.getlist(name))
    return root


def _place(root: Node, parts: list[str]) -> Node:
    node = root
    for part in parts:
        node = node.below.setdefault(part, Node())
    return node


def _clean(text: object) -> str:
    return str(text).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def shown_settings(post: Posted, *, prefix: str = "") -> set[str]:
    """Return the settings that the page showed: an unticked box sends nothing of its own."""
    names = post.getlist(f"{prefix}!shown")
    return {*names, *posted(post, prefix=prefix).below}
