"""How the durable points of a run are written: whole while they are few, then how each differs.

A run of one or two calls has four points. Of a loop with a call for each row the whole of the table
and of the trace would be written twice for each row; so a point says how it differs from the one
before, and one is written whole again each time that there are twice as many.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kianda.lib.db.prepared_statements import Writes, insert_of
from processes.engine.differences import difference
from processes.models import Run, RunPoint
from processes.models.run_points import FOLLOWED

# So many are written whole, and no more than so many differences stand one upon another: a
# successor reads them all.
FEW, MOST = 4, 512


class _State(NamedTuple):
    """What a point keeps."""

    journal: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]


class PointWriter:
    """Says what is to be written at each point of one run that this process holds."""

    def __init__(self, run: Run) -> None:
        """Know nothing of what the database has of the run."""
        self._run = run
        self._number = self._whole_at = 0
        # What the database has; None when that is not known for certain.
        self._known: _State | None = None
        # Another holder of the run may have left some.
        self._has_rows = run.journal is not None

    def next(self, journal: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> "NextPoint":
        """Return what writes the next point. It is tried once; `kept` or `lost` is called then."""
        self._number += 1
        state = _State(journal, list(steps))
        if self._known is None or self._number >= self._whole_at:
            return self._whole(state)
        point = RunPoint(
            run_id=self._run.pk,
            number=self._number,
            journal=difference(self._known.journal, journal),
            steps=difference(self._known.steps, state.steps),
        )
        return NextPoint(state, [insert_of(point)], {})

    def _whole(self, state: _State) -> "NextPoint":
        is_followed = self._number > FEW
        self._whole_at = self._number + (min(self._number, MOST) if is_followed else 1)
        journal = {FOLLOWED: state.journal} if is_followed else state.journal
        columns = {"journal": journal, "steps": state.steps}
        return NextPoint(state, self.clearing(), columns)

    def clearing(self) -> Writes:
        """Return what takes away the points that count no more."""
        return [RunPoint.objects.filter(run=self._run.pk).delete] if self._has_rows else []

    def kept(self, point: "NextPoint") -> None:
        """Note that the database has a point."""
        self._known, self._has_rows = point.state, not point.columns

    def lost(self) -> None:
        """Note that nobody knows whether it has: the next one is written whole."""
        self._known, self._has_rows = None, True


class NextPoint(NamedTuple):
    """One durable point: what is written beside the row of the run, and columns of that row."""

    state: _State
    writes: Writes
    columns: Mapping[str, Any]
