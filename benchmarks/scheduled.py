"""The part through the scheduler: beat, broker, worker; how late, how many, what overload does."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.figures import Report, percentile, spread
from benchmarks.product import Ground, Product

PAGES = ("/api/v1/runs/", "/api/v1/instances/", "/api/v1/scheduled-tasks/")
WAITING = (
    "SELECT count(*), count(DISTINCT task_id) FROM scheduler_occurrence "
    "WHERE outcome IS NULL AND started_at IS NULL"
)
OCCURRENCES = (
    "SELECT task_id, planned_at, planned_until, count, started_at, outcome "
    "FROM scheduler_occurrence WHERE trigger = 'planned'"
)


@dataclass(frozen=True)
class Case:
    """So many tasks, each so many seconds, watched for so long."""

    tasks: int
    every_s: int
    watch_s: float
    overload: bool = False
    # Whether all are due at the same moment, the worst case; else their grids lie evenly over
    # the interval, as those of tasks that were made at different times.
    aligned: bool = False

    @property
    def name(self) -> str:
        """Return `200 tasks of 1 s`."""
        return f"{self.tasks:,} tasks of {self.every_s} s" + (", aligned" if self.aligned else "")

    def schedule(self) -> dict[str, Any]:
        """Return the schedule as the API takes it."""
        if self.every_s % 60 == 0:
            return {"kind": "minutes", "every": self.every_s // 60}
        return {"kind": "seconds", "every": self.every_s}


def cases(*, quick: bool) -> list[Case]:
    """Return what is measured."""
    if quick:
        return [Case(50, 1, 8), Case(100, 1, 8), Case(1000, 1, 12, overload=True)]
    return [
        Case(50, 1, 20), Case(100, 1, 20), Case(100, 1, 20, aligned=True), Case(200, 1, 20),
        Case(1000, 1, 30, overload=True), Case(1000, 60, 75), Case(1000, 60, 75, aligned=True),
    ]  # fmt: skip


def scheduler(ground: Ground, report: Report) -> None:
    """Measure each case on a product of its own."""
    for case in cases(quick=report.quick):
        report.begin(f"Scheduler, {case.name}, {ground.name}")
        product = ground.product()
        # Made before the start: what they missed by then is one catch-up, then comes the grid.
        apart_s = 0 if case.aligned else case.every_s
        product.fill(instances=case.tasks, tasks=case.schedule(), apart_s=apart_s)
        with product.running():
            _watch(product, case, report)


def _watch(product: Product, case: Case, report: Report) -> None:
    pids = len(product.processes())
    time.sleep(3)
    begins = datetime.now(UTC)
    waiting, pages = [], []
    while (datetime.now(UTC) - begins).total_seconds() < case.watch_s:
        rows, tasks = product.rows(WAITING)[0]
        waiting.append((rows, tasks))
        for path in PAGES:
            status, _, seconds = product.get(path)
            pages.append((status, seconds * 1000))
        time.sleep(0.7)
    ends = datetime.now(UTC)
    # What was planned last is still to be carried out.
    time.sleep(4)
    rows = [_occurrence(row) for row in product.rows(OCCURRENCES)]
    window = (begins, ends)
    _report(case, [row for row in rows if row["until"] >= begins], window, report, pids=pids)
    _report_lists(case, waiting, pages, report)


def _occurrence(row: tuple[Any, ...]) -> dict[str, Any]:
    task, planned, until, count, started, outcome = row
    moments = [_moment(value) for value in (planned, until or planned, started)]
    return {
        "task": task, "planned": moments[0], "until": moments[1], "count": count,
        "started": moments[2], "outcome": outcome,
    }  # fmt: skip


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        # SQLite holds text, in UTC without saying so.
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def _report(
    case: Case,
    rows: list[dict[str, Any]],
    window: tuple[datetime, datetime],
    report: Report,
    *,
    pids: int,
) -> None:
    begins, ends = window
    inside = [row for row in rows if begins <= row["planned"] <= ends]
    firings = sum(row["count"] for row in inside)
    due = case.tasks * (ends - begins).total_seconds() / case.every_s
    ran = [row for row in inside if row["outcome"] in {"succeeded", "failed"}]
    open_rows = [row for row in inside if row["outcome"] is None]
    late = [(row["started"] - row["planned"]).total_seconds() * 1000
            for row in inside if row["started"]]  # fmt: skip
    share = len(ran) / max(1, firings)
    figures = spread(late)
    report.line(
        f"{firings} firings planned ({due:.0f} due), {len(ran)} ran ({share:.1%}), "
        f"{len(ran) / (ends - begins).total_seconds():.0f}/s; late "
        + "  ".join(f"{name} {value:.0f}" for name, value in figures.items())
        + f" ms; {pids} processes",
        planned=firings, due=round(due), ran=len(ran), late_ms=figures,
        outcomes={str(name): sum(row["outcome"] == name for row in inside)
                  for name in {row["outcome"] for row in inside}},
    )  # fmt: skip
    if case.overload or case.aligned:
        return
    told = not open_rows and abs(firings - due) <= case.tasks * 1.05
    if case.tasks == 200:
        # No goal: what we aim at.
        met = "met" if told and share >= 0.99 and figures["p99"] <= 100 else "not reached"
        report.line(f"aim    99 % of 200 tasks run, p99 late at most 100 ms: {met}")
    elif case.tasks >= 100:
        report.goal(
            f"{case.name}: every planned firing has an outcome", met=told,
            found=f"{firings} of {due:.0f} due, {len(open_rows)} open",
        )  # fmt: skip
        if case.every_s == 1:
            report.goal(f"{case.name}: at least 99 % ran", met=share >= 0.99, found=f"{share:.2%}")
        report.goal(
            f"{case.name}: p99 late at most 500 ms", met=figures["p99"] <= 500,
            found=f"{figures['p99']:.0f} ms",
        )  # fmt: skip


def _report_lists(
    case: Case, waiting: list[tuple[int, int]], pages: list[tuple[int, float]], report: Report
) -> None:
    took = spread([seconds for _, seconds in pages])
    bad = sum(status != 200 for status, _ in pages)
    most = max((rows for rows, _ in waiting), default=0)
    report.line(
        f"lists meanwhile p50 {took['p50']:.0f}  p99 {took['p99']:.0f} ms, {bad} not answered; "
        f"at most {most} waiting", lists_ms=took, most_waiting=most,
    )  # fmt: skip
    if not case.overload:
        return
    doubles = any(rows > tasks for rows, tasks in waiting)
    report.goal(
        "overload: at most one waiting occurrence per task", met=not doubles,
        found=f"{most} waiting of {case.tasks} tasks",
    )  # fmt: skip
    half = len(waiting) // 2
    first = percentile([rows for rows, _ in waiting[:half]], 95)
    second = percentile([rows for rows, _ in waiting[half:]], 95)
    report.goal(
        "overload: the queue does not grow", met=second <= max(first * 1.2, case.tasks),
        found=f"{first:.0f}, then {second:.0f} waiting",
    )  # fmt: skip
    report.goal(
        "overload: lists still answer", met=not bad,
        found=f"p50 {took['p50']:.0f} ms, p99 {took['p99']:.0f} ms",
    )  # fmt: skip
