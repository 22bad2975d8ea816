"""Definitions over the API: sent, sent back, published, refused with every flaw."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from processes.designs.lifecycle import save_design
from processes.fields import fields as field_kinds
from processes.language.functions import FUNCTIONS
from processes.rules import rules as rule_kinds
from tests.processes.conftest import definition, just_before_the_lock, local

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_kind_lists_give_every_registered_kind_with_its_schema(designer: APIClient) -> None:
    rules = designer.get("/api/v1/rule-types/").json()
    assert [kind["type"] for kind in rules] == list(rule_kinds.kinds)
    assert all(kind["title"] and kind["description"] and kind["schema"] for kind in rules)
    fields = designer.get("/api/v1/field-types/").json()
    assert [kind["type"] for kind in fields] == list(field_kinds.kinds)


def test_each_function_of_formulas_is_listed_as_the_designer_shows_it(designer: APIClient) -> None:
    listed = {one["name"]: one for one in designer.get("/api/v1/functions/").json()}
    assert set(listed) == {*FUNCTIONS, "If"}
    assert all(one["description"] and one["example"]["call"] for one in listed.values())
    left = listed["Left"]
    assert left["signature"].startswith("Left(")
    assert left["result"] == "text"
    assert [one["required"] for one in left["arguments"]] == [True, True]
    assert listed["Sum"]["arguments"][0]["repeated"]
    assert any(one["default"] for function in listed.values() for one in function["arguments"])
    assert designer.get("/api/v1/functions/?name=Left").status_code == 400
