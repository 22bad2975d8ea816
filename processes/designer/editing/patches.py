"""Small changes of a definition that know their inverse, and whether they still fit.

A change names pieces by their targets, never by positions alone: it can be applied after others
have edited elsewhere. It is refused (Misfit) when what it would replace is not what it has seen.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from processes.definition import tree
from processes.definition.tree import Object

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


def same(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same, whatever the order of their keys."""
    # 0 and False are equal in Python, and not the same in a definition.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
