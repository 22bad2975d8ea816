"""Planning among many tasks, as beat does it: `python -m benchmarks.planned`.

Reads `{"due", "times"}` on standard input, prints `{"took", "floor", "grown_mb", "planned"}`:
milliseconds of each turn of the planner, and of one bare update of the same rows before it; the
memory that all turns together added; occurrences written.
"""

import json
import resource
import sys
import time
from datetime import timedelta
from typing import Any

WARM_UP = 3


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Let other tasks be due each time, and plan them; none is sent, or left, to a worker."""
    from django.utils import timezone

    from kianda.serve.services import keep_what_is_loaded
    from scheduler import services
    from scheduler.models import Occurrence, ScheduledTask

    due, planned, before = order["due"], 0, 0
    took, floor = [], []
    # Those that no measurement before has planned: else they would be merged with what waits.
    rows = ScheduledTask.objects.filter(counted_runs=0).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[: due * (WARM_UP + order["times"])])
    for number in range(WARM_UP + order["times"]):
        moment = timezone.now()
        near = pks[number * due : (number + 1) * due]
        at = moment - timedelta(milliseconds=100)
        begun = time.perf_counter()
        ScheduledTask.objects.filter(pk__in=near).update(next_run_at=at, next_run_set_at=at)
        updated = time.perf_counter() - begun
        if number == WARM_UP:
            # As each process of the product does.
            keep_what_is_loaded()
            before = _peak_kb()
        start = time.perf_counter()
        services.plan_anew(moment)
        written = services.plan(timezone.now())
        services.next_due()
        if number >= WARM_UP:
            took.append((time.perf_counter() - start) * 1000)
            floor.append(updated * 1000)
            planned += len(written)
    grown_mb = (_peak_kb() - before) / 1024
    waiting = Occurrence.objects.filter(outcome__isnull=True)
    waiting.update(outcome="skipped", finished_at=timezone.now())
    return {"took": took, "floor": floor, "grown_mb": grown_mb, "planned": planned}


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
