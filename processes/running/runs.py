"""Runs: one trigger of one target on one instance, from the lock to the closed trace."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kianda.lib.errors import ApplicationError, Busy
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.instances.claim import (
    SECONDS_OTHERWISE,
    SECONDS_WHEN_WAITED_FOR,
    AlreadyClaimed,
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
from processes.models import FormLink, Run
from processes.running.execution import execute
from processes.running.recovery import recover_runs, take_up

SWEEP_EVERY = timedelta(seconds=5)
_MOST_LOOKED_AT = 5_000
_MOST_SENT = 500

__all__ = [
    "enqueue",
    "execute_queued",
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
    link: FormLink | None = None,
    from_menu: bool = False,
    modes: DisplayModes = NO_MODES,
) -> Run:
    """Run a target's rules on an instance to their end and return the closed run.

    `on_start` is called inside the transaction that takes the instance. Raises Missing, Invalid,
    Forbidden, Conflict for a form that is not open, Stale, and Busy when another run held the
    instance for all of KIANDA_BUSY_WAIT_S. The values of `set_by_rules` are those of rules. Through
    a link nobody is the person of the run. `from_menu`: a button is pressed as a quick action.
    `modes` is how rules have let the page show the form.
    """
    firing = RunRequest(
        process_id, target, user, trigger, data, revision, time_zone, deadline_s,
        set_by_rules=set_by_rules, link=link, from_menu=from_menu, modes=modes,
    )  # fmt: skip
    started = take(firing, lambda: insert(firing, on_start))
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
    with transaction.atomic():
        run = Run.objects.create(
            **columns(firing, instance),
            status=Run.Status.QUEUED,
            queued=timezone.now(),
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


def queued_to_send(moment: datetime) -> list[int]:
    """Return the queued runs whose message may be lost, for a sweep that comes each 5 s.

    Each is sent again after 5, 10, 20, 40 s and then once a minute: a worker that is merely full
    is not buried under copies.
    """
    queued_runs = Run.objects.filter(status=Run.Status.QUEUED)
    future = queued_runs.filter(queued__gt=moment + APART)
    # The clock was put back: they count as asked for now, else nobody would look after them.
    if future.exists():
        future.update(queued=moment)
    waiting = queued_runs.filter(queued__lte=moment - SWEEP_EVERY)
    found = waiting.order_by("queued").values_list("pk", "queued")[:_MOST_LOOKED_AT]
    return [pk for pk, queued in found if _sends_at(moment - queued)][:_MOST_SENT]


def _sends_at(age: timedelta) -> bool:
    return _sends_by(age) > _sends_by(age - SWEEP_EVERY)


def _sends_by(age: timedelta) -> int:
    """Return how many times a run of this age has been due to be sent again."""
    sweeps = int(age / SWEEP_EVERY)
    return min(sweeps.bit_length(), 4) + max(int(age.total_seconds()) // 60, 0)


def _refuse(queued: Run, reason: str, *, kind: str) -> Run:
    moment = timezone.now()
    error = {"kind": kind or "configuration", "message": reason, "step": None}
    Run.objects.filter(pk=queued.pk, status=Run.Status.QUEUED).update(
        status=Run.Status.REFUSED, error=error, finished=moment, journal=None
    )
    queued.refresh_from_db()
    return queued
