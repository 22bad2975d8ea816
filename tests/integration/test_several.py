"""Two planners, two workers, and a broker that repeats, loses or refuses messages."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from tests.integration.parts import Product, Redis, wait_for
from tests.integration.story import Workspace, check_ledger, marks_seen_twice

pytestmark = [pytest.mark.integration, pytest.mark.needs("redis-server", "postgres")]

TASKS = 8


@pytest.fixture
def doubled(production: Product) -> Iterator[Product]:
    """The product with a second planner and a second worker."""
    for part in ("beat", "worker"):
        production.start_part(part, name=f"{part}-second")
    yield production
    for part in ("beat", "worker"):
        production.parts.pop(f"{part}-second").end()


def check_each(workspace: Workspace, made: list[tuple[dict, dict]]) -> list[dict]:
    """Check the ledger and the provider's calls of each task; return all rows."""
    found = []
    for instance, task in made:
        rows = workspace.at_rest(task)
        check_ledger(rows)
        client = instance["data"]["client_id"]
        assert marks_seen_twice(workspace.provider, client) == []
        ran = [row for row in rows if row["run"]]
        assert len(workspace.provider.calls_of(client)) == len(ran)
        assert len({row["run"] for row in ran}) == len(ran)
        assert workspace.provider.accepts(workspace.value(instance, "access_token"))
        found += rows
    return found


def make_tasks(workspace: Workspace, count: int = TASKS) -> list[tuple[dict, dict]]:
    """Make instances with a task of one second each."""
    workspace.make_design()
    instances = [workspace.make_instance() for _ in range(count)]
    return [(instance, workspace.make_task(instance)) for instance in instances]


def test_two_planners_and_two_workers_fire_each_moment_once(
    doubled: Product, on_production: Workspace
) -> None:
    made = make_tasks(on_production)
    wait_for(
        lambda: "worker-second" in doubled.parts and (doubled.folder / "beat-second.log").exists(),
        seconds=5,
        saying="the second ones did not start",
    )
    for _, task in made:
        on_production.wait_for_runs(task, more=4, seconds=30)
    rows = check_each(on_production, made)
    assert {row["outcome"] for row in rows} <= {"succeeded", "coalesced", "skipped", "missed"}


def test_a_message_that_comes_again_and_again_runs_nothing_twice(
    production: Product, on_production: Workspace
) -> None:
    made = make_tasks(on_production, 2)
    url = production.environment["CELERY_BROKER_URL"]
    with Celery("repeater", broker=url, set_as_current=False) as repeater:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            for _, task in made:
                for row in on_production.occurrences(task)[-3:]:
                    for _ in range(3):
                        repeater.send_task("scheduler.execute", [int(row["id"])])
        repeater.pool.force_close_all()
    rows = check_each(on_production, made)
    assert [row["outcome"] for row in rows].count("succeeded") >= 4


def test_a_message_that_got_lost_is_sent_again(
    production: Product, on_production: Workspace, redis_server: Redis
) -> None:
    [(instance, task)] = make_tasks(on_production, 1)
    on_production.wait_for_runs(task, more=1, seconds=20)
    os.kill(production.parts["worker"].pid, signal.SIGSTOP)
    try:
        waiting = wait_for(
            lambda: [row for row in on_production.occurrences(task) if row["outcome"] is None],
            seconds=10,
            saying="nothing waits for the worker",
        )
        with redis_server.client() as client:
            client.flushall()
    finally:
        os.kill(production.parts["worker"].pid, signal.SIGCONT)
    on_production.wait_for_runs(task, more=2, seconds=30)
    rows = check_each(on_production, [(instance, task)])
    sent_again = next(row for row in rows if row["id"] == waiting[0]["id"])
    assert sent_again["outcome"] == "succeeded"


def test_a_broker_that_is_away_delays_what_was_asked_for_and_loses_nothing(
    production: Product, on_production: Workspace, redis_server: Redis
) -> None:
    [(instance, task)] = make_tasks(on_production, 1)
    other = on_production.make_instance()
    on_production.wait_for_runs(task, more=1, seconds=20)
    redis_server.end(signal.SIGKILL)
    try:
        path = f"/instances/{other['process_id']}/trigger/"
        asked = on_production.api.post(path, {"target": "refresh", "async": True}, expect=202)
        time.sleep(2.5)
    finally:
        redis_server.start()
    on_production.wait_for_runs(task, more=2, seconds=40)
    check_each(on_production, [(instance, task)])
    wait_for(
        lambda: on_production.api.get(f"/runs/{asked['id']}/")["status"] == "succeeded",
        seconds=30,
        saying="the run that was asked for while the broker was away did not come about",
        every=0.2,
    )
    assert len(on_production.provider.calls_of(other["data"]["client_id"])) == 1
