"""The job called as a function, interleaved with the floor: `python -m benchmarks.inprocess`.

Reads `{"provider", "database", "chains", "process_ids", "profile"}` on standard input, prints
`{"chains", "cpu", "calls", "commits", "sums"}` in milliseconds; `cpu` is processor time of a chain.
"""

import cProfile
import io
import json
import pstats
import sys
import time
from typing import Any

WARM_UP = 30


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Run chain, call and commit in turn, so that all three meet the same machine."""
    from django.contrib.auth.models import User

    from benchmarks.floor import Floor
    from kianda.serve.services import keep_what_is_loaded
    from processes.running.runs import trigger

    user = User.objects.get(username="benchmark")
    floor = Floor(provider=order["provider"], database=order["database"])
    process_ids = order["process_ids"]
    profile = cProfile.Profile() if order.get("profile") else None
    chains, cpu = [], []
    for number in range(WARM_UP + order["chains"]):
        if number == WARM_UP:
            # As each process of the product does.
            keep_what_is_loaded()
        process_id = process_ids[number % len(process_ids)]
        warm = number >= WARM_UP
        if profile and warm:
            profile.enable()
        start, start_cpu = time.perf_counter(), time.thread_time()
        run = trigger(process_id=process_id, target="refresh", user=user, trigger="api")
        took, took_cpu = time.perf_counter() - start, time.thread_time() - start_cpu
        if profile:
            profile.disable()
        if run.status != "succeeded":
            raise SystemExit(f"The run {run.status}: {run.error}")
        if warm:
            chains.append(took * 1000)
            cpu.append(took_cpu * 1000)
            floor.measure()
    if profile:
        _print_profile(profile, len(chains))
    floor.close()
    return {
        "chains": chains, "cpu": cpu,
        "calls": floor.calls, "commits": floor.commits, "sums": floor.sums,
    }  # fmt: skip


def _print_profile(profile: cProfile.Profile, chains: int) -> None:
    out = io.StringIO()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile, stream=out).sort_stats(order).print_stats(70)
    print(f"{chains} chains\n{out.getvalue()}", file=sys.stderr)


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
