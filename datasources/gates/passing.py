"""Calls pass the gate of their datasource: they wait for their turn, or are kept back.

The row in the database is the truth for all threads, processes and hosts. It is locked for a moment
before a call and after it, never while the call is under way.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from datasources.models import CallGate
from datasources.rest.errors import CallFailed
from datasources.rest.limits import CallLimits, GateState, Passage, enter, leave

log = structlog.get_logger(__name__)
T = TypeVar("T")
# Shorter waits are not worth a sentence.
TOLD_FROM_S = 0.5
FIELDS = ("times", "running", "failures", "open_until", "probing_until")


@contextmanager
def passing(
    datasource: str, limits: CallLimits, *, title: str, holds_s: float, ends: float
) -> Iterator[str]:
    """Wait until a call may go; give how long it waited in words, or nothing.

    `ends` is of time.monotonic. Raises CallFailed `busy` for a call that may not go until then.
    """
    token, started = uuid4().hex, time.monotonic()
    _wait(datasource, limits, token=token, title=title, holds_s=holds_s, ends=ends)
    waited = time.monotonic() - started
    failed: CallFailed | None = None
    ended = True
    try:
        yield _waited(waited) if waited >= TOLD_FROM_S else ""
    except CallFailed as error:
        failed = error
        raise
    except BaseException:
        # It was kept back or broken off: that tells nothing of the service.
        ended = False
        raise
    finally:
        try:
            _leave(datasource, limits if ended else replace(limits, breaker=None), token, failed)
        except DatabaseError:
            # The answer is worth more; the place is given back when its time has passed.
            log.warning("gate_not_left", datasource=datasource, exc_info=True)


def state_of(datasource: str) -> GateState:
    """Return what is known of the calls of a datasource."""
    row = CallGate.objects.filter(datasource=datasource).first()
    return _state(row) if row else GateState()


def forget(datasource: str) -> None:
    """Let another datasource of this name begin anew."""
    CallGate.objects.filter(datasource=datasource).delete()


def _wait(
    datasource: str, limits: CallLimits, *, token: str, title: str, holds_s: float, ends: float
) -> None:
    while True:
        left = ends - time.monotonic()
        now = time.time()
        passage = _changed(
            datasource,
            lambda state, now=now, left=left: enter(  # type: ignore[misc]
                state, limits, token=token, now=now, holds_s=holds_s, until=now + left
            ),
        )
        if passage.at is not None:
            time.sleep(max(0.0, passage.at - time.time()))
            return
        if passage.paused_until is not None:
            raise CallFailed("busy", _paused(title, limits, passage))
        if passage.again_in is None or passage.again_in >= left:
            raise CallFailed("busy", _no_turn(title, limits))
        time.sleep(passage.again_in)


def _leave(datasource: str, limits: CallLimits, token: str, failed: CallFailed | None) -> None:
    if limits.concurrency is None:
        if limits.breaker is None:
            return
        # A success of a service that is well changes nothing, as nearly all of them.
        if failed is None and not leave(
            state_of(datasource), limits, token=token, now=time.time(), failed=None
        ):
            return
    _changed(
        datasource,
        lambda state: leave(state, limits, token=token, now=time.time(), failed=failed),
    )


def _changed(datasource: str, change: Callable[[GateState], T]) -> T:
    """Carry out a change on the locked row of a datasource."""
    if not CallGate.objects.filter(datasource=datasource).exists():
        try:
            with transaction.atomic():
                CallGate.objects.create(datasource=datasource)
        except IntegrityError:
            pass  # Somebody else made it just now.
    with transaction.atomic():
        row = CallGate.objects.select_for_update().filter(datasource=datasource).first()
        if row is None:
            return change(GateState())
        state = _state(row)
        result = change(state)
        for name in FIELDS:
            setattr(row, name, getattr(state, name))
        row.save(update_fields=FIELDS)
    return result


def _state(row: CallGate) -> GateState:
    return GateState(**{name: getattr(row, name) for name in FIELDS})


def _waited(seconds: float) -> str:
    return _("Queued for %(seconds)s s.") % {"seconds": f"{seconds:.1f}"}


def _paused(title: str, limits: CallLimits, passage: Passage) -> str:
    if passage.testing:
        return _("%(title)s has failed repeatedly. Another call is testing it now.") % {
            "title": title
        }
    return _(
        "%(title)s has failed %(count)s times in a row. Calls are paused for another "
        "%(seconds)s s, so the call was not sent."
    ) % {
        "title": title,
        "count": limits.breaker.failures if limits.breaker else 0,
        "seconds": max(1, round((passage.paused_until or 0) - time.time())),
    }


def _no_turn(title: str, limits: CallLimits) -> str:
    said = []
    if limits.rate:
        said.append(
            _("%(calls)s calls in %(seconds)s s")
            % {"calls": limits.rate.calls, "seconds": f"{limits.rate.per_s:g}"}
        )
    if limits.concurrency:
        said.append(_("%(count)s at once") % {"count": limits.concurrency})
    return _(
        "%(title)s is limited to %(limits)s, and this call would have to wait too long. It "
        "was not sent."
    ) % {"title": title, "limits": ", ".join(said)}
