"""What the engine tells about a run; `processes.trace.RunTrace` writes it down."""

from contextlib import AbstractContextManager
from typing import Protocol

from processes.rules.base import Rule, RuleFailed


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
