"""What surrounds a run, and what its rules do in other instances."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal

from processes.language.conditions import ConditionGroup
from processes.language.values import Value

Act = Literal["create", "change", "delete", "start"]


@dataclass
class Surroundings:
    """What is fixed at the start of a run: names that every template may use, and its clock."""

    names: Mapping[str, Value]
    today: str
    zone: tzinfo
    deadline: float


@dataclass(frozen=True)
class Effect:
    """What a rule does in other instances, with all that the port needs for it."""

    act: Act
    process: str
    shown: Mapping[str, Any]
    values: Mapping[str, Value]
    # Those of the values that were made of secrets: they go only into secret fields.
    secret: frozenset[str]
    around: Surroundings
    resolve: Callable[[str], Value]
    on_request: Callable[[Mapping[str, Any], Sequence[str]], None]
    seconds: float
    filter: ConditionGroup | None = None
    every: bool = False
    process_id: str = ""
    target: str = ""
