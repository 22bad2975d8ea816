"""The database is away for a minute with rotated tokens under way, on workers and web."""

import threading
import time
from contextlib import ExitStack

import pytest
import requests

from tests.integration.parts import wait_for
from tests.integration.provider import Provider
from tests.integration.test_outages import Scene, made

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

OUTAGE_S = 60


class Minute:
    """A product with two runs under way, of web and worker, whose database goes away."""

    def __init__(self, scene: Scene) -> None:
        """Begin both runs, and the outage with their answers."""
        self.by_web, self.by_worker = scene, scene.beside()
        self.task = self.by_worker.workspace.make_task(self.by_worker.instance, every=3600)
        scene.outage.at_the_next_answer(grants=2)
        self.caller = threading.Thread(target=scene.press)
        self.caller.start()
        self.fire()
        scene.outage.wait_until_kept(scene.product, answers=2)

    def fire(self) -> None:
        """Have the worker refresh its instance."""
        self.by_worker.workspace.api.post(f"/scheduled-tasks/{self.task['id']}/run/", {})

    def check(self) -> None:
        """Check that nothing is lost, and that everything works on."""
        self.caller.join(200)
        for scene in (self.by_web, self.by_worker):
            scene.check_nothing_lost(said="The database was unavailable for")
        self.fire()
        outcomes = self.by_worker.workspace.outcomes
        # That of the outage, and this one.
        wait_for(
            lambda: outcomes(self.task).count("succeeded") == 2,
            seconds=90,
            saying="The worker does not go on",
        )


@pytest.mark.needs("redis-server", "postgres")
def test_an_outage_of_a_minute_loses_no_answer(request: pytest.FixtureRequest) -> None:
    with ExitStack() as stack:
        minutes = []
        for kind in ("embedded", "production"):
            provider = Provider()
            stack.callback(provider.close)
            minutes.append(Minute(made(kind, request, provider, stack)))
        until = time.monotonic() + OUTAGE_S
        scene = minutes[-1].by_web
        address = f"{scene.product.url}/api/v1{scene.address}"
        away = requests.get(address, headers=scene.headers, timeout=100)
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
        time.sleep(max(0, until - time.monotonic()))
        for minute in minutes:
            minute.by_web.outage.end()
        for minute in minutes:
            minute.check()
