"""Instances and runs over the API, and what a repeated request does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from kianda.accounts.models import IdempotencyRecord
from kianda.lib.secrets import MASK
from processes.models import Run
from tests.processes.conftest import VALUES, answers
from tests.threads import name_of_the_dead

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_trigger_answers_with_the_finished_run(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    instance = make_token()
    path = f"/api/v1/instances/{instance.process_id}/trigger/"
    done = designer.post(path, {"target": "refresh"})
    assert done.status_code == 200
    run = done.json()
    assert (run["status"], run["trigger"], run["run_as"]) == ("succeeded", "api", "ada")
    assert run["data"]["access_token"] == "at-new"
    assert run["data"]["refresh_token"] == MASK
    assert designer.get(f"/api/v1/runs/{run['id']}/").json() == run
    listed = designer.get("/api/v1/runs/?status=succeeded&target=refresh").json()
    assert [r["id"] for r in listed["results"]] == [run["id"]]
    assert designer.get("/api/v1/runs/?status=failed").json()["count"] == 0


def test_runs_are_filtered_by_what_they_did(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    path = f"/api/v1/instances/{make_token().process_id}/trigger/"

    def found(query: str) -> list[str]:
        rows = designer.get(f"/api/v1/runs/?{query}").json()["results"]
        return [row["target"] for row in rows]

    assert designer.post(path, {"target": "refresh#get-token"}).status_code == 200
    assert found("unsaved_answer=true&status=succeeded") == ["refresh#get-token"]
    assert found("saved=true") == []
    assert designer.post(path, {"target": "refresh"}).status_code == 200
    assert found("version=1.0") == ["refresh", "refresh#get-token"]
    assert found("version=2.0") == []
    assert found("saved=true") == ["refresh"]
    # What the second run has stored is not missed any more.
    assert found("unsaved_answer=true") == []
    assert designer.get("/api/v1/runs/?saved=1").status_code == 400


def test_a_failed_run_is_still_a_200(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider, {}, status=503)
    path = f"/api/v1/instances/{make_token().process_id}/trigger/"
    done = designer.post(path, {"target": "refresh"})
    assert (done.status_code, done.json()["status"]) == (200, "failed")
    assert done.json()["error"]["message"] == "Token service answered 503 SERVICE UNAVAILABLE."


def test_the_same_idempotency_key_gives_the_first_answer_again(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    path = f"/api/v1/instances/{make_token().process_id}/trigger/"
    key = {"Idempotency-Key": "k-1"}
    first = designer.post(path, {"target": "refresh"}, headers=key)
    again = designer.post(path, {"target": "refresh"}, headers=key)
    other = designer.post(path, {"target": "refresh#clear"}, headers=key)
    assert first.json() == again.json()
    assert other.status_code == 400
    assert len(provider.log) == 1


def test_a_key_whose_process_died_leads_to_its_run_and_to_its_instance(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    process_id = make_token().process_id

    def sent(path: str, body: dict[str, Any], key: str) -> Any:
        return designer.post(path, body, headers={"Idempotency-Key": key})

    trigger = f"/api/v1/instances/{process_id}/trigger/"
    asked: list[tuple[str, dict[str, Any], str]] = [
        (trigger, {"target": "refresh"}, "now"),
        (trigger, {"target": "refresh", "async": True}, "later"),
        ("/api/v1/instances/", {"process": "token-refresh", "mode": "preview"}, "new"),
    ]
    first = [sent(*request) for request in asked]
    # As a process leaves them that dies before it answers.
    IdempotencyRecord.objects.update(status=None, body=None)
    Run.objects.filter(pk=first[0].json()["id"]).update(status="running")
    assert sent(*asked[0]).status_code == 409
    Run.objects.filter(pk=first[0].json()["id"]).update(status="succeeded")
    again = [sent(*request) for request in asked]
    assert [answer.status_code for answer in again] == [200, 202, 201]
    assert [answer.json() for answer in again] == [answer.json() for answer in first]
    assert again[2]["Location"] == first[2]["Location"]
    assert Run.objects.count() == 2


def test_a_key_whose_process_is_gone_answers_at_once_how_its_run_ended(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    path = f"/api/v1/instances/{make_token().process_id}/trigger/"
    key = {"Idempotency-Key": "k-1"}
    first = designer.post(path, {"target": "refresh"}, headers=key).json()
    # As a process leaves them that dies in the middle of its call.
    IdempotencyRecord.objects.update(status=None, body=None)
    far = timezone.now() + timedelta(seconds=30)
    run = Run.objects.get(pk=first["id"])
    run.status, run.journal = "running", {"phase": "calling"}
    run.lease_until, run.holder = far, name_of_the_dead()
    run.save()
    again = designer.post(path, {"target": "refresh"}, headers=key)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert again.json()["status"] == "interrupted"
    assert len(provider.log) == 1


TRIGGER_BODIES = [
    ({}, "/target"),
    ({"target": 7}, "/target"),
    ({"target": "refresh", "data": []}, "/data"),
    ({"target": "refresh", "revision": "1"}, "/revision"),
    ({"target": "refresh", "async": "yes"}, "/async"),
    ({"target": "refresh", "later": True}, "/later"),
    ({"target": "refresh", "nonsense": 1}, "/nonsense"),
]


def test_an_unknown_process_and_an_unknown_mode_are_named_together(designer: APIClient) -> None:
    answer = designer.post("/api/v1/instances/", {"process": "nope", "mode": "x"}, format="json")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/process", "/mode"]


@pytest.mark.parametrize(("body", "pointer"), TRIGGER_BODIES)
def test_a_bad_trigger_is_refused_at_its_place(
    designer: APIClient, published: str, body: Any, pointer: str
) -> None:
    designer.post("/api/v1/instances/", {"process": published, "data": VALUES})
    refused = designer.post("/api/v1/instances/token-refresh-1/trigger/", body)
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert designer.get("/api/v1/runs/").json()["count"] == 0


def test_an_instance_is_made_read_changed_and_deleted(designer: APIClient, published: str) -> None:
    made = designer.post("/api/v1/instances/", {"process": published, "data": VALUES})
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["process_id"] == "token-refresh-1"
    assert body["version"] == "1.0"
    assert body["mode"] == "live"
    assert body["revision"] == 1
    assert body["data"]["refresh_token"] == MASK
    assert made["Location"].endswith("/api/v1/instances/token-refresh-1/")
    path = "/api/v1/instances/token-refresh-1/"
    changed = designer.patch(path, {"data": {"client_id": "c2"}, "revision": 1})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    stale = designer.patch(path, {"data": {"client_id": "c3"}, "revision": 1})
    assert stale.status_code == 409
    assert designer.patch(path, {"data": {"client_id": "c3"}}).status_code == 400
    assert designer.delete(path, headers={"If-Match": '"old"'}).status_code == 412
    assert designer.delete(path).status_code == 204
    assert designer.get(path).status_code == 404
