"""The run itself: the rules carried out one after the other, and the run closed."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import PersonValues
from kianda.lib.db import outages
from kianda.lib.errors import Stale
from kianda.lib.masking import Masker
from kianda.lib.secrets import WrongKeyRing
from kianda.lib.usage import used_by
from processes.definition.display import Overrides
from processes.engine.context import RunContext, Surroundings
from processes.engine.context_forms import FormsScope
from processes.engine.instance_state import form_of
from processes.engine.ports import RunState, World
from processes.engine.runner import Outcome, run_rules
from processes.engine.trace import RunTrace
from processes.engine.transitions import ActedBy
from processes.instances.claim import ClaimedRun, RunRequest, insert, take
from processes.instances.form_states import known_groups, known_people
from processes.instances.leases import TakenOver, holder
from processes.instances.process_ids import address_of
from processes.language.timestamps import moment_text, today_in
from processes.language.values import Value
from processes.models import ProcessInstance, Run
from processes.rights.decisions import security_of
from processes.rights.link_rights import rights_in
from processes.rights.people import creator_of
from processes.rules.base import RuleFailed
from processes.running.checkpoints import RunCheckpoints
from processes.running.other_instances import RealWorld, chain_of
from processes.running.pinned_answers import PinnedWorld, answers_from_samples


def execute(
    started: ClaimedRun,
    *,
    deadline_s: float,
    start_at: int = 0,
    handled: int = 0,
    base_revision: int | None = None,
) -> Run:
    """Run the rules from a position to the end and close the run."""
    checkpoints = RunCheckpoints(
        started.run,
        started.instance,
        started.document,
        # A successor goes on from the revision at which the run was left.
        base_revision,
        nothing_left=started.nothing_left,
        on_close=started.on_close,
    )
    with working_on(
        started, checkpoints, world_of, deadline_s=deadline_s, handled=handled
    ) as context:
        outcome = context.outcome
        run_rules(started.rules, context, context.trace, start=start_at, outcome=outcome)
        checkpoints.close(context, closing_of(outcome))
    return started.run


@contextmanager
def working_on(
    started: ClaimedRun,
    checkpoints: RunCheckpoints,
    world: Callable[[ClaimedRun], World],
    *,
    deadline_s: float,
    handled: int = 0,
) -> Iterator[RunContext]:
    """Give what the rules of a run work with, while this process holds it.

    A run that could not go on is closed, but for one that the database was away from.
    """
    run = started.run
    holder.holds(run.pk)
    try:
        context = context_for(
            started, checkpoints, world(started), deadline_s=deadline_s, handled=handled
        )
        try:
            yield context
        except TakenOver:
            run.refresh_from_db()
        except Stale as stale:
            close_failed(checkpoints, context, "busy", stale.detail)
        except WrongKeyRing as unreadable:
            close_failed(checkpoints, context, "configuration", unreadable.detail)
        except Exception as error:
            if outages.noticed(error):
                # It stays open; recovery brings it to its end from its last durable point.
                raise
            # A bug of ours: the run must not stay open, and the log must have the whole story.
            close_failed(
                checkpoints, context, "internal", _("Kianda failed. The log has the reason.")
            )
            raise
    finally:
        holder.lets_go(run.pk)


def close_failed(checkpoints: RunCheckpoints, context: RunState, kind: str, message: str) -> None:
    """Close a run that could not go on: nothing more is stored."""
    context.pending = None
    closing = {
        "status": Run.Status.FAILED,
        "error": {"kind": kind, "message": message, "step": None},
        "handled_errors": 0,
    }
    try:
        checkpoints.close(context, closing)
    except TakenOver:
        checkpoints.run.refresh_from_db()


def closing_of(outcome: Outcome) -> dict[str, Any]:
    """Return what the closed row says about how the rules ended."""
    failure: RuleFailed | None = outcome.failure
    error = failure and {
        "kind": failure.kind,
        "message": failure.message,
        "step": outcome.failed_step,
        **({"fields": dict(failure.fields)} if failure.fields else {}),
    }
    return {
        "status": _status_of(failure) if failure else Run.Status.SUCCEEDED,
        "error": error,
        "handled_errors": outcome.handled,
    }


def _status_of(failure: RuleFailed) -> Run.Status:
    """Return how a run ends that a rule has ended.

    Values that a person has to mend in the form are no failure of the process: it is refused.
    """
    is_about_form = failure.kind == "value" and failure.fields
    return Run.Status.REFUSED if is_about_form else Run.Status.FAILED


def _names(
    run: Run, instance: ProcessInstance, moment: datetime, today: str
) -> Mapping[str, Value]:
    """Return what the names stand for that every rule may read besides the fields."""
    known: dict[str, Value] = {
        "process.id": instance.process_id,
        "process.name": instance.design.name,
        "process.status": instance.status,
        "process.created": moment_text(instance.created),
        "process.url": address_of(instance.process_id),
        "now": moment_text(moment),
        "today": today,
    }
    return PersonValues(known, run.run_as)


def _surroundings(
    run: Run, instance: ProcessInstance, moment: datetime, deadline_s: float
) -> Surroundings:
    today = today_in(moment, run.time_zone)
    return Surroundings(
        names=_names(run, instance, moment, today),
        today=today,
        zone=ZoneInfo(run.time_zone),
        deadline=time.monotonic() + deadline_s,
        address=settings.KIANDA_PUBLIC_URL.rstrip("/"),
    )


def real_world(started: ClaimedRun) -> RealWorld:
    """Return the world as it is, for the person a run works for."""
    run = started.run
    return RealWorld(
        user=run.run_as, chain=chain_of(run, started.instance), nested=carry_out_nested
    )


def world_of(started: ClaimedRun) -> World:
    """Return the world of a run: samples answer for it where a preview wants that."""
    real, instance = real_world(started), started.instance
    if answers_from_samples(started.run, instance):
        return PinnedWorld(real, instance.design, pins=lambda _rule: True)
    return real


def context_for(
    started: ClaimedRun,
    checkpoints: RunCheckpoints,
    world: World,
    *,
    deadline_s: float,
    handled: int = 0,
) -> RunContext:
    """Return what the rules of a run work with, from now until the deadline."""
    run, masker = started.run, Masker(started.secrets)
    moment = run.started or timezone.now()
    return RunContext(
        working=started.working,
        surroundings=_surroundings(run, started.instance, moment, deadline_s),
        checkpoints=checkpoints,
        world=world,
        masker=masker,
        trace=RunTrace(started.working, masker, run.steps, started.reopened),
        last_position=len(started.rules) - 1,
        found_secrets=list(started.found_secrets),
        forms_scope=_forms_scope(started, moment_text(moment)),
        page=dict((run.journal or {}).get("page") or {}),
        outcome=Outcome(handled=handled),
    )


def carry_out_nested(firing: RunRequest) -> Run:
    """Carry out a run that a rule of another run asks for, in this very thread."""
    started = take(firing, lambda: insert(firing, None))
    return execute(started, deadline_s=firing.deadline_s)


def _forms_scope(started: ClaimedRun, at: str) -> FormsScope:
    run, document = started.run, started.document
    return FormsScope(
        document=document,
        own_form=form_of(document, run.target),
        submits=run.target.startswith("form:") and run.target.endswith("#submit"),
        moment=ActedBy(run.run_as_name, at, run.acted_for or ""),
        creator=lambda: creator_of(started.instance),
        known_users=known_people,
        known_groups=known_groups,
        is_preview=started.instance.mode == ProcessInstance.Mode.PREVIEW,
        why_not_deleted=lambda: _why_not_deleted(started),
        security=lambda: security_of(started.instance.design),
        viewed=started.viewed,
        withheld=_withheld(started) if document.has_part_rights or run.link_id else {},
    )


def _why_not_deleted(started: ClaimedRun) -> str:
    decision = rights_in(started.run, started.instance, started.document).delete
    if not decision:
        return decision.reason
    names = [str(use["name"]) for use in used_by("instance", started.instance.process_id)]
    words = _("%(process_id)s is in use by %(names)s.")
    named = {"process_id": started.instance.process_id, "names": ", ".join(names)}
    return words % named if names else ""


def _withheld(started: ClaimedRun) -> Overrides:
    return rights_in(started.run, started.instance, started.document).withheld()
