"""The log of calls: what was sent to which datasource, and how it ended. It holds no secret."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from datasources.http.curl import as_curl
from datasources.models import CallRecord
from datasources.ports import runs_seen
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from kianda.lib.masking import Masker

SUCCEEDED = "succeeded"
LONGEST_CURL = 16 * 1024
BATCH = 5_000


def calls_seen(user: Any) -> QuerySet[CallRecord]:
    """Return the calls that a person sees: those of runs as far as they see these."""
    rows = CallRecord.objects.all()
    seen = runs_seen(user)
    return rows if seen is None else rows.filter(Q(run__isnull=True) | Q(run__in=seen))


def record_sent(
    datasource: str,
    method: str,
    call: PreparedCall | None,
    *,
    answer: CallAnswer | None = None,
    failed: CallFailed | None = None,
    took_ms: int,
    hidden: Iterable[str] = (),
    of_instance: bool = False,
) -> None:
    """Keep a call that a person sent; one that never became a request is none.

    `hidden` are secrets that went out where the method expects none. What went out `of_instance`
    is not told: the log is read by people who may not see the instance.
    """
    if call is None:
        return
    came = answer or (failed.answer if failed else None)
    shown = {} if of_instance else call.shown
    CallRecord.objects.create(
        at=timezone.now(),
        datasource=datasource,
        method=method,
        status=came.status if came else (failed.status if failed else None),
        outcome=failed.kind if failed else SUCCEEDED,
        took_ms=took_ms,
        request_bytes=len(call.body or b""),
        response_bytes=came.size if came else 0,
        attempt=len(came.attempts) + 1 if came else 1,
        curl=curl_of(Masker([*call.secrets, *hidden]).json(shown, by_place=True)) if shown else "",
    )


def curl_of(request: Mapping[str, Any]) -> str:
    """Return a masked request as a command for the shell; nothing for one too long to be kept."""
    made = as_curl(request)
    return made if len(made) <= LONGEST_CURL else ""


def forget_calls(moment: datetime) -> int:
    """Delete the oldest calls past their time, at most so many; return how many."""
    before = moment - timedelta(days=settings.KIANDA_RETENTION_DAYS)
    old = CallRecord.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)
    return CallRecord.objects.filter(pk__in=list(old[:BATCH])).delete()[0]


def call_json(row: CallRecord) -> dict[str, Any]:
    """Return a call as the API gives it."""
    return {
        "id": str(row.pk),
        "at": row.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datasource": row.datasource,
        "method": row.method or None,
        "run": str(row.run) if row.run else None,
        "status": row.status,
        "outcome": row.outcome,
        "took_ms": row.took_ms,
        "request_bytes": row.request_bytes,
        "response_bytes": row.response_bytes,
        "attempt": row.attempt,
        "curl": row.curl,
    }
