"""Runs whose process died: taken over by one successor and brought to an end (contract 4.5)."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import Error, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.db import outages
from kianda.lib.errors import Invalid
from kianda.lib.packed_json import StoredPacked
from kianda.lib.process_names import gone, is_gone
from kianda.lib.secrets import WrongKeyRing, seal
from processes.document_cache import document_of
from processes.engine.run_values import RunValues
from processes.engine.trace import Reopened
from processes.instances.claim import SECONDS_OTHERWISE, ClaimedRun, rules_at
from processes.instances.leases import APART, LEASE, PATIENCE, PAUSED, holder
from processes.instances.stored_values import filled, stored_values
from processes.instances.unsaved import left_in_copy
from processes.language.values import ValueFailure
from processes.models import Run, RunPoint
from processes.models.run_points import UNREADABLE, catch_up, journal_of
from processes.rights.ownership import standing_of
from processes.running.execution import execute
from processes.running.spooled_answers import deliver

logger = logging.getLogger(__name__)

# Runs that an occurrence asked for; nobody waits for them, so they may start again.
FIRED = frozenset({"schedule", "webhook", "manual"})

_MAYBE = gettext_noop(
    "The server process of this run ended, or lost the database, during a call. The call may have "
    "been carried out; its response is not known. Nothing was stored after it."
)
_LEFT = gettext_noop(
    "The debugging session was inactive, so it was ended. Its unsaved changes are not stored."
)
_STEP = gettext_noop(
    "The server process of this debugging session ended during a step. Its unsaved changes are "
    "not stored."
)
_UNREADABLE = gettext_noop(
    "Another version of Kianda started this run and left data that this version cannot read, so "
    "the run was ended. What it had saved is stored; a call may have been carried out. Check the "
    "other system before you repeat it."
)
_MOVED = gettext_noop(
    "The data of this run belongs to another run, or was changed in the database, so the run was "
    "ended. What it had saved is stored; a call may have been carried out."
)
_LOST = gettext_noop(
    "The key to the data of this run is lost, so the run was ended. What it had saved is stored; a "
    "call may have been carried out. Check the other system before you repeat it."
)
_NOTHING = gettext_noop(
    "The server process of this run ended, or lost the database, before any call began. Nothing "
    "was changed."
)


def recover_runs(
    *, moment: datetime | None = None, everything: bool = False, by_lease: bool = True
) -> list[Run]:
    """Take over every run whose process is gone or whose lease is over, and bring it to an end.

    Returns those runs. Whether a process is gone can be told on its own machine alone. Not
    `by_lease` when the clock cannot be trusted to tell whether a lease is over.
    With `everything` each running run of another holder counts as lost: the embedded product says
    so when it starts, since it knows that no process of the last start lives.
    """
    moment = moment or timezone.now()
    # What a dead process kept on disk comes first; a live one stores what it holds by itself.
    lost = Run.objects.filter(status=Run.Status.RUNNING).exclude(pk__in=deliver())
    _shorten(moment)
    if everything:
        # A debugging session that is paused is held by no process, so none of it was lost.
        lost = lost.exclude(holder=holder.name).exclude(holder=PAUSED, lease_until__gte=moment)
    else:
        # One of this very process is among them when it could not be closed, as when the database
        # was away at its end: nobody works on it any more.
        dead = Q(holder__in=gone(lost.values_list("holder", flat=True)))
        over = Q(lease_until__lt=moment) | Q(lease_until__isnull=True)
        if not by_lease or outages.lately(moment):
            # Leases that ran out meanwhile tell nothing: who is alive renews them first.
            over &= Q(holder=holder.name)
        lost = lost.filter(over | dead).exclude(holder=holder.name, pk__in=holder.held())
    return [run for run in _with_all(lost) if _taken(run, moment) and _ended(run)]


def end_lost(run: Run) -> None:
    """End a running run whose journal no key opens; called while no process works on any.

    Started again, as one without a journal is, it would repeat its calls.
    """
    Run.objects.filter(pk=run.pk).update(holder=holder.name)
    _close(run, _(_LOST))


def take_up(run: Run) -> bool:
    """Bring a run to its end at once if its process is gone for certain; tell whether it was."""
    if run.status != Run.Status.RUNNING or not is_gone(run.holder) or run.pk in deliver():
        return False
    mine = _with_all(Run.objects.filter(pk=run.pk, holder=run.holder))
    return any(_taken(lost, timezone.now()) and _ended(lost) for lost in mine)


def _with_all(lost: QuerySet[Run]) -> list[Run]:
    """Return lost runs with what their end needs; those that are only to be closed come first."""
    rows = lost.select_related("run_as", "instance__version", "instance__design").order_by("pk")
    return sorted(rows, key=lambda run: _notes(run).get("phase") != "calling")


def _notes(run: Run) -> Mapping[str, Any]:
    """Return what a run has noted on its way; nothing when another version wrote it otherwise."""
    try:
        journal = journal_of(run)
    except (*UNREADABLE, WrongKeyRing):
        return {}
    return journal if isinstance(journal, dict) else {}


def _shorten(moment: datetime) -> None:
    """Let a lease that reaches too far count from now: the clock was put back after it was given.

    Who is alive renews it; who is dead does not, and is found out as soon as at any other time.
    """
    running = Run.objects.filter(status=Run.Status.RUNNING)
    for rows, longest in (
        (running.exclude(holder=PAUSED), LEASE),
        (running.filter(holder=PAUSED), PATIENCE),
    ):
        far = rows.filter(lease_until__gt=moment + longest + APART)
        # Looked for first: a write takes the lock of the database, found or not.
        if far.exists():
            far.update(lease_until=moment + longest)


def _taken(run: Run, moment: datetime) -> bool:
    """Claim a lost run; only one successor succeeds."""
    mine = Run.objects.filter(
        pk=run.pk, status=Run.Status.RUNNING, holder=run.holder, lease_until=run.lease_until
    ).update(holder=holder.name, lease_until=moment + LEASE)
    if mine:
        why = "its process is gone" if is_gone(run.holder) else "its lease is over"
        logger.warning("Run %s is taken over: %s", run.pk, why)
        holder.holds(run.pk)
        run.holder = holder.name
        # Until now its holder could write.
        written = Run.objects.values_list("journal", "steps", "saved").get(pk=run.pk)
        # The journal is sealed still: the row opens it when it is asked for.
        run.journal, run.steps, run.saved = written
    return bool(mine)


def _ended(run: Run) -> bool:
    """Bring a run to its end; one that cannot be does not keep the others from theirs."""
    try:
        _bring_to_its_end(run)
    except Error:
        raise
    except Exception:
        # A bug of ours; a run that had gone on was closed, and says the same.
        logger.exception("Run %s could not be recovered.", run.pk)
        _close(run, _("Kianda failed. The log has the reason."))
    return True


def _bring_to_its_end(run: Run) -> None:
    try:
        catch_up(run)
    except WrongKeyRing:
        _close(run, _(_MOVED))
        return
    except UNREADABLE:
        _close(run, _(_UNREADABLE))
        return
    journal = _notes(run)
    phase = journal.get("phase")
    if phase == "calling":
        _close(run, _(_MAYBE))
    elif "debug" in journal:
        _close(run, _(_LEFT) if phase == "paused" else _(_STEP))
    elif phase in {"answered", "saved"}:
        _go_on(run, journal)
    elif run.journal:
        _close(run, _(_UNREADABLE))
    elif run.trigger in FIRED:
        _start_again(run)
    else:
        _close(run, _(_NOTHING))


def _close(run: Run, sentence: str) -> None:
    """Close a run as interrupted; what an earlier call of it brought can still be stored."""
    try:
        unsaved = left_in_copy(_notes(run).get("copy"))
        with transaction.atomic():
            Run.objects.filter(pk=run.pk, holder=holder.name, status=Run.Status.RUNNING).update(
                status=Run.Status.INTERRUPTED,
                error={"kind": "internal", "message": sentence, "step": _open_step(run)},
                steps=StoredPacked([_interrupted(step) for step in run.steps]),
                unsaved_answer=bool(unsaved),
                unsaved_values=seal(run, "unsaved_values", unsaved or None),
                finished=timezone.now(),
                journal=None,
                lease_until=None,
            )
            RunPoint.objects.filter(run=run.pk).delete()
        run.refresh_from_db()
    finally:
        holder.lets_go(run.pk)


def _open_step(run: Run) -> str | None:
    return next((step["rule"] for step in run.steps if step.get("status") == "running"), None)


def _interrupted(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step that was under way as failed here, with the one in it that was at work."""
    if step.get("status") != "running":
        return step
    groups = [
        {"title": group["title"], "steps": [_interrupted(inner) for inner in group["steps"]]}
        for group in step.get("groups", ())
    ]
    return {
        **step,
        "status": "failed",
        "reason": _("Interrupted: the server process ended here."),
        **({"groups": groups} if groups else {}),
    }


def _go_on(run: Run, journal: Mapping[str, Any]) -> None:
    """Finish a run from the rule after its last durable point, under the same id."""
    started = _started(run)
    if started is None:
        _close(run, _("The record or the trigger no longer exists, so the run could not continue."))
        return
    try:
        place = _taken_up(started, journal)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ValueFailure):
        _close(run, _(_UNREADABLE))
        return
    execute(started, deadline_s=SECONDS_OTHERWISE, **place)


def _taken_up(started: ClaimedRun, journal: Mapping[str, Any]) -> dict[str, int]:
    """Put a run back to where its journal says that it was, and return where it goes on.

    Raises whatever a journal of another shape leads to.
    """
    run, standing = started.run, standing_of(started.instance)
    if run.version != str(started.instance.version):
        raise ValueError("The instance has moved to another version since.")
    working = RunValues.from_journal(started.document.fields, journal["copy"], standing)
    numbers = {
        "start_at": journal["next"],
        "handled": journal["handled"],
        "base_revision": journal["base_revision"],
    }
    if not all(isinstance(number, int) for number in numbers.values()):
        raise ValueError("A place is no number.")
    steps = [_finished(step) for step in run.steps]
    if inner := [(int(row), int(rule)) for row, rule in journal.get("inner") or ()]:
        # The step with rules in it goes on where it was.
        started.reopened = Reopened(steps.pop(), inner)
    started.working, run.steps = working, steps
    started.secrets = [str(one) for one in journal.get("secrets") or ()]
    started.found_secrets = [str(one) for one in journal.get("found_secrets") or ()]
    return numbers


def _finished(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step that was recorded as under way as done, with those in it."""
    if step["status"] != "running":
        return step
    groups = [
        {**group, "steps": [_finished(inner) for inner in group["steps"]]}
        for group in step.get("groups", ())
    ]
    return {**step, "status": "succeeded", **({"groups": groups} if groups else {})}


def _start_again(run: Run) -> None:
    started = _started(run)
    if started is None:
        _close(
            run, _("The record or the trigger no longer exists, so the run could not start again.")
        )
        return
    started.run.steps = []
    execute(started, deadline_s=SECONDS_OTHERWISE)


def _started(run: Run) -> ClaimedRun | None:
    instance = run.instance
    if instance is None or instance.deleted_at is not None:
        return None
    document = document_of(instance.version)
    try:
        rules = rules_at(document, run.target)
    except Invalid:
        return None
    stored = filled(document, stored_values(document, instance))
    return ClaimedRun(
        run,
        instance,
        document,
        rules,
        RunValues(document.fields, stored, {}, standing_of(instance)),
    )
