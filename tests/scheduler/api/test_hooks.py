"""A call of its hook fires a task: POST /hooks/{token}/."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from processes.designs.lifecycle import publish_design, save_design
from processes.models import ProcessInstance
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import execute
from tests.factories import SEEN_BY_ALL, Api
from tests.processes.definitions import button, process
from tests.scheduler.api.tasks import URL, hook_of, made
from tests.scheduler.conftest import ADD, SAVE, total

pytestmark = pytest.mark.django_db


def test_the_address_is_shown_once_and_stored_hashed(
    client: APIClient, task: dict[str, Any]
) -> None:
    token = task["hook_url"].rstrip("/").rsplit("/", 1)[1]
    assert "hook_url" not in client.get(f"{URL}{task['id']}/").json()
    assert "hook_url" not in client.patch(f"{URL}{task['id']}/", {"name": "N"}).json()
    row = ScheduledTask.objects.get()
    assert token not in str(vars(row))
    assert (task["next_run_at"], task["description"]) == (None, "On demand")


def test_a_call_fires_the_task(path: str, counter: ProcessInstance) -> None:
    answer = APIClient().post(path)
    assert answer.status_code == 202
    found = Occurrence.objects.get(pk=int(answer.json()["occurrence"]))
    assert found.trigger == "webhook"
    execute(found.pk)
    found.refresh_from_db()
    assert found.outcome == "succeeded"
    assert found.run is not None
    assert found.run.trigger == "webhook"
    assert total(counter) == 1


def test_a_second_call_is_coalesced_while_the_first_waits(path: str) -> None:
    first = APIClient().post(path).json()["occurrence"]
    second = APIClient().post(path).json()["occurrence"]
    assert first != second
    assert Occurrence.objects.get(pk=int(second)).outcome == "coalesced"


def test_a_call_may_name_another_instance_of_the_process(client: APIClient, path: str) -> None:
    other = client.post("/api/v1/instances/", {"process": "counter"}).json()["process_id"]
    answer = APIClient().post(path, {"process_id": other}, format="json")
    found = Occurrence.objects.get(pk=int(answer.json()["occurrence"]))
    execute(found.pk)
    assert ProcessInstance.objects.get(process_id=other).values["total"] == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"process_id": "counter-99"}, 404),
        ({"process_id": 5}, 400),
        ({"colour": "red"}, 400),
        ([], 400),
    ],
)
def test_a_call_with_a_bad_body_fires_nothing(path: str, sent: Any, status: int) -> None:
    assert APIClient().post(path, sent, format="json").status_code == status
    assert not Occurrence.objects.exists()


def test_a_call_may_name_only_an_instance_whose_button_its_task_may_press(
    client: APIClient, path: str, ada: Any, ben: Any, api: Api
) -> None:
    mine = client.post("/api/v1/instances/", {"process": "counter"}).json()["process_id"]
    definition = process(
        {"type": "number", "name": "total"}, button("add", ADD, SAVE),
        name="counter", security=SEEN_BY_ALL,
    )  # fmt: skip
    definition["forms"][0]["owners"] = {"users": ["ben"]}
    save_design(name="counter", raw=definition, user=ada)
    publish_design(name="counter", user=ada)
    bens = api(ben).post("/api/v1/instances/", {"process": "counter"}).json()["process_id"]
    answer = APIClient().post(path, {"process_id": bens}, format="json")
    assert answer.status_code == 403
    assert "is with ben" in answer.json()["detail"]
    assert not Occurrence.objects.exists()
    assert APIClient().post(path, {"process_id": mine}, format="json").status_code == 202


def test_a_call_names_no_instance_that_lacks_the_button(
    client: APIClient, path: str, ada: Any
) -> None:
    definition = process({"type": "number", "name": "total"}, button("other"), name="counter")
    save_design(name="counter", raw=definition, user=ada)
    publish_design(name="counter", user=ada)
    newer = client.post("/api/v1/instances/", {"process": "counter"}).json()["process_id"]
    answer = APIClient().post(path, {"process_id": newer}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/process_id"
    assert not Occurrence.objects.exists()


@pytest.mark.parametrize("token", ["nothing", "%20", "x" * 300])
def test_an_unknown_token_is_not_found(db: None, token: str) -> None:
    assert APIClient().post(f"/hooks/{token}/").status_code == 404


def test_past_sixty_calls_a_minute_the_hook_says_when(path: str) -> None:
    caller = APIClient()
    assert {caller.post(path).status_code for _ in range(60)} == {202}
    answer = caller.post(path)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Content-Type"].startswith("application/problem+json")
    ScheduledTask.objects.update(hook_window=timezone.now() - timedelta(seconds=61))
    assert caller.post(path).status_code == 202


def test_calls_counted_before_the_clock_was_put_back_do_not_close_the_hook(path: str) -> None:
    caller = APIClient()
    assert caller.post(path).status_code == 202
    future = timezone.now() + timedelta(days=30)
    ScheduledTask.objects.update(hook_window=future, hook_calls=60)
    assert caller.post(path).status_code == 202
    assert ScheduledTask.objects.get().hook_calls == 1


def test_a_new_address_ends_the_old_one(client: APIClient, task: dict[str, Any], path: str) -> None:
    answer = client.post(f"{URL}{task['id']}/renew-hook/")
    assert answer.status_code == 200
    fresh = hook_of(answer.json())
    assert APIClient().post(path).status_code == 404
    assert APIClient().post(fresh).status_code == 202


def test_only_an_on_demand_task_has_a_hook(
    client: APIClient, task: dict[str, Any], path: str
) -> None:
    address = f"{URL}{task['id']}/"
    assert client.patch(address, {"schedule": {"kind": "hourly"}}).status_code == 200
    assert APIClient().post(path).status_code == 404
    assert client.post(f"{address}renew-hook/").status_code == 409
    again = client.patch(address, {"schedule": {"kind": "on_demand"}}).json()
    assert "/hooks/" in again["hook_url"]


def test_a_paused_task_skips_the_call_and_says_so(
    client: APIClient, task: dict[str, Any], path: str
) -> None:
    client.post(f"{URL}{task['id']}/pause/")
    answer = APIClient().post(path)
    assert answer.status_code == 202
    found = Occurrence.objects.get()
    assert (found.outcome, found.reason) == ("skipped", "The task is paused.")


def test_a_hook_expires_after_its_runs(client: APIClient) -> None:
    task = made(client, schedule={"kind": "on_demand"}, expires={"after_runs": 1})
    path = hook_of(task)
    execute(int(APIClient().post(path).json()["occurrence"]))
    APIClient().post(path)
    outcomes = Occurrence.objects.order_by("pk").values_list("outcome", "reason")
    assert list(outcomes) == [("succeeded", ""), ("skipped", "The task has expired.")]
