"""Runs: one trigger of one target on one instance, from the lock to the closed trace."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import ApplicationError, Busy
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.instances.claim import (
    SECONDS_OTHERWISE,
    SECONDS_WHEN_WAITED_FOR,
    AlreadyClaimed,
    OnClose,
    RunRequest,
    claim,
    columns,
    insert,
    read_instance,
    refuse_other_revision,
    rules_for,
    take,
    working_copy,
)
from processes.instances.leases import APART
from processes.models import FormLink, Run, RunPoint
from processes.running.execution import execute
from processes.running.recovery import end_lost, recover_runs, take_up

# A message that has not led to a claim by then counts as lost.
SEND_AGAIN_AFTER = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(seconds=60)
# How long the next message is waited for, by the age below which that holds, in seconds.
_WAITS = {10: 5, 20: 10, 60: 20}
_MOST_SENT = 500

__all__ = [
    "enqueue",
    "execute_queued",
    "give_up",
    "queued_to_send",
    "read_instance",
    "recover_runs",
    "take_up",
    "trigger",
]


def trigger(
    *,
    process_id: str,
    target: str,
    user: User | None,
    trigger: str,
    data: Mapping[str, Any] | None = None,
    revision: int | None = None,
    time_zone: str = "",
    deadline_s: float = SECONDS_WHEN_WAITED_FOR,
    set_by_rules: Collection[str] = (),
    on_start: Callable[[Run], None] | None = None,
    on_close: OnClose | None = None,
    link: FormLink | None = None,
    from_menu: bool = False,
    modes: DisplayModes = NO_MODES,
) -> Run:
    """Run a target's rules on an instance to their end and return the closed run.

    `on_start` is called inside the transaction that takes the instance; what `on_close` returns is
    written in the one that closes the run, unless another process has to close it. Raises Missing,
    Invalid, Forbidden, Conflict for a form that is not open, Stale, and Busy when another run held
    the instance for all of KIANDA_BUSY_WAIT_S. The values of `set_by_rules` are those of rules.
    Through a link nobody is the person of the run. `from_menu`: a button is pressed as a quick
    action. `modes` is how rules have let the page show the form.
    """
    firing = RunRequest(
        process_id, target, user, trigger, data, revision, time_zone, deadline_s,
        set_by_rules=set_by_rules, link=link, from_menu=from_menu, modes=modes,
    )  # fmt: skip
    started = take(firing, lambda: insert(firing, on_start))
    started.on_close = on_close
    return execute(started, deadline_s=deadline_s)


def enqueue(
    *,
    process_id: str,
    target: str,
    user: User,
    trigger: str,
    data: Mapping[str, Any] | None = None,
    revision: int | None = None,
    on_start: Callable[[Run], None] | None = None,
) -> Run:
    """Check a trigger and keep it as a queued run; the door sends its id to a worker.

    `on_start` is called inside the transaction that keeps it.
    """
    firing = RunRequest(process_id, target, user, trigger, data, revision)
    instance, document = read_instance(process_id, user)
    rules_for(firing, document, instance)
    refuse_other_revision(instance, revision)
    working_copy(firing, document, instance)
    moment = timezone.now()
    with transaction.atomic():
        run = Run.objects.create(
            **columns(firing, instance),
            status=Run.Status.QUEUED,
            queued=moment,
            lease_until=moment + SEND_AGAIN_AFTER,
            journal={"phase": "queued", "data": dict(data or {}), "revision": revision},
        )
        if on_start is not None:
            on_start(run)
    return run


def execute_queued(run_pk: int) -> Run | None:
    """Carry out a queued run; None when another worker was first or it is gone."""
    queued = (
        Run.objects.filter(pk=run_pk, status=Run.Status.QUEUED).select_related("run_as").first()
    )
    if queued is None:
        return None
    kept = queued.journal or {}
    firing = RunRequest(
        queued.process_id,
        queued.target,
        queued.run_as,
        queued.trigger,
        kept.get("data"),
        kept.get("revision"),
        queued.time_zone,
        SECONDS_OTHERWISE,
    )
    try:
        started = take(firing, lambda: claim(firing, queued))
    except ApplicationError as refusal:
        reason = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
        return _refuse(queued, reason, kind="busy" if isinstance(refusal, Busy) else "")
    except AlreadyClaimed:
        return None
    return execute(started, deadline_s=SECONDS_OTHERWISE)


def give_up(run: Run) -> None:
    """Bring a run whose journal no key opens to an end; called while no process works on any."""
    if run.status == Run.Status.RUNNING:
        end_lost(run)
    elif run.status == Run.Status.QUEUED:
        _refuse(run, _("The key to the entered values is lost. Nothing was changed."), kind="")
    else:
        Run.objects.filter(pk=run.pk).update(journal=None)
        RunPoint.objects.filter(run=run.pk).delete()


def queued_to_send(moment: datetime, *, everything: bool = False) -> list[int]:
    """Return the queued runs whose message may be lost, whoever asks and however seldom.

    Each is sent again after 5, 10, 20, 40 s and then once a minute: a worker that is merely full
    is not buried under copies. With `everything`, which the embedded product says at its start, all
    messages count as lost.
    """
    queued_runs = Run.objects.filter(status=Run.Status.QUEUED)
    future = queued_runs.filter(queued__gt=moment + APART)
    # The clock was put back: they count as asked for now, else nobody would look after them.
    if future.exists():
        future.update(queued=moment, lease_until=moment + SEND_AGAIN_AFTER)
    over = Q(lease_until__lte=moment) | Q(lease_until__isnull=True)
    lost = queued_runs.filter(over | Q(lease_until__gt=moment + _LONGEST_WAIT + APART))
    if everything:
        lost = queued_runs
    found = dict(lost.order_by("queued").values_list("pk", "queued")[:_MOST_SENT])
    waits = {pk: _wait(moment - queued) for pk, queued in found.items()}
    for wait in set(waits.values()):
        again = queued_runs.filter(pk__in=[pk for pk in found if waits[pk] == wait])
        again.update(lease_until=moment + wait)
    return list(found)


def _wait(age: timedelta) -> timedelta:
    """Return for how long the message of a run that was asked for so long ago is waited for."""
    return next(
        (timedelta(seconds=wait) for below, wait in _WAITS.items() if age.total_seconds() < below),
        _LONGEST_WAIT,
    )


def _refuse(queued: Run, reason: str, *, kind: str) -> Run:
    moment = timezone.now()
    error = {"kind": kind or "configuration", "message": reason, "step": None}
    Run.objects.filter(pk=queued.pk, status=Run.Status.QUEUED).update(
        status=Run.Status.REFUSED, error=error, finished=moment, journal=None, lease_until=None
    )
    queued.refresh_from_db()
    return queued
