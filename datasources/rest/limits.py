"""How many calls a datasource takes: per time, at once, and after failures. Plain Python.

The state of a gate is plain data that somebody keeps between calls, for all processes together;
`now` and all moments in it are seconds since 1970.
"""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator, Field

from datasources.rest.errors import CallFailed
from datasources.rest.shapes import Shape, whole

Whole = BeforeValidator(whole)
# A holder that died gives its place back so long after its call must have ended.
GRACE_S = 5.0
# What tells that the service is ill; anything else is an answer of a healthy one.
ILL = frozenset({"timeout", "connection", "tls"})
SERVER_ERROR = 500


class Rate(Shape):
    """At most so many calls within so many seconds, whenever they begin."""

    calls: Annotated[int, Whole, Field(ge=1, le=1000)]
    per_s: Annotated[float, Field(gt=0, le=86_400)] = 1


class Breaker(Shape):
    """After this many failures in a row nothing is sent for a while, then one test call."""

    failures: Annotated[int, Whole, Field(ge=1, le=100)] = 5
    pause_s: Annotated[float, Field(gt=0, le=86_400)] = 60


Concurrency = Annotated[int, Whole, Field(ge=1, le=100)]


@dataclass(frozen=True)
class CallLimits:
    """The limits of one datasource."""

    rate: Rate | None = None
    concurrency: int | None = None
    breaker: Breaker | None = None


@dataclass
class GateState:
    """What is known of the calls of a datasource: when they began, which run, how they ended."""

    times: list[float] = field(default_factory=list)
    # When the place of each running call is given back at the latest.
    running: dict[str, float] = field(default_factory=dict)
    failures: int = 0
    open_until: float | None = None
    probing_until: float | None = None


@dataclass(frozen=True)
class Passage:
    """What a call that wants to go is told: go at a moment, ask again, or that it is kept back."""

    at: float | None = None
    again_in: float | None = None
    paused_until: float | None = None
    testing: bool = False


def enter(
    state: GateState, limits: CallLimits, *, token: str, now: float, holds_s: float, until: float
) -> Passage:
    """Let a call go, if it may begin before `until`, and note that in the state.

    `holds_s` is how long it may take.
    """
    _forget_old(state, limits, now)
    probes = limits.breaker is not None and state.failures >= limits.breaker.failures
    if probes and (kept := _kept_back(state, now)):
        return kept
    if limits.concurrency and len(state.running) >= limits.concurrency:
        return Passage(again_in=0.2)
    at = _free_at(state, limits.rate, now)
    if at > until:
        return Passage(again_in=at - now)
    ends = at + holds_s + GRACE_S
    if limits.rate:
        state.times.append(at)
    if limits.concurrency:
        state.running[token] = ends
    if probes:
        state.probing_until = ends
    return Passage(at=at)


def leave(
    state: GateState, limits: CallLimits, *, token: str, now: float, failed: CallFailed | None
) -> bool:
    """Note how a call ended; tell whether the state changed by that."""
    changed = state.running.pop(token, None) is not None
    if limits.breaker is None:
        return changed
    if failed is None or not is_ill(failed):
        changed = changed or bool(state.failures or state.probing_until or state.open_until)
        state.failures, state.open_until, state.probing_until = 0, None, None
        return changed
    state.failures = min(state.failures + 1, limits.breaker.failures)
    state.probing_until = None
    if state.failures >= limits.breaker.failures:
        state.open_until = now + limits.breaker.pause_s
    return True


def is_ill(failed: CallFailed) -> bool:
    """Tell whether a failure says that the service is ill, not that it refused this call."""
    return failed.kind in ILL or (
        failed.kind == "http_status" and (failed.status or 0) >= SERVER_ERROR
    )


def _kept_back(state: GateState, now: float) -> Passage | None:
    """Return why a call that would try an ill service may not: a pause, or another one tries."""
    if state.open_until is not None and state.open_until > now:
        return Passage(paused_until=state.open_until)
    if state.probing_until is not None and state.probing_until > now:
        return Passage(paused_until=state.probing_until, testing=True)
    return None


def _free_at(state: GateState, rate: Rate | None, now: float) -> float:
    if rate is None or len(state.times) < rate.calls:
        return now
    # Those that wait have their moments already; each comes after the ones before it.
    return max(now, sorted(state.times)[-rate.calls] + rate.per_s)


def _forget_old(state: GateState, limits: CallLimits, now: float) -> None:
    state.running = {token: end for token, end in state.running.items() if end > now}
    state.times = [at for at in state.times if limits.rate and at > now - limits.rate.per_s]
