"""Calls that carry the live token of their datasource: sent, and once more when it was refused."""

from collections.abc import Callable
from typing import Protocol

from datasources.auth.instance_token import InstanceTokenAuth
from datasources.connections.instance_tokens import renewed_token, stored_token
from datasources.connections.live import live_token
from datasources.http.client import send
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from kianda.lib.db.run_slots import waiting
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
    once, and the request sent once more.
    """
    token = token_for(source)
    try:
        return _sent(source, prepare(token), sender)
    except CallFailed as failed:
        failed.message = Masker([token]).text(failed.message)
        if not token or failed.status != UNAUTHORIZED:
            raise
        fresh = _another_token(source, token)
        if fresh == token:
            raise
    return _sent(source, prepare(fresh), sender)


def _sent(source: RestDatasource, call: PreparedCall, sender: Sender) -> CallAnswer:
    with waiting():
        return sender(call, datasource=source)
