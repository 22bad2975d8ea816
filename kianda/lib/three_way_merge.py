"""Two people change the same thing: what the other one saved, what goes together. Plain Python.

A form brings along what it had when it was opened (`written`, `read`). When somebody else has saved
since, what both began with tells what each of them changed (`merge`), and that is said (`told`).

This is for things of which nothing but the newest state is stored. The fields of an instance and
the details of a design need no such text: a form names the revision or version that it has seen,
and the history knows the rest (`processes/instances/history.py`, `processes/views/library`). Who
may use a data source is two short lists that are told and stored whole
(`datasources/views/security.py`), and of a group only what was added and taken out is stored.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kianda.lib.api.strict_json import parse_json
from kianda.lib.errors import Invalid


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


class Told(NamedTuple):
    """A difference in words; `mine` is empty where only the other one has changed it."""

    title: str
    before: str
    now: str
    mine: str


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


def told(
    differences: Iterable[Difference],
    *,
    titles: Mapping[str, str],
    words: Callable[[str, Any], str],
) -> list[Told]:
    """Return the differences in words: `words` says the value of a setting."""
    return [
        Told(
            titles[one.key],
            words(one.key, one.was),
            words(one.key, one.theirs),
            words(one.key, one.mine) if one.conflict else "",
        )
        for one in differences
    ]


def written(settings: Mapping[str, Any]) -> str:
    """Return settings as text, to be sent back with the form that shows them."""
    return json.dumps(settings)


def read(text: str) -> dict[str, Any]:
    """Return what a form had when it was opened; nothing when it cannot be read.

    It only serves to tell what changed since: anybody can send another text, of any shape.
    """
    try:
        found = parse_json(text.encode(errors="replace"))
    except Invalid:
        return {}
    return found if isinstance(found, dict) else {}
