"""What the next rule of a debugging session would do: its condition, the request it would send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from processes.engine.context import RunContext
from processes.engine.ports import Call, FoundItems, Query, RunState, World
from processes.engine.run_values import RunValues
from processes.fields.base import FormField
from processes.instances.claim import ClaimedRun
from processes.language.values import Value, ValueFailure
from processes.preview.debug_session import Session
from processes.rules.base import Answer, Rule, RuleFailed
from processes.rules.ports import InstanceAct, Item, Mail, PeopleQuery, PersonAct
from processes.running.adapters import prepared_call
from processes.running.checkpoints import RunCheckpoints
from processes.running.execution import context_for, real_world
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


class _PlannedWorld:
    """Implements `processes.engine.ports.World`: stops where something would leave."""

    def __init__(self, real: World) -> None:
        """Take the real one, in which things are looked up."""
        self.real = real

    def call(self, call: Call, run: RunState) -> Answer:
        """Stop with the request that would be sent."""
        ready = prepared_call(call)
        run.show_request(ready.call.shown, ready.call.secrets)
        raise _Asked(ready.call.shown)

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        """Stop with what would be done in other instances, or to a person."""
        raise _Asked(act.shown)

    def mail(self, mail: Mail, run: RunState) -> Mapping[str, Any] | None:
        """Return what would be sent: that is only planned, and nothing of this is kept."""
        return self.real.mail(mail, run)

    def find(self, query: Query, run: RunState) -> FoundItems:
        """Look it up."""
        return self.real.find(query, run)

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Look them up."""
        return self.real.find_people(query)

    def files(self, field: FormField, value: Value) -> Value:
        """Look them up."""
        return self.real.files(field, value)


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
                _("The condition is not met: %(held)s.") % {"held": held.in_words()}
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
    secrets = session.started.secrets
    started = ClaimedRun(old.run, old.instance, old.document, old.rules, working, secrets=secrets)
    checkpoints = _NothingKept(old.run, old.instance, old.document)
    world = _PlannedWorld(real_world(started))
    return context_for(started, checkpoints, world, deadline_s=_SECONDS)
