"""Pruning of runs, changes and firings past their time: `python -m benchmarks.pruned`.

Reads `{"seconds"}` on standard input, prints `{"deleted", "seconds", "held", "commits",
"calls"}`: how many rows went in how long, the milliseconds that each of its transactions was open
from its first statement to its commit, those of the commit alone, and the seconds of each turn of
the periodic task.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

WRITES = ("INSERT", "UPDATE", "DELETE")


class Transactions:
    """Keeps how long each writing transaction of this connection is open."""

    def __init__(self) -> None:
        """Begin with none."""
        self.held: list[float] = []
        self.commits: list[float] = []
        self._begun = self._ended = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement, as Django's `execute_wrapper` asks."""
        connection, start = context["connection"], time.perf_counter()
        if connection.in_atomic_block and not self._begun:
            self._begun = start
            connection.on_commit(self._over)
        try:
            return execute(sql, params, many, context)
        finally:
            self._ended = time.perf_counter()
            if not connection.in_atomic_block and sql.startswith(WRITES):
                self._keep(start, self._ended)

    def _over(self) -> None:
        self._keep(self._begun, time.perf_counter())
        self._begun = 0.0

    def _keep(self, begun: float, over: float) -> None:
        self.held.append((over - begun) * 1000)
        self.commits.append((over - self._ended) * 1000)


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Prune, turn by turn, until nothing is left or the time is over."""
    from django.db import connection
    from django.utils import timezone

    from processes.retention import prune
    from scheduler.services.retention import prune_occurrences

    deleted, calls, kept = 0, [], Transactions()
    start = time.perf_counter()
    with connection.execute_wrapper(kept):
        while time.perf_counter() - start < order["seconds"]:
            begun = time.perf_counter()
            gone = prune_occurrences(timezone.now()) + prune(timezone.now())
            calls.append(time.perf_counter() - begun)
            deleted += gone
            if not gone:
                break
    took = time.perf_counter() - start
    return {
        "deleted": deleted, "seconds": took, "held": kept.held, "commits": kept.commits,
        "calls": calls,
    }  # fmt: skip


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
