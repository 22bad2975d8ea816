"""Buttons that find, change and delete items: in a service on loopback, and in another process."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Response

from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.browser.story_rows import SCRIPT
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field

SAVE = {"type": "save"}
LINES = {
    "type": "table", "name": "lines", "title": "Found",
    "columns": [
        {"type": "text", "name": "sku"}, {"type": "text", "name": "what"},
        {"type": "number", "name": "amount"},
    ],
}  # fmt: skip
METHODS = [
    {"name": "find-items", "http_method": "GET", "url_path": "/items", "query": [{"name": "q"}],
     "response_body": [{"name": "items"}]},
    {"name": "put-item", "http_method": "PUT", "url_path": "/items/{sku}",
     "content_type": "json", "request_body": [{"name": "amount"}]},
    {"name": "delete-item", "http_method": "DELETE", "url_path": "/items/{sku}"},
]  # fmt: skip


class Stock:
    """A service that keeps items and remembers what it was asked."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {
            "P-1": {"sku": "P-1", "what": SCRIPT, "amount": 3, "colour": "blue"},
            "P/2": {"sku": "P/2", "what": "Pencil", "amount": 5, "colour": "red"},
        }
        self.asked: list[Any] = []

    def __call__(self, request: Any) -> Any:
        body = request.get_data(as_text=True)
        self.asked.append((request.method, request.environ["REQUEST_URI"], body))
        if request.method == "GET":
            found = [one for one in self.items.values() if request.args["q"] in one["sku"]]
            return self._said(200, {"items": found})
        code = request.path.removeprefix("/items/")
        if code not in self.items:
            return self._said(404, {"message": f"no item {code}"})
        if request.method == "DELETE":
            del self.items[code]
            return Response(status=204)
        self.items[code] |= json.loads(body)
        return self._said(200, self.items[code])

    def _said(self, status: Any, body: Any) -> Any:
        return Response(json.dumps(body), status=status, content_type="application/json")


@pytest.fixture
def stock(httpserver: HTTPServer, settings: Settings, person: Callable[[str], Any]) -> Any:
    """The service, connected as `stock`."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    kept = Stock()
    httpserver.expect_request(re.compile("/items.*")).respond_with_handler(kept)
    raw = {"name": "stock", "base_url": httpserver.url_for("/").rstrip("/"), "methods": METHODS}
    create_datasource(raw=raw, user=person("dan"))
    return kept


def published(raw: Any, user: Any) -> None:
    create_design(raw=raw, user=user)
    publish_design(name=raw["name"], user=user)


def call(kind: str, method: Any, rows: Any = (), *success: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "datasource": "stock", "method": method,
        "input_mapping": [{"target": at, "value": value} for at, value in rows],
        "on_success": [{"field": at, "value": value} for at, value in success], **more,
    }  # fmt: skip


def desk() -> Any:
    """Return a process with a button for each of the three."""
    find = call(
        "find_items", "find-items", [("query.q", "[sku]")], ("lines", "[response.body.items]")
    )
    change = call(
        "update_item", "put-item", [("path.sku", "[sku]"), ("body.amount", "[amount]")],
        ("told", "[response.body.amount] of [response.body.sku]"),
    )  # fmt: skip
    delete = call("delete_item", "delete-item", [("path.sku", "[sku]")], ("told", "gone"))
    return process(
        text_field("sku", title="Number"), {"type": "number", "name": "amount", "title": "Pieces"},
        text_field("told", title="Told"), LINES,
        button("find", find), button("change", change, SAVE), button("remove", delete, SAVE),
        name="desk",
    )  # fmt: skip


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def trace(page: Page, looks: Look, *words: str) -> None:
    """Open the trace of the newest run with its steps; look at it, and come back."""
    page.goto("/runs/")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/runs/*/")
    for step in page.locator("summary.k-step").all():
        step.click()
    for said in words:
        page.get_by_text(said).first.wait_for()
    looks(page)


def test_items_of_a_service_are_found_changed_and_deleted_by_buttons(
    page_as: PageAs,
    person: Callable[[str], Any],
    stock: Any,
    looks: Look,
) -> None:
    published(desk(), person("ada"))
    create_instance(process="desk", mode="live", data={}, user=person("ben"))
    page = page_as("ben")
    number, amount = page.locator("#f-data-sku"), page.locator("#f-data-amount")
    cells = page.locator("#f-data-lines tbody input:not([type=hidden])")
    page.goto("/instances/desk-1/")
    number.fill("P")
    page.get_by_role("button", name="Find", exact=True).dblclick()
    expect(cells).to_have_count(6)
    assert [cell.input_value() for cell in cells.all()] == [
        "P-1", SCRIPT, "3", "P/2", "Pencil", "5",
    ]  # fmt: skip
    assert stock.asked == [("GET", "/items?q=P", "")]
    # It stands in the form, and can be found again: that is said, and is no alarm.
    expect(page.locator("[data-progress]")).to_contain_text("Not saved yet:")
    expect(page.get_by_text("A response was not stored")).to_have_count(0)
    told = "What was looked up is not stored"
    trace(page, looks, told, "GET http", '"blue"', "row 2 added: P/2, Pencil, 5")
    page.goto("/")
    page.get_by_role("heading", name="My requests").wait_for()
    expect(page.get_by_text("not stored")).to_have_count(0)

    # The table was not saved, so it is found again; then it is stored with what was changed.
    page.goto("/instances/desk-1/")
    number.fill("P/2")
    amount.fill("7.5")
    press(page, "Find")
    expect(cells).to_have_count(3)
    press(page, "Change")
    expect(page.locator("#f-data-told")).to_have_value("7.5 of P/2")
    assert stock.asked[2:] == [("PUT", "/items/P%2F2", '{"amount":7.5}')]
    expect(page.get_by_text("A response was not stored")).to_have_count(0)
    looks(page)
    trace(page, looks, "PUT http", '"amount": 7.5', "7.5 of P/2")

    page.goto("/instances/desk-1/")
    press(page, "Remove")
    expect(page.locator("#f-data-told")).to_have_value("gone")
    assert list(stock.items) == ["P-1"]
    trace(page, looks, "DELETE http", "204")
    page.goto("/instances/desk-1/")
    press(page, "Remove")
    page.get_by_text("Stock answered 404 NOT FOUND.").first.wait_for()
    assert ProcessInstance.objects.get().values["told"] == "gone"
    press(page, "Find")
    page.get_by_text("Find: done").wait_for()
    expect(cells).to_have_count(0)
    looks(page)


def built_in(kind: str, *success: Any, **more: Any) -> dict[str, Any]:
    by_customer = {"items": [{"left": "[item.customer]", "operator": "eq", "right": "[who]"}]}
    return {
        "type": kind, "datasource": "kianda", "method": "orders", "filter": by_customer,
        "on_success": [{"field": at, "value": value} for at, value in success], **more,
    }  # fmt: skip


def test_instances_of_another_process_are_found_changed_and_deleted_by_buttons(
    page_as: PageAs,
    person: Callable[[str], Any],
    looks: Look,
) -> None:
    ada = person("ada")
    published(process(text_field("customer"), text_field("state"), LINES), ada)
    line = {"sku": "P-1", "what": SCRIPT, "amount": 3}
    for customer in ("acme", "acme & sons"):
        data = {"customer": customer, "state": "new", "lines": [line]}
        create_instance(process="orders", mode="live", data=data, user=person("ben"))
    find = built_in(
        "find_items", ("state", "[item.state] in [item.process.id]"), ("lines", "[item.lines]")
    )
    rows = [{"target": "body.state", "value": "[wanted]"}]
    change = built_in("update_item", ("state", "[item.state] now"), input_mapping=rows)
    delete = built_in("delete_item", ("state", "[item.process.id] is deleted"))
    published(
        process(
            text_field("who", title="Who"), text_field("wanted"), text_field("state"), LINES,
            button("find", find), button("change", change), button("remove", delete), name="desk",
        ),
        ada,
    )  # fmt: skip
    create_instance(process="desk", mode="live", data={}, user=person("ben"))
    page = page_as("ben")
    state = page.locator("#f-data-state")
    page.goto("/instances/desk-1/")
    page.locator("#f-data-who").fill("acme")
    press(page, "Find")
    expect(state).to_have_value("new in orders-1")
    cells = page.locator("#f-data-lines tbody input:not([type=hidden])")
    assert [cell.input_value() for cell in cells.all()] == ["P-1", SCRIPT, "3"]
    page.locator("#f-data-wanted").fill("sent <b>")
    page.get_by_role("button", name="Change", exact=True).dblclick()
    expect(state).to_have_value("sent <b> now")
    order = ProcessInstance.objects.get(process_id="orders-1")
    assert (order.values["state"], order.revision) == ("sent <b>", 2)
    trace(page, looks, "sent <b> now")

    page.goto("/instances/desk-1/")
    page.locator("#f-data-who").fill("acme")
    press(page, "Remove")
    expect(state).to_have_value("orders-1 is deleted")
    left = ProcessInstance.objects.filter(process_id__startswith="orders")
    assert [one.values["customer"] for one in left] == ["acme & sons"]
    trace(page, looks, "orders-1 is deleted")
    page.goto("/instances/desk-1/")
    page.locator("#f-data-who").fill("acme")
    for name in ("Find", "Change", "Remove"):
        press(page, name)
        page.get_by_text("No record of orders was found where").first.wait_for()
        page.reload()
        page.locator("#f-data-who").fill("acme")
    looks(page)
