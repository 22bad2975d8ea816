"""What an import could not take over, and what it took over otherwise, each with its place."""

from dataclasses import dataclass, field
from typing import NamedTuple

from datasources.rest.response import keepable
from kianda.lib.i18n import ngettext

# Nobody reads more; how many were not told is told.
MOST_NOTES = 200


class ImportNote(NamedTuple):
    """One thing that came otherwise than it stands in the document: where, and why."""

    where: str
    why: str

    def as_json(self) -> dict[str, str]:
        """Return it as the API tells it."""
        return {"where": self.where, "why": self.why}


@dataclass
class _Told:
    """Notes of one sort, each once, not without end."""

    kept: dict[ImportNote, None] = field(default_factory=dict)
    more: int = 0

    def add(self, note: ImportNote) -> None:
        if note in self.kept:
            return
        if len(self.kept) < MOST_NOTES:
            self.kept[note] = None
        else:
            self.more += 1

    def listed(self) -> list[ImportNote]:
        found = list(self.kept)
        if self.more:
            words = ngettext("%(n)s more is not listed.", "%(n)s more are not listed.", self.more)
            found.append(ImportNote("", words % {"n": self.more}))
        return found


class ImportNotes:
    """What is told of one import: `changed` came otherwise, `left_out` did not come."""

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self._changed, self._left_out = _Told(), _Told()

    def change(self, where: str, why: str) -> None:
        """Tell that something was taken over otherwise than it stands there."""
        self._changed.add(ImportNote(keepable(where)[:500], keepable(why)[:500]))

    def leave(self, where: str, why: str) -> None:
        """Tell that something was not taken over."""
        self._left_out.add(ImportNote(keepable(where)[:500], keepable(why)[:500]))

    def take(self, other: "ImportNotes") -> None:
        """Tell what other notes tell, too."""
        for mine, theirs in (
            (self._changed, other._changed),
            (self._left_out, other._left_out),
        ):
            for note in theirs.kept:
                mine.add(note)
            mine.more += theirs.more

    @property
    def changed(self) -> list[ImportNote]:
        """What was taken over otherwise."""
        return self._changed.listed()

    @property
    def left_out(self) -> list[ImportNote]:
        """What was not taken over."""
        return self._left_out.listed()
