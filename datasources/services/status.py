"""How a datasource stands: ready, incomplete, or its last test failed."""

import time
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasources.gates.passing import state_of
from datasources.models import Datasource
from datasources.rest.document import DatasourceDocument, RestDatasource
from datasources.rest.limits import Breaker, GateState
from datasources.selectors import document_of
from kianda.lib.secrets import WrongKeyRing

DatasourceState = Literal["ready", "incomplete", "test_failed"]


@dataclass(frozen=True)
class DatasourceStatus:
    """A state, and in words why."""

    state: DatasourceState
    reason: str = ""


def standing_of(row: Datasource) -> DatasourceStatus:
    """Return how a datasource stands: what is missing goes before how the last test ended."""
    try:
        missing = lacks(document_of(row))
    except WrongKeyRing as error:
        missing = error.detail
    if missing:
        return DatasourceStatus("incomplete", missing)
    if row.last_test_ok is False:
        return DatasourceStatus("test_failed", row.last_test_detail)
    return DatasourceStatus("ready", "" if row.last_test_at else _("Not tested yet"))


def gate_in_words(document: RestDatasource) -> str:
    """Return how the calls of a datasource with limits stand just now; nothing without limits."""
    limits, now = document.limits, time.time()
    if limits is None:
        return ""
    state, said = state_of(document.name), []
    if limits.rate:
        begun = sum(at > now - limits.rate.per_s for at in state.times)
        words = _("%(count)s of %(most)s calls in the last %(seconds)s s.")
        seconds = f"{limits.rate.per_s:g}"
        said.append(words % {"count": begun, "most": limits.rate.calls, "seconds": seconds})
    if limits.concurrency:
        running = sum(end > now for end in state.running.values())
        words = _("%(count)s of %(most)s calls in progress.")
        said.append(words % {"count": running, "most": limits.concurrency})
    if limits.breaker:
        said.append(_breaker_in_words(limits.breaker, state, now))
    return " ".join([_("Right now:"), *said])


def _breaker_in_words(breaker: Breaker, state: GateState, now: float) -> str:
    if state.failures < breaker.failures:
        return ngettext(
            "%(count)s failure in a row.", "%(count)s failures in a row.", state.failures
        ) % {"count": state.failures}
    if state.open_until is not None and state.open_until > now:
        left = max(1, round(state.open_until - now))
        return _("Paused for another %(seconds)s s after repeated failures.") % {"seconds": left}
    return _("The next call will test whether it works again.")


def lacks(document: DatasourceDocument) -> str:
    """Return in words what whoever uses it needs and the settings do not have; nothing when ready.

    Whether there is such a thing is kept in the column `is_complete`, by which lists choose.
    """
    return document.lacks()
