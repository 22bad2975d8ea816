"""Getting new tokens: one request at a time per connection, whoever asks for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.oauth2 import OAuth2Auth
from datasources.connections import kept_answers, leases, outcomes, token_service
from datasources.connections.leases import LEASE, Lease, RefreshTakenOver
from datasources.connections.outcomes import Failure, Try
from datasources.connections.rows import (
    BY_A_PERSON,
    Tokens,
    fingerprint_of,
    oauth_of,
    sealed,
    tokens_of,
)
from datasources.connections.token_service import NoTokens
from datasources.connections.turns import turns
from datasources.models import Connection, ConnectionState
from datasources.oauth.token_requests import Grant, RefreshToken, first_grant
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.selectors import forget_read_beside, get_document, ready_to_call
from kianda.lib.db import outages

Cause = Literal["ahead", "call", "401", "manual", "connect"]
# Asked for by a person: neither a pause nor an earlier refusal keeps them back.
BY_HAND = frozenset({"manual", "connect"})
BY_REFRESH_TOKEN = frozenset({"authorization_code", "refresh_token"})
ASK_AGAIN_AFTER_S = 0.2
# Who waits sees at least the lease of another one end.
PATIENCE_S = LEASE.total_seconds() + 15


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants new tokens, and until when they are wanted.

    `is_met` tells of a row, read anew, that there is nothing left to do. `grant` is asked with
    instead of the one of the settings; `facts` are kept with what it brings.
    """

    cause: Cause
    is_met: Callable[[Connection], bool]
    patience_s: float = PATIENCE_S
    grant: Grant | None = None
    facts: tuple[tuple[str, str | int | None], ...] = ()


def refresh(pk: int, name: str, wish: Wish) -> Connection:
    """Return a connection whose wish is met; raises CallFailed when it cannot be.

    Only who owns the lease asks the provider; whoever waits reads the row again.
    """
    ends = time.monotonic() + wish.patience_s
    with turns.of(pk, seconds=wish.patience_s) as mine:
        while mine:
            kept_answers.store_kept(pk)
            source = ready_to_call(get_document(name))
            # What came with it is older than what will be stored here.
            forget_read_beside()
            row = _read(pk, source)
            if wish.is_met(row):
                return row
            auth = _settings_of(source, row)
            _refuse_vain(row, auth, source, wish)
            lease = leases.take(row)
            if lease is not None:
                return _with_lease(lease, source, auth, wish)
            if time.monotonic() + ASK_AGAIN_AFTER_S > ends:
                break
            outages.pause(ASK_AGAIN_AFTER_S)
    raise CallFailed(
        "timeout",
        _("The token of %(datasource)s is still being refreshed. Try again.")
        % {"datasource": get_document(name).title},
    )


def _read(pk: int, source: RestDatasource) -> Connection:
    row = Connection.objects.filter(pk=pk).first()
    if row is None:
        raise not_connected(source)
    return row


def not_connected(source: RestDatasource) -> CallFailed:
    """Return the failure of a call for which no person has connected the datasource."""
    sentence = _("The datasource %(datasource)s is not connected. Connect it first.")
    return CallFailed("configuration", sentence % {"datasource": source.title})


def _settings_of(source: RestDatasource, row: Connection) -> OAuth2Auth:
    auth = oauth_of(source)
    if auth is None or fingerprint_of(source, auth) != row.fingerprint:
        raise not_connected(source)
    return auth


def _refuse_vain(row: Connection, auth: OAuth2Auth, source: RestDatasource, wish: Wish) -> None:
    """Raise CallFailed where another try would bring nothing, or would come too soon."""
    if wish.cause == "connect":
        return
    if row.is_off or (auth.grant in BY_A_PERSON and tokens_of(row) is None):
        raise not_connected(source)
    if wish.cause == "manual":
        return
    now = timezone.now()
    if row.state == ConnectionState.NEEDS_ATTENTION:
        raise CallFailed("configuration", in_words(row, source.title))
    # A moment further away than any pause is one of a clock that was put back since.
    longest = now + timedelta(seconds=outcomes.LONGEST_PAUSE_S)
    if row.not_before is not None and now < row.not_before <= longest:
        raise CallFailed("connection", in_words(row, source.title))


def in_words(row: Connection, title: str) -> str:
    """Return why there is no good token, and what happens next."""
    if row.state == ConnectionState.NEEDS_ATTENTION:
        sentence = _("Connect %(datasource)s again: %(reason)s")
    else:
        sentence = _(
            "The token of %(datasource)s could not be refreshed: %(reason)s Kianda will "
            "retry automatically."
        )
    return sentence % {"datasource": title, "reason": row.reason}


def _with_lease(lease: Lease, source: RestDatasource, auth: OAuth2Auth, wish: Wish) -> Connection:
    try:
        row = _read(lease.connection, source)
        # What was read before the lease was taken may be older.
        if wish.is_met(row):
            leases.release(lease)
            return row
        one = Try(row=row, lease=lease, cause=wish.cause, at=timezone.now())
        grant = wish.grant or next_grant(auth, row)
        if grant is None:
            sentence = _("The provider returned no refresh token.")
            return _judged(one, Failure(sentence, permanent=True), source, wish)
        leases.mark_in_flight(lease, cause=wish.cause)
        return _asked(one, source, auth, grant, wish)
    except RefreshTakenOver:
        sentence = _("Another server process is refreshing %(datasource)s.")
        raise CallFailed("timeout", sentence % {"datasource": source.title}) from None


def _asked(
    one: Try, source: RestDatasource, auth: OAuth2Auth, grant: Grant, wish: Wish
) -> Connection:
    started = time.monotonic()
    try:
        given = token_service.ask(source, auth, grant)
    except NoTokens as none:
        one = replace(one, took_ms=_ms_since(started))
        return _judged(one, none.failure, source, wish)
    one, answer = replace(one, took_ms=_ms_since(started)), given.answer
    facts = dict(wish.facts) | ({"account": given.account} if given.account else {})
    if kept_answers.settle(outcomes.content_of(one, answer, **facts)):
        return _read(one.row.pk, source)
    # The database is away. What waits for it is good all the same.
    made = Tokens(answer.access_token, answer.token_type, answer.refresh_token or "")
    one.row.tokens, one.row.expires_at = sealed(one.row, made), answer.expires_at
    return one.row


def _judged(one: Try, failure: Failure, source: RestDatasource, wish: Wish) -> Connection:
    """Note why there are no new tokens, and raise CallFailed; or return those of somebody else.

    A refusal for good is judged after reading again: who has the newer tokens is not refused.
    """
    kept_answers.store_kept(one.row.pk)
    row = _read(one.row.pk, source)
    if row.tokens_fence != one.row.tokens_fence:
        if wish.is_met(row):
            leases.release(one.lease)
            return row
        failure = replace(failure, permanent=False)
    # A person who connects anew in vain has not broken what works.
    outcomes.failed(one, failure, keeps_state=wish.grant is not None)
    if wish.grant is not None:
        raise CallFailed("connection", failure.reason)
    said = in_words(_read(one.row.pk, source), source.title)
    raise CallFailed("configuration" if failure.permanent else "connection", said)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def next_grant(auth: OAuth2Auth, row: Connection) -> Grant | None:
    """Return what to ask for new tokens with; None when there is nothing."""
    held = tokens_of(row)
    if auth.grant in BY_REFRESH_TOKEN and held is not None and held.refresh_token:
        return RefreshToken(held.refresh_token)
    # A provider that gave no refresh token may take the first one again.
    return first_grant(auth)
