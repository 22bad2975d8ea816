"""One process uses what another one keeps, over the API."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from kianda.lib.secrets import MASK
from tests.processes.conftest import answers, with_rules

pytestmark = pytest.mark.django_db(transaction=True)


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
