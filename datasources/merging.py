"""Two people edited the same thing: what each changed, what goes together. Plain Python."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One setting that somebody else changed; `conflict` when the person changed it too."""

    key: str
    was: Any
    mine: Any
    theirs: Any

    @property
    def conflict(self) -> bool:
        """Tell whether both changed it, and differently."""
        return self.mine not in (self.was, self.theirs)


@dataclass(frozen=True)
class Merge:
    """The typed settings laid over what is stored now."""

    values: dict[str, Any]
    differences: tuple[Difference, ...]

    @property
    def conflicts(self) -> bool:
        """Tell whether a person has to choose."""
        return any(difference.conflict for difference in self.differences)


def merge(
    was: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    keys: Collection[str],
) -> Merge:
    """Put together what a person typed and what is stored, seen from what both began with.

    What only one of them changed is taken; where both did, the person's own stands until they say
    otherwise.
    """
    values = dict(mine)
    found = []
    for key in keys:
        before, now = was.get(key), theirs.get(key)
        typed = mine.get(key, before)
        if now == before:
            continue
        found.append(Difference(key, before, typed, now))
        if typed == before:
            values[key] = now
    return Merge(values, tuple(found))
