"""Somebody who saves all the time: `python -m benchmarks.writer`.

Reads `{"seconds"}` on standard input, prints the milliseconds of each save, a new one every 5 ms.
"""

import json
import sys
import time
from typing import Any

EVERY_S = 0.005


def measure(order: dict[str, Any]) -> list[float]:
    """Change an instance and its history in one transaction, again and again."""
    from django.db import transaction
    from django.db.models import F
    from django.utils import timezone

    from processes.models import Change, ProcessInstance

    first = ProcessInstance.objects.earliest("pk")
    took: list[float] = []
    until = time.perf_counter() + order["seconds"]
    while (start := time.perf_counter()) < until:
        with transaction.atomic():
            ProcessInstance.objects.filter(pk=first.pk).update(revision=F("revision") + 1)
            Change.objects.create(instance=first, revision=0, at=timezone.now(), fields=[])
        took.append((time.perf_counter() - start) * 1000)
        time.sleep(EVERY_S)
    return took


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
