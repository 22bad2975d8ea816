"""A process killed in the middle of a call: what it held is free long before its lease is over."""

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import requests

from tests.integration.conftest import DATABASE
from tests.integration.parts import Product, wait_for
from tests.integration.provider import Held, Provider
from tests.integration.story import Workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
def held(provider: Provider) -> Iterator[Held]:
    """The provider of the test, which keeps its callers waiting."""
    silent = Held(provider)
    yield silent
    silent.over.set()


def kill_whoever_works(product: Product) -> dict[str, Any]:
    """Kill the process that the one running run names as its holder; return the row."""
    with closing(sqlite3.connect(product.folder / DATABASE)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM processes_run WHERE status = 'running'").fetchall()
    [run] = [dict(row) for row in rows]
    os.kill(int(run["holder"].split(".")[1], 36), signal.SIGKILL)
    return run


@pytest.mark.parametrize("later", [True, False], ids=["worker", "web"])
def test_what_a_killed_process_held_is_free_without_a_wait_for_its_lease(
    embedded: Product,
    provider: Provider,
    held: Held,
    later: bool,
) -> None:
    api = embedded.api(embedded.api_token())
    workspace = Workspace(api, provider)
    workspace.make_design()
    instance = workspace.make_instance()
    path = f"{embedded.url}/api/v1/instances/{instance['process_id']}/trigger/"
    headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": f"key-{later}"}

    def ask() -> requests.Response | None:
        with suppress(requests.ConnectionError):
            body = {"target": "refresh", "async": later}
            return requests.post(path, json=body, headers=headers, timeout=120)
        return None

    asking = threading.Thread(target=ask)
    asking.start()
    assert held.arrived.wait(60)
    run = kill_whoever_works(embedded)
    asking.join()
    if not later:
        # Whoever repeats the request is told at once what became of the first one.
        again = wait_for(ask, seconds=60, saying="No web process answers")
        assert (again.status_code, again.json()["status"]) == (200, "interrupted")
    found = wait_for(
        lambda: (one := api.get(f"/runs/{run['id']}/"))["status"] != "running" and one,
        seconds=100,
        saying="Nobody takes the run over",
    )
    assert found["status"] == "interrupted"
    assert "may have been carried out" in found["error"]["message"]
    assert f"Run {run['id']} is taken over: its process is gone" in embedded.said()
    assert len(provider.calls) == 1
    held.over.set()
    provider.behaviour.watch = None
    after = api.post(f"/instances/{instance['process_id']}/trigger/", {"target": "refresh"})
    assert after["status"] == "succeeded"
