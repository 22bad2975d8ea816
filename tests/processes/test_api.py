"""The JSON door of processes, instances and runs (contract 5)."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from kianda.accounts.models import IdempotencyRecord
from kianda.lib.secrets import MASK
from processes.fields import fields as field_kinds
from processes.models import Run
from processes.rules import rules as rule_kinds
from processes.services.designs import save_design
from tests.processes.conftest import (
    VALUES,
    answers,
    definition,
    just_before_the_lock,
    local,
    with_rules,
)

Api = Callable[..., APIClient]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def designer(api: Api, ada: Any) -> APIClient:
    """Ada with an API token."""
    return api(ada)


@pytest.fixture
def published(designer: APIClient) -> str:
    """The scenario without its call, published."""
    assert designer.post("/api/v1/processes/", local()).status_code == 201
    assert designer.post("/api/v1/processes/token-refresh/publish/", {}).status_code == 201
    return "token-refresh"


def test_a_definition_comes_back_as_it_was_sent_with_its_defaults_and_meta(
    designer: APIClient,
) -> None:
    made = designer.post("/api/v1/processes/", definition())
    assert made.status_code == 201, made.content
    assert made["Location"].endswith("/api/v1/processes/token-refresh/")
    read = designer.get("/api/v1/processes/token-refresh/")
    assert read["ETag"] == made["ETag"]
    body = read.json()
    meta = body.pop("meta")
    assert meta["version"] == "0.1"
    assert meta["published_version"] is None
    assert meta["modified_by"] == "ada"
    assert meta["warnings"][0]["pointer"] == "/forms/0/fields/9/rules/1/datasource"
    again = designer.put("/api/v1/processes/token-refresh/", body)
    assert again.status_code == 200
    assert again.json()["meta"]["version"] == "0.1"


def test_meta_may_be_sent_back_and_is_ignored(designer: APIClient) -> None:
    designer.post("/api/v1/processes/", local())
    body = designer.get("/api/v1/processes/token-refresh/").json()
    body["description"] = "changed"
    saved = designer.put("/api/v1/processes/token-refresh/", body)
    assert (saved.status_code, saved.json()["meta"]["version"]) == (200, "0.2")


def test_an_if_match_that_no_longer_holds_is_412(designer: APIClient) -> None:
    tag = designer.post("/api/v1/processes/", local())["ETag"]
    designer.put("/api/v1/processes/token-refresh/", local(description="x"))
    stale = designer.put(
        "/api/v1/processes/token-refresh/", local(description="y"), headers={"If-Match": tag}
    )
    assert stale.status_code == 412
    assert stale["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("what", ["processes/token-refresh", "instances/token-refresh-1"])
def test_what_somebody_saved_in_the_last_moment_is_not_deleted(
    designer: APIClient, ada: Any, what: str
) -> None:
    designer.post("/api/v1/processes/", local())
    new = {"process": "token-refresh", "mode": "preview"}
    if what.startswith("instances"):
        designer.post("/api/v1/instances/", new)
    path = f"/api/v1/{what}/"
    tag = designer.get(path)["ETag"]

    save = lambda: save_design(name="token-refresh", raw=local(description="x"), user=ada)  # noqa: E731
    table = "processdesign" if what.startswith("processes") else "processinstance"
    with just_before_the_lock(save, of=table):
        answer = designer.delete(path, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert designer.get(path).status_code == 200


def test_all_errors_of_a_definition_come_at_once_with_pointers(designer: APIClient) -> None:
    made = definition(name="Bad Name", nonsense=1)
    made["forms"][0]["fields"][1]["name"] = "grant_type"
    made["forms"][0]["fields"][9]["rules"][0]["assignments"][0]["field"] = "nobody"
    made["forms"][0]["fields"][9]["rules"][1]["on_success"][0]["value"] = "[response.nothing]"
    refused = designer.post("/api/v1/processes/", made)
    assert refused.status_code == 400
    pointers = {error["pointer"] for error in refused.json()["errors"]}
    assert {
        "/name",
        "/nonsense",
        "/forms/0/fields/1/name",
        "/forms/0/fields/9/rules/0/assignments/0/field",
        "/forms/0/fields/9/rules/1/on_success/0/value",
    } <= pointers
    assert designer.get("/api/v1/processes/").json()["count"] == 0


def test_publishing_answers_201_then_200_and_versions_are_listed(designer: APIClient) -> None:
    designer.post("/api/v1/processes/", local())
    first = designer.post("/api/v1/processes/token-refresh/publish/", {"note": "First"})
    assert (first.status_code, first.json()["meta"]["published_version"]) == (201, "1.0")
    assert designer.post("/api/v1/processes/token-refresh/publish/").status_code == 200
    versions = designer.get("/api/v1/processes/token-refresh/versions/").json()
    assert [(v["version"], v["published"], v["note"]) for v in versions] == [
        ("1.0", True, "First"),
        ("0.1", False, ""),
    ]
    old = designer.get("/api/v1/processes/token-refresh/?version=0.1")
    assert old.json()["meta"]["version"] == "0.1"
    assert designer.get("/api/v1/processes/token-refresh/?version=9.9").status_code == 404


def test_a_definition_of_over_a_megabyte_is_413(designer: APIClient) -> None:
    huge = local(description="x" * 5_000_000)
    assert designer.post("/api/v1/processes/", huge).status_code == 413


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
    asked = [
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


ROLES = [
    ("get", "/api/v1/processes/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
    ("post", "/api/v1/processes/", {"ada": 400, "ben": 403, "dan": 403, "cleo": 403}),
    ("post", "/api/v1/instances/", {"ada": 400, "ben": 400, "dan": 400, "cleo": 403}),
    ("get", "/api/v1/runs/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
    ("get", "/api/v1/rule-types/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
]


@pytest.mark.parametrize(("verb", "path", "expected"), ROLES)
def test_each_call_is_checked_on_the_server(
    verb: str,
    path: str,
    expected: dict[str, int],
    request: pytest.FixtureRequest,
    api: Api,
) -> None:
    for name, status in expected.items():
        client = api(request.getfixturevalue(name))
        assert getattr(client, verb)(path, {}).status_code == status, name
    assert getattr(APIClient(), verb)(path).status_code == 401


def test_a_token_can_do_no_more_than_its_scopes(api: Api, ada: Any) -> None:
    reader = api(ada, ["read"])
    assert reader.get("/api/v1/processes/").status_code == 200
    assert reader.post("/api/v1/processes/", local()).status_code == 403
    assert api(ada, ["design"]).post("/api/v1/processes/", local()).status_code == 201


def test_a_user_does_not_see_the_previews_of_others(
    designer: APIClient, published: str, api: Api, ben: Any
) -> None:
    designer.post("/api/v1/instances/", {"process": published, "mode": "preview"})
    assert api(ben).get("/api/v1/instances/").json()["count"] == 0
    assert api(ben).get("/api/v1/instances/token-refresh-1/").status_code == 404


def test_kind_lists_give_every_registered_kind_with_its_schema(designer: APIClient) -> None:
    rules = designer.get("/api/v1/rule-types/").json()
    assert [kind["type"] for kind in rules] == list(rule_kinds.kinds)
    assert all(kind["title"] and kind["description"] and kind["schema"] for kind in rules)
    fields = designer.get("/api/v1/field-types/").json()
    assert [kind["type"] for kind in fields] == list(field_kinds.kinds)


def test_another_process_finds_the_token_by_its_process_id_and_uses_it(
    make_token: Any, provider: HTTPServer, designer: APIClient
) -> None:
    answers(provider)
    provider.expect_request(
        "/api/orders/acme", query_string="status=open", headers={"Authorization": "Bearer at-new"}
    ).respond_with_json({"items": [{"id": "o-9"}]})
    token = make_token()
    designer.post(f"/api/v1/instances/{token.process_id}/trigger/", {"target": "refresh"})
    rules = [
        {
            "type": "find_items",
            "id": "find",
            "datasource": "kianda",
            "method": "token-refresh",
            "filter": {
                "match": "all",
                "items": [
                    {"left": "[item.process.id]", "operator": "eq", "right": token.process_id}
                ],
            },
            "on_success": [{"field": "token", "value": "[item.access_token]"}],
        },
        {
            "type": "create_item",
            "id": "orders",
            "datasource": "token-service",
            "method": "get-orders",
            "input_mapping": [
                {"target": "path.customer", "value": "acme"},
                {"target": "header.Authorization", "value": "Bearer [token]"},
            ],
            "on_success": [{"field": "first", "value": "[response.body.first]"}],
        },
        {"type": "save", "id": "save"},
    ]
    other = {
        "name": "orders",
        "forms": [
            {
                "name": "main",
                "fields": [
                    {"type": "secret", "name": "token"},
                    {"type": "text", "name": "first"},
                    {"type": "button", "name": "go", "rules": rules},
                ],
            }
        ],
    }
    made = designer.post("/api/v1/processes/", other)
    assert made.status_code == 201, made.content
    assert designer.post("/api/v1/processes/orders/publish/").status_code == 201
    designer.post("/api/v1/instances/", {"process": "orders"})
    run = designer.post("/api/v1/instances/orders-1/trigger/", {"target": "go"}).json()
    assert run["status"] == "succeeded", run["error"]
    assert run["data"] == {"token": MASK, "first": "o-9"}
    assert "at-new" not in repr(run)


def test_a_secret_of_another_process_goes_only_into_a_secret_field(
    make_token: Any, designer: APIClient
) -> None:
    token = make_token()
    rule = {
        "type": "find_items",
        "id": "find",
        "datasource": "kianda",
        "method": "token-refresh",
        "on_success": [{"field": "plain", "value": "x [item.refresh_token]"}],
    }
    other = with_rules([])
    other.update(name="thief")
    other["forms"][0]["fields"] = [
        {"type": "text", "name": "plain"},
        {"type": "button", "name": "go", "rules": [rule, {"type": "save", "id": "s"}]},
    ]
    designer.post("/api/v1/processes/", other)
    made = designer.post("/api/v1/instances/", {"process": "thief", "mode": "preview"}).json()
    run = designer.post(f"/api/v1/instances/{made['process_id']}/trigger/", {"target": "go"}).json()
    assert (run["status"], run["error"]["kind"]) == ("failed", "configuration")
    assert "rt-old-42" not in repr(run)
    assert token.process_id == "token-refresh-1"
