"""What people do with a connection: look at it, connect, refresh, disconnect, take its token."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.oauth2 import OAuth2Auth
from datasources.connections import token_service
from datasources.connections.live import connection_to_call, tokens_to_send
from datasources.connections.refreshing import Wish, refresh
from datasources.connections.rehearsal import FAULTS, rehearse
from datasources.connections.rows import (
    BY_A_PERSON,
    empty,
    fingerprint_of,
    follow_settings,
    is_refreshing,
    oauth_of,
    tokens_of,
)
from datasources.models import Connection, ConnectionRefresh, ConnectionState
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.selectors import get_document, ready_to_call, security_of
from datasources.services.access import must_edit
from kianda.accounts.services.audit import record
from kianda.lib.errors import Conflict, Flaw, Forbidden, Invalid, Missing
from kianda.lib.pointers import pointer

KIND: Final = "datasource"
# Whoever asks for a token means to use it a little.
LEAST_LEFT = timedelta(seconds=60)
LONGEST_REASON = 2000


def all_connections(user: Any) -> QuerySet[Connection]:
    """Return the connections that a person may see, with their datasources."""
    rows = Connection.objects.filter(datasource__deleted_at__isnull=True)
    rows = rows.select_related("datasource", "connected_by").defer("datasource__document")
    hidden = [row.pk for row in rows.exclude(datasource__security={}) if not may_see(row, user)]
    return rows.exclude(pk__in=hidden)


def may_see(row: Connection, user: Any) -> bool:
    """Tell whether a person may see a connection: who may call its datasource, or change it."""
    security = security_of(row.datasource)
    return security.callers.hold(user) or security.editors.hold(user)


def get_connection(name: str, user: Any) -> Connection:
    """Return the connection of a datasource; raises Missing, also for who may not see it."""
    row = all_connections(user).filter(datasource__name=name).first()
    if row is None:
        raise Missing(_("There is no connection %(name)s.") % {"name": name})
    return row


def shown(row: Connection) -> dict[str, Any]:
    """Return a connection as the API tells it; never a token."""
    return {
        "datasource": row.datasource.name,
        "grant": row.grant,
        "state": state_of(row, timezone.now()),
        "reason": row.reason,
        "scopes": row.scopes,
        "account": row.account,
        "expires_at": row.expires_at,
        "refreshed_at": row.refreshed_at,
        "next_refresh_at": row.next_refresh_at,
        "refresh_expires_at": row.refresh_expires_at,
        "failures": row.failures,
    }


def state_of(row: Connection, moment: datetime) -> str:
    """Return the state of a connection at a moment."""
    return "refreshing" if is_refreshing(row, moment) else row.state


def shown_refresh(row: ConnectionRefresh) -> dict[str, Any]:
    """Return a line of the history as the API tells it."""
    return {
        "at": row.at,
        "cause": row.cause,
        "outcome": row.outcome,
        "reason": row.reason,
        "took_ms": row.took_ms,
        "expires_at": row.expires_at,
    }


def to_change(name: str, user: Any) -> tuple[Connection, RestDatasource, OAuth2Auth]:
    """Return a connection with its settings for a person who may change the datasource."""
    row = get_connection(name, user)
    must_edit(row.datasource, user)
    source = _as_called(name)
    auth = oauth_of(source)
    if auth is None:
        raise Missing(_("There is no connection %(name)s.") % {"name": name})
    if row.fingerprint != fingerprint_of(source, auth):
        # A variable was changed, and leads elsewhere now.
        follow_settings(row.datasource, source)
        row = get_connection(name, user)
    return row, source, auth


def _as_called(name: str) -> RestDatasource:
    try:
        return ready_to_call(get_document(name))
    except CallFailed as failed:
        raise Conflict(failed.message) from failed


def connect_alone(name: str, user: Any) -> Connection:
    """Fetch the first token of a connection that needs no person for it; raises Conflict."""
    row, source, auth = to_change(name, user)
    must_be_complete(source, auth)
    facts = (("connected_by_id", user.pk), ("account", auth.username or auth.subject))
    return refreshed(row, user, Wish("connect", _another_than(row), facts=facts))


def must_be_complete(source: RestDatasource, auth: OAuth2Auth) -> None:
    """Raise Conflict where the settings lack what a provider asks for."""
    if auth.lacks_credentials():
        raise Conflict(
            _("%(datasource)s cannot be connected: its settings have no %(missing)s.")
            % {"datasource": source.title, "missing": auth.missing_words()}
        )


def refresh_now(name: str, user: Any) -> Connection:
    """Refresh a connection at once, whatever pause there is; raises Conflict."""
    row, _source, _auth = to_change(name, user)
    return refreshed(row, user, Wish("manual", _another_than(row)))


def _another_than(row: Connection) -> Any:
    """Return what tells that newer tokens came since a row was read."""
    return lambda found: found.tokens_fence != row.tokens_fence


def refreshed(row: Connection, user: Any, wish: Wish) -> Connection:
    """Return a connection that a person has had refreshed or connected; raises Conflict."""
    name = row.datasource.name
    try:
        refresh(row.pk, name, wish)
    except CallFailed as failed:
        raise Conflict(failed.message) from failed
    if wish.cause == "connect":
        record(user, action="connected", kind=KIND, name=name)
    else:
        record(user, action="called", kind=KIND, name=name, detail=_("Its token was refreshed"))
    return get_connection(name, user)


def disconnect(name: str, user: Any) -> Connection:
    """Forget the tokens, tell the provider so where it can be told, and fetch no new ones."""
    row, source, auth = to_change(name, user)
    held = tokens_of(row)
    with transaction.atomic():
        empty(row.pk, is_off=True)
        record(user, action="disconnected", kind=KIND, name=name)
    sent = held and (held.refresh_token or held.access_token)
    if sent and (reason := token_service.revoke(source, auth, sent)):
        said = _("The provider did not revoke the token: %(reason)s") % {"reason": reason}
        off = Connection.objects.filter(pk=row.pk, state=ConnectionState.DISCONNECTED)
        off.update(reason=said[:LONGEST_REASON])
    return get_connection(name, user)


def read_token(name: str, user: Any) -> dict[str, Any]:
    """Return the live token for a person who may call the datasource; raises Conflict."""
    row = get_connection(name, user)
    if not security_of(row.datasource).callers.hold(user):
        raise Forbidden(_("You may not call %(name)s.") % {"name": row.datasource.title})
    source = _as_called(name)
    record(user, action="called", kind=KIND, name=name, detail=_("Its access token was read"))
    try:
        held, row = tokens_to_send(source, connection_to_call(source), least_left=LEAST_LEFT)
    except CallFailed as failed:
        raise Conflict(failed.message) from failed
    return {
        "access_token": held.access_token,
        "token_type": held.token_type,
        "expires_at": row.expires_at,
    }


def rehearse_faults(name: str, user: Any, faults: Sequence[str]) -> list[dict[str, str]]:
    """Return what faults of the provider would do to a connection; nothing is sent or stored.

    None named are all. Raises Invalid with the place of each that is not known.
    """
    _row, source, auth = to_change(name, user)
    flaws = [
        Flaw(
            pointer("faults", at),
            _("Unknown fault %(fault)s. Use one of %(known)s.")
            % {"fault": fault, "known": ", ".join(FAULTS)},
        )
        for at, fault in enumerate(faults)
        if fault not in FAULTS
    ]
    if flaws:
        raise Invalid(errors=flaws)
    asked = dict.fromkeys(faults or FAULTS)
    return [rehearse(source, auth, fault)._asdict() for fault in asked]


def needs_a_person(auth: OAuth2Auth) -> bool:
    """Tell whether connecting sends a person to the provider."""
    return auth.grant in BY_A_PERSON
