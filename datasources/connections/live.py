"""The live access token of a connection, for a call that is about to leave."""

from datetime import datetime, timedelta

from django.utils import timezone

from datasources.connections.refreshing import Wish, not_connected, refresh
from datasources.connections.rows import (
    BY_A_PERSON,
    Tokens,
    fingerprint_of,
    kept_fingerprint,
    kept_tokens,
    oauth_of,
    row_of,
    tokens_of,
)
from datasources.models import Connection
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.selectors import ready_to_call

# A call whose token ends sooner waits for a new one.
LEAST_LEFT = timedelta(seconds=30)
# So soon after a refused token had it refreshed, another refusal is not about the token.
REFUSED_AGAIN = timedelta(seconds=30)


def live_token(source: RestDatasource, *, refused: str = "") -> str:
    """Return the access token that a call sends; raises CallFailed.

    `refused` is one that the outside system did not take: it is refreshed once, unless that was
    just done; then it is returned as it is.
    """
    now, source = timezone.now(), ready_to_call(source)
    if not refused and (known := _opened_before(source, now)):
        return known
    row = connection_to_call(source)
    held = tokens_of(row)
    if refused:
        return _after_refusal(source, row, held, refused)
    if held is not None and is_good(row, now):
        return held.access_token
    return access_token(source, row, least_left=LEAST_LEFT)


def _opened_before(source: RestDatasource, now: datetime) -> str:
    """Return the token when this process knows it and the row says that it is good."""
    auth, kept = oauth_of(source), kept_tokens(source.name)
    if auth is None or kept is None:
        return ""
    row, tokens = kept
    fits = row.fingerprint == kept_fingerprint(source, auth)
    return tokens.access_token if fits and is_good(row, now) else ""


def connection_to_call(source: RestDatasource) -> Connection:
    """Return the connection of a datasource whose settings are stored; raises CallFailed."""
    row, auth = row_of(source.name), oauth_of(source)
    if row is None or auth is None or row.fingerprint != fingerprint_of(source, auth):
        raise not_connected(source)
    if tokens_of(row) is None and auth.grant in BY_A_PERSON:
        raise not_connected(source)
    return row


def access_token(source: RestDatasource, row: Connection, *, least_left: timedelta) -> str:
    """Return a token that is good for so long. One that ends sooner serves if there is no other."""
    return tokens_to_send(source, row, least_left=least_left)[0].access_token


def tokens_to_send(
    source: RestDatasource, row: Connection, *, least_left: timedelta
) -> tuple[Tokens, Connection]:
    """Return the same with its row, read anew when it was refreshed."""

    def is_met(found: Connection) -> bool:
        return tokens_of(found) is not None and is_good(found, timezone.now(), least_left)

    held = tokens_of(row)
    if held is not None and is_met(row):
        return held, row
    try:
        row = refresh(row.pk, source.name, Wish("call", is_met))
    except CallFailed:
        if held is None or not is_good(row, timezone.now(), timedelta(0)):
            raise
        return held, row
    held = tokens_of(row)
    if held is None:
        raise not_connected(source)
    return held, row


def is_good(row: Connection, now: datetime, least_left: timedelta = LEAST_LEFT) -> bool:
    """Tell whether the token of a row lasts for so long."""
    return row.expires_at is None or row.expires_at - now > least_left


def _after_refusal(
    source: RestDatasource, row: Connection, held: Tokens | None, refused: str
) -> str:
    if held is not None and held.access_token != refused:
        return held.access_token
    now = timezone.now()
    if row.refused_at is not None and timedelta(0) <= now - row.refused_at < REFUSED_AGAIN:
        return refused

    def is_met(found: Connection) -> bool:
        tokens = tokens_of(found)
        return tokens is not None and tokens.access_token != refused

    facts = (("refused_at", now.isoformat()),)
    found = tokens_of(refresh(row.pk, source.name, Wish("401", is_met, facts=facts)))
    return found.access_token if found else refused
