"""Asking a provider for tokens. Nothing of it is stored here, and no transaction is open."""

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from datasources.auth.oauth2 import OAuth2Auth
from datasources.connections.leases import REQUEST_S
from datasources.connections.outcomes import Failure
from datasources.http.client import send
from datasources.oauth.discovery import discovered, discovery_requests, needs_discovery
from datasources.oauth.token_answers import TokenAnswer, TokenRefused, read_token_answer
from datasources.oauth.token_requests import Grant, revoke_request, token_request
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from kianda.lib.db.waiting import waiting
from kianda.lib.masking import Masker

UNANSWERED = frozenset({"timeout", "connection"})
# How long the endpoints that an issuer names are believed before it is asked again.
BELIEVED_S = 3600.0
LONGEST_ACCOUNT = 320
FROM_ISSUER = ("authorize_url", "token_url", "revoke_url")
# What each issuer said last, and when by the monotonic clock.
_said: dict[tuple[str, ...], tuple[dict[str, str], float]] = {}


class NoTokens(Exception):
    """The provider gave none; what it said is in `failure`."""

    def __init__(self, failure: Failure) -> None:
        """Take why."""
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Given:
    """What a provider gave, and in whose name, when it says so."""

    answer: TokenAnswer
    account: str = ""


def ask(source: RestDatasource, auth: OAuth2Auth, grant: Grant) -> Given:
    """Return what a provider answers; raises NoTokens."""
    ends = time.monotonic() + REQUEST_S
    auth = with_endpoints(source, auth, ends=ends)
    now = timezone.now()
    try:
        call = token_request(auth, grant, now=now)
    except CallFailed as failed:
        raise NoTokens(Failure(failed.message, permanent=True)) from failed
    answer = _answer(source, call, ends=ends)
    try:
        given = read_token_answer(auth, answer, now=now, title=source.title, secrets=call.secrets)
        return Given(given, account_of(answer.body))
    except TokenRefused as refused:
        raise NoTokens(failure_of_refusal(refused, secrets=call.secrets)) from refused


def account_of(body: Any) -> str:
    """Return whose account an answer is for, from its identity token or beside that.

    The token came from the provider itself over the line that was asked, so its signature is not
    needed to believe it (OpenID Connect Core 3.1.3.7).
    """
    told = body if isinstance(body, dict) else {}
    try:
        part = str(told.get("id_token", "")).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(f"{part}{'=' * (-len(part) % 4)}"))
    except (ValueError, IndexError, RecursionError):
        claims = {}
    held = {**told, **claims} if isinstance(claims, dict) else told
    found = (held.get(name) for name in ("email", "preferred_username", "upn", "username", "name"))
    return next((name for name in found if isinstance(name, str) and name), "")[:LONGEST_ACCOUNT]


def revoke(source: RestDatasource, auth: OAuth2Auth, token: str) -> str:
    """Tell the provider that a token is not used any more; return why it did not take that."""
    try:
        auth = with_endpoints(source, auth, ends=time.monotonic() + REQUEST_S)
        if not auth.revoke_url:
            return ""
        call = revoke_request(auth, token, now=timezone.now())
        with waiting():
            send(call, datasource=_at_once(source))
    except NoTokens as none:
        return none.failure.reason
    except CallFailed as failed:
        return Masker([*auth.credentials().values(), token]).text(failed.message)
    return ""


def with_endpoints(source: RestDatasource, auth: OAuth2Auth, *, ends: float) -> OAuth2Auth:
    """Return the settings with the endpoints that their issuer names; raises NoTokens."""
    if not needs_discovery(auth):
        return auth
    key = (auth.issuer, *(getattr(auth, name) for name in FROM_ISSUER))
    said, at = _said.get(key, ({}, 0.0))
    if said and time.monotonic() - at < BELIEVED_S:
        return auth.model_copy(update=said)
    try:
        found = _discovered(source, auth, ends=ends)
    except NoTokens:
        # What it said before is better than nothing while it is away.
        if not said:
            raise
        return auth.model_copy(update=said)
    _said[key] = {name: getattr(found, name) for name in FROM_ISSUER}, time.monotonic()
    return found


def _discovered(source: RestDatasource, auth: OAuth2Auth, *, ends: float) -> OAuth2Auth:
    failure: NoTokens | None = None
    for call in discovery_requests(auth):
        try:
            found = discovered(auth, _answer(source, call, ends=ends))
        except TokenRefused as refused:
            failure = NoTokens(failure_of_refusal(refused))
        except NoTokens as none:
            failure = none
        else:
            return found
    assert failure is not None
    raise failure


def _answer(source: RestDatasource, call: PreparedCall, *, ends: float) -> CallAnswer:
    """Return an answer of whatever status; raises NoTokens when none came."""
    try:
        with waiting():
            return send(call, datasource=_at_once(source), timeout_s=REQUEST_S, deadline=ends)
    except CallFailed as failed:
        if failed.answer is not None and failed.kind == "http_status":
            return failed.answer
        lost = failed.kind in UNANSWERED and failed.may_have_acted
        words = Masker(call.secrets).text(failed.message)
        raise NoTokens(Failure(words, lost_answer=lost)) from failed


def _at_once(source: RestDatasource) -> RestDatasource:
    """Return a datasource without its limits: they are for calls, which wait for the token."""
    if source.limits is None:
        return source
    fields = {name: getattr(source, name) for name in RestDatasource.model_fields}
    return RestDatasource.model_construct(**{**fields, "rate": None, "concurrency": None,
                                             "breaker": None})  # fmt: skip


def failure_of_refusal(refused: TokenRefused, *, secrets: Iterable[str] = ()) -> Failure:
    """Return what a refusal comes to; none of the secrets that were sent is told."""
    return Failure(
        Masker(secrets).text(refused.reason),
        permanent=refused.permanent,
        wait_s=refused.retry_after_s or 0,
    )
