"""Calls that carry the live token of their datasource: sent, and once more when it was refused."""

from collections.abc import Callable
from typing import Protocol

from datasources.auth.instance_token import InstanceTokenAuth
from datasources.connections.instance_tokens import renewed_token, stored_token
from datasources.connections.live import live_token
from datasources.connections.rows import oauth_of
from datasources.http.client import send
from datasources.ports import conditions
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from datasources.selectors import ready_to_call
from kianda.lib.db.waiting import waiting
from kianda.lib.masking import Masker

UNAUTHORIZED = 401


class Sender(Protocol):
    """Sends a request and returns its answer; raises CallFailed."""

    def __call__(self, call: PreparedCall, *, datasource: RestDatasource) -> CallAnswer:
        """Send it."""


def token_for(source: RestDatasource) -> str:
    """Return the token that a call of this datasource needs; empty where it needs none."""
    if isinstance(source.auth, InstanceTokenAuth):
        return stored_token(source, source.auth)
    return live_token(source) if source.auth.needs_token else ""


def _another_token(source: RestDatasource, refused: str) -> str:
    """Return the token after the one that was refused; the same when there is no other."""
    if isinstance(source.auth, InstanceTokenAuth):
        return renewed_token(source, source.auth, refused=refused)
    return live_token(source, refused=refused)


def send_authorised(
    source: RestDatasource, prepare: Callable[[str], PreparedCall], *, sender: Sender = send
) -> CallAnswer:
    """Build a request with the live token, send it, and return the answer; raises CallFailed.

    One whose token was refused was not carried out, whatever its verb: the token is refreshed
    once, and the request sent once more. One that was refused where a redirect led afterwards was.
    """
    token = token_for(source)
    call = prepare(token)
    try:
        answer = _sent(source, call, sender)
    except CallFailed as failed:
        if failed.may_have_acted or not failed.answer:
            raise
        if not (token and _is_refusal(source, call, failed.answer)):
            raise
        if (fresh := _another_token(source, token)) == token:
            raise
    else:
        if answer.may_have_acted or not (token and _is_refusal(source, call, answer)):
            return answer
        if (fresh := _another_token(source, token)) == token:
            return answer
    return _sent(source, prepare(fresh), sender)


def _is_refusal(source: RestDatasource, call: PreparedCall, answer: CallAnswer) -> bool:
    """Tell whether an answer says that the token is no longer good."""
    if answer.status == UNAUTHORIZED:
        return True
    auth = oauth_of(source)
    if auth is None or auth.expired_when is None:
        return False
    return conditions().hold(auth.expired_when, answer, call.names)


def _sent(source: RestDatasource, call: PreparedCall, sender: Sender) -> CallAnswer:
    ready = ready_to_call(source)
    try:
        with waiting():
            return sender(call, datasource=ready)
    except CallFailed as failed:
        # What the other side says in its own words may repeat what it was sent.
        failed.message = Masker(call.secrets).text(failed.message)
        raise
