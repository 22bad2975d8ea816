"""What a run asks of the world, what surrounds it, and its state as the parts of it see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from kianda.lib.masking import Masker
from processes.engine.run_values import RunValues
from processes.engine.runner import Outcome
from processes.engine.trace import RunTrace
from processes.fields.base import FormField
from processes.language.conditions import ConditionGroup
from processes.language.values import Value
from processes.rules.base import Answer
from processes.rules.ports import Context, InstanceAct, Item, Mail, PeopleQuery, PersonAct

# Instances as rules read them, and the names of their secret fields.
FoundItems = tuple[list[Item], frozenset[str]]


@dataclass
class Surroundings:
    """What is fixed at the start of a run: names that every template may use, and its clock."""

    names: Mapping[str, Value]
    today: str
    zone: tzinfo
    deadline: float
    # Where the product is reached: what addresses in links begin with.
    address: str = ""


@dataclass(frozen=True)
class Call:
    """A call of a method with the values for its request, and how long it may take."""

    datasource: str
    method: str
    inputs: Mapping[str, Value]
    seconds: float


@dataclass(frozen=True)
class Query:
    """What a run looks for in stored instances: the newest of a process that fit."""

    process: str
    filter: ConditionGroup
    limit: int


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

    def show_request(self, shown: Mapping[str, Any], secrets: Iterable[str] = ()) -> None:
        """Note in the trace what is asked of the world; the secrets in it are masked from now."""

    def intend(self, shown: Mapping[str, Any], secrets: Iterable[str] = ()) -> None:
        """Note it, and make it durable: right before it is sent."""

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
    """The port through which a run reaches what is outside of it.

    Before something leaves, the run is told by `intend`, which makes the intent durable.
    """

    def call(self, call: Call, run: RunState) -> Answer:
        """Send a call; raises RuleFailed on anything but success."""

    def find(self, query: Query, run: RunState) -> FoundItems:
        """Look something up: that has no effect on anybody."""

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Look people up."""

    def files(self, field: FormField, value: Value) -> Value:
        """Return files that a rule puts into a field with what is known of them.

        Raises RuleFailed for a file that the instance does not have.
        """

    def mail(self, mail: Mail, run: RunState) -> Mapping[str, Any] | None:
        """Return an email as it is planned, None when none is sent; the trace says to whom not.

        Raises RuleFailed when nobody would get it.
        """

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        """Do something in other instances, or to a person."""
