"""The clock of real processes goes ahead and back: schedules go on, nothing is lost or doubled."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.needs import faketime_library
from tests.integration.parts import Product, wait_for
from tests.integration.provider import Provider
from tests.integration.story import Workspace, moment

pytestmark = [pytest.mark.chaos, pytest.mark.needs("faketime"), pytest.mark.timeout(300)]

STEPS = {"+30s": 30, "+1h": 3_600, "+30d": 30 * 86_400}


class FakeClock:
    """The clock of a product's processes, set by a file that they look at each time."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.set("+0")

    def set(self, text: str) -> None:
        """Put the clock so far ahead of the right one."""
        written = self.file.with_suffix(".new")
        written.write_text(f"{text}\n")
        written.replace(self.file)

    def settings(self) -> dict[str, str]:
        """Return what lets a process see it; the clock that nobody can set stays real."""
        return {
            "LD_PRELOAD": str(faketime_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }


def test_schedules_go_on_after_each_step_of_the_clock(
    new_product: Callable[..., Product], new_folder: Callable[[str], Path], provider: Provider
) -> None:
    clock = FakeClock(new_folder("clock"))
    with ExitStack() as stack:
        product = new_product("embedded", **clock.settings())
        stack.callback(product.stop)
        product.start()
        workspace = Workspace(product.api(product.api_token()), provider)
        workspace.make_design()
        instance = workspace.make_instance()
        task = workspace.make_task(instance, every=2)
        workspace.wait_for_runs(task, more=2, seconds=60)
        for text, seconds in STEPS.items():
            clock.set(text)
            ahead = datetime.now(UTC) + timedelta(seconds=seconds - 10)

            def fires(after: datetime = ahead) -> bool:
                return any(
                    row["run"] and moment(row["planned_at"]) > after
                    for row in workspace.occurrences(task)
                )

            wait_for(fires, seconds=60, saying=f"Nothing fires while the clock is at {text}")
            clock.set("+0")
            workspace.wait_for_runs(task, more=3, seconds=60)
            wait_for(product.is_well, seconds=60, saying=f"Not well after {text}")
        product.stop()
        product.start()
        workspace.wait_for_runs(task, more=2, seconds=60)

        rows = workspace.at_rest(task)
        assert {row["outcome"] for row in rows} <= {"succeeded", "missed", "coalesced"}
        runs = [row["run"] for row in rows if row["run"]]
        assert len(set(runs)) == len(runs)
        assert len({row["planned_at"] for row in rows}) == len(rows)
        assert len(provider.calls_of(instance["data"]["client_id"])) == len(runs)
        early = [row for row in rows if moment(row["planned_at"]) > datetime.now(UTC)]
        # A run that was under way at the step says how it ended, and nothing else.
        assert any("put back since" in row["reason"] for row in early)
