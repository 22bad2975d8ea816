"""The customer's scenario as an integrator does it, on both sets of parts."""

import pytest

from tests.integration.parts import Product
from tests.integration.story import Workspace, check_ledger, reader

pytestmark = pytest.mark.integration


def test_the_token_is_refreshed_every_second_and_used_by_another_process(
    running: Product, workspace: Workspace
) -> None:
    provider, api = workspace.provider, workspace.api
    workspace.make_design()
    instance = workspace.make_instance()
    first = instance["data"]["access_token"]
    task = workspace.make_task(instance)
    assert task["next_run_at"]
    workspace.wait_for_runs(task, more=3, seconds=15)

    rows = workspace.at_rest(task)
    token = workspace.value(instance, "access_token")
    assert token != first
    assert provider.accepts(token)
    assert workspace.value(instance, "refresh_token") == "********"
    check_ledger(rows)
    assert {row["outcome"] for row in rows} == {"succeeded"}
    assert len(provider.calls_of(instance["data"]["client_id"])) == len(rows)
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
