"""Parts killed with -9 at any moment, a broker or a database that is away for up to a minute: the
ledger has no gap and no double, the schedule goes on.

What is told for a few seconds here is told for longer by `make chaos`.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PRODUCTION
from tests.integration.parts import Product, Redis, wait_for
from tests.integration.provider import Provider
from tests.integration.story import Workspace, check_ledger, marks_seen_twice
from tests.integration.test_outages import made as scene_on

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

TASKS = 5
PARTS = ("worker", "beat", "web", "sandbox", "broker")
Made = list[tuple[dict[str, Any], dict[str, Any]]]

# What the sweep does once the leases of the dead are over, without the wait for it. To those that
# live it looks as if they had stalled: what they still want to write is refused.
LEASES_ARE_OVER = """
from datetime import timedelta
from django.utils import timezone
from processes.running.runs import recover_runs
from scheduler import services
moment = timezone.now() + timedelta(minutes=2)
services.recover(moment)
recover_runs(moment=moment)
services.settle_closed()
"""


@pytest.fixture
def storm(request: pytest.FixtureRequest) -> random.Random:
    """The moments of the kills: another storm each time, the same one for the seed that is told."""
    return random.Random(int(getattr(request.config.option, "randomly_seed", 0) or 0))


@pytest.fixture
def own_redis(new_folder: Callable[[str], Path]) -> Iterator[Redis]:
    """A Redis that may be killed and held up."""
    server = Redis(new_folder("redis"))
    yield server
    server.end()


def started(product: Product, provider: Provider, stack: ExitStack) -> tuple[Workspace, Made]:
    """Start a product and some tasks of one second in it."""
    stack.callback(product.stop)
    product.start()
    workspace = Workspace(product.api(product.api_token()), provider)
    workspace.make_design()
    # Long enough that many a kill meets a call under way.
    provider.behaviour.wait_s = 0.15
    instances = [workspace.make_instance() for _ in range(TASKS)]
    made = [(instance, workspace.make_task(instance)) for instance in instances]
    workspace.wait_for_runs(made[-1][1], more=1, seconds=20)
    return workspace, made


def check_all(workspace: Workspace, made: Made) -> None:
    """Check that every moment is accounted for once, and that each task still does its work."""
    workspace.provider.behaviour.wait_s = 0
    for _, task in made:
        workspace.wait_for_runs(task, more=1, seconds=90)
    for instance, task in made:
        rows = workspace.at_rest(task)
        check_ledger(rows)
        client = instance["data"]["client_id"]
        assert marks_seen_twice(workspace.provider, client) == []
        runs = [row["run"] for row in rows if row["run"]]
        assert len(set(runs)) == len(runs)
        assert len(workspace.provider.calls_of(client)) <= len(runs)
        assert workspace.value(instance, "access_token")
        assert workspace.provider.accepts(workspace.value(instance, "access_token"))
        for row in rows:
            if row["outcome"] == "interrupted":
                assert "may have been carried out" in row["reason"]


def is_well(product: Product) -> None:
    """Wait until everything works again."""
    wait_for(product.is_well, seconds=60, saying="The product is not well")


@pytest.mark.parametrize(
    ("seconds", "least"), [(6, 5), pytest.param(30, 15, marks=pytest.mark.chaos)]
)
def test_the_embedded_product_survives_the_death_of_any_of_its_processes(
    new_product: Callable[..., Product],
    provider: Provider,
    storm: random.Random,
    seconds: int,
    least: int,
) -> None:
    with ExitStack() as stack:
        product = new_product("embedded")
        workspace, made = started(product, provider, stack)
        until = time.monotonic() + seconds
        killed = 0
        while time.monotonic() < until:
            children = product.parts["serve"].children()
            if children:
                with suppress(ProcessLookupError):
                    os.kill(storm.choice(children), signal.SIGKILL)
                    killed += 1
            time.sleep(storm.uniform(0.2, 1.2))
        assert killed >= least
        children = product.parts["serve"].children()
        product.kill("serve")
        wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in children),
            seconds=5,
            saying="a process outlived its parent",
        )
        product.start()
        check_all(workspace, made)


@pytest.mark.needs("redis-server", "postgres")
@pytest.mark.parametrize(
    ("victims", "kills"),
    [(("worker", *PARTS), 6), pytest.param(PARTS * 3, 15, marks=pytest.mark.chaos)],
    ids=["each once", "each three times"],
)
def test_production_survives_the_death_of_any_part(
    new_product: Callable[..., Product],
    provider: Provider,
    storm: random.Random,
    own_redis: Redis,
    victims: tuple[str, ...],
    kills: int,
) -> None:
    with ExitStack() as stack:
        product = new_product("production", broker=own_redis.url)
        workspace, made = started(product, provider, stack)
        for victim in storm.sample(victims, kills):
            if victim == "broker":
                own_redis.end(signal.SIGKILL)
                own_redis.start()
            else:
                product.kill(victim)
                product.start_part(victim)
            time.sleep(storm.uniform(0.3, 1.5))
        product.manage("shell", "--no-imports", "-c", LEASES_ARE_OVER)
        is_well(product)
        check_all(workspace, made)


@pytest.mark.chaos
@pytest.mark.parametrize("kind", ["embedded", PRODUCTION])
def test_a_database_that_is_away_holds_nothing_up_once_it_is_back(
    request: pytest.FixtureRequest, provider: Provider, kind: str
) -> None:
    with ExitStack() as stack:
        scene = scene_on(kind, request, provider, stack)
        workspace = scene.workspace
        instances = [workspace.make_instance() for _ in range(TASKS)]
        made = [(instance, workspace.make_task(instance)) for instance in instances]
        for seconds in (1, 10):
            workspace.wait_for_runs(made[-1][1], more=1, seconds=60)
            scene.outage.begin()
            time.sleep(seconds)
            scene.outage.end()
            is_well(scene.product)
        check_all(workspace, made)


@pytest.mark.chaos
@pytest.mark.needs("redis-server", "postgres")
@pytest.mark.parametrize(
    ("how", "seconds"), [("gone", 1), ("gone", 10), ("gone", 60), ("silent", 10)]
)
def test_a_broker_that_is_away_holds_nothing_up_once_it_is_back(
    new_product: Callable[..., Product],
    provider: Provider,
    own_redis: Redis,
    how: str,
    seconds: int,
) -> None:
    with ExitStack() as stack:
        product = new_product("production", broker=own_redis.url)
        workspace, made = started(product, provider, stack)
        if how == "gone":
            own_redis.end(signal.SIGKILL)
            time.sleep(seconds)
            own_redis.start()
        else:
            # It holds its connections and answers nobody.
            os.kill(own_redis.process.pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(own_redis.process.pid, signal.SIGCONT)
        is_well(product)
        check_all(workspace, made)
