"""One occurrence carried out by a worker: its run begun, which is the claim, and its outcome noted.

Any number of workers may have the message of one occurrence. Its run names it in the commit that
begins the run, and the outcome stands in the commit that closes it; so there is one run and one
outcome, and nobody holds an occurrence before its run.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import Error, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.db.group_commit import write_all
from kianda.lib.db.prepared_statements import PreparedQuery, PreparedUpdate, Writes
from kianda.lib.errors import ApplicationError, Busy
from processes.instances.leases import APART
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running.runs import trigger
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import waiting_occurrences
from scheduler.services.telling import telling_of

DEADLINE_S = 300.0
TRIGGERS = {"planned": "schedule", "manual": "manual", "webhook": "webhook"}
OUTCOMES: Mapping[str, str] = {
    Run.Status.SUCCEEDED: "succeeded",
    Run.Status.FAILED: "failed",
    Run.Status.INTERRUPTED: "interrupted",
    Run.Status.REFUSED: "failed",
}
# Stands for the number of a run where there is none.
_NO_RUN = 0

# Of which this process carries out: a second message about one is not waited for by a second thread
# while the first waits for a busy instance.
_at_work: dict[int, object] = {}


class Claimed(Exception):
    """The occurrence has a run, or its outcome, from somebody else."""


class NotPossible(ApplicationError):
    """A firing without what it needs."""

    sentence = gettext_noop("The run is not possible.")


def execute(occurrence_pk: int) -> bool:
    """Carry out a queued occurrence; False when it is gone, ended, or somebody else's."""
    mine = object()
    if _at_work.setdefault(occurrence_pk, mine) is not mine:
        return False
    try:
        occurrence = _QUEUED.first(occurrence_pk)
        return occurrence is not None and _carried_out(occurrence)
    finally:
        del _at_work[occurrence_pk]


def _carried_out(occurrence: Occurrence) -> bool:
    """Run it, or note why it cannot be; False when somebody else was first."""
    try:
        _fire(occurrence)
    except Claimed:
        return False
    except ApplicationError as refusal:
        outcome = "skipped" if isinstance(refusal, Busy) else "failed"
        return _refuse(occurrence, outcome, sentence(refusal))
    except Error:
        # It is sent again, or its run is taken over.
        raise
    except Exception:
        # A bug of ours. A run that had begun was closed, and the outcome says the same.
        _refuse(occurrence, "failed", _("Kianda had an internal error. See its log."))
        raise
    return True


# Each firing needs these, so their text is made once.
_PK, _TEXT, _OTHER = -4711, "a sample", "another sample"
_MOMENT, _LATER = datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 1, 2, tzinfo=UTC)
_QUEUED = PreparedQuery(
    lambda pk: waiting_occurrences().filter(pk=pk).select_related("task__design", "task__run_as"),
    _PK,
)
_CLAIM = PreparedUpdate(
    lambda pk, run, moment: (
        waiting_occurrences().filter(pk=pk),
        {"run": run, "started_at": moment},
    ),
    _PK,
    _PK - 1,
    _MOMENT,
)
_NOTE_ON_TASK = PreparedUpdate(
    lambda pk, started, outcome, late: (
        ScheduledTask.everything.filter(
            # One of the future was noted before the clock was put back.
            Q(last_run_at__isnull=True) | Q(last_run_at__lte=started) | Q(last_run_at__gt=late),
            pk=pk,
        ),
        {"last_run_at": started, "last_outcome": outcome},
    ),
    _PK,
    _MOMENT,
    _TEXT,
    _LATER,
)
_NOTE = PreparedUpdate(
    lambda pk, run, outcome, reason, finished: (
        Occurrence.objects.filter(Q(run__isnull=True) | Q(run=run), pk=pk, outcome__isnull=True),
        {"outcome": outcome, "reason": reason, "finished_at": finished},
    ),
    _PK,
    _PK - 1,
    "outcome",
    _OTHER,
    _MOMENT,
)


def _fire(occurrence: Occurrence) -> Run:
    task = occurrence.task
    if task is None or task.deleted_at is not None:
        raise NotPossible(_("The scheduled task was deleted."))
    user = _run_as(task)
    # One that is in the recycle bin is gone for all but who restores it.
    if task.design is None or task.design.deleted_at is not None:
        raise NotPossible(_("The process %(name)s was deleted.") % {"name": task.process_name})
    process_id = occurrence.process_id or _new_instance(occurrence, task, user)
    return trigger(
        process_id=process_id,
        target=task.target,
        user=user,
        trigger=TRIGGERS[occurrence.trigger],
        time_zone=task.time_zone,
        deadline_s=DEADLINE_S,
        on_start=partial(claim, occurrence),
        on_close=partial(_closing, occurrence),
    )


def _run_as(task: ScheduledTask) -> User:
    user = task.run_as
    if user is None:
        raise NotPossible(
            _("This task runs as %(name)s, who was deleted.") % {"name": task.run_as_name}
        )
    if not user.is_active:
        raise NotPossible(
            _("This task runs as %(name)s, who can no longer sign in.") % {"name": task.run_as_name}
        )
    return user


def _new_instance(occurrence: Occurrence, task: ScheduledTask, user: User) -> str:
    """Make the instance of this firing, and note it in the same commit: there is never a second."""
    with transaction.atomic():
        made = create_instance(process=task.process_name, mode="live", data={}, user=user)
        mine = waiting_occurrences().filter(pk=occurrence.pk, process_id__isnull=True)
        if not mine.update(process_id=made.process_id):
            raise Claimed
    occurrence.process_id = made.process_id
    return made.process_id


def claim(occurrence: Occurrence, run: Run) -> None:
    """Tie the run to the occurrence in the commit that begins the run; raises Claimed."""
    assert run.started is not None
    if not _CLAIM.run(occurrence.pk, run.pk, run.started):
        raise Claimed
    occurrence.run, occurrence.started_at = run, run.started


def sentence(refusal: ApplicationError) -> str:
    """Return an expected failure as one text for the occurrence's reason."""
    if isinstance(refusal, Busy) and "run" in refusal.extra:
        # Whoever reads it manages tasks, and may ask what that run was.
        return _("Not done: run %(run)s was in progress.") % {"run": refusal.extra["run"]}
    return " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail


def settle_closed() -> int:
    """Take over the outcome of every closed run whose occurrence is still open.

    Those are the runs that another process brought to an end than the one that began them.
    """
    rows = Occurrence.objects.filter(outcome__isnull=True, run__status__in=list(OUTCOMES))
    found = rows.select_related("task", "run").defer("run__journal", "run__unsaved_values")
    return sum(_noted(_closing(row, vars(row.run), or_raise=Claimed())) for row in found[:500])


def _refuse(occurrence: Occurrence, outcome: str, reason: str) -> bool:
    """Note why there is no run; False when there is one, or the outcome is known."""
    moment = timezone.now()
    return _noted(_noting(occurrence, _NO_RUN, outcome, reason, moment, or_raise=Claimed()))


def _noted(writes: Writes) -> bool:
    try:
        write_all(writes)
    except Claimed:
        return False
    return True


def _closing(
    occurrence: Occurrence, closed: Mapping[str, Any], *, or_raise: Exception | None = None
) -> Writes:
    """Return what notes the outcome of a run from the columns that it closes with."""
    assert occurrence.run_id is not None
    outcome, error = OUTCOMES[closed["status"]], closed["error"] or {}
    reason = str(error.get("message") or "")
    return _noting(
        occurrence, occurrence.run_id, outcome, reason, closed["finished"], or_raise=or_raise
    )


def _noting(
    occurrence: Occurrence,
    run: int,
    outcome: str,
    reason: str,
    finished: datetime,
    *,
    or_raise: Exception | None,
) -> Writes:
    """Return what notes an outcome, once, on the task and on the occurrence."""
    note = _NOTE.of(occurrence.pk, run, outcome, reason[:1000], finished, or_raise=or_raise)
    if occurrence.task_id is None:
        return [note]
    started, late = occurrence.started_at or finished, timezone.now() + APART
    # The task first: whoever locks both takes them in this order.
    on_task = _NOTE_ON_TASK.of(occurrence.task_id, started, outcome, late)
    return [on_task, note, *telling_of(occurrence, outcome=outcome, reason=reason)]
