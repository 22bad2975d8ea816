"""Longer storms: processes killed for half a minute, a broker that is away for up to a minute."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.integration.parts import Product, Redis, wait_for
from tests.integration.provider import Provider
from tests.integration.test_chaos import LEASES_ARE_OVER, TASKS, check_all, started
from tests.integration.test_outages import made as scene_on

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

PARTS = ("worker", "beat", "web", "sandbox", "broker")
ROUNDS = 3


@pytest.fixture
def storm(request: pytest.FixtureRequest) -> random.Random:
    """The moments of the kills; the seed is the one that the run prints."""
    return random.Random(int(getattr(request.config.option, "randomly_seed", 0) or 0))


@pytest.fixture
def own_redis(new_folder: Callable[[str], Path]) -> Iterator[Redis]:
    """A Redis that may be killed and held up."""
    server = Redis(new_folder("redis"))
    yield server
    server.end()


def test_half_a_minute_of_kills_on_the_embedded_product_loses_and_doubles_nothing(
    new_product: Callable[..., Product], provider: Provider, storm: random.Random
) -> None:
    with ExitStack() as stack:
        product = new_product("embedded")
        workspace, made = started(product, provider, stack)
        until = time.monotonic() + 30
        killed = 0
        while time.monotonic() < until:
            children = product.parts["serve"].children()
            if children:
                with suppress(ProcessLookupError):
                    os.kill(storm.choice(children), signal.SIGKILL)
                    killed += 1
            time.sleep(storm.uniform(0.2, 1.2))
        assert killed >= 15
        wait_for(product.is_well, seconds=60, saying="The product is not well")
        check_all(workspace, made)


@pytest.mark.needs("redis-server", "postgres")
def test_each_part_of_production_killed_three_times_loses_and_doubles_nothing(
    new_product: Callable[..., Product],
    provider: Provider,
    storm: random.Random,
    own_redis: Redis,
) -> None:
    with ExitStack() as stack:
        product = new_product("production", broker=own_redis.url)
        workspace, made = started(product, provider, stack)
        victims = [part for part in PARTS for _ in range(ROUNDS)]
        for victim in storm.sample(victims, len(victims)):
            if victim == "broker":
                own_redis.end(signal.SIGKILL)
                own_redis.start()
            else:
                product.kill(victim)
                product.start_part(victim)
            time.sleep(storm.uniform(0.3, 1.5))
        product.manage("shell", "--no-imports", "-c", LEASES_ARE_OVER)
        wait_for(product.is_well, seconds=60, saying="The product is not well")
        check_all(workspace, made)


@pytest.mark.needs("redis-server", "postgres")
@pytest.mark.parametrize("kind", ["embedded", "production"])
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
            wait_for(scene.product.is_well, seconds=60, saying="The product is not well")
        check_all(workspace, made)


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
        wait_for(product.is_well, seconds=60, saying="The product is not well")
        check_all(workspace, made)
