"""A person who allows access at a provider: sent there, and received back once."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.oauth2 import OAuth2Auth
from datasources.connections import token_service
from datasources.connections.leases import REQUEST_S
from datasources.connections.refreshing import Wish
from datasources.connections.token_service import NoTokens
from datasources.models import ConnectAttempt, Connection
from datasources.oauth.token_requests import Code, authorize_url
from datasources.rest.document import RestDatasource
from datasources.services import connections
from kianda.lib.errors import Conflict, Invalid

GOOD_FOR = timedelta(minutes=10)
LONGEST_SAYING = 300


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a person has to go, and until when they may come back."""

    authorize_url: str
    expires_at: datetime


def redirect_uri() -> str:
    """Return the address that has to be registered at every provider."""
    return f"{settings.KIANDA_PUBLIC_URL}{reverse('connection-callback')}"


def connect(*, name: str, user: Any, session_key: str = "") -> Begun | Connection:
    """Begin to connect: where a person is needed return where to send them, else the connection.

    The state that comes back is bound to the session, or to the person alone. Raises Conflict.
    """
    row, source, auth = connections.to_change(name, user)
    if not connections.needs_a_person(auth):
        return connections.connect_alone(name, user)
    connections.must_be_complete(source, auth)
    try:
        auth = _with_endpoints(source, auth)
    except NoTokens as none:
        raise Conflict(none.failure.reason) from none
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    expires_at = timezone.now() + GOOD_FOR
    ConnectAttempt.objects.create(
        state_digest=_digest(state),
        connection=row,
        user=user,
        session_digest=_digest(session_key) if session_key else "",
        fingerprint=row.fingerprint,
        sealed={"code_verifier": verifier, "redirect_uri": redirect_uri()},
        expires_at=expires_at,
    )
    url = authorize_url(auth, redirect_uri=redirect_uri(), state=state, code_verifier=verifier)
    return Begun(url, expires_at)


def come_back(*, query: Mapping[str, str], user: Any, session_key: str) -> Connection:
    """Take what a provider sent a person back with, and fetch the tokens for it.

    Raises Invalid for an answer that is not for this person, or was used, and Conflict.
    """
    attempt = _taken(query.get("state", ""), user, session_key)
    row, source, auth = connections.to_change(attempt.connection.datasource.name, user)
    if row.fingerprint != attempt.fingerprint:
        raise Conflict(_("The settings were changed in the meantime. Connect again."))
    _check_issuer(query, source, auth)
    if "code" not in query:
        raise Conflict(_refusal(query, source))
    sealed: Mapping[str, str] = attempt.sealed
    grant = Code(query["code"], sealed["redirect_uri"], sealed["code_verifier"])
    facts = (("connected_by_id", user.pk),)
    wish = Wish("connect", lambda _found: False, grant=grant, facts=facts)
    return connections.refreshed(row, user, wish)


def _taken(state: str, user: Any, session_key: str) -> ConnectAttempt:
    """Return the attempt of a state, which nobody can use again."""
    rows = ConnectAttempt.objects.filter(
        state_digest=_digest(state), user=user, expires_at__gt=timezone.now()
    )
    found = rows.select_related("connection__datasource").first()
    if found is not None and found.session_digest not in {"", _digest(session_key)}:
        found = None
    # Two requests with one state: the delete of one of them finds nothing.
    if found is None or not ConnectAttempt.objects.filter(pk=found.pk).delete()[0]:
        raise Invalid(
            _(
                "This sign-in is for another user, was already used, or is older than 10 "
                "minutes. Connect again."
            )
        )
    return found


def _check_issuer(query: Mapping[str, str], source: RestDatasource, auth: OAuth2Auth) -> None:
    """Refuse an answer of another provider than the one that was asked (RFC 9207)."""
    told = query.get("iss", "")
    if not told:
        return
    if auth.issuer:
        good = told.rstrip("/") == auth.issuer.rstrip("/")
    else:
        good = urlsplit(told)[:2] == urlsplit(_with_endpoints(source, auth).authorize_url)[:2]
    if not good:
        raise Conflict(
            _("The response came from %(told)s, which is not the provider of %(datasource)s.")
            % {"told": told[:LONGEST_SAYING], "datasource": source.title}
        )


def _refusal(query: Mapping[str, str], source: RestDatasource) -> str:
    """Return in plain words why a provider sent no code."""
    error, said = query.get("error", ""), query.get("error_description", "")[:LONGEST_SAYING]
    if error == "access_denied":
        words = _("Access to %(datasource)s was not allowed at the provider. Nothing was changed.")
    elif error in {"invalid_scope", "invalid_request", "unauthorized_client"}:
        words = _("The provider did not accept the settings of %(datasource)s.")
    elif error in {"server_error", "temporarily_unavailable"}:
        words = _("The provider of %(datasource)s has a problem. Try again later.")
    else:
        words = _("The provider of %(datasource)s did not allow access.")
    told = _("It said: %(said)s") % {"said": said or error[:LONGEST_SAYING]}
    return f"{words % {'datasource': source.title}} {told if said or error else ''}".strip()


def _with_endpoints(source: RestDatasource, auth: OAuth2Auth) -> OAuth2Auth:
    return token_service.with_endpoints(source, auth, ends=time.monotonic() + REQUEST_S)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
