"""The database goes away with a rotated token under way: nothing is lost, and 503 says so."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.conftest import DUMP, PRODUCTION
from tests.integration.outages import Outage, outage_of_postgres, outage_of_sqlite
from tests.integration.parts import Postgres, Product, wait_for
from tests.integration.provider import Provider
from tests.integration.story import Workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


class Scene:
    """A product of its own whose database can go away, with one instance."""

    def __init__(self, product: Product, provider: Provider, outage: Outage) -> None:
        """Take a product that runs."""
        self.product, self.provider, self.outage = product, provider, outage
        self.workspace = Workspace(product.api(product.api_token()), provider)
        self.workspace.make_design()
        self.instance = self.workspace.make_instance()

    @property
    def address(self) -> str:
        """Return the address of the instance, under that of the API."""
        return f"/instances/{self.instance['process_id']}/"

    @property
    def headers(self) -> dict[str, str]:
        """Return what a caller of the API sends."""
        return {"Authorization": f"Bearer {self.workspace.api.token}"}

    def press(self) -> requests.Response:
        """Press Refresh over the API and wait for the run."""
        address = f"{self.product.url}/api/v1{self.address}trigger/"
        return requests.post(address, json={"target": "refresh"}, headers=self.headers, timeout=200)

    def beside(self) -> "Scene":
        """Return a scene with another instance on the same product."""
        return Scene(self.product, self.provider, self.outage)

    def check_nothing_lost(self, *, said: str) -> None:
        """Check that the instance has the newest tokens from one call, and that its run says so."""
        api, client = self.workspace.api, self.instance["data"]["client_id"]
        [run] = wait_for(
            lambda: [row for row in self._runs() if row["status"] != "running"],
            seconds=90,
            saying=f"The run has no end.\n{self.product.said()[-3000:]}",
            every=0.2,
        )
        found = api.get(f"/runs/{run['id']}/")
        assert found["status"] == "succeeded", found["error"]
        assert any(said in step["reason"] for step in found["steps"]), found["steps"]
        assert self.provider.accepts(self.workspace.value(self.instance, "access_token"))
        assert len(self.provider.calls_of(client)) == 1
        mine = f"run-{run['id']}-*"
        wait_for(
            lambda: not list((self.product.folder / "spool").glob(mine)),
            seconds=60,
            saying="The file of the answer was not removed",
        )

    def _runs(self) -> list[dict[str, Any]]:
        try:
            return self.workspace.api.all(f"/runs/?process_id={self.instance['process_id']}")
        except (AssertionError, requests.RequestException):
            return []


def made(kind: str, request: pytest.FixtureRequest, provider: Provider, stack: ExitStack) -> Scene:
    """Return a scene on one of the sets of parts."""
    new_product: Callable[..., Product] = request.getfixturevalue("new_product")
    product = new_product(kind)
    if kind == "embedded":
        outage = outage_of_sqlite(provider, product)
    else:
        new_folder: Callable[[str], Path] = request.getfixturevalue("new_folder")
        server = Postgres(new_folder("pg"))
        stack.callback(server.end)
        seed: Path = request.getfixturevalue("postgres_seed")
        product.environment["DATABASE_URL"] = server.load("product", seed / DUMP)
        outage = outage_of_postgres(provider, server)
    stack.callback(product.stop)
    product.start()
    return Scene(product, provider, outage)


@pytest.fixture(scope="module", params=["embedded", PRODUCTION])
def scenes(request: pytest.FixtureRequest) -> Iterator[Callable[[Provider], Scene]]:
    """Return what makes an instance on a product whose database can go away."""
    with ExitStack() as stack:
        first: list[Scene] = []

        def scene(provider: Provider) -> Scene:
            if not first:
                first.append(made(request.param, request, provider, stack))
                return first[0]
            old = first[0]
            outage = Outage(provider, old.outage.begin, old.outage.end)
            return Scene(old.product, provider, outage)

        yield scene


def test_an_answer_to_a_page_or_caller_waits_for_the_database(
    scenes: Callable[[Provider], Scene], provider: Provider
) -> None:
    scene = scenes(provider)
    scene.outage.at_the_next_answer()
    answers: list[requests.Response] = []
    caller = threading.Thread(target=lambda: answers.append(scene.press()))
    caller.start()
    file = scene.outage.wait_until_kept(scene.product)
    assert file.stat().st_mode & 0o777 == 0o600
    if scene.product.apart:
        away = requests.get(
            f"{scene.product.url}/api/v1{scene.address}", headers=scene.headers, timeout=100
        )
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
        page = requests.get(f"{scene.product.url}/healthz/ready", timeout=100)
        assert page.status_code == 503
    scene.outage.end()
    caller.join(200)
    assert [answer.status_code for answer in answers] == [200], answers[0].text
    scene.check_nothing_lost(said="The database was unavailable for")


def test_an_answer_outlives_the_death_of_everything_that_held_it(
    scenes: Callable[[Provider], Scene], provider: Provider
) -> None:
    scene = scenes(provider)
    task = scene.workspace.make_task(scene.instance, every=3600)
    scene.outage.at_the_next_answer()
    scene.workspace.api.post(f"/scheduled-tasks/{task['id']}/run/", {})
    scene.outage.wait_until_kept(scene.product)
    for name in [*scene.product.parts]:
        if name in {"serve", "worker"}:
            scene.product.kill(name)
    scene.outage.end()
    scene.product.start_part("serve" if not scene.product.apart else "worker")
    wait_for(scene.product.is_well, seconds=90, saying="The product is not well")
    scene.check_nothing_lost(said="It was saved on disk and stored later")
