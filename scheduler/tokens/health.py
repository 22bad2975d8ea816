"""Kept tokens, without the database: which fields hold one, until when it lives, how it is.

A target keeps a token when one of its rules calls out and maps the answer into the field that the
process names as its token (`token_field`); where it names none, into a field whose name says token,
such as `access_token`. The fields beside it, such as `expires_in`, say how long it lives.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from processes.definition.document import Document, TargetMissing
from processes.language.dates import parse_moment
from processes.language.expressions import Template
from processes.language.values import ValueFailure, from_json, is_blank
from processes.rules.base import OutwardRule, Rule

TokenState = Literal["valid", "failing", "late", "unplanned", "expired", "missing", "waiting"]
# How much a state wants to be looked at: the worst comes first.
URGENCY: tuple[TokenState, ...] = (
    "expired", "missing", "failing", "late", "unplanned", "waiting", "valid",
)  # fmt: skip
RED: frozenset[TokenState] = frozenset({"expired", "missing"})
AMBER: frozenset[TokenState] = frozenset({"failing", "late", "unplanned"})
# Past these a number is a moment or nonsense, and no length of time.
LONGEST = timedelta(days=3_660)
_DIGITS, _SECONDS = 99_999_999, 99_999_999_999


class TokenFields(NamedTuple):
    """The fields of a process that tell of a kept token, and where it comes from."""

    token: str
    expires: str | None
    created: str | None
    datasource: str


@dataclass(frozen=True)
class Validity:
    """From when to when a token lives; None is unknown."""

    since: datetime | None
    until: datetime | None

    @property
    def life(self) -> timedelta | None:
        """Return how long the token lives in all."""
        return self.until - self.since if self.since and self.until else None


def token_fields(document: Document, target: str) -> TokenFields | None:
    """Return what a target of a design keeps a token in; None when it keeps none."""
    try:
        rules = document.rules_of(target)
    except TargetMissing:
        return None
    found = [
        (_rank(row.field), position, row.field, datasource)
        for position, (rule, datasource) in enumerate(_calling(rules))
        for row in rule.on_success
        if _is_token(row.field, document) and _is_answered(row.value)
    ]
    if not found:
        return None
    _, _, token, datasource = min(found)
    names = [name for name in document.value_fields if name != token]
    return TokenFields(
        token, _first(names, ("expir", "valid_until")), _first(names, ("created", "issued")),
        datasource,
    )  # fmt: skip


def _calling(rules: Sequence[Rule]) -> Iterable[tuple[OutwardRule, str]]:
    for rule in rules:
        if isinstance(rule, OutwardRule) and rule.enabled:
            yield from ((rule, ref.datasource) for ref in rule.refers() if ref.datasource)


def _is_token(name: str, document: Document) -> bool:
    if document.token_field:
        return name == document.token_field
    field = document.fields.get(name)
    said = name.lower()
    return (
        field is not None
        and field.holds_text
        and "refresh" not in said
        # token_type and token_owner are about a token, and are none.
        and said.rstrip("_0123456789").endswith("token")
    )


def _is_answered(value: str) -> bool:
    references = Template.parse(value).references
    return any(name.partition(".")[0] == "response" for name in references)


def _rank(name: str) -> int:
    return 0 if name.lower().replace("_", "").startswith("accesstoken") else 1


def _first(names: Sequence[str], parts: Sequence[str]) -> str | None:
    return next((name for part in parts for name in names if part in name.lower()), None)


def validity(
    fields: TokenFields, values: Mapping[str, Any], *, refreshed: datetime | None
) -> Validity:
    """Return from when to when the token lives, by the values stored beside it.

    `expires` is a length in seconds, or a moment. It counts from `created`, and where that is
    not there from the last refresh that succeeded.
    """
    since = _moment(values.get(fields.created or "")) or refreshed
    raw = values.get(fields.expires or "")
    length = _seconds(raw)
    if length is not None:
        return Validity(since, since + length if since else None)
    return Validity(since, _moment(raw))


def _seconds(raw: Any) -> timedelta | None:
    try:
        length = timedelta(seconds=float(raw))
    except (TypeError, ValueError, OverflowError):
        return None
    return length if timedelta(0) <= length <= LONGEST else None


def _moment(raw: Any) -> datetime | None:
    # What most providers answer, thousands of times in a strip: seconds of more digits than a date.
    seconds = int(raw) if type(raw) is str and raw.isdecimal() else raw
    if type(seconds) is int and _DIGITS < seconds < _SECONDS:
        return datetime.fromtimestamp(seconds, UTC)
    if isinstance(raw, bool) or raw in (None, ""):
        return None
    try:
        value = from_json(raw)
        return None if is_blank(value) else parse_moment(value).astimezone(UTC)
    except (ValueFailure, OverflowError):
        return None


@dataclass(frozen=True)
class Facts:
    """What the state of a kept token follows from."""

    is_set: bool
    validity: Validity
    last_outcome: str | None
    next_refresh: datetime | None


def state_of(facts: Facts, now: datetime) -> TokenState:
    """Return how a kept token is: amber is "somebody should look", not "soon"."""
    until, failed = facts.validity.until, facts.last_outcome in {"failed", "interrupted", "refused"}
    if not facts.is_set:
        return "waiting" if facts.next_refresh and not failed else "missing"
    if until is not None and until <= now:
        return "expired"
    if failed:
        return "failing"
    if facts.next_refresh is None:
        return "unplanned"
    # An overdue firing is being planned; it is late only when the token does not last until then.
    if until is not None and facts.next_refresh > until:
        return "late"
    return "valid"
