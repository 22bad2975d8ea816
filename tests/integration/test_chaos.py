"""Parts killed with -9 at any moment: the ledger has no gap and no double, the schedule goes on."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration.parts import Product, Redis, wait_for
from tests.integration.provider import Provider
from tests.integration.story import Workspace, check_ledger, marks_seen_twice

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TASKS = 5
STORM_S = 6.0
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
def storm(random_order_seed: int) -> random.Random:
    """The moments of the kills: another storm each time, the same one for the same seed."""
    return random.Random(random_order_seed)


@pytest.fixture
def random_order_seed(request: pytest.FixtureRequest) -> int:
    """The seed that the test run prints."""
    return int(getattr(request.config.option, "randomly_seed", 0) or 0)


def started(product: Product, provider: Provider, stack: ExitStack) -> tuple[Workspace, Made]:
    """Start a product and some tasks of one second in it."""
    stack.callback(product.stop)
    product.start()
    workspace = Workspace(product.api(product.new_token()), provider)
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


def test_the_embedded_product_survives_the_death_of_any_of_its_processes(
    new_product: Callable[..., Product], provider: Provider, storm: random.Random
) -> None:
    with ExitStack() as stack:
        product = new_product("embedded")
        workspace, made = started(product, provider, stack)
        until = time.monotonic() + STORM_S
        killed = 0
        while time.monotonic() < until:
            children = product.parts["serve"].children()
            if children:
                with suppress(ProcessLookupError):
                    os.kill(storm.choice(children), signal.SIGKILL)
                    killed += 1
            time.sleep(storm.uniform(0.2, 1.2))
        assert killed >= 5
        children = product.parts["serve"].children()
        product.kill("serve")
        wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in children),
            seconds=5,
            saying="a process outlived its parent",
        )
        product.start()
        check_all(workspace, made)


@pytest.fixture
def own_redis(new_folder: Callable[[str], Path]) -> Iterator[Redis]:
    """A Redis that may be killed."""
    server = Redis(new_folder("redis"))
    yield server
    server.end()


@pytest.mark.needs("redis-server", "postgres")
def test_production_survives_the_death_of_any_part(
    new_product: Callable[..., Product],
    provider: Provider,
    storm: random.Random,
    own_redis: Redis,
) -> None:
    with ExitStack() as stack:
        product = new_product("production", broker=own_redis.url)
        workspace, made = started(product, provider, stack)
        for victim in storm.sample(["worker", "worker", "beat", "web", "sandbox", "broker"], 6):
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
