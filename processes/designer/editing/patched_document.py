"""A definition to which changes are applied, piece by piece."""

from collections.abc import Callable
from typing import Any

from processes.definition import tree
from processes.definition.tree import Object, Path, Piece
from processes.designer.editing.patches import (
    Change,
    Insert,
    Misfit,
    Move,
    Patch,
    Remove,
    Set,
    Spot,
    same,
)


def applied(document: Object, patch: Patch) -> Object:
    """Return the definition with the changes made; raises Misfit. The one given stays as it is."""
    patched = PatchedDocument(document)
    for change in patch:
        patched.apply(change)
    return patched.document


class PatchedDocument:
    """A definition under change; what is changed is copied, all else is shared."""

    def __init__(self, document: Object) -> None:
        """Start with a definition, which is never changed itself."""
        self.document = document
        self._index: dict[str, Piece] | None = None

    @property
    def pieces(self) -> dict[str, Piece]:
        """Return the pieces by target, where they stand now; what they hold may be older."""
        if self._index is None:
            self._index = {}
            for element in tree.walk(self.document):
                self._index.setdefault(element.target, element)
        return self._index

    def find(self, target: str) -> Piece | None:
        """Return a piece as it is now, or None."""
        found = self.pieces.get(target) if target else None
        return found and found._replace(node=tree.at(self.document, found.path))

    def _found(self, target: str) -> Piece:
        found = self.find(target)
        if found is None:
            raise Misfit(target)
        return found

    def apply(self, change: Change) -> None:
        """Make one change; raises Misfit, then nothing is changed."""
        if isinstance(change, Set):
            self._set(change)
        elif isinstance(change, Insert):
            self._insert(change)
        elif isinstance(change, Remove):
            self._take(change.target, change.spot, seen=change.value)
        else:
            self._move(change)

    def _set(self, change: Set) -> None:
        node, path = self._found(change.target).node, self.pieces[change.target].path
        *inner, last = change.path
        try:
            holder = tree.at(node, tuple(inner))
            now = (holder[last],) if _has(holder, last) else ()
        except (LookupError, TypeError):
            raise Misfit(change.target) from None
        if not same(now, change.before):
            raise Misfit(change.target)
        self._change((*path, *inner), lambda found: _with(found, last, change.after))
        if change.target_after != change.target or last in tree.STRUCTURE:
            self._index = None

    def _insert(self, change: Insert) -> None:
        taken = {_key(target) for target in self.pieces}
        for element in tree.walk_piece(change.kind, change.value):
            if _key(element.target) in taken:
                raise Misfit(element.target)
        self._put(change.spot, change.value)

    def _move(self, change: Move) -> None:
        held = self._held(change.origin)
        value = next((item for item in held if _is(change.target, change.origin.key, item)), None)
        if value is None or change.spot.owner in _targets_in(change.origin.key, value):
            raise Misfit(change.target)
        self._held(change.spot)
        self._take(change.target, change.origin, seen=None)
        self._put(change.spot, value)

    def _held(self, spot: Spot) -> list[Any]:
        held = self._found(spot.owner).node.get(spot.key)
        if not isinstance(held, list):
            raise Misfit(spot.owner)
        return held

    def _put(self, spot: Spot, value: Object) -> None:
        index = spot.index_in(self._held(spot))
        path = self.pieces[spot.owner].path
        self._change((*path, spot.key), lambda held: [*held[:index], value, *held[index:]])
        self._index = None

    def _take(self, target: str, spot: Spot, *, seen: Object | None) -> None:
        held = self._held(spot)
        index = next((n for n, item in enumerate(held) if _is(target, spot.key, item)), None)
        if index is None or (seen is not None and not same(held[index], seen)):
            raise Misfit(target)
        path = self.pieces[spot.owner].path
        self._change((*path, spot.key), lambda held: [*held[:index], *held[index + 1 :]])
        self._index = None

    def _change(self, path: Path, change: Callable[[Any], Any]) -> None:
        self.document = _changed(self.document, path, change)


def _changed(node: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """Return a copy with one place changed; what lies beside the way is shared."""
    if not path:
        return change(node)
    copy = node.copy()
    copy[path[0]] = _changed(copy[path[0]], path[1:], change)
    return copy


def _with(holder: Any, key: str | int, value: tuple[Any, ...]) -> Any:
    copy = holder.copy()
    if value:
        copy[key] = value[0]
    else:
        del copy[key]
    return copy


def _has(holder: Any, key: str | int) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder)


def _key(target: str) -> str:
    """Return what may stand only once: a rule's id, the name of a form or field in any case."""
    kind, name = tree.kind_of(target), tree.name_of(target)
    return target if kind == "rule" else name.lower()


def _is(target: str, key: str, item: object) -> bool:
    return tree.target_of(tree.HELD[key], item) == target


def _targets_in(key: str, value: Object) -> set[str]:
    return {element.target for element in tree.walk_piece(tree.HELD[key], value)}
