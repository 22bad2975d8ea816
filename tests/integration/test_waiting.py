"""A provider that is slow takes nobody else down (contract 7)."""

import threading
import time

import pytest
import requests

from tests.integration.parts import Product, wait_for
from tests.integration.story import Workspace, datasource, design

pytestmark = pytest.mark.integration

RUNS = 32
SLOW_S = 8.0
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


def test_every_list_answers_while_thirty_two_runs_wait_on_a_slow_provider(
    running: Product, workspace: Workspace
) -> None:
    workspace.make_design()
    instances = [workspace.make_instance() for _ in range(RUNS)]
    workspace.provider.behaviour.wait_s = SLOW_S
    statuses: list[str] = []

    def press(process_id: str) -> None:
        api = type(workspace.api)(workspace.api.url, workspace.api.token)
        run = api.post(f"/instances/{process_id}/trigger/", {"target": "refresh"})
        statuses.append(run["status"])

    threads = [
        threading.Thread(target=press, args=[instance["process_id"]]) for instance in instances
    ]
    for thread in threads:
        thread.start()
    wait_for(
        lambda: len(workspace.provider.calls) == RUNS,
        seconds=SLOW_S,
        saying="the runs did not all reach the provider",
    )
    asked = time.monotonic()
    took = {path: seconds_for(workspace, path) for path in LISTS}
    assert time.monotonic() - asked < SLOW_S - 1, took
    assert not statuses, "the runs were over before the lists were read"
    assert max(took.values()) < 1, took
    for thread in threads:
        thread.join(SLOW_S + 20)
    assert statuses == ["succeeded"] * RUNS


def seconds_for(workspace: Workspace, path: str) -> float:
    """Return how long a page took, on a connection of its own as another person has it."""
    started = time.monotonic()
    answer = requests.get(
        f"{workspace.api.url}{path}",
        headers={"Authorization": f"Bearer {workspace.api.token}"},
        timeout=20,
    )
    assert answer.status_code == 200, (path, answer.text[:500])
    return time.monotonic() - started


def test_a_provider_that_trickles_is_cut_at_the_deadline(
    running: Product, workspace: Workspace
) -> None:
    name = f"slow-{workspace.process}"
    service = datasource(name, workspace.provider.url) | {"timeout_s": 2}
    workspace.api.post("/datasources/", service, expect=201)
    workspace.api.post("/processes/", design(name, name), expect=201)
    workspace.api.post(f"/processes/{name}/publish/", {}, expect=201)
    workspace.process = name
    instance = workspace.make_instance()
    workspace.provider.behaviour.trickle_s = 0.4
    started = time.monotonic()
    path = f"/instances/{instance['process_id']}/trigger/"
    run = workspace.api.post(path, {"target": "refresh"}, expect=200)
    assert 1.8 < time.monotonic() - started < 4
    assert (run["status"], run["error"]["kind"]) == ("failed", "timeout")
    assert "2 s" in run["error"]["message"]
    assert workspace.value(instance, "access_token") == instance["data"]["access_token"]
