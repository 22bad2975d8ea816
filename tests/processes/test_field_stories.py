"""Every kind of field through the API: saved in a design, filled in, refused, used by rules."""

import copy
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from processes.fields import fields as kinds
from tests.factories import Api
from tests.processes.conftest import answers
from tests.processes.definitions import button, process, set_rule, text_field

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>'; DROP TABLE x; --"
COLUMNS = [
    {"type": "text", "name": "what", "max_length": 1_000},
    {"type": "number", "name": "amount", "min": 0, "decimals": 2},
    {"type": "date", "name": "due"},
    {"type": "list", "name": "size", "choices": ["S", "M"]},
    {"type": "toggle", "name": "sent"},
]
LINES = {"type": "table", "name": "lines", "columns": COLUMNS}
SAVE = {"type": "save"}


def orders(*more: dict[str, Any]) -> dict[str, Any]:
    """Return a process with every kind of field, most of them in containers."""
    inner = [
        {"type": "number", "name": "total", "decimals": 2},
        {"type": "date", "name": "opens", "mode": "time", "default": "08:00"},
        {"type": "date", "name": "day"},
        {"type": "toggle", "name": "urgent"},
        {"type": "list", "name": "region", "choices": ["north", "south"], "display_as": "options"},
        {"type": "user_picker", "name": "buyer"},
        {"type": "link", "name": "map", "url": "https://example.org/[customer]"},
        {"type": "rich_text", "name": "hint", "text": "<p>For [customer]: [lines.amount]</p>"},
        {"type": "file_upload", "name": "papers", "multiple": True},
        {"type": "image", "name": "photo"},
        {"type": "signature", "name": "signed"},
        button("add_up", set_rule("total", "=Sum([lines.amount])"), SAVE),
    ]
    group = {"type": "field_group", "name": "group", "fields": [copy.deepcopy(LINES), *more]}
    panel = {"type": "panel", "name": "panel", "fields": [*inner, group]}
    return process(text_field("customer"), {"type": "secret", "name": "key"}, panel)


@pytest.fixture
def ada_api(api: Api, ada: Any) -> APIClient:
    return api(ada)


def published(client: APIClient, raw: dict[str, Any]) -> None:
    saved = client.post("/api/v1/processes/", raw)
    assert saved.status_code == 201, saved.json()
    assert client.post(f"/api/v1/processes/{raw['name']}/publish/", {}).status_code == 201


def made(client: APIClient, **data: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/instances/", {"process": "orders", "data": data})
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body


def patched(client: APIClient, data: dict[str, Any], revision: int = 1) -> Any:
    return client.patch("/api/v1/instances/orders-1/", {"data": data, "revision": revision})


def test_the_story_has_every_kind_of_field() -> None:
    found = orders()["forms"][0]["fields"]
    panel = found[-1]["fields"]
    used = {one["type"] for one in [*found, *panel, *panel[-1]["fields"]]}
    assert used == set(kinds.kinds)


def test_every_field_is_stored_and_comes_back_in_form_order(ada_api: APIClient) -> None:
    published(ada_api, orders())
    body = made(
        ada_api, customer=SCRIPT, key="k-secret-1", total="12.345", day="2026-11-23",
        urgent="yes", region="north", buyer="ada",
        lines=[{"what": SCRIPT, "amount": 2}, {"sent": True}],
    )  # fmt: skip
    assert body["data"] == {
        "customer": SCRIPT, "key": "********", "total": 12.35, "opens": "08:00:00",
        "day": "2026-11-23", "urgent": True, "region": ["north"],
        "buyer": "user:ada", "papers": [], "photo": None, "signed": None,
        "lines": [
            {"what": SCRIPT, "amount": 2, "due": None, "size": [], "sent": None},
            {"what": "", "amount": None, "due": None, "size": [], "sent": True},
        ],
    }  # fmt: skip
    assert list(body["data"])[3] == "opens"
    again = patched(ada_api, body["data"])
    assert again.status_code == 200
    assert again.json()["revision"] == 1


@pytest.mark.parametrize(("data", "flaws"), [
    ({"lines": [{"amount": "much"}, {"amount": -1, "size": "L"}]}, {
        "/data/lines/0/amount": 'Lines: row 1, Amount: "much" is not a number.',
        "/data/lines/1/amount": "Lines: row 2, Amount: -1 is too small. Enter 0 or more.",
        "/data/lines/1/size": 'Lines: row 2, Size: "L" is not one of the choices: S, M.',
    }),
    ({"lines": [{"a/b": 1}]}, {
        "/data/lines/0/a~1b": "Lines: row 1: there is no column a/b. There are: amount, due, "
        "sent, size, what.",
    }),
    ({"lines": "x"}, {
        "/data/lines": 'Lines: "x" is not a table. A list of objects is needed, one per row.',
    }),
    ({"lines": [{}] * 10_001}, {
        "/data/lines": "Lines: There are 10,001 rows; at most 10,000 are allowed.",
    }),
    ({"lines": [{"what": "x" * 2_000}]}, {
        "/data/lines/0/what":
            "Lines: row 1, What: The text has 2,000 characters; at most 1,000 are allowed.",
    }),
    ({"opens": "soon"}, {
        "/data/opens":
            'Opens: "soon" is not a time of day. Write it as 10:30 or 10:30:15.',
    }),
    ({"panel": 1, "hint": "x", "map": "x"}, {
        "/data/panel": "panel is a panel, which has no value.",
        "/data/hint": "hint is a rich_text, which has no value.",
        "/data/map": "map is a link, which has no value.",
    }),
])  # fmt: skip
def test_bad_values_are_refused_at_their_places_and_nothing_is_stored(
    ada_api: APIClient, data: dict[str, Any], flaws: dict[str, str]
) -> None:
    published(ada_api, orders())
    before = made(ada_api, lines=[{"what": "Pen"}])
    answer = patched(ada_api, data)
    assert answer.status_code == 400
    assert {flaw["pointer"]: flaw["detail"] for flaw in answer.json()["errors"]} == flaws
    now = ada_api.get("/api/v1/instances/orders-1/").json()
    assert (now["revision"], now["data"]) == (1, before["data"])


def test_two_megabytes_in_a_text_are_refused_and_nothing_is_stored(ada_api: APIClient) -> None:
    published(ada_api, orders())
    made(ada_api)
    answer = patched(ada_api, {"customer": "x" * 2_000_000})
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is larger than 1,100,000 bytes."
    assert ada_api.get("/api/v1/instances/orders-1/").json()["revision"] == 1


def test_ten_thousand_rows_are_taken_and_added_up(ada_api: APIClient) -> None:
    published(ada_api, orders())
    made(ada_api)
    rows = [{"what": f"Pen {n}", "amount": 0.5} for n in range(10_000)]
    assert patched(ada_api, {"lines": rows}).status_code == 200
    run = ada_api.post("/api/v1/instances/orders-1/trigger/", {"target": "add_up"}).json()
    assert run["status"] == "succeeded", run
    assert ada_api.get("/api/v1/instances/orders-1/").json()["data"]["total"] == 5_000


def test_the_list_of_an_answer_goes_into_a_table(
    ada_api: APIClient, token_service: Any, provider: HTTPServer
) -> None:
    answers(provider, {"items": [{"what": "Pen", "amount": "3", "colour": "red"}, {"what": "Ink"}]})
    rule = {
        "type": "create_item", "id": "get", "datasource": "token-service",
        "method": "refresh-token", "input_mapping": [],
        "on_success": [{"field": "lines", "value": "[response.body.items]"}],
    }  # fmt: skip
    published(ada_api, orders(button("fetch", rule, SAVE)))
    made(ada_api)
    run = ada_api.post("/api/v1/instances/orders-1/trigger/", {"target": "fetch"}).json()
    assert run["status"] == "succeeded", run
    lines = ada_api.get("/api/v1/instances/orders-1/").json()["data"]["lines"]
    assert [(row["what"], row["amount"]) for row in lines] == [("Pen", 3), ("Ink", None)]
    assert "colour" not in lines[0]


def test_an_answer_that_is_no_table_fails_the_step_naming_row_and_column(
    ada_api: APIClient, token_service: Any, provider: HTTPServer
) -> None:
    answers(provider, {"items": [{"amount": 1}, {"amount": "much"}]})
    rule = {
        "type": "create_item", "id": "get", "datasource": "token-service",
        "method": "refresh-token", "input_mapping": [],
        "on_success": [{"field": "lines", "value": "[response.body.items]"}],
    }  # fmt: skip
    published(ada_api, orders(button("fetch", rule, SAVE)))
    made(ada_api)
    run = ada_api.post("/api/v1/instances/orders-1/trigger/", {"target": "fetch"}).json()
    assert run["status"] == "failed"
    assert run["error"]["message"] == 'Lines: row 2, Amount: "much" is not a number.'


def test_a_table_of_an_older_version_moves_with_its_columns(ada_api: APIClient) -> None:
    published(ada_api, orders())
    made(ada_api, lines=[{"what": "Pen", "amount": 3}])
    raw = orders()
    # One is renamed, as its title says, the other has another type.
    renamed = {"type": "text", "name": "thing", "title": "What"}
    columns = [renamed, {"type": "text", "name": "amount"}]
    raw["forms"][0]["fields"][-1]["fields"][-1]["fields"][0]["columns"] = columns
    raw["forms"][0]["fields"][-1]["fields"][-2]["rules"] = []
    raw["forms"][0]["fields"][-1]["fields"].pop(-3)
    assert ada_api.put("/api/v1/processes/orders/", raw).status_code == 200
    moved = ada_api.post("/api/v1/processes/orders/publish/", {"move_instances": True})
    assert moved.status_code == 201, moved.json()
    lines = ada_api.get("/api/v1/instances/orders-1/").json()["data"]["lines"]
    assert lines == [{"thing": "Pen", "amount": "3"}]
