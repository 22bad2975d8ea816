"""The parts of the benchmark, each on a fresh product: in process, over the API, the start."""

import json
import time
from typing import Any

from benchmarks import machine
from benchmarks.figures import Report, in_words, percentile, spread
from benchmarks.floor import Floor
from benchmarks.processes import BenchmarkError, run_module, wait_for
from benchmarks.product import Ground, Product

CLIENTS = (1, 4, 16, 64)
LOOPED = (50, 500)


def in_process(ground: Ground, report: Report) -> None:
    """Measure the job as a function, interleaved with the floor."""
    report.begin(f"In process, {ground.name}")
    product = ground.product()
    made = product.fill(instances=20)
    order = {
        "provider": ground.provider, "database": product.database,
        "chains": 300 if report.quick else 2000, "process_ids": made["process_ids"],
    }  # fmt: skip
    printed = run_module(
        "benchmarks.inprocess", environment=product.environment, seconds=300,
        feed=json.dumps(order),
    )  # fmt: skip
    found = json.loads(printed)
    calls, commits = spread(found["calls"]), spread(found["commits"])
    floor, chain = spread(found["sums"]), spread(found["chains"])
    report.line(f"call     {in_words(calls)}", call=calls)
    report.line(f"commit   {in_words(commits)}", commit=commits)
    report.line(f"floor    {in_words(floor)}", floor=floor)
    ratio = chain["p50"] / floor["p50"]
    report.line(
        f"chain    {in_words(chain)}   {ratio:.1f} x floor; processor time "
        f"{percentile(found['cpu'], 50):.2f} ms; {len(found['chains'])} chains, 1 process",
        chain=chain, ratio=round(ratio, 2), cpu=spread(found["cpu"]),
    )  # fmt: skip
    report.goal("in process p50 at most 4 x floor", met=ratio <= 4, found=f"{ratio:.2f}")


def loops(ground: Ground, report: Report) -> None:
    """Measure a call of a loop, in a table of few rows and in one of many."""
    report.begin(f"Loops, {ground.name}")
    product = ground.product()
    product.fill(instances=1)
    order = {"rows": LOOPED, "times": 2 if report.quick else 5}
    printed = run_module(
        "benchmarks.looped", environment=product.environment, seconds=600, feed=json.dumps(order)
    )
    few, many = map(spread, json.loads(printed)["took"])
    ratio = many["p50"] / few["p50"]
    report.line(
        f"a row    {few['p50']:.1f} ms of {LOOPED[0]}, {many['p50']:.1f} ms of {LOOPED[1]}",
        few=few, many=many, ratio=round(ratio, 2),
    )  # fmt: skip
    report.goal(
        "a row of 500 at most 3 x a row of 50", met=ratio <= 3, found=f"{ratio:.2f}", aim="2"
    )  # fmt: skip


def api(ground: Ground, report: Report) -> None:
    """Measure triggers over the API of the served product."""
    report.begin(f"Over the API, {ground.name}")
    product = ground.product()
    made = product.fill(instances=max(CLIENTS))
    with product.running():
        report.line(f"{len(product.processes())} processes", processes=len(product.processes()))
        _load(product, made["process_ids"], seconds=2 if report.quick else 4)
        for clients in CLIENTS:
            _clients(product, made["process_ids"][:clients], report)


def _clients(product: Product, process_ids: list[str], report: Report) -> None:
    count = len(process_ids)
    floor = Floor(provider=product.provider, database=product.database)
    took: list[float] = []
    errors: list[str] = []
    seconds = busy = 0.0
    # In slices, with the floor between them: both meet the same machine.
    for _ in range(3 if report.quick else 6):
        for _ in range(50):
            floor.measure()
        before = machine.cpu_seconds(product.processes())
        found = _load(product, process_ids, seconds=1.5 if report.quick else 2.5)
        busy += machine.cpu_seconds(product.processes()) - before
        took += found["took"]
        errors += found["errors"]
        seconds += found["seconds"]
    floor.close()
    figures, bare = spread(took), percentile(floor.sums, 50)
    rate, ratio = len(took) / seconds, figures["p50"] / bare
    report.line(
        f"{count:3} clients  {in_words(figures)}   {rate:6.1f}/s   {ratio:.1f} x floor "
        f"({bare:.2f} ms)   {busy / max(1, len(took)) * 1000:.2f} ms of processor each"
        + (f"   {len(errors)} ERRORS: {errors[0][-300:]}" if errors else ""),
        **{f"clients_{count}": {**figures, "rate": round(rate, 1), "floor": round(bare, 3),
                                "ratio": round(ratio, 2), "errors": len(errors)}},
    )  # fmt: skip
    if count == 1:
        report.goal("1 client p50 at most 8 x floor", met=ratio <= 8, found=f"{ratio:.2f}")
    if count == 16:
        met = rate >= 200 and not errors
        report.goal(
            "16 clients at least 200 chains/s without an error", met=met,
            found=f"{rate:.0f}/s, {len(errors)} errors", aim="350/s",
        )  # fmt: skip
        tail = figures["p99"] / figures["p50"]
        report.goal("16 clients p99 at most 8 x p50", met=tail <= 8, found=f"{tail:.1f}")


def _load(product: Product, process_ids: list[str], *, seconds: float) -> dict[str, Any]:
    order = {
        "host": product.host, "port": product.port, "token": product.token,
        "process_ids": process_ids, "seconds": seconds, "most": 100_000,
    }  # fmt: skip
    printed = run_module(
        "benchmarks.load", environment=product.environment, seconds=seconds + 90,
        feed=json.dumps(order),
    )  # fmt: skip
    found: dict[str, Any] = json.loads(printed)
    return found


def start(ground: Ground, report: Report) -> None:
    """Measure the second start on a used data directory, with the demo, and the idle memory."""
    report.begin(f"Start and memory, {ground.name}")
    product = ground.product()
    product.environment["KIANDA_DEMO"] = "1"
    product.manage("demo")
    with product.running():
        pass
    begun = time.monotonic()
    with product.running(well=False):
        moments = {}
        for path in ("/healthz/live", "/healthz/full"):
            wait_for(
                lambda path=path: product.answers(path), seconds=60, every=0.01,
                saying=f"{path} does not answer",
            )  # fmt: skip
            moments[path] = time.monotonic() - begun
        first, full = moments["/healthz/live"], moments["/healthz/full"]
        report.line(f"first answer {first:.2f} s, /healthz/full {full:.2f} s",
                    first_answer_s=round(first, 2), full_s=round(full, 2))  # fmt: skip
        report.goal("second start: first answer within 3 s", met=first <= 3, found=f"{first:.2f} s")
        report.goal("second start: /healthz/full within 6 s", met=full <= 6, found=f"{full:.2f} s")
        time.sleep(5 if report.quick else 15)
        pids = product.processes()
        memory = machine.memory_mb(pids)
        if memory is None:
            raise BenchmarkError("This system does not tell the PSS of processes.")
        report.line(f"{len(pids)} processes, {memory:.0f} MB (PSS) when idle",
                    processes=len(pids), idle_mb=memory)  # fmt: skip
        report.goal("idle at most 400 MB (PSS)", met=memory <= 400, found=f"{memory:.0f} MB")
