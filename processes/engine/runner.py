"""Runs a list of rules: order, conditions, and what a failure does to the rest. Plain Python."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.values import ValueFailure
from processes.rules.base import Context, Rule, RuleFailed


class StepRecord(Protocol):
    """The trace's record of the step under way: it failed, or it did not run, and why."""

    # Where the rules in it go on when an earlier holder of the run had begun them: row, rule.
    goes_on_at: tuple[int, int] | None

    def fail(self, failure: RuleFailed) -> None: ...
    def skip(self, reason: str) -> None: ...
    def note(self, reason: str) -> None: ...


class Trace(Protocol):
    """What the engine tells about each rule: the one under way, and those not run."""

    def step(self, position: int, rule: Rule) -> AbstractContextManager[StepRecord]: ...
    def skipped(self, position: int, rule: Rule, reason: str) -> None: ...


SWITCHED_OFF = gettext_noop("Switched off.")
# A code: the pages say it in a sentence, in the language of whoever reads.
NOT_REACHED = "not reached"


@dataclass
class Outcome:
    """How the rules ended: the failure that ended them, and how many others were handled."""

    failure: RuleFailed | None = None
    failed_step: str | None = None
    handled: int = 0
    # That of the run, when these are the rules of one of its rules.
    above: "Outcome | None" = None

    def count_handled(self) -> None:
        """Note that a failure was handled."""
        self.handled += 1
        if self.above is not None:
            self.above.count_handled()


def run_rules(
    rules: Sequence[Rule],
    context: Context,
    trace: Trace,
    *,
    start: int = 0,
    outcome: Outcome | None = None,
) -> Outcome:
    """Run the rules in order from `start`; the first failure not handled skips the rest.

    `outcome` is that of the rules before `start`; it is kept up to date while the rules run.
    """
    outcome = outcome or Outcome()
    for position, rule in enumerate(rules[start:], start):
        if outcome.failure:
            trace.skipped(position, rule, NOT_REACHED)
        elif not rule.enabled:
            trace.skipped(position, rule, _(SWITCHED_OFF))
        else:
            with trace.step(position, rule) as record:
                _run_step(rule, context, record, outcome)
    return outcome


def _run_step(rule: Rule, context: Context, record: StepRecord, outcome: Outcome) -> None:
    try:
        _run_rule(rule, context, record)
    except RuleFailed as failed:
        # Before anything else sees it: its sentence may quote a value, and a secret is one too.
        failure = context.masked(failed)
        ending = _handle(rule, failure, context)
        record.fail(ending or failure)
        if ending:
            outcome.failure, outcome.failed_step = ending, rule.id
        else:
            outcome.count_handled()


def _run_rule(rule: Rule, context: Context, record: StepRecord) -> None:
    try:
        # What had begun goes on, whatever it has made of the values that its conditions look at.
        held = rule.conditions if record.goes_on_at is None else None
        if held and not held.holds(context.resolve, today=context.today, zone=context.zone):
            reason = _("The condition is not met: %(held)s.") % {"held": held.in_words()}
            if rule.has_otherwise():
                record.note(
                    _("%(reason)s The rows under Otherwise were applied.") % {"reason": reason}
                )
                rule.otherwise(context)
            else:
                record.skip(reason)
            return
        rule.run(context)
    except ValueFailure as failure:
        raise RuleFailed("value", str(failure)) from failure


def _handle(rule: Rule, failure: RuleFailed, context: Context) -> RuleFailed | None:
    """Do what the rule's `on_failure` says; return the failure that ends the run, if it does."""
    mode = rule.failure_mode
    if mode == "stop":
        return failure
    if mode == "undo":
        context.undo()
    store = context.store_undo if mode == "undo" else context.assign_all
    try:
        store(rule.error_changes(failure, context))
    except (RuleFailed, ValueFailure) as second:
        store([])
        message = _("%(message)s The on error mapping failed too: %(second)s") % {
            "message": failure.message,
            "second": second,
        }
        both = RuleFailed(failure.kind, message, failure.status, answer=failure.answer)
        return context.masked(both)
    return failure if mode == "undo" else None
