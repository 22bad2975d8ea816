"""The row of a connection: found, made, sealed, and emptied when its settings change."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from datasources.auth.oauth2 import OAuth2Auth
from datasources.kinds import DatasourceDocument, RestDatasource
from datasources.models import Connection, ConnectionState, Datasource
from datasources.rest.errors import CallFailed
from datasources.selectors import connection_read_beside, forget_read_beside, ready_to_call
from kianda.lib.addresses import origin_of
from kianda.lib.db.prepared_statements import PreparedQuery
from kianda.lib.secrets import opens

# Grants that only a person can begin.
BY_A_PERSON = frozenset({"authorization_code"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the type of a token
    refresh_token: str = ""


def sealed(row: Connection, tokens: Tokens) -> dict[str, Any]:
    """Return tokens as they are stored, encrypted: with the datasource that they are for."""
    return {
        "for": row.datasource_id,
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "refresh_token": tokens.refresh_token,
    }


def tokens_of(row: Connection) -> Tokens | None:
    """Return the tokens of a connection; those that were moved from another row are not its own."""
    held: Mapping[str, Any] | None = row.tokens if opens(row, "tokens") else None
    if held is None or held["for"] != row.datasource_id:
        return None
    found = Tokens(held["access_token"], held["token_type"], held["refresh_token"])
    if row.refreshed_at is None:
        # Nothing tells these tokens from others that the row may hold: they are not remembered.
        return found
    _tokens[row.pk, row.tokens_fence, row.refreshed_at] = found
    while len(_tokens) > _KEPT:
        _tokens.popitem(last=False)
    return found


def oauth_of(document: DatasourceDocument) -> OAuth2Auth | None:
    """Return the OAuth 2.0 settings of a datasource that has some."""
    auth = document.auth if isinstance(document, RestDatasource) else None
    return auth if isinstance(auth, OAuth2Auth) else None


# By name: a document never changes, so what was worked out for it stays.
_fingerprints: dict[str, tuple[RestDatasource, str]] = {}


def kept_fingerprint(source: RestDatasource, auth: OAuth2Auth) -> str:
    """Return the fingerprint of a document that is called often."""
    known = _fingerprints.get(source.name)
    if known is None or known[0] is not source:
        known = _fingerprints[source.name] = source, fingerprint_of(source, auth)
    return known[1]


def fingerprint_of(source: RestDatasource, auth: OAuth2Auth) -> str:
    """Return what tells whether tokens still fit: by whom, how and to whom they were given.

    And for whom they are: with another address they would be shown to somebody else.
    """
    said = "\n".join([
        f"{source.origin.scheme}://{source.origin.host}:{source.origin.port}",
        auth.grant, auth.client_id, auth.issuer, auth.token_url, auth.username, auth.subject,
        auth.refresh_token, *_revoked_elsewhere(auth),
    ])  # fmt: skip
    return salted_hmac("kianda.connection", said, algorithm="sha256").hexdigest()


def _revoked_elsewhere(auth: OAuth2Auth) -> list[str]:
    """Return the server that would be shown the tokens to revoke them, if it gave none of them."""
    known = {origin_of(url) for url in (auth.token_url, auth.issuer) if url}
    told = auth.revoke_url and origin_of(auth.revoke_url) not in known
    return [auth.revoke_url] if told else []


def row_of(name: str) -> Connection | None:
    """Return the connection of a datasource that is not in the recycle bin."""
    return _rows_of(name).first()


def _rows_of(name: str) -> QuerySet[Connection]:
    return Connection.objects.filter(datasource__name=name, datasource__deleted_at__isnull=True)


# Every call through a connection asks, so its text is made once, and it opens nothing sealed.
_LIFE_OF = PreparedQuery(
    lambda name: _rows_of(name).only("fingerprint", "tokens_fence", "refreshed_at", "expires_at"),
    "name",
)
_KEPT = 512
_tokens: OrderedDict[tuple[int, int, datetime | None], Tokens] = OrderedDict()


def kept_tokens(name: str) -> tuple[Connection, Tokens] | None:
    """Return tokens that this process has opened before, with how long the row lets them live."""
    row = connection_read_beside(name) or _LIFE_OF.first(name)
    found = _tokens.get((row.pk, row.tokens_fence, row.refreshed_at)) if row else None
    return (row, found) if row is not None and found is not None else None


def follow_settings(
    row: Datasource, document: DatasourceDocument, *, before: DatasourceDocument | None = None
) -> None:
    """Give a datasource the connection that its settings ask for; called as they are stored.

    Tokens that were given for other settings are dropped. What was changed otherwise, such as a
    client secret, may be the mend of what was wrong: it is tried anew.
    """
    auth = oauth_of(document)
    if auth is None or not isinstance(document, RestDatasource):
        Connection.objects.filter(datasource=row).delete()
        return
    wanted = fingerprint_of(_as_called(document), auth)
    made = {"fingerprint": wanted, "grant": auth.grant}
    found, new = Connection.objects.get_or_create(datasource=row, defaults=made)
    if new:
        return
    if found.fingerprint != wanted:
        empty(found.pk, fingerprint=wanted, grant=auth.grant, is_off=False)
        return
    if before is not None and oauth_of(before) != auth:
        broken = (ConnectionState.FAILING, ConnectionState.NEEDS_ATTENTION)
        Connection.objects.filter(pk=found.pk, state__in=broken).update(
            state=ConnectionState.FAILING, not_before=None, next_refresh_at=timezone.now()
        )


def _as_called(source: RestDatasource) -> RestDatasource:
    """Return a datasource with its variables filled in; while one is missing, as it is."""
    try:
        return ready_to_call(source)
    except CallFailed:
        return source


def empty(pk: int, **more: Any) -> None:
    """Take all tokens from a connection. An answer that is under way comes too late from now on."""
    forget_read_beside()
    Connection.objects.filter(pk=pk).update(
        state=ConnectionState.DISCONNECTED,
        reason="",
        tokens=None,
        fence=F("fence") + 1,
        tokens_fence=F("fence") + 1,
        expires_at=None,
        refresh_expires_at=None,
        refreshed_at=None,
        connected_at=None,
        connected_by=None,
        account="",
        scopes=[],
        failures=0,
        next_refresh_at=None,
        not_before=None,
        refused_at=None,
        holder="",
        lease_until=None,
        in_flight_at=None,
        in_flight_cause="",
        **more,
    )


def is_refreshing(row: Connection, moment: datetime) -> bool:
    """Tell whether an answer of the provider is waited for."""
    return row.in_flight_at is not None and row.lease_until is not None and row.lease_until > moment
