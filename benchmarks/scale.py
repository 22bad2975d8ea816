"""Up to a million tasks, and a million runs with their traces: planning, lists, disk, pruning."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks import machine
from benchmarks.figures import Report, in_words, percentile, spread
from benchmarks.lists import GOAL_MS, Person
from benchmarks.processes import run_module
from benchmarks.product import Ground, Product

PLANNED_MS, HELD_MS, GB_PER_MILLION = 50, 100, 1
MILLION = 1_000_000
TASK_LISTS = (
    "/scheduled-tasks/", "/scheduled-tasks/?page={last}", "/scheduled-tasks/?ordering=name",
    "/scheduled-tasks/?status=failed", "/scheduled-tasks/?process=process-3",
    "/scheduled-tasks/?q=cedar", "/scheduled-tasks/?q=nothing-has-this", "/",
    "/api/v1/scheduled-tasks/", "/healthz/full",
)  # fmt: skip
RUN_LISTS = (
    "/runs/", "/runs/?page={last}", "/runs/?ordering=started", "/runs/?status=failed",
    "/runs/?status=running", "/runs/?q={process_id}", "/runs/?q=nothing-has-this",
    "/instances/{process_id}/", "/instances/{process_id}/runs/",
    "/instances/{process_id}/changes/", "/", "/api/v1/runs/",
    "/api/v1/runs/?process_id={process_id}",
)  # fmt: skip
PLANNER = "SELECT name FROM scheduler_heartbeat WHERE part = 'planner' ORDER BY at DESC"
TABLES = ("processes_run", "processes_change", "scheduler_occurrence")


@dataclass(frozen=True)
class Sizes:
    """How many rows, and how long it is pruned."""

    tasks: tuple[int, ...] = (1_000, 10_000, 100_000, MILLION)
    listed: tuple[int, ...] = (100_000, MILLION)
    runs: int = MILLION
    openings: int = 20
    turns: int = 60
    pruning_s: int = 120


QUICK = Sizes(
    tasks=(1_000, 10_000), listed=(10_000,), runs=50_000, openings=6, turns=30, pruning_s=20
)


def scale(ground: Ground, report: Report) -> None:
    """Measure tasks on one product, which gets more and more of them, and runs on another."""
    sizes = QUICK if report.quick else Sizes()
    _runs(ground, report, sizes)
    _tasks(ground, report, sizes)


def _tasks(ground: Ground, report: Report, sizes: Sizes) -> None:
    product = ground.product()
    for count in sizes.tasks:
        report.begin(f"{count:,} tasks, {ground.name}")
        made = _copy(product, "tasks", count, report)
        # Ten of them, whatever their number, and what a second brings when each fires every hour.
        for due in sorted({10, max(10, count // 3600)}):
            _planning(product, due, sizes, report)
        with product.running():
            _memory(product, report)
            if count in sizes.listed:
                # The goal is set for 100,000 tasks; what a million do to their lists is told.
                aim = count < MILLION
                _lists(product, made, TASK_LISTS, count, sizes, report, aim=aim)


def _planning(product: Product, due: int, sizes: Sizes, report: Report) -> None:
    order = {"due": due, "times": sizes.turns}
    found = _inside(product, "benchmarks.planned", order, seconds=900)
    took = spread(found["took"])
    ratio = took["p50"] / percentile(found["floor"], 50)
    report.line(
        f"{due} due: {in_words(took)}, {ratio:.1f} x a bare update of their rows; "
        f"{found['planned']} planned, memory grew by {found['grown_mb']:.1f} MB",
        **{f"due_{due}": {**took, "ratio": ratio, "grown_mb": found["grown_mb"]}},
    )  # fmt: skip
    report.goal(
        f"planning {due} that are due, p95 at most {PLANNED_MS} ms",
        met=took["p95"] <= PLANNED_MS, found=f"{took['p95']:.1f} ms",
    )  # fmt: skip


def _memory(product: Product, report: Report) -> None:
    # Until its first sign of life has replaced the one of the last start, and it has settled.
    time.sleep(12)
    beat = int(product.rows(PLANNER)[0][0].split()[-1])
    alone, whole = machine.memory_mb([beat]), machine.memory_mb(product.processes())
    report.line(f"beat {alone} MB, all processes {whole} MB (PSS)", beat_mb=alone, all_mb=whole)


def _lists(
    product: Product, made: dict[str, Any], templates: tuple[str, ...], rows: int, sizes: Sizes,
    report: Report, *, aim: bool = True,
) -> None:  # fmt: skip
    person = Person(product, made["sessions"]["admin"])
    for template in templates:
        last = max(1, rows // 2 // 25)
        address = template.format(process_id=made["process_id"], last=last)
        took = spread(person.ask(address, sizes.openings))
        report.line(f"{in_words(took)}  {address}", **{address: took})
        if not aim:
            continue
        report.goal(
            f"{address}: p95 with {rows:,} rows at most {GOAL_MS} ms",
            met=took["p95"] <= GOAL_MS, found=f"{took['p95']:.0f} ms",
        )  # fmt: skip


def _runs(ground: Ground, report: Report, sizes: Sizes) -> None:
    report.begin(f"{sizes.runs:,} runs with their traces, {ground.name}")
    product = ground.product()
    made = _copy(product, "runs", sizes.runs, report)
    _disk(product, sizes.runs, report)
    _deep(product, sizes, report)
    with product.running():
        _lists(product, made, RUN_LISTS, sizes.runs, sizes, report)
    _pruning(product, sizes, report)


def _disk(product: Product, rows: int, report: Report) -> None:
    sizes = {name: _bytes(product, name) / rows * MILLION / 2**30 for name in TABLES}
    words = ", ".join(f"{name} {gb:.2f} GB" for name, gb in sizes.items())
    report.line(f"a million rows with indexes: {words}", gb_per_million=sizes)
    report.goal(
        f"a million runs with indexes at most {GB_PER_MILLION} GB",
        met=sizes["processes_run"] <= GB_PER_MILLION, found=f"{sizes['processes_run']:.2f} GB",
    )  # fmt: skip


def _deep(product: Product, sizes: Sizes, report: Report) -> None:
    """Tell how long the middle of the list takes: by the number of its page, and by a link."""
    found = _inside(product, "benchmarks.deep", {"times": sizes.openings}, seconds=900)
    for order, took in found.items():
        number, link = (spread(took[name]) for name in ("number", "link"))
        report.line(
            f"page in the middle, {order}: by number {in_words(number)}; by link {in_words(link)}",
            **{order: {"number": number, "link": link}},
        )


def _bytes(product: Product, table: str) -> float:
    """Return what a table needs on the disk with its indexes."""
    if "DATABASE_URL" in product.environment:
        return float(product.rows(f"SELECT pg_total_relation_size('{table}')")[0][0])
    return float(product.rows(
        "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN "
        f"(SELECT name FROM sqlite_master WHERE tbl_name = '{table}')"
    )[0][0])  # fmt: skip


def _pruning(product: Product, sizes: Sizes, report: Report) -> None:
    order = {"seconds": sizes.pruning_s}
    calm = _inside(product, "benchmarks.writer", {"seconds": 5}, seconds=60)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(_inside, product, "benchmarks.writer", order, seconds=900)
        found = _inside(product, "benchmarks.pruned", order, seconds=900)
        waits = writing.result()
    held, turn = spread(found["held"]), max(found["calls"])
    longest, commit = max(zip(found["held"], found["commits"], strict=True))
    report.line(
        f"pruned {found['deleted']:,} rows in {found['seconds']:.0f} s, a turn at most "
        f"{turn:.1f} s; transactions {in_words(held)}, longest {longest:.0f} ms, of which the "
        f"COMMIT {commit:.0f}",
        pruned=found["deleted"], seconds=found["seconds"], held=held, longest_turn_s=turn,
        longest_commit=commit,
    )  # fmt: skip
    report.line(
        f"a save meanwhile {in_words(spread(waits))}, longest {max(waits):.0f} ms; "
        f"before p95 {percentile(calm, 95):.2f}, longest {max(calm):.0f} ms",
        saves=spread(waits), saves_before=spread(calm), longest_save=max(waits),
    )  # fmt: skip
    report.goal(
        f"pruning holds its locks at most {HELD_MS} ms", met=longest <= HELD_MS,
        found=f"{longest:.0f} ms",
    )  # fmt: skip


def _copy(product: Product, kind: str, rows: int, report: Report) -> dict[str, Any]:
    begun = time.monotonic()
    order = {"provider": product.provider, "kind": kind, "rows": rows}
    made: dict[str, Any] = _inside(product, "benchmarks.copies", order, seconds=3600)
    product.token = made["token"]
    product.settle()
    report.line(f"filled in {time.monotonic() - begun:.0f} s")
    return made


def _inside(product: Product, module: str, order: dict[str, Any], *, seconds: float) -> Any:
    """Run a module of the benchmark inside the product."""
    printed = run_module(
        module, environment=product.environment, seconds=seconds, feed=json.dumps(order)
    )
    return json.loads(printed)
