"""Tokens that instances keep: read when a call leaves, renewed once when they are refused."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources import ports
from datasources.auth.instance_token import InstanceTokenAuth
from datasources.connections.turns import Turns
from datasources.models import Datasource
from datasources.ports import TokenNotThere
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from kianda.lib.db.waiting import waiting

# One thread of a process at a time; between processes the revision of the instance decides.
_turns = Turns()
os.register_at_fork(after_in_child=_turns.renew)


class _Renewing(threading.local):
    """The datasources whose token this thread is just having renewed."""

    keys: frozenset[int] = frozenset()


_renewing = _Renewing()


@contextmanager
def _noted(key: int) -> Iterator[None]:
    before = _renewing.keys
    _renewing.keys = before | {key}
    try:
        yield
    finally:
        _renewing.keys = before


def stored_token(source: RestDatasource, auth: InstanceTokenAuth) -> str:
    """Return the token that the instance keeps now; raises CallFailed."""
    try:
        found = ports.instance_tokens().read(auth.process_id, auth.field)
    except TokenNotThere as error:
        raise _failed(source, error) from error
    if not found.value:
        sentence = _("No token yet: the field %(field)s of %(process_id)s is empty.")
        raise _failed(source, sentence % {"field": auth.field, "process_id": auth.process_id})
    return found.value


def renewed_token(source: RestDatasource, auth: InstanceTokenAuth, *, refused: str) -> str:
    """Return what the instance keeps after one renewal; the same when there is no other.

    Whoever asks at the same time waits for that one renewal and reads what it has stored.
    """
    if auth.on_401 != "trigger":
        return refused
    asked, ends = timezone.now(), time.monotonic() + source.timeout_s
    row = Datasource.objects.select_related("modified_by").filter(name=source.name).first()
    if row is None:
        return refused
    if row.pk in _renewing.keys:
        # It would wait for itself.
        sentence = _(
            "The button %(target)s calls this data source, which needs the token that it "
            "should get. Let it call another data source."
        )
        raise _failed(source, sentence % {"target": auth.target})
    with _turns.of(row.pk, seconds=source.timeout_s):
        while True:
            token = stored_token(source, auth)
            if token != refused or time.monotonic() > ends:
                return token
            try:
                if ports.instance_tokens().renewed_since(auth.process_id, auth.target, asked):
                    return token
                _renew(auth, row, refused)
            except TokenNotThere as error:
                raise _failed(source, error) from error


def _renew(auth: InstanceTokenAuth, row: Datasource, refused: str) -> None:
    known = ports.instance_tokens()
    found = known.read(auth.process_id, auth.field)
    if found.value != refused:
        return
    if row.modified_by is None or not row.modified_by.is_active:
        raise TokenNotThere(
            _(
                "The token cannot be refreshed: the person it was set up by is gone. Save "
                "the data source again as someone who may press the button."
            )
        )
    with waiting(), _noted(row.pk):
        known.renew(auth.process_id, auth.target, user=row.modified_by, revision=found.revision)


def _failed(source: RestDatasource, why: object) -> CallFailed:
    sentence = _("%(datasource)s has no token to send. %(why)s")
    return CallFailed("configuration", sentence % {"datasource": source.title, "why": why})
