"""What a try to get new tokens came to, stored in one write, with its line in the history."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from datasources.connections.leases import Lease, release
from datasources.connections.rows import Tokens, sealed, tokens_of
from datasources.connections.telling import tell_broken, tell_recovered
from datasources.models import Connection, ConnectionRefresh, ConnectionState
from datasources.oauth.token_answers import TokenAnswer

AHEAD = timedelta(minutes=15)
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0
MOST_DOUBLINGS, JITTER = 7, 1.5
LONGEST_REASON = 2000
Outcome = ConnectionRefresh.Outcome
BROKEN = ConnectionState.NEEDS_ATTENTION


@dataclass(frozen=True, slots=True)
class Try:
    """One try: on which row, under which lease, why, and since when."""

    row: Connection
    lease: Lease
    cause: str
    at: datetime
    took_ms: int = 0


def content_of(one: Try, answer: TokenAnswer, **facts: Any) -> dict[str, Any]:
    """Return all that another process needs to store an answer; `facts` are columns to set."""
    return {
        "connection": one.row.pk,
        "datasource": one.row.datasource_id,
        "fingerprint": one.row.fingerprint,
        "fence": one.lease.fence,
        "holder": one.lease.holder,
        "cause": one.cause,
        "at": one.at.isoformat(),
        "took_ms": one.took_ms,
        "access_token": answer.access_token,
        "token_type": answer.token_type,
        "refresh_token": answer.refresh_token,
        "expires_at": _text(answer.expires_at),
        "refresh_expires_at": _text(answer.refresh_expires_at),
        "scopes": list(answer.scopes) if answer.scopes is not None else None,
        "facts": facts,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@transaction.atomic
def store(content: Mapping[str, Any]) -> bool:
    """Store an answer unless it is stored already or comes too late; tell whether its row is there.

    It is taken even when its lease was lost: of two answers the one of the younger lease stays.
    """
    row = (
        Connection.objects.select_for_update(of=("self",))
        .filter(pk=content["connection"], datasource_id=content["datasource"])
        .first()
    )
    if row is None:
        return False
    late = content["fence"] <= row.tokens_fence or content["fingerprint"] != row.fingerprint
    if not late:
        _take_over(row, content)
    release(Lease(row.pk, content["fence"], content["holder"]))
    return True


def _take_over(row: Connection, content: Mapping[str, Any]) -> None:
    now, at = timezone.now(), _moment(content["at"]) or timezone.now()
    expires_at = _moment(content["expires_at"])
    before = tokens_of(row)
    progress = _is_progress(row, before, content["access_token"], expires_at)
    anew = _is_another_account(row, content)
    kept = before.refresh_token if before and not anew else ""
    # A missing new refresh token keeps the old one, and its end.
    refresh_token = content["refresh_token"] or kept
    row.tokens = sealed(row, Tokens(content["access_token"], content["token_type"], refresh_token))
    row.tokens_fence = content["fence"]
    row.expires_at = expires_at
    if content["refresh_token"] or content["refresh_expires_at"] or anew:
        row.refresh_expires_at = _moment(content["refresh_expires_at"])
    if content["scopes"] is not None:
        row.scopes = content["scopes"]
    row.refreshed_at, row.reason, row.is_off = at, "", False
    row.failures = 0 if progress else row.failures + 1
    if row.state == BROKEN:
        tell_recovered(row)
    row.state = ConnectionState.HEALTHY
    row.not_before = None if progress else now + pause_after(1)
    row.next_refresh_at = ahead_of(at, expires_at)
    if row.next_refresh_at and not progress:
        row.next_refresh_at = max(row.next_refresh_at, now + pause_after(row.failures))
    for name, value in content["facts"].items():
        setattr(row, name, value)
    if row.connected_at is None or content["cause"] == "connect":
        row.connected_at = at
    row.save(update_fields=[*_TAKEN, *content["facts"]])
    ConnectionRefresh.objects.create(
        connection=row,
        at=at,
        cause=content["cause"],
        outcome=Outcome.REFRESHED if progress else Outcome.NO_PROGRESS,
        took_ms=content["took_ms"],
        expires_at=expires_at,
    )


_TAKEN = (
    "tokens", "tokens_fence", "expires_at", "refresh_expires_at", "scopes", "refreshed_at",
    "reason", "is_off", "failures", "state", "not_before", "next_refresh_at", "connected_at",
)  # fmt: skip


def _is_another_account(row: Connection, content: Mapping[str, Any]) -> bool:
    """Tell whether a person has connected another account: what was of the old one goes."""
    told = content["facts"].get("account")
    return content["cause"] == "connect" and bool(told and row.account and told != row.account)


def _is_progress(
    row: Connection, before: Tokens | None, token: str, expires_at: datetime | None
) -> bool:
    """Tell whether a refresh has brought more time, or at least another token for ever."""
    if before is None:
        return True
    if expires_at is None or row.expires_at is None:
        return token != before.access_token
    return expires_at > row.expires_at


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def ahead_of(start: datetime, expires_at: datetime | None) -> datetime | None:
    """Return when to refresh ahead of time: a quarter of an hour, at most half a life, before."""
    if expires_at is None:
        return None
    return expires_at - min(AHEAD, max(expires_at - start, timedelta(0)) / 2)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures: twice as long each time, never the same."""
    soonest, longest = pauses_of(failures)
    # Not for a secret: it only keeps many connections from trying at one moment.
    return timedelta(seconds=random.uniform(soonest, longest))  # noqa: S311


def pauses_of(failures: int, *, wait_s: float = 0) -> tuple[int, int]:
    """Return between which seconds the next try comes; `wait_s` is what the provider asks for."""
    doubled = SHORTEST_PAUSE_S * 2 ** min(max(failures - 1, 0), MOST_DOUBLINGS)
    least = min(wait_s, LONGEST_PAUSE_S)
    soonest, longest = min(doubled, LONGEST_PAUSE_S), min(doubled * JITTER, LONGEST_PAUSE_S)
    return round(max(soonest, least)), round(max(longest, least))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try brought nothing; `permanent` when another one would bring nothing either."""

    reason: str
    permanent: bool = False
    lost_answer: bool = False
    wait_s: float = 0


def failed(one: Try, failure: Failure, *, keeps_state: bool = False) -> None:
    """Note a try that brought nothing, unless its lease was lost; the old tokens stay."""
    reason = failure.reason[:LONGEST_REASON]
    known = {} if keeps_state else _broken(one.row, failure)
    with transaction.atomic():
        mine = Connection.objects.filter(pk=one.row.pk, fence=one.lease.fence)
        if not mine.update(
            **known, holder="", lease_until=None, in_flight_at=None, in_flight_cause=""
        ):
            return
        if known.get("state") == BROKEN and one.row.state != BROKEN:
            tell_broken(one.row, reason)
        ConnectionRefresh.objects.create(
            connection=one.row,
            at=one.at,
            cause=one.cause,
            outcome=Outcome.LOST_ANSWER if failure.lost_answer else Outcome.FAILED,
            reason=reason,
            took_ms=one.took_ms,
            expires_at=one.row.expires_at,
        )


def _broken(row: Connection, failure: Failure) -> dict[str, Any]:
    """Return what a failure changes: when the next try comes, or that a person is needed."""
    now, failures = timezone.now(), row.failures + 1
    wait = timedelta(seconds=min(failure.wait_s, LONGEST_PAUSE_S))
    soonest = max(timedelta(seconds=SHORTEST_PAUSE_S), wait)
    return {
        "state": BROKEN if failure.permanent else ConnectionState.FAILING,
        "reason": failure.reason[:LONGEST_REASON],
        "failures": failures,
        "not_before": now + soonest,
        "next_refresh_at": None if failure.permanent else now + max(pause_after(failures), wait),
    }
