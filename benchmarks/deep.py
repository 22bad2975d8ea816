"""A page in the middle of all runs, by its number and by a link to it: `python -m benchmarks.deep`.

Reads `{"times"}` on standard input, prints `{order: {"number": [...], "link": [...]}}`: the
milliseconds in which the rows of the page were read. How many there are is counted before.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

ORDERS = {"newest first": "", "by start": "started", "by end, the last first": "-finished"}
WARM_UP = 1


def measure(order: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Read the page in each order of the list, as an administrator sees it."""
    from django.contrib.auth.models import User

    from processes import listing

    user, times = User.objects.get(username="benchmark"), order["times"] + WARM_UP
    return {
        name: _took(lambda ordering=ordering: listing.runs(user, ordering=ordering), times)
        for name, ordering in ORDERS.items()
    }


def _took(rows: Callable[[], Any], times: int) -> dict[str, list[float]]:
    from kianda.lib.pagination import PAGE_SIZE, Listed

    took: dict[str, list[float]] = {"number": [], "link": []}
    for _ in range(times):
        listed = Listed(rows())
        at = listed.count() // 2
        before = listed[at - PAGE_SIZE : at]
        assert before
        assert listed.edges
        place, start = listed.edges[1], time.perf_counter()
        by_number = listed[at : at + PAGE_SIZE]
        took["number"].append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        by_link, _more = Listed(rows()).beside(place, forward=True, size=PAGE_SIZE)
        took["link"].append((time.perf_counter() - start) * 1000)
        assert by_link == by_number
    return {name: found[WARM_UP:] for name, found in took.items()}


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
