"""A recorded run walked through: which value each field had after each of its steps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TraceStep = Mapping[str, Any]


@dataclass(frozen=True)
class ReplayedValue:
    """What the trace tells of one field at one moment."""

    name: str
    value: Any = None
    # Nothing recorded tells the value: the run ended before its values were kept.
    unknown: bool = False
    # The step just carried out has set it.
    changed: bool = False
    before: Any = None


def every_step(steps: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a trace, and after each those of the rules in it."""
    for step in steps:
        yield step
        for group in step.get("groups", ()):
            yield from every_step(group["steps"])


def newest_first(steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of a trace and those of the rules in them, the last carried out first."""
    return list(every_step(steps))[::-1]


def values_after(
    steps: Sequence[TraceStep], count: int, names: Sequence[str], data: Mapping[str, Any] | None
) -> list[ReplayedValue]:
    """Return what each field held after the first `count` steps; `data` is how the run ended."""
    return [_known(name, steps, count, data or {}) for name in names]


def _known(
    name: str, steps: Sequence[TraceStep], count: int, data: Mapping[str, Any]
) -> ReplayedValue:
    mine = [(at, row) for at, step in enumerate(steps) for row in _rows(step, name)]
    done = [(at, row) for at, row in mine if at < count]
    if done:
        at, row = done[-1]
        now = at == count - 1
        return ReplayedValue(name, row["after"], changed=now, before=row["before"] if now else None)
    later = [row for at, row in mine if at >= count]
    if later:
        return ReplayedValue(name, later[0]["before"])
    return ReplayedValue(name, data[name]) if name in data else ReplayedValue(name, unknown=True)


def _rows(step: TraceStep, name: str) -> list[Mapping[str, Any]]:
    return [row for row in step["changes"] if row["field"] == name]
