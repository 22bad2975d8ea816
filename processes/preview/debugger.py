"""The rule debugger: one target's rules carried out step by step on a preview instance."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Invalid
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.engine.instance_state import InstanceState
from processes.engine.run_values import python_of
from processes.engine.runner import run_rules
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.instances.claim import RunRequest, insert, read_instance, take
from processes.instances.stored_values import read_sent
from processes.language.values import Value
from processes.models import ProcessInstance, Run
from processes.preview.debug_session import Session, SessionStep, at_work, claimed, new_session
from processes.rules.base import Rule, RuleFailed
from processes.running.execution import closing_of
from processes.running.pinned_answers import pinned_of, reaching

DO, PINNED = "do", "pinned"
# The type of what the trace says about a person's own hand.
BY_HAND = "debugger"


@dataclass(frozen=True)
class Paused:
    """Which session an act is for, by whom, and how the call before it is answered."""

    run_pk: int
    user: User
    answer: str = ""


def start(
    *,
    process_id: str,
    target: str,
    user: User,
    trigger: str,
    data: Mapping[str, Any] | None = None,
    revision: int | None = None,
    time_zone: str = "",
    breakpoints: Sequence[str] = (),
    set_by_rules: Collection[str] = (),
    modes: DisplayModes = NO_MODES,
    on_start: Callable[[Run], None] | None = None,
) -> Run:
    """Begin a run of a target's rules and pause before the first one.

    Raises what a trigger raises, and Conflict for a live instance.
    """
    instance = read_instance(process_id, user)[0]
    if instance.mode != ProcessInstance.Mode.PREVIEW:
        raise Conflict(_("Only preview records can be debugged. Live records are never paused."))
    firing = RunRequest(
        process_id, target, user, trigger, data, revision, time_zone, set_by_rules=set_by_rules,
        modes=modes,
    )  # fmt: skip
    session = new_session(take(firing, lambda: insert(firing, on_start)), list(breakpoints))
    with at_work(session) as act:
        _close_at_the_end(act)
    return session.run


def step(at: Paused) -> Run:
    """Carry out the next rule; after a failure, end the run as it would have ended."""
    return _forward(at, until=lambda act: True)


def go_on(at: Paused) -> Run:
    """Carry out rules until a breakpoint, a failure, the end, or the limit of a person's wait."""
    return _forward(at, until=_pauses_here)


def _forward(at: Paused, *, until: Callable[[SessionStep], bool]) -> Run:
    """Carry out the next rule, and those after it while the run is open, `until` it pauses."""
    session = claimed(at.run_pk, at.user)
    refusal: Invalid | None = None
    with at_work(session) as act:
        if session.state.failure:
            _end_failed(act)
        elif not (refusal := _chosen(session, at.answer, session.next)):
            _go_forward(act)
            while act.open and not until(act):
                _go_forward(act)
    return _done(session, refusal)


def rerun(at: Paused, *, position: int) -> Run:
    """Carry out one rule again with the values as they are now.

    A rule that has just failed is taken back first; what others did stays.
    """
    session = claimed(at.run_pk, at.user)
    refusal = _not_again(session, position)
    with at_work(session) as act:
        refusal = refusal or _chosen(session, at.answer, position)
        if not refusal:
            _take_back(session)
            _carry_out(act, position)
            _close_at_the_end(act)
    return _done(session, refusal)


def stop(at: Paused) -> Run:
    """End the run where it stands; nothing more is stored."""
    session = claimed(at.run_pk, at.user, anybody=True)
    with at_work(session) as act:
        sentence = _("Stopped in the debugger by %(user)s%(where)s.") % {
            "user": at.user.get_username(),
            "where": _where(session),
        }
        act.closed(
            {
                "status": Run.Status.INTERRUPTED,
                "error": {"kind": "internal", "message": sentence, "step": None},
                "handled_errors": session.handled,
            }
        )
    return session.run


def edit_value(at: Paused, *, field: str, value: Any) -> Run:
    """Set a field of the working copy by hand; raises Invalid at `/data/<field>`."""
    session = claimed(at.run_pk, at.user)
    files = KnownFiles(Uploader(at.user), session.started.instance)
    sent, flaws = read_sent(session.document, {field: value}, session.working.values, files=files)
    with at_work(session) as act:
        if not flaws:
            _set_by_hand(act, sent)
    return _done(session, Invalid(errors=flaws) if flaws else None)


def set_breakpoints(at: Paused, rules: Sequence[str]) -> Run:
    """Let the session pause before these rules."""
    session = claimed(at.run_pk, at.user)
    with at_work(session):
        session.state.breakpoints = sorted(set(rules))
    return session.run


def _done(session: Session, refusal: Invalid | None) -> Run:
    if refusal:
        raise refusal
    return session.run


def _chosen(session: Session, answer: str, position: int) -> Invalid | None:
    """Note how the call of a rule is answered; return why it cannot be answered so."""
    rule = session.rules[position]
    if answer in (DO, PINNED):
        session.state.answers |= {one.id: answer for one in reaching([rule])}
    lacking = _without_answer(session, rule)
    if lacking is None:
        return None
    return Invalid.at(
        "/answer",
        _("There is no sample response for %(rule)s yet. Add one, or send the call.")
        % {"rule": lacking.title},
    )


def _without_answer(session: Session, rule: Rule) -> Rule | None:
    """Return the call of a rule, or in it, that is to be answered by a sample nobody has pinned."""
    wanted = [one for one in reaching([rule]) if session.answer_of(one.id) == PINNED]
    pinned = pinned_of(session.started.instance.design) if wanted else {}
    return next((one for one in wanted if one.id not in pinned), None)


def _pauses_here(act: SessionStep) -> bool:
    session = act.session
    if session.state.failure or act.context.seconds_left <= 0:
        return True
    rule = session.rules[session.next]
    return rule.id in session.state.breakpoints or _without_answer(session, rule) is not None


def _go_forward(act: SessionStep) -> None:
    position = act.session.next
    act.session.next += 1
    _carry_out(act, position)
    _close_at_the_end(act)


def _carry_out(act: SessionStep, position: int) -> None:
    session, outcome = act.session, act.outcome
    session.state.before = session.working.as_journal()
    rules = session.rules[: position + 1]
    run_rules(rules, act.context, act.context.trace, start=position, outcome=outcome)
    if outcome.failure:
        _stand_at(act, outcome.failure, position)
        outcome.failure = outcome.failed_step = None


def _stand_at(act: SessionStep, failure: RuleFailed, position: int) -> None:
    """Pause at a failure: what it would store is kept until the person has decided."""
    state, context = act.session.state, act.context
    state.failure = {
        "kind": failure.kind,
        "message": failure.message,
        "status": failure.status,
        "fields": dict(failure.fields),
        "position": position,
    }
    state.pending = None if context.pending is None else context.working.json_of(context.pending)
    context.pending = None


def _not_again(session: Session, position: int) -> Invalid | None:
    failure = session.state.failure
    if failure and position != failure["position"]:
        return Invalid.at("/position", _("A rule has failed: run that one again, or end the run."))
    if not 0 <= position < session.next:
        return Invalid.at("/position", _("This rule has not run yet."))
    return None


def _take_back(session: Session) -> None:
    """Undo a rule that has failed, its on error mapping included."""
    state, working = session.state, session.working
    if state.failure and state.before:
        for part in ("values", "safe", "mapped"):
            setattr(working, part, python_of(session.document.fields, state.before[part]))
        working.standing = InstanceState(**state.before["standing"])
    state.failure = state.pending = None


def _close_at_the_end(act: SessionStep) -> None:
    session = act.session
    if session.next >= len(session.rules) and not session.state.failure:
        act.closed(closing_of(act.outcome))


def _end_failed(act: SessionStep) -> None:
    """End the run at its failure, as it ends without a debugger."""
    session, outcome = act.session, act.outcome
    failure = session.state.failure
    if failure is None:
        return
    outcome.failure = session.failed_before()
    outcome.failed_step = session.rules[failure["position"]].id
    if session.state.pending is not None:
        act.context.pending = python_of(session.document.fields, session.state.pending)
    context, trace = act.context, act.context.trace
    run_rules(session.rules, context, trace, start=session.next, outcome=outcome)
    act.closed(closing_of(outcome))


def _set_by_hand(act: SessionStep, sent: Mapping[str, Value]) -> None:
    session, context = act.session, act.context
    for name, value in sent.items():
        if context.is_secret(name):
            context.masker.add(value)
    context.trace.by_hand(session.next, BY_HAND, _("Edited manually"), sent)
    context.working.change(sent)
    # What a person sets is safe, as what they send with a trigger is.
    context.working.safe.update(sent)
    if session.state.before:
        for part in ("values", "safe"):
            session.state.before[part].update(context.working.json_of(sent))


def _where(session: Session) -> str:
    if session.state.failure:
        return _(" at the failure of %(rule)s") % {
            "rule": session.rules[session.state.failure["position"]].title
        }
    if session.next < len(session.rules):
        return _(" before rule %(number)s, %(rule)s") % {
            "number": session.next + 1,
            "rule": session.rules[session.next].title,
        }
    return ""
