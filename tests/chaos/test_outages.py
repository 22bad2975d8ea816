"""The database is away for a minute with a rotated token under way, on worker and web."""

import threading
import time
from contextlib import ExitStack

import pytest
import requests

from tests.integration.conftest import PRODUCTION
from tests.integration.provider import Provider
from tests.integration.test_outages import made

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

OUTAGE_S = 60


@pytest.mark.parametrize("kind", ["embedded", PRODUCTION])
def test_an_outage_of_a_minute_loses_no_answer(
    kind: str, request: pytest.FixtureRequest, provider: Provider
) -> None:
    with ExitStack() as stack:
        by_web = made(kind, request, provider, stack)
        by_worker = by_web.beside()
        task = by_worker.workspace.make_task(by_worker.instance, every=3600)
        by_web.outage.at_the_next_answer(grants=2)
        caller = threading.Thread(target=lambda: by_web.press())
        caller.start()
        by_worker.workspace.api.post(f"/scheduled-tasks/{task['id']}/run/", {})
        by_web.outage.wait_until_kept(by_web.product, answers=2)
        until = time.monotonic() + OUTAGE_S
        if by_web.product.apart:
            address = f"{by_web.product.url}/api/v1{by_web.address}"
            away = requests.get(address, headers=by_web.headers, timeout=100)
            assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
        time.sleep(max(0, until - time.monotonic()))
        by_web.outage.end()
        caller.join(200)
        for scene in (by_web, by_worker):
            scene.check_nothing_lost(said="The database was away for")
        # Everything works on: beat plans, the worker carries out, the page answers.
        by_worker.workspace.api.post(f"/scheduled-tasks/{task['id']}/run/", {})
        by_worker.workspace.wait_for_runs(task, more=1, seconds=90)
