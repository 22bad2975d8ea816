"""The calls that runs made through a datasource, read from their traces."""

from collections.abc import Iterator
from datetime import datetime
from statistics import median
from typing import Any

from datasources.ports import Calls, LastCall
from processes.designs.usage import uses_of_datasource
from processes.document_cache import document_of
from processes.engine.trace_replay import newest_first
from processes.models import DesignVersion, Run

# A page asks: it looks at so many of the newest runs, and says so when there were more.
NEWEST = 5000
MOST = 500


def call_log(datasource: str, *, since: datetime) -> Calls:
    """Return the calls of a datasource since a moment, out of the newest runs."""
    names = {str(use["name"]).rpartition(" ")[0] for use in uses_of_datasource(datasource)}
    newest = Run.objects.order_by("-pk").values_list("pk", flat=True).first()
    if not names or newest is None:
        return Calls()
    rows = Run.objects.filter(pk__gt=newest - NEWEST, finished__gte=since, process__in=names)
    runs = list(rows.only("steps", "process", "version", "finished").order_by("-pk")[: MOST + 1])
    rules = {key: _rules(*key) for key in {(run.process, run.version) for run in runs}}
    calls = [
        call
        for run in runs[:MOST]
        for call in _calls_of(run, datasource, rules[run.process, run.version])
    ]
    older = Run.objects.filter(pk__lte=newest - NEWEST).order_by("-pk").only("finished").first()
    looked_at_all = older is None or older.finished is None or older.finished < since
    return _summed(calls, complete=looked_at_all and len(runs) <= MOST)


def _calls_of(
    run: Run, datasource: str, rules: dict[str, tuple[str, str]]
) -> Iterator[tuple[str, LastCall, float]]:
    """Yield (method, call, duration), the newest first."""
    for step in newest_first(run.steps):
        source, method = rules.get(step["rule"], ("", ""))
        request = step.get("request")
        # A sample that was pinned in a preview is no answer of the datasource.
        real = request and not request.get("pinned")
        if source == datasource and real and run.finished:
            yield method, _call(run, run.finished, step), float(step["duration_ms"])


def _call(run: Run, at: datetime, step: dict[str, Any]) -> LastCall:
    error, response = step.get("error") or {}, step.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    return LastCall(
        at=at,
        ok=step["status"] == "succeeded",
        status=status or error.get("status"),
        message=str(error.get("message", "")),
        url=f"/runs/{run.pk}/",
    )


def _summed(calls: list[tuple[str, LastCall, float]], *, complete: bool) -> Calls:
    took = [duration for _, _, duration in calls]
    failures = [call for _, call, _ in calls if not call.ok]
    by_method: dict[str, LastCall] = {}
    for method, call, _ in calls:
        by_method.setdefault(method, call)
    return Calls(
        count=len(calls),
        failed=len(failures),
        median_ms=median(took) if took else None,
        slowest_ms=max(took, default=None),
        last_failure=failures[0] if failures else None,
        by_method=by_method,
        complete=complete,
    )


def _rules(process: str, version: str) -> dict[str, tuple[str, str]]:
    """Return datasource and method by rule id."""
    major, _, minor = version.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        return {}
    row = DesignVersion.objects.filter(
        design__name=process, major=int(major), minor=int(minor)
    ).first()
    if row is None:
        return {}
    return {
        rule.id: (ref.datasource, ref.method)
        for _, rule in document_of(row).placed_rules()
        for ref in rule.refers()
    }
