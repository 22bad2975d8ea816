"""What the durable points of a long run have changed since one of them was written whole."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from kianda.lib.packed_json import PackableJSONField
from kianda.lib.secrets import EncryptedJSONField
from processes.engine.differences import later
from processes.models.runs import Run

# In a journal that is not complete without the points that came after it: what was written whole.
# Versions that know nothing of such points close a run whose journal they cannot read.
FOLLOWED = "followed"
# What points of another version may raise.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


class RunPoint(models.Model):
    """How journal and trace of a run under way differ from those of the point before.

    Erased with each point that is written whole, and when the run closes.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="points", db_index=False)
    number = models.PositiveIntegerField()
    journal = EncryptedJSONField(null=True, bound_to=("run", "number"))
    steps = PackableJSONField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="one_point_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}, {self.number}"


def journal_of(run: Run) -> Mapping[str, Any]:
    """Return the journal as of the last point; an empty one for a run that has none.

    Raises WrongKeyRing, or one of UNREADABLE.
    """
    journal: Mapping[str, Any] = run.journal or {}
    if FOLLOWED not in journal:
        return journal
    whole: Mapping[str, Any] = journal[FOLLOWED]
    for point in run.points.defer("steps"):
        whole = later(whole, point.journal)
    return whole


def catch_up(run: Run) -> None:
    """Bring journal and trace of a run that nobody writes to where its last point has left them.

    Raises what `journal_of` does.
    """
    journal = run.journal
    if not isinstance(journal, dict) or FOLLOWED not in journal:
        return
    run.journal, run.steps = journal_of(run), _later_steps(run.steps, run)


def steps_so_far(run: Run) -> list[dict[str, Any]]:
    """Return the trace of a run, which may go on meanwhile, as of a point of the last moments."""
    read: list[dict[str, Any]] = run.steps
    if run.status != Run.Status.RUNNING:
        return read
    first = run.points.values_list("number", flat=True).first()
    if first is None:
        return read
    whole = Run.objects.values_list("steps", flat=True).get(pk=run.pk)
    try:
        found = _later_steps(whole, run)
    except UNREADABLE:
        return read
    # Otherwise it was written whole in between, and the differences are from that.
    return found if run.points.filter(number=first).exists() else read


def _later_steps(steps: list[dict[str, Any]], run: Run) -> list[dict[str, Any]]:
    for change in run.points.values_list("steps", flat=True):
        steps = later(steps, change)
    return steps
