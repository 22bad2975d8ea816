"""The running product on both sets of parts: the scenario, slow providers, several of each part.

One module, so that a test process starts each set only once.
"""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from celery import Celery

from tests.integration.api import Api
from tests.integration.parts import Postgres, Product, Redis, wait_for
from tests.integration.provider import Held
from tests.integration.story import (
    Workspace,
    check_ledger,
    datasource,
    design,
    marks_seen_twice,
    reader,
)

pytestmark = pytest.mark.integration
ON_PRODUCTION = pytest.mark.needs("redis-server", "postgres")

Made = list[tuple[dict[str, Any], dict[str, Any]]]
RUNS = 32
LISTS = [
    "/api/v1/datasources/",
    "/api/v1/processes/",
    "/api/v1/instances/",
    "/api/v1/runs/",
    "/api/v1/scheduled-tasks/",
    "/api/v1/rule-types/",
    "/api/v1/field-types/",
    "/api/v1/auth-schemes/",
    "/api/v1/schedule-kinds/",
    "/healthz/live",
]


def test_the_token_is_refreshed_every_second_and_used_by_another_process(
    workspace: Workspace,
) -> None:
    provider, api = workspace.provider, workspace.api
    workspace.make_design()
    instance = workspace.make_instance()
    task = workspace.make_task(instance)
    workspace.wait_for_runs(task, more=3, seconds=60)

    rows = workspace.at_rest(task)
    check_ledger(rows)
    # On a busy machine the first run of a worker takes longer than a second, and holds up the next.
    held_up = [row for row in rows if f"run {rows[0]['run']} " in row["reason"]]
    assert {row["outcome"] for row in held_up} <= {"skipped"}
    ran = [row for row in rows if row not in held_up]
    assert {row["outcome"] for row in ran} == {"succeeded"}
    assert len(provider.calls_of(instance["data"]["client_id"])) == len(ran)
    token = workspace.value(instance, "access_token")
    assert token != instance["data"]["access_token"]
    assert provider.accepts(token)
    assert workspace.value(instance, "refresh_token") == "********"
    run = api.get(f"/runs/{rows[-1]['run']}/")
    assert (run["status"], run["trigger"]) == ("succeeded", "schedule")

    name = f"reader-of-{workspace.process}"
    looks = reader(
        name, of=workspace.process, instance=instance["process_id"], service=workspace.service
    )
    api.post("/processes/", looks, expect=201)
    api.post(f"/processes/{name}/publish/", {}, expect=201)
    other = api.post("/instances/", {"process": name, "data": {}}, expect=201)
    path = f"/instances/{other['process_id']}/trigger/"
    used = api.post(path, {"target": "look"}, expect=200)
    assert used["status"] == "succeeded", used["error"]
    assert workspace.value(other, "first") == "order-1"


def test_every_list_answers_while_thirty_two_runs_wait_on_a_slow_provider(
    workspace: Workspace,
) -> None:
    workspace.make_design()
    instances = [workspace.make_instance() for _ in range(RUNS)]
    held = Held(workspace.provider)
    statuses: list[str] = []

    def press(process_id: str) -> None:
        api = Api(workspace.api.url, workspace.api.token)
        run = api.post(f"/instances/{process_id}/trigger/", {"target": "refresh"})
        statuses.append(run["status"])

    threads = [
        threading.Thread(target=press, args=[instance["process_id"]]) for instance in instances
    ]
    for thread in threads:
        thread.start()
    wait_for(
        lambda: len(workspace.provider.calls) == RUNS,
        seconds=60,
        saying="the runs did not all reach the provider",
    )
    for path in LISTS:
        read(workspace, path)
    assert not statuses, "the lists waited for the runs"
    held.over.set()
    for thread in threads:
        thread.join(30)
    assert statuses == ["succeeded"] * RUNS


def read(workspace: Workspace, path: str) -> None:
    """Read a page on a connection of its own, as another person has it."""
    answer = requests.get(
        f"{workspace.api.url}{path}",
        headers={"Authorization": f"Bearer {workspace.api.token}"},
        timeout=20,
    )
    assert answer.status_code == 200, (path, answer.text[:500])


def test_a_provider_that_trickles_is_cut_at_the_deadline(workspace: Workspace) -> None:
    name = workspace.process = f"slow-{workspace.process}"
    service = datasource(name, workspace.provider.url) | {"timeout_s": 2}
    workspace.api.post("/datasources/", service, expect=201)
    workspace.api.post("/processes/", design(name, name), expect=201)
    workspace.api.post(f"/processes/{name}/publish/", {}, expect=201)
    instance = workspace.make_instance()
    workspace.provider.behaviour.trickle_s = 0.4
    path = f"/instances/{instance['process_id']}/trigger/"
    run = workspace.api.post(path, {"target": "refresh"}, expect=200)
    assert (run["status"], run["error"]["kind"]) == ("failed", "timeout")
    assert "2 s" in run["error"]["message"]
    assert workspace.value(instance, "access_token") == instance["data"]["access_token"]


def make_tasks(workspace: Workspace, count: int) -> Made:
    """Make instances with a task of one second each."""
    workspace.make_design()
    instances = [workspace.make_instance() for _ in range(count)]
    return [(instance, workspace.make_task(instance)) for instance in instances]


def check_each(workspace: Workspace, made: Made) -> list[dict[str, Any]]:
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


@pytest.fixture
def doubled(production: Product, postgres: Postgres) -> Iterator[Product]:
    """The product with a second planner and a second worker, both alive."""
    database = production.environment["DATABASE_URL"].rpartition("/")[2]
    with postgres.connect(database) as rows:
        before = rows.execute("SELECT now()").fetchone()
        for part in ("beat", "worker"):
            production.start_part(part, name=f"{part}-second")
        alive = "SELECT part FROM scheduler_heartbeat WHERE at > %s AND part <> 'web'"
        wait_for(
            lambda: (
                sorted(row[0] for row in rows.execute(alive, before))
                == ["planner", "planner", "worker", "worker"]
            ),
            seconds=60,
            saying="the second ones did not start",
        )
    yield production
    for part in ("beat", "worker"):
        production.parts.pop(f"{part}-second").end()


@ON_PRODUCTION
def test_two_planners_and_two_workers_fire_each_moment_once(
    doubled: Product, on_production: Workspace
) -> None:
    made = make_tasks(on_production, 6)
    on_production.wait_for_runs(made[-1][1], more=4, seconds=60)
    rows = check_each(on_production, made)
    assert {row["outcome"] for row in rows} <= {"succeeded", "coalesced", "skipped", "missed"}


@ON_PRODUCTION
def test_a_message_that_comes_again_and_again_runs_nothing_twice(
    production: Product, on_production: Workspace
) -> None:
    made = make_tasks(on_production, 2)
    url = production.environment["CELERY_BROKER_URL"]
    with Celery("repeater", broker=url, set_as_current=False) as repeater:

        def each_ran_while_they_came() -> bool:
            rows = [on_production.occurrences(task) for _, task in made]
            for row in [row for one in rows for row in one[-3:]]:
                for _ in range(3):
                    repeater.send_task("scheduler.execute", [int(row["id"])])
            return all([row["outcome"] for row in one].count("succeeded") >= 3 for one in rows)

        wait_for(each_ran_while_they_came, seconds=60, saying="the tasks were not carried out")
        repeater.pool.force_close_all()
    rows = check_each(on_production, made)
    assert [row["outcome"] for row in rows].count("succeeded") >= 4


@ON_PRODUCTION
def test_messages_that_are_lost_with_the_broker_are_sent_again(
    production: Product, on_production: Workspace, redis_server: Redis
) -> None:
    [(_, task)] = made = make_tasks(on_production, 1)
    other = on_production.make_instance()
    on_production.wait_for_runs(task, more=1, seconds=60)
    worker = production.parts["worker"].pid
    os.kill(worker, signal.SIGSTOP)
    try:
        [waiting, *_] = wait_for(
            lambda: [row for row in on_production.occurrences(task) if row["outcome"] is None],
            seconds=60,
            saying="nothing waits for the worker",
        )
        redis_server.end(signal.SIGKILL)
        path = f"/instances/{other['process_id']}/trigger/"
        asked = on_production.api.post(path, {"target": "refresh", "async": True}, expect=202)
        redis_server.start()
    finally:
        os.kill(worker, signal.SIGCONT)
    on_production.wait_for_runs(task, more=2, seconds=60)
    rows = check_each(on_production, made)
    assert [row["outcome"] for row in rows if row["id"] == waiting["id"]] == ["succeeded"]
    wait_for(
        lambda: on_production.api.get(f"/runs/{asked['id']}/")["status"] == "succeeded",
        seconds=60,
        saying="the run that was asked for while the broker was away did not come about",
        every=0.2,
    )
    assert len(on_production.provider.calls_of(other["data"]["client_id"])) == 1
