"""A debugging session: a running run that is paused between two rules, kept in its journal.

Between two acts nobody holds it but the row itself, so any process can carry out the next one, and
a restart loses nothing. Its lease is the patience with a person who thinks; when that is over,
recovery closes it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db.group_commit import write_all
from kianda.lib.errors import Busy, Conflict, Forbidden, Invalid
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.ports import RunState, World
from processes.engine.run_values import RunValues
from processes.engine.runner import Outcome
from processes.instances.claim import SECONDS_WHEN_WAITED_FOR, ClaimedRun, rules_at
from processes.instances.leases import LEASE, PATIENCE, PAUSED, holder
from processes.models import ProcessInstance, Run
from processes.models.run_points import journal_of
from processes.rules.base import Rule, RuleFailed
from processes.running.checkpoints import RunCheckpoints
from processes.running.execution import real_world, working_on
from processes.running.pinned_answers import PinnedWorld, answers_from_samples


@dataclass
class SessionState:
    """What a session knows beside the working copy; all of it is kept encrypted."""

    breakpoints: list[str] = field(default_factory=list)
    # By rule: whether its call is sent ("do") or answered from the pinned sample ("pinned").
    answers: dict[str, str] = field(default_factory=dict)
    # The failure at which it stands, and what that would store when the run ends with it.
    failure: dict[str, Any] | None = None
    pending: dict[str, Any] | None = None
    # The working copy before the last rule, to which a failed rule can be taken back.
    before: dict[str, Any] | None = None


class SessionCheckpoints(RunCheckpoints):
    """The durable points of a session: those of every run, and the pause."""

    def __init__(self, started: ClaimedRun, state: SessionState, base_revision: int) -> None:
        """Take the run, and the state that each of its points must keep."""
        super().__init__(started.run, started.instance, started.document, base_revision)
        self.state = state

    def _journal(self, context: RunState, *, phase: str, following: bool) -> dict[str, Any]:
        made = super()._journal(context, phase=phase, following=following)
        return {**made, "debug": asdict(self.state)}

    def pause(self, context: RunState, *, at: int) -> None:
        """Keep everything and let go, until the next act or until the patience is over."""
        journal = {**self._journal(context, phase="paused", following=False), "next": at}
        paused = self._owning(
            journal=journal,
            steps=context.trace.steps,
            saved=self.run.saved,
            holder=PAUSED,
            lease_until=timezone.now() + PATIENCE,
        )
        write_all([*self._points.clearing(), paused])


@dataclass
class Session:
    """A session while one act of it is carried out, or while it is only looked at."""

    started: ClaimedRun
    state: SessionState
    next: int
    handled: int
    base_revision: int

    @property
    def run(self) -> Run:
        """Return the run that it is."""
        return self.started.run

    @property
    def rules(self) -> list[Rule]:
        """Return the rules of its target."""
        return self.started.rules

    @property
    def working(self) -> RunValues:
        """Return its working copy."""
        return self.started.working

    @property
    def document(self) -> Document:
        """Return the definition by which it works."""
        return self.started.document

    def answer_of(self, rule_id: str) -> str:
        """Return how the call of a rule is answered: as chosen for it, else as for the preview."""
        usual = "pinned" if answers_from_samples(self.run, self.started.instance) else "do"
        return self.state.answers.get(rule_id, usual)

    def failed_before(self) -> RuleFailed | None:
        """Return the failure at which it stands."""
        kept = self.state.failure
        if kept is None:
            return None
        return RuleFailed(kept["kind"], kept["message"], kept["status"], fields=kept["fields"])


def new_session(started: ClaimedRun, breakpoints: list[str]) -> Session:
    """Return the session of a run that has just begun."""
    return Session(started, SessionState(breakpoints), 0, 0, started.instance.revision)


def read_session(run: Run) -> Session | None:
    """Return the session that a paused run is; None when it is none, or a step is under way.

    And for one of another version of the product, which this one cannot read.
    """
    journal, instance = run.journal or {}, run.instance
    if run.status != Run.Status.RUNNING or "debug" not in journal or instance is None:
        return None
    try:
        return _read(run, journal, instance)
    except (KeyError, TypeError, ValueError, AttributeError, Invalid):
        return None


def _read(run: Run, journal: Mapping[str, Any], instance: ProcessInstance) -> Session:
    document = document_of(instance.version)
    started = ClaimedRun(
        run,
        instance,
        document,
        rules_at(document, run.target),
        RunValues.from_journal(document.fields, journal["copy"]),
        # The trace stays masked in each later act.
        secrets=journal["secrets"],
        found_secrets=journal["found_secrets"],
    )
    state = SessionState(**journal["debug"])
    return Session(started, state, journal["next"], journal["handled"], journal["base_revision"])


def session_of(instance: ProcessInstance) -> tuple[Run, Session | None] | None:
    """Return the debugging run that holds an instance; its session while it is paused."""
    run = (
        Run.objects.select_related("run_as", "instance__version", "instance__design")
        .filter(instance=instance, status=Run.Status.RUNNING)
        .first()
    )
    if run is None or not (run.holder == PAUSED or "debug" in journal_of(run)):
        return None
    return run, read_session(run) if run.holder == PAUSED else None


@dataclass
class SessionStep:
    """One act on a session: what its rules work with, and where it goes on."""

    session: Session
    context: RunState
    checkpoints: SessionCheckpoints
    outcome: Outcome
    open: bool = True

    def closed(self, closing: Mapping[str, Any]) -> None:
        """Close the run for good."""
        self.open = False
        self.checkpoints.close(self.context, closing)


@contextmanager
def at_work(session: Session) -> Iterator[SessionStep]:
    """Carry out an act of a session that this process holds; it is paused or closed at the end."""
    checkpoints = SessionCheckpoints(session.started, session.state, session.base_revision)

    def world(started: ClaimedRun) -> World:
        design = started.instance.design
        return PinnedWorld(
            real_world(started), design, pins=lambda rule: session.answer_of(rule) == "pinned"
        )

    with working_on(
        session.started,
        checkpoints,
        world,
        deadline_s=SECONDS_WHEN_WAITED_FOR,
        handled=session.handled,
    ) as context:
        act = SessionStep(session, context, checkpoints, context.outcome)
        yield act
        if act.open:
            session.handled = act.outcome.handled
            checkpoints.pause(context, at=session.next)


def claimed(run_pk: int, user: User, *, anybody: bool = False) -> Session:
    """Take a paused session for one act; raises Conflict when it is over, Busy when one goes on.

    It belongs to the person for whom it runs, but for acts that `anybody` may do.
    """
    run = Run.objects.filter(pk=run_pk).first()
    if run is None or run.status != Run.Status.RUNNING:
        raise Conflict(_("This debugging session has ended."))
    if run.run_as_id != user.pk and not anybody:
        raise Forbidden(_("This is the debugging session of %(user)s.") % {"user": run.run_as_name})
    mine = Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING, holder=PAUSED).update(
        holder=holder.name, lease_until=timezone.now() + LEASE
    )
    if not mine:
        raise Busy(_("A step of this debugging session is in progress. Wait until it ends."))
    held = Run.objects.select_related("run_as", "instance__version", "instance__design")
    session = read_session(held.get(pk=run.pk))
    if session is None:
        raise Conflict(_("This debugging session cannot continue. It ends within a minute."))
    return session
