"""One occurrence carried out by a worker: claimed, run, its outcome noted."""

from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import Error, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.db.group_commit import commit_together
from kianda.lib.db.prepared_statements import PreparedQuery, PreparedUpdate
from kianda.lib.errors import ApplicationError, Busy
from kianda.lib.process_names import new_name
from processes.instances.leases import APART
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running.runs import trigger
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services.telling import tell_of

DEADLINE_S = 300.0
# How long a claim holds beyond the wait for a busy instance; the run has a lease of its own.
CLAIM = timedelta(seconds=20)
TRIGGERS = {"planned": "schedule", "manual": "manual", "webhook": "webhook"}
OUTCOMES = {
    Run.Status.SUCCEEDED: "succeeded",
    Run.Status.FAILED: "failed",
    Run.Status.INTERRUPTED: "interrupted",
    Run.Status.REFUSED: "failed",
}


class ClaimLost(Exception):
    """Another process took the occurrence over; this one must not begin its run."""


class NotPossible(ApplicationError):
    """A firing without what it needs."""

    sentence = gettext_noop("The run is not possible.")


def execute(occurrence_pk: int) -> Occurrence | None:
    """Carry out a queued occurrence; None when it is gone, ended, or somebody else's."""
    occurrence = _claim(occurrence_pk)
    if occurrence is None:
        return None
    try:
        run = _fire(occurrence)
    except ClaimLost:
        return None
    except ApplicationError as refusal:
        outcome = "skipped" if isinstance(refusal, Busy) else "failed"
        finish(occurrence, outcome=outcome, reason=sentence(refusal))
    except Error:
        # The claim runs out and the occurrence is taken up again, or its run is taken over.
        raise
    except Exception:
        # A bug of ours. A run that had begun was closed, and says the same.
        if not settle(occurrence):
            finish(
                occurrence, outcome="failed", reason=_("Kianda had an internal error. See its log.")
            )
        raise
    else:
        finish_with(occurrence, run)
    return occurrence


def _claim(pk: int) -> Occurrence | None:
    moment = timezone.now()
    holder = new_name()
    until = moment + longest_claim()
    claim = partial(_CLAIM_ONE.run, pk, holder, until, moment)
    if not commit_together(claim, is_one_statement=True):
        return None
    return _CLAIMED.first(pk)


def longest_claim() -> timedelta:
    """Return for how long a claim holds before its run has begun."""
    return timedelta(seconds=settings.KIANDA_BUSY_WAIT_S) + CLAIM


# Each firing needs these, so their text is made once.
_PK, _TEXT, _OTHER = -4711, "a sample", "another sample"
_MOMENT, _LATER = datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 1, 2, tzinfo=UTC)
_CLAIM_ONE = PreparedUpdate(
    lambda pk, holder, until, moment: (
        Occurrence.objects.filter(pk=pk, outcome__isnull=True, holder=""),
        {
            "holder": holder,
            "lease_until": until,
            "started_at": Coalesce("started_at", moment),
        },
    ),
    _PK,
    _TEXT,
    _LATER,
    _MOMENT,
)
_CLAIMED = PreparedQuery(
    lambda pk: Occurrence.objects.filter(pk=pk).select_related("task__design", "task__run_as"),
    _PK,
)
_LINK_RUN = PreparedUpdate(
    lambda pk, holder, run_pk: (Occurrence.objects.filter(_mine(pk, holder)), {"run": run_pk}),
    _PK,
    _TEXT,
    _PK - 1,
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
    lambda pk, holder, outcome, reason, finished: (
        Occurrence.objects.filter(pk=pk, outcome__isnull=True, holder=holder),
        {"outcome": outcome, "reason": reason, "finished_at": finished, "lease_until": None},
    ),
    _PK,
    _TEXT,
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
        on_start=lambda run: _link(occurrence, run),
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


def _mine(pk: int, holder: str) -> Q:
    return Q(pk=pk, holder=holder, outcome__isnull=True, run__isnull=True)


def _new_instance(occurrence: Occurrence, task: ScheduledTask, user: User) -> str:
    """Make the instance of this firing, and note it in the same commit: there is never a second."""
    with transaction.atomic():
        made = create_instance(process=task.process_name, mode="live", data={}, user=user)
        mine = Occurrence.objects.filter(_mine(occurrence.pk, occurrence.holder))
        if not mine.update(process_id=made.process_id):
            raise ClaimLost
    occurrence.process_id = made.process_id
    return made.process_id


def _link(occurrence: Occurrence, run: Run) -> None:
    """Tie the run to the occurrence in the commit that begins the run."""
    if not _LINK_RUN.run(occurrence.pk, occurrence.holder, run.pk):
        raise ClaimLost


def sentence(refusal: ApplicationError) -> str:
    """Return an expected failure as one text for the occurrence's reason."""
    if isinstance(refusal, Busy) and "run" in refusal.extra:
        # Whoever reads it manages tasks, and may ask what that run was.
        return _("Not done: run %(run)s was in progress.") % {"run": refusal.extra["run"]}
    return " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail


def finish_with(occurrence: Occurrence, run: Run) -> bool:
    """Take the outcome over from a closed run; False while it is open."""
    outcome = OUTCOMES.get(Run.Status(run.status))
    if outcome is None:
        return False
    error = run.error or {}
    finish(occurrence, outcome=outcome, reason=str(error.get("message") or ""), run=run)
    return True


def settle(occurrence: Occurrence) -> bool:
    """Take the outcome over from the run that the row names, when it is closed."""
    run = Run.objects.filter(pk__in=Occurrence.objects.filter(pk=occurrence.pk).values("run"))
    found = run.first()
    return found is not None and finish_with(occurrence, found)


def finish(occurrence: Occurrence, *, outcome: str, reason: str, run: Run | None = None) -> None:
    """Note the outcome, once, on the occurrence and on its task."""
    moment: datetime = timezone.now()
    finished = (run.finished if run else None) or moment

    def note() -> bool:
        # The task first: whoever locks both takes them in this order.
        if occurrence.task_id is not None:
            started = occurrence.started_at or moment
            _NOTE_ON_TASK.run(occurrence.task_id, started, outcome, moment + APART)
        if not _NOTE.run(occurrence.pk, occurrence.holder, outcome, reason[:1000], finished):
            transaction.set_rollback(True)
            return False
        tell_of(occurrence, outcome=outcome, reason=reason)
        return True

    if commit_together(note):
        occurrence.outcome, occurrence.reason = outcome, reason[:1000]
