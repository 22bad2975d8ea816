"""Which tests stay together in one process, and which come first.

The tests of a module stay together. Whatever starts real processes waits more than it works: there
is one process of tests more than there are cores, and that comes first. The stories in a browser
follow, then all else; among these what takes long comes first, so that no process is left alone
with it at the end. What takes as long as another, within a factor of two, is in random order.

`durations.json` says what takes long: each share's seconds, those below one left out. A run of all
tests with RECORD_DURATIONS=1 writes it anew.
"""

import json
import math
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

DURATIONS = Path(__file__).with_name("durations.json")
# The first that fits says which come first.
TURNS = ("tests/chaos/", "tests/integration/", "tests/browser/")
# These modules use the same servers and products, which a process starts once.
TOGETHER = "tests/integration/"
ALONE = tuple(
    f"{TOGETHER}test_{name}.py"
    for name in ("connections", "crashes", "first_start", "lost_output", "serve")
)


def refuse_doubles(items: list[pytest.Item]) -> None:
    """Refuse two tests of one name: of these, the processes would carry out the first alone."""
    names = Counter(item.nodeid for item in items)
    if doubles := [name for name, times in names.items() if times > 1]:
        raise pytest.UsageError(f"More than one test is called {', '.join(doubles)}.")


def put_in_turn(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which they are handed out."""
    known = json.loads(DURATIONS.read_text())

    def turn(item: pytest.Item) -> tuple[int, int]:
        fits = (number for number, start in enumerate(TURNS) if item.nodeid.startswith(start))
        return next(fits, len(TURNS)), -round(math.log2(known.get(share(item.nodeid), 1)))

    items.sort(key=turn)


def share(nodeid: str) -> str:
    """Return the name of what is run in one process with a test."""
    module = nodeid.split("::", 1)[0]
    return TOGETHER if module.startswith(TOGETHER) and module not in ALONE else module


def processes() -> int:
    """Return how many processes of tests this machine keeps busy."""
    return (os.cpu_count() or 1) + 1


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands out the shares, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    config.option.loadscopereorder = False
    return Shares(config, log)


class Record:
    """How long each share of a run took."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, report: pytest.TestReport) -> None:
        """Add the set-up, the body or the end of a test."""
        self.seconds[share(report.nodeid)] += report.duration

    def write(self) -> None:
        """Write it where the next run finds it, if that is wanted."""
        if os.environ.get("RECORD_DURATIONS") and "PYTEST_XDIST_WORKER" not in os.environ:
            long = {name: round(took) for name, took in self.seconds.items() if took >= 1}
            DURATIONS.write_text(json.dumps(long, indent=1, sort_keys=True) + "\n")
