"""Planning among many tasks, as beat does it: `python -m benchmarks.planned`.

Reads `{"due", "times"}` on standard input, prints `{"took", "grown_mb", "planned"}`: milliseconds
of each turn of the planner, the memory that all of them together added, occurrences written.
"""

import json
import resource
import sys
import time
from datetime import timedelta
from typing import Any

WARM_UP = 3


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Let other tasks be due each time, and plan them; none is sent to a worker."""
    from django.utils import timezone

    from kianda.serve.services import keep_what_is_loaded
    from scheduler import services
    from scheduler.models import ScheduledTask

    due, took, planned, before = order["due"], [], 0, 0
    pks = iter(ScheduledTask.objects.order_by("pk").values_list("pk", flat=True).iterator(2_000))
    for number in range(WARM_UP + order["times"]):
        moment = timezone.now()
        near = [pk for pk, _ in zip(pks, range(due), strict=False)]
        at = moment - timedelta(milliseconds=100)
        ScheduledTask.objects.filter(pk__in=near).update(next_run_at=at, next_run_set_at=at)
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
            planned += len(written)
    return {"took": took, "grown_mb": (_peak_kb() - before) / 1024, "planned": planned}


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
