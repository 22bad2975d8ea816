"""Which tests stay together in one process, and which come first.

Whatever starts real processes waits more than it works: all of that goes to one process, first,
which starts its servers and products once. The stories in a browser follow; the many quick tests
come last, so that no process is left alone with something long.
"""

from collections import Counter
from typing import Any

import pytest

# The first that fits. The tests of a module stay together; those of an apart folder do too.
TURNS = (
    "tests/chaos/",
    "tests/integration/",
    "tests/browser/test_scenario",
    "tests/browser/",
    "tests/secrets/",
    "tests/test_",
)
APART = "tests/integration/"


def refuse_doubles(items: list[pytest.Item]) -> None:
    """Refuse two tests of one name: of these, the processes would carry out the first alone."""
    names = Counter(item.nodeid for item in items)
    if doubles := [name for name, times in names.items() if times > 1]:
        raise pytest.UsageError(f"More than one test is called {', '.join(doubles)}.")


def turn(item: pytest.Item) -> int:
    """Return when a test is run; what has the same turn stays in random order."""
    fits = (number for number, start in enumerate(TURNS) if item.nodeid.startswith(start))
    return next(fits, len(TURNS))


def share(nodeid: str) -> str:
    """Return the name of what is run in one process with a test."""
    return APART if nodeid.startswith(APART) else nodeid.split("::", 1)[0]


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands out the shares, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    config.option.loadscopereorder = False
    return Shares(config, log)
