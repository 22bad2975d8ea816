"""What a run asks of the world, what surrounds it, and its state as the parts of it see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, Protocol

from kianda.lib.masking import Masker
from processes.engine.run_values import RunValues
from processes.engine.runner import Outcome
from processes.engine.trace import RunTrace
from processes.language.conditions import ConditionGroup
from processes.language.values import Value
from processes.rules.base import Answer
from processes.rules.ports import Context

EffectKind = Literal["create", "change", "delete", "start"]


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

    act: EffectKind
    process: str
    shown: Mapping[str, Any]
    values: Mapping[str, Value]
    # Those of the values that were made of secrets: they go only into secret fields.
    secret: frozenset[str]
    surroundings: Surroundings
    resolve: Callable[[str], Value]
    on_request: Callable[[Mapping[str, Any], Sequence[str]], None]
    seconds: float
    filter: ConditionGroup | None = None
    every: bool = False
    process_id: str = ""
    target: str = ""


class RunState(Context, Protocol):
    """The state of a run as the parts of its context see it: forms, other instances, rows."""

    working: RunValues
    surroundings: Surroundings
    checkpoints: "Checkpoints"
    world: "World"
    masker: Masker
    trace: RunTrace
    found_secrets: list[str]
    pending: dict[str, Value] | None
    page: dict[str, Any]
    outcome: Outcome

    @property
    def seconds_left(self) -> float:
        """Return what is left of the run's deadline."""

    def learn_secrets(self, items: Sequence[Mapping[str, Value]], names: frozenset[str]) -> None:
        """Mask the secrets of other instances, and keep them out of fields that are none."""


class Checkpoints(Protocol):
    """Where a run becomes durable. Each method is one commit, valid only under the run's lease."""

    def before_call(self, context: "RunState") -> None:
        """Keep the intent, the working copy and the masked request before a call."""

    def after_call(self, context: "RunState") -> None:
        """Keep the answer's effect: the working copy after the mapping."""

    def save(self, context: "RunState", values: Mapping[str, Value]) -> None:
        """Store values in the instance, with history."""

    def check(self) -> None:
        """Raise TakenOver when the lease may be over."""

    def renew(self) -> None:
        """Keep the lease while a rule works for long without calling."""


class World(Protocol):
    """The port through which a run calls out."""

    def call(
        self,
        *,
        datasource: str,
        method: str,
        inputs: Mapping[str, Value],
        seconds: float,
        on_request: Callable[[Mapping[str, Any], Sequence[str]], None],
    ) -> Answer:
        """Send; `on_request` gets the shown request and the secrets in it right before."""

    def find(
        self,
        *,
        process: str,
        filter: ConditionGroup,
        limit: int,
        surroundings: Surroundings,
        resolve: Callable[[str], Value],
    ) -> tuple[list[Mapping[str, Value]], frozenset[str]]:
        """Return stored items of a process and the names of their secret fields."""

    def affect(self, effect: Effect) -> tuple[list[Mapping[str, Value]], frozenset[str]]:
        """Do something in other instances; return them and the names of their secret fields."""
