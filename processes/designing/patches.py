"""Small changes of a definition that know their inverse, and whether they still fit.

A change names pieces by their targets, never by positions alone: it can be applied after others
have edited elsewhere. It is refused (Misfit) when what it would replace is not what it has seen.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from processes.designing import tree
from processes.designing.tree import Element, Object, Path

# The mark of a change that replaces whole lists of pieces.
EVERYTHING = "*"


class Misfit(Exception):
    """A change does not fit the definition any more; `target` is where."""

    def __init__(self, target: str) -> None:
        """Take the target of the piece that differs."""
        self.target = target
        super().__init__(f"{target} is not what it was.")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Spot(_Part):
    """A position in a list of pieces: the number, and the piece before it, which may move."""

    owner: str
    key: str
    at: int
    after: str = ""

    def index_in(self, held: list[Any]) -> int:
        """Return where it is now."""
        targets = [tree.target_of(tree.HELD[self.key], item) for item in held]
        if self.at == 0 or (self.at <= len(held) and targets[self.at - 1] == self.after):
            return self.at
        if self.after and self.after in targets:
            return targets.index(self.after) + 1
        return min(self.at, len(held))


class Set(_Part):
    """One setting of a piece, or a place inside it. `before`, `after`: nothing, or one value."""

    op: Literal["set"] = "set"
    target: str
    path: tuple[str | int, ...]
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    @property
    def target_after(self) -> str:
        """Return what the piece is called once this is done."""
        kind = tree.kind_of(self.target)
        if self.path != (tree.name_key(kind),) or kind == tree.PROCESS:
            return self.target
        return f"{kind}:{self.after[0]}" if self.after else ""

    def inverse(self) -> "Set":
        """Return the change back."""
        return Set(target=self.target_after, path=self.path, before=self.after, after=self.before)

    def touched(self) -> Iterator[str]:
        """Yield what it changes."""
        yield f"{self.target}/{self.path[0]}"
        if self.before and self.path[0] in tree.STRUCTURE:
            yield EVERYTHING
        if self.target_after != self.target:
            yield self.target_after


class _Whole(_Part):
    """A whole piece at a position."""

    spot: Spot
    value: Object

    @property
    def kind(self) -> str:
        """Return what the piece is."""
        return tree.HELD[self.spot.key]

    @property
    def target(self) -> str:
        """Return the target of the piece."""
        return tree.target_of(self.kind, self.value)

    def touched(self) -> Iterator[str]:
        """Yield what it changes: the piece and all in it."""
        for element in tree.walk_piece(self.kind, self.value):
            yield element.target


class Insert(_Whole):
    """A piece comes in."""

    op: Literal["insert"] = "insert"

    def inverse(self) -> "Remove":
        """Return the change back."""
        return Remove(spot=self.spot, value=self.value)


class Remove(_Whole):
    """A piece goes, as it was seen."""

    op: Literal["remove"] = "remove"

    def inverse(self) -> Insert:
        """Return the change back."""
        return Insert(spot=self.spot, value=self.value)


class Move(_Part):
    """A piece goes to another position; both are counted without it."""

    op: Literal["move"] = "move"
    target: str
    origin: Spot
    spot: Spot

    def inverse(self) -> "Move":
        """Return the change back."""
        return Move(target=self.target, origin=self.spot, spot=self.origin)

    def touched(self) -> Iterator[str]:
        """Yield what it changes."""
        yield f"{self.target}/@place"


Change = Annotated[Set | Insert | Remove | Move, Field(discriminator="op")]
Patch = tuple[Change, ...]
PATCH: TypeAdapter[Patch] = TypeAdapter(Patch)


def inverse(patch: Patch) -> Patch:
    """Return the changes back, the last first."""
    return tuple(change.inverse() for change in reversed(patch))


def touched(patch: Iterable[Change]) -> list[str]:
    """Return what the changes touch: pieces, and `piece/setting`."""
    return list(dict.fromkeys(mark for change in patch for mark in change.touched()))


def overlap(mine: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """Return what of `mine` somebody else has touched; a whole piece covers its settings."""
    others, wanted = set(theirs), list(mine)
    if others and (EVERYTHING in others or EVERYTHING in wanted):
        return wanted
    pieces = {mark.partition("/")[0] for mark in others}
    return [
        mark
        for mark in wanted
        if mark in others
        or mark.partition("/")[0] in others
        or ("/" not in mark and mark in pieces)
    ]


def applied(document: Object, patch: Patch) -> Object:
    """Return the definition with the changes made; raises Misfit. The one given stays as it is."""
    sheet = Sheet(document)
    for change in patch:
        sheet.apply(change)
    return sheet.document


class Sheet:
    """A definition under change; what is changed is copied, all else is shared."""

    def __init__(self, document: Object) -> None:
        """Start with a definition, which is never changed itself."""
        self.document = document
        self._index: dict[str, Element] | None = None

    @property
    def pieces(self) -> dict[str, Element]:
        """Return the pieces by target, where they stand now; what they hold may be older."""
        if self._index is None:
            self._index = {}
            for element in tree.walk(self.document):
                self._index.setdefault(element.target, element)
        return self._index

    def find(self, target: str) -> Element | None:
        """Return a piece as it is now, or None."""
        found = self.pieces.get(target) if target else None
        return found and found._replace(node=tree.at(self.document, found.path))

    def _found(self, target: str) -> Element:
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


def same(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same, whatever the order of their keys."""
    # 0 and False are equal in Python, and not the same in a definition.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _key(target: str) -> str:
    """Return what may stand only once: a rule's id, the name of a form or field in any case."""
    kind, name = tree.kind_of(target), tree.name_of(target)
    return target if kind == "rule" else name.lower()


def _is(target: str, key: str, item: object) -> bool:
    return tree.target_of(tree.HELD[key], item) == target


def _targets_in(key: str, value: Object) -> set[str]:
    return {element.target for element in tree.walk_piece(tree.HELD[key], value)}
