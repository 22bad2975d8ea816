"""What the pages of datasources ask of the app above: who called, and with what values.

Datasources know neither runs nor instances. The app that has them registers its answers at start;
without it there are no calls to tell of and no samples.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from datasources.rest.sent_files import SentFile
from kianda.lib.errors import Flaw


@dataclass(frozen=True, slots=True)
class LastCall:
    """The newest call of one REST method."""

    at: datetime
    ok: bool
    status: int | None
    message: str
    url: str


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a datasource in a span of time; `complete` says that none was left out."""

    count: int = 0
    failed: int = 0
    median_ms: float | None = None
    slowest_ms: float | None = None
    last_failure: LastCall | None = None
    by_method: Mapping[str, LastCall] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of an instance for one parameter, and the secret values it is made of.

    One that holds a secret is sent, never shown.
    """

    value: Any
    secrets: tuple[str, ...] = ()
    # Where the value is files that the person gets at: these, as they are sent.
    files: tuple[SentFile, ...] = ()

    @property
    def secret(self) -> bool:
        """Tell whether it holds a secret."""
        return bool(self.secrets)


class CallLog(Protocol):
    """Tells of the calls of a datasource."""

    def __call__(self, datasource: str, *, since: datetime) -> Calls:
        """Return the calls since a moment."""


class Samples(Protocol):
    """Gives the values of instances for trying a REST method."""

    def process_ids(self, user: Any, *, datasource: str, method: str) -> Sequence[str]:
        """Return the Process IDs to suggest, the likeliest first."""

    def values(
        self, process_id: str, user: Any, *, datasource: str, method: str, targets: Sequence[str]
    ) -> Mapping[str, Sample]:
        """Return the values by target; raises Missing for an instance that is not to be seen."""


class ReadAnswer(Protocol):
    """What conditions read of an answer."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers as they were spelt."""

    @property
    def body(self) -> Any:
        """Return the body as it was read."""


class Conditions(Protocol):
    """Knows the conditions of the product's language, where they speak of an answer."""

    def flaws(self, raw: Any) -> Iterable[Flaw]:
        """Return what is wrong with conditions, each at its place in them."""

    def operators(self) -> Sequence[tuple[str, str]]:
        """Return the operators that may be chosen, and their words."""

    def in_words(self, raw: Mapping[str, Any]) -> str:
        """Return conditions as a sentence."""

    def references(self, raw: Mapping[str, Any]) -> Sequence[str]:
        """Return the names that conditions ask for."""

    def hold(self, raw: Mapping[str, Any], answer: ReadAnswer, names: Mapping[str, str]) -> bool:
        """Tell whether they hold of an answer; `names` are its declared places."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as an instance keeps it, and at which revision the instance was read."""

    value: str
    revision: int


class TokenNotThere(Exception):
    """A token that cannot be read or renewed; the message says why."""


class InstanceTokens(Protocol):
    """Reads tokens that instances keep, and has them renewed by the rules of their process."""

    def flaws(
        self, user: Any, *, process_id: str, field: str, target: str
    ) -> Iterable[tuple[str, str]]:
        """Yield setting and sentence where a person may not see the field or press the target."""

    def read(self, process_id: str, field: str) -> StoredToken:
        """Return the stored value; raises TokenNotThere."""

    def renew(self, process_id: str, target: str, *, user: Any, revision: int) -> bool:
        """Fire the target on the instance, if it is still at this revision and nobody works on it.

        False when it was not fired, since somebody else was faster. Raises TokenNotThere.
        """

    def renewed_since(self, process_id: str, target: str, moment: datetime) -> bool:
        """Tell whether the target was fired, by whomever, since a moment."""


class RunsSeen(Protocol):
    """Tells which runs a person sees."""

    def __call__(self, user: Any) -> Any:
        """Return a query of their keys; None when they see all."""


class _Ports:
    instance_tokens: InstanceTokens | None = None
    call_log: CallLog | None = None
    samples: Samples | None = None
    conditions: Conditions | None = None
    runs_seen: RunsSeen | None = None


def register(
    *,
    call_log: CallLog,
    samples: Samples,
    conditions: Conditions,
    instance_tokens: InstanceTokens,
    runs_seen: RunsSeen,
) -> None:
    """Say who answers; called once, from an app's ready()."""
    _Ports.call_log, _Ports.samples = call_log, samples
    _Ports.conditions, _Ports.instance_tokens = conditions, instance_tokens
    _Ports.runs_seen = runs_seen


def instance_tokens() -> InstanceTokens:
    """Return who knows the tokens that instances keep."""
    if _Ports.instance_tokens is None:
        raise LookupError("no app has registered the tokens of instances")
    return _Ports.instance_tokens


def conditions() -> Conditions:
    """Return who knows conditions on answers."""
    if _Ports.conditions is None:
        raise LookupError("no app has registered the conditions of answers")
    return _Ports.conditions


def runs_seen(user: Any) -> Any:
    """Return a query of the keys of the runs that a person sees; None when they see all."""
    return _Ports.runs_seen(user) if _Ports.runs_seen else None


def calls_of(datasource: str, *, since: datetime) -> Calls:
    """Return the calls of a datasource since a moment."""
    return _Ports.call_log(datasource, since=since) if _Ports.call_log else Calls()


def process_ids_for(user: Any, *, datasource: str, method: str) -> Sequence[str]:
    """Return the Process IDs to suggest for trying a REST method."""
    if _Ports.samples is None:
        return []
    return _Ports.samples.process_ids(user, datasource=datasource, method=method)


def samples_of(
    process_id: str, user: Any, *, datasource: str, method: str, targets: Sequence[str]
) -> Mapping[str, Sample]:
    """Return the values of an instance by target."""
    if _Ports.samples is None or not process_id:
        return {}
    return _Ports.samples.values(
        process_id, user, datasource=datasource, method=method, targets=targets
    )
