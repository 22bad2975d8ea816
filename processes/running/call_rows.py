"""The calls of a run as rows of the log of calls: written with the commit that closes the run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from datasources.models import CallRecord
from datasources.services.call_records import SUCCEEDED, curl_of
from processes.definition.document import Document
from processes.engine.trace_replay import every_step
from processes.models import Run


def call_rows(
    run: Run, document: Document, steps: Sequence[dict[str, Any]], moment: datetime
) -> list[CallRecord]:
    """Return a row for each REST call that the steps of a run tell of."""
    calls = [step for step in every_step(steps) if _is_call(step)]
    if not calls:
        return []
    rules = document.rules_by_id
    asked = [(step, rules[step["rule"]].refers()) for step in calls if step["rule"] in rules]
    return [
        _row(step, refs[-1].datasource, refs[-1].method, run, moment)
        for step, refs in asked
        if refs
    ]


def _is_call(step: dict[str, Any]) -> bool:
    request = step.get("request") or {}
    # A sample that was pinned in a preview was never sent.
    return "url" in request and not request.get("pinned")


def _row(
    step: dict[str, Any], datasource: str, method: str, run: Run, moment: datetime
) -> CallRecord:
    request, response = step["request"], step.get("response") or {}
    error = step.get("error") or {}
    return CallRecord(
        at=moment,
        datasource=datasource,
        method=method,
        run=run.pk,
        status=response.get("status") or error.get("status"),
        outcome=str(error.get("kind") or SUCCEEDED),
        took_ms=round(step["duration_ms"]),
        request_bytes=request.get("bytes", 0),
        response_bytes=response.get("bytes", 0),
        attempt=len(response.get("attempts", ())) + 1,
        curl=curl_of(request),
    )
