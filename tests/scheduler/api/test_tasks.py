"""Scheduled tasks over the API, as an integrator meets them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from processes.models import ProcessInstance
from scheduler.models import ScheduledTask
from scheduler.services import execute, plan
from tests.factories import Api
from tests.scheduler.api.tasks import URL, made
from tests.scheduler.conftest import NOON, Make, body, total

pytestmark = pytest.mark.django_db


def test_a_task_is_made_and_read(client: APIClient) -> None:
    before = timezone.now()
    answer = client.post(URL, body(schedule={"kind": "minutes", "every": 55}))
    assert answer.status_code == 201
    task = answer.json()
    assert answer["Location"] == f"http://testserver{URL}{task['id']}/"
    assert answer["ETag"]
    assert set(task) == {
        "id", "name", "process", "process_id", "target", "schedule", "timezone", "expires",
        "enabled", "run_as", "next_run_at", "last_run_at", "last_outcome", "description", "meta",
    }  # fmt: skip
    assert isinstance(task["id"], str)
    assert task["schedule"] == {"kind": "minutes", "every": 55}
    assert task["description"] == "Every 55 minutes"
    assert (task["run_as"], task["expires"], task["enabled"]) == ("ada", None, True)
    assert task["next_run_at"].endswith("Z")
    planned = datetime.fromisoformat(task["next_run_at"])
    assert timedelta(0) <= planned - before - timedelta(minutes=55) < timedelta(seconds=20)
    assert client.get(f"{URL}{task['id']}/").json() == task


def test_what_was_read_may_be_put_back(client: APIClient) -> None:
    task = made(client)
    answer = client.put(f"{URL}{task['id']}/", task)
    assert answer.status_code == 200
    again = answer.json()
    assert {**again, "meta": None} == {**task, "meta": None}


def test_bad_input_is_a_problem_with_pointers(client: APIClient) -> None:
    answer = client.post(URL, {"name": "", "schedule": {"kind": "minutes", "every": 0}})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert {flaw["pointer"] for flaw in answer.json()["errors"]} == {
        "/name", "/process", "/process_id", "/target", "/schedule/every",
    }  # fmt: skip
    assert not ScheduledTask.objects.exists()


def test_a_patch_changes_only_what_it_names(client: APIClient) -> None:
    task = made(client)
    answer = client.patch(f"{URL}{task['id']}/", {"schedule": {"kind": "hourly"}})
    changed = answer.json()
    assert changed["schedule"] == {"kind": "hourly", "every": 1, "minute": 0}
    assert changed["name"] == task["name"]


def test_if_match_guards_a_change(client: APIClient) -> None:
    address = f"{URL}{made(client)['id']}/"
    tag = client.get(address)["ETag"]
    assert client.patch(address, {"name": "A"}, HTTP_IF_MATCH=tag).status_code == 200
    for call in (client.patch, client.put, client.delete):
        assert call(address, {"name": "B"}, HTTP_IF_MATCH=tag).status_code == 412
    tag = client.get(address)["ETag"]
    assert client.delete(address, HTTP_IF_MATCH=tag).status_code == 204
    assert client.get(address).status_code == 404


def test_a_firing_does_not_change_the_tag(client: APIClient) -> None:
    task = made(client)
    address = f"{URL}{task['id']}/"
    tag = client.get(address)["ETag"]
    for pk in plan(timezone.now() + timedelta(minutes=1)):
        execute(pk)
    answer = client.get(address)
    assert answer["ETag"] == tag
    assert answer.json()["last_outcome"] == "succeeded"
    assert answer.json()["last_run_at"].endswith("Z")


def test_run_answers_202_with_the_occurrence(client: APIClient, counter: ProcessInstance) -> None:
    task = made(client)
    answer = client.post(f"{URL}{task['id']}/run/")
    assert answer.status_code == 202
    found = answer.json()
    assert set(found) == {
        "id", "planned_at", "planned_until", "count", "trigger", "started_at", "finished_at",
        "outcome", "reason", "run",
    }  # fmt: skip
    assert (found["trigger"], found["outcome"], found["run"]) == ("manual", None, None)
    second = client.post(f"{URL}{task['id']}/run/").json()
    assert second["outcome"] == "coalesced"
    execute(int(found["id"]))
    assert total(counter) == 1
    history = client.get(f"{URL}{task['id']}/occurrences/").json()
    assert history["count"] == 2
    assert [row["outcome"] for row in history["results"]] == ["coalesced", "succeeded"]
    run = client.get(f"/api/v1/runs/{history['results'][1]['run']}/").json()
    assert (run["trigger"], run["status"]) == ("manual", "succeeded")


def test_pause_and_resume_answer_the_task(client: APIClient) -> None:
    task = made(client)
    paused = client.post(f"{URL}{task['id']}/pause/")
    assert paused.status_code == 200
    assert (paused.json()["enabled"], paused.json()["next_run_at"]) == (False, None)
    resumed = client.post(f"{URL}{task['id']}/resume/")
    assert resumed.status_code == 200
    assert resumed.json()["enabled"] is True
    assert resumed.json()["next_run_at"] > task["next_run_at"]


def test_occurrences_come_newest_first_and_can_be_filtered(
    client: APIClient, make_task: Make
) -> None:
    task = make_task()
    for minute in (1, 2, 5):
        for pk in plan(NOON + timedelta(minutes=minute)):
            execute(pk)
    address = f"{URL}{task.pk}/occurrences/"
    rows = client.get(address).json()["results"]
    assert [row["planned_at"][11:16] for row in rows] == ["12:05", "12:03", "12:02", "12:01"]
    assert [row["outcome"] for row in rows][:2] == ["succeeded", "missed"]
    assert (rows[1]["count"], rows[1]["planned_until"][11:16]) == (2, "12:04")
    only = client.get(address, {"outcome": "missed"}).json()
    assert only["count"] == 1
    assert client.get(address, {"colour": "red"}).status_code == 400
    assert client.get(f"{URL}999/occurrences/").status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Count", "Fail"]),
        ({"search": "fai"}, ["Fail"]),
        ({"enabled": "false"}, ["Fail"]),
        ({"process_id": "COUNTER-1"}, ["Count"]),
        ({"target": "fail"}, ["Fail"]),
        ({"ordering": "-name"}, ["Fail", "Count"]),
        ({"page_size": "1"}, ["Count"]),
    ],
)
def test_the_list_is_searched_filtered_and_ordered(
    client: APIClient, query: dict[str, str], names: list[str]
) -> None:
    made(client)
    made(client, name="Fail", target="fail", enabled=False, process_id=None)
    answer = client.get(URL, query).json()
    assert [task["name"] for task in answer["results"]] == names


def test_only_designers_and_administrators_come_in(
    client: APIClient, api: Api, admin: Any, ben: Any, dan: Any, cleo: Any
) -> None:
    task = made(client)
    for person in (ben, dan, cleo):
        other = api(person)
        assert other.get(URL).status_code == 403
        assert other.get(f"{URL}{task['id']}/").status_code == 403
        assert other.post(URL, body(name="B")).status_code == 403
        assert other.post(f"{URL}{task['id']}/run/").status_code == 403
        assert other.get(f"{URL}{task['id']}/occurrences/").status_code == 403
    assert APIClient().get(URL).status_code == 401
    assert api(admin).get(URL).json()["count"] == 1


def test_a_token_needs_the_scope(client: APIClient, api: Api, ada: Any) -> None:
    reader = api(ada, scopes=["read"])
    assert reader.get(URL).status_code == 200
    assert reader.post(URL, body()).status_code == 403
    keeper = api(ada, scopes=["schedule"])
    assert keeper.post(URL, body()).status_code == 201
    assert keeper.get(URL).status_code == 403


def test_an_action_takes_no_body(client: APIClient) -> None:
    task = made(client)
    assert client.post(f"{URL}{task['id']}/run/", {"now": True}).status_code == 400
    assert client.get(f"{URL}{task['id']}/run/").status_code == 405


def test_the_kinds_describe_themselves(client: APIClient, api: Api, ben: Any) -> None:
    kinds = api(ben).get("/api/v1/schedule-kinds/").json()
    assert [kind["type"] for kind in kinds] == [
        "once", "seconds", "minutes", "hourly", "daily", "weekly", "monthly", "cron", "on_demand",
    ]  # fmt: skip
    assert all(kind["title"] and kind["description"] and kind["schema"] for kind in kinds)


def test_an_instance_named_by_a_task_cannot_be_deleted(client: APIClient, api: Api) -> None:
    task = made(client)
    answer = client.delete("/api/v1/instances/counter-1/")
    assert answer.status_code == 409
    assert answer.json()["used_by"] == [
        {"kind": "scheduled task", "name": "Count", "url": f"{URL}{task['id']}/"}
    ]
