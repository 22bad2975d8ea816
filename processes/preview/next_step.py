"""What the next rule of a debugging session would do: its condition, the request it would send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from processes.engine.context import RunContext, Surroundings
from processes.engine.ports import Effect, RunState
from processes.engine.run_values import RunValues
from processes.engine.trace import RunTrace
from processes.instances.claim import ClaimedRun
from processes.language.conditions import ConditionGroup
from processes.language.values import Value, ValueFailure
from processes.preview.debug_session import Session
from processes.rules.base import Answer, Rule, RuleFailed
from processes.running.adapters import prepared_call
from processes.running.checkpoints import RunCheckpoints
from processes.running.execution import context_for
from processes.running.pinned_answers import reaching

_SECONDS = 5.0


@dataclass(frozen=True)
class NextStep:
    """What a rule would do now: be skipped and why, send this request, or fail like this."""

    skipped: str = ""
    request: Mapping[str, Any] | None = None
    problem: str = ""


class _Asked(Exception):
    """The rule has come to the call that it would send."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        super().__init__()
        self.shown = shown


class _NothingKept(RunCheckpoints):
    """Keeps nothing: what is planned never happened."""

    def before_call(self, context: RunState) -> None:
        """Keep nothing."""

    def after_call(self, context: RunState) -> None:
        """Keep nothing."""

    def renew(self) -> None:
        """No lease is needed."""

    def save(self, context: RunState, values: Mapping[str, Value]) -> None:
        """Store nothing."""

    def check(self) -> None:
        """Nothing is sent, so no lease is needed."""


class _NothingSent:
    """Implements `processes.engine.ports.World`: stops where something would leave."""

    def __init__(self, context: RunState) -> None:
        """Take the place of the real port of a context."""
        self.context, self.real = context, context.world

    def call(
        self,
        *,
        datasource: str,
        method: str,
        inputs: Mapping[str, Value],
        seconds: float,
        on_request: Callable[[Mapping[str, Any], Sequence[str]], None],
    ) -> Answer:
        """Stop with the request that would be sent."""
        ready = prepared_call(datasource, method, inputs)
        for secret in ready.call.secrets:
            self.context.masker.add(secret)
        raise _Asked(ready.call.shown)

    def affect(self, effect: Effect) -> tuple[list[Mapping[str, Value]], frozenset[str]]:
        """Stop with what would be done in other instances."""
        raise _Asked(effect.shown)

    def find(
        self,
        *,
        process: str,
        filter: ConditionGroup,
        limit: int,
        surroundings: Surroundings,
        resolve: Callable[[str], Value],
    ) -> tuple[list[Mapping[str, Value]], frozenset[str]]:
        """Look it up: that has no effect on anybody."""
        return self.real.find(
            process=process, filter=filter, limit=limit, surroundings=surroundings, resolve=resolve
        )


def planned(session: Session) -> NextStep:
    """Return what the next rule of a paused session would do; nothing is done."""
    if session.state.failure or session.next >= len(session.rules):
        return NextStep()
    rule = session.rules[session.next]
    if not rule.enabled:
        return NextStep(skipped=_("It is switched off."))
    context = _context(session)
    try:
        return _plan(session.next, rule, context)
    except (RuleFailed, ValueFailure) as failure:
        return NextStep(problem=context.masker.text(str(failure)))


def _plan(position: int, rule: Rule, context: RunState) -> NextStep:
    held = rule.conditions
    if held and not held.holds(context.resolve, today=context.today, zone=context.zone):
        return NextStep(
            skipped=context.masker.text(
                _("The condition does not hold: %(held)s.") % {"held": held.in_words()}
            )
        )
    if not reaching([rule]):
        return NextStep()
    try:
        with context.trace.step(position, rule):
            rule.run(context)
    except _Asked as asked:
        return NextStep(request=context.masker.json(asked.shown, by_place=True))
    return NextStep()


def _context(session: Session) -> RunContext:
    """Return a context over a copy of the working copy, from which nothing leaves."""
    old = session.started
    working = RunValues.from_journal(session.document.fields, session.working.as_journal())
    started = ClaimedRun(old.run, old.instance, old.document, old.rules, working)
    checkpoints = _NothingKept(old.run, old.instance, old.document)
    context = context_for(started, checkpoints, deadline_s=_SECONDS)
    for secret in session.started.secrets:
        context.masker.add(secret)
    context.trace = RunTrace(working, context.masker)
    context.world = _NothingSent(context)
    return context
