"""Rules that make, change and delete other instances."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_httpserver import HTTPServer

from kianda.accounts.models import AuditEntry
from processes.instances.leases import holder
from processes.instances.recycle_bin import INSTANCES
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from tests.pages import client_of, text_of
from tests.processes.dying import Died, dying, nobody_holds_the_runs
from tests.processes.running.other_instances.shop import (
    BY_NOTE,
    ORDER_ID,
    SAVE,
    TO_ERROR,
    create,
    delete,
    update,
)
from tests.processes.stories import fired, made, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_create_item_makes_an_instance_of_a_process(tell: Any) -> None:
    mapping = [
        {"target": "body.note", "value": "for [process.id]"},
        {"target": "body.amount", "value": "=2 * 3"},
    ]
    client, shop_id = tell(create(input_mapping=mapping, on_success=[ORDER_ID]), SAVE)
    run = fired(client, shop_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, shop_id)["data"]["order_id"] == "orders-1"
    order = read(client, "orders-1")
    assert (order["data"]["note"], order["data"]["amount"]) == (f"for {shop_id}", 6)
    step = run["steps"][0]
    assert step["request"]["act"] == "create"
    assert step["request"]["values"] == {"note": f"for {shop_id}", "amount": 6}
    assert step["response"]["body"]["process.id"] == "orders-1"


def test_the_intent_is_durable_before_the_instance_is_made(tell: Any) -> None:
    client, shop_id = tell(create(on_success=[ORDER_ID]), SAVE)
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('INSERT INTO "processes_processinstance"'):
            run = Run.objects.get(process_id=shop_id)
            seen.append((run.journal or {})["phase"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        fired(client, shop_id, "go")
    assert seen == ["calling"]


def test_an_order_that_was_made_and_not_noted_is_an_unsaved_answer(tell: Any) -> None:
    client, shop_id = tell(create(on_success=[ORDER_ID]))
    assert fired(client, shop_id, "go")["unsaved_answer"]


def test_update_item_changes_the_instance_that_fits(tell: Any) -> None:
    client, shop_id = tell(
        update(on_success=[{"field": "got", "value": "[item.status]"}]), SAVE, note="new"
    )
    order = made(client, "orders", status="old", note="kept")
    made(client, "orders", status="other")
    run = fired(client, shop_id, "go", order_id=order)
    assert run["status"] == "succeeded", run["error"]
    assert read(client, order)["data"]["status"] == "new"
    assert read(client, order)["data"]["note"] == "kept"
    assert read(client, "orders-2")["data"]["status"] == "other"
    assert read(client, shop_id)["data"]["got"] == "new"
    change = Change.objects.get(instance__process_id=order)
    assert change.fields == [{"field": "status", "before": "old", "after": "new", "rule": ""}]
    told = text_of(client_of(change.by).get(f"/instances/{order}/changes/"))
    assert "ada, automatically Field Before After Status old new By another process." in told


@pytest.mark.parametrize(
    ("settings", "changed", "kind"),
    [
        ({}, [], "value"),
        ({"matches": "all"}, ["orders-1", "orders-2"], None),
    ],
)
def test_when_several_fit_one_is_not_guessed(
    tell: Any, settings: Any, changed: list[str], kind: str | None
) -> None:
    mapping = [{"target": "body.status", "value": "changed"}]
    client, shop_id = tell(update(filter=BY_NOTE, input_mapping=mapping, **settings), note="x")
    for note in ("x", "x", "y"):
        made(client, "orders", note=note)
    run = fired(client, shop_id, "go")
    assert (run["error"] and run["error"]["kind"]) == kind
    found = ProcessInstance.objects.filter(values__status="changed").order_by("pk")
    assert [one.process_id for one in found] == changed


@pytest.mark.parametrize("rule", [update, delete])
def test_finding_nothing_is_a_failure_unless_it_is_passed_over(tell: Any, rule: Any) -> None:
    client, shop_id = tell(rule(on_error=TO_ERROR, on_failure="continue"), SAVE)
    fired(client, shop_id, "go", order_id="orders-9")
    assert read(client, shop_id)["data"]["problem"].startswith(
        "not_found: No record of orders was found where "
    )


def test_nothing_found_may_be_passed_over(tell: Any) -> None:
    client, shop_id = tell(update(on_none="continue"), delete(on_none="continue"))
    assert fired(client, shop_id, "go", order_id="orders-9")["status"] == "succeeded"


def test_delete_item_deletes_what_fits(tell: Any) -> None:
    client, shop_id = tell(delete(on_success=[{"field": "got", "value": "[item.note]"}]), SAVE)
    for note in ("one", "two"):
        made(client, "orders", note=note)
    fired(client, shop_id, "go", order_id="orders-1")
    assert [one.process_id for one in ProcessInstance.objects.filter(design__name="orders")] == [
        "orders-2"
    ]
    assert read(client, shop_id)["data"]["got"] == "one"
    change = Change.objects.get(instance__process_id="orders-1")
    assert change.fields == [{"field": "process.bin", "before": "", "after": "deleted", "rule": ""}]
    assert AuditEntry.objects.get(action="deleted").detail == "by another process"
    order = ProcessInstance.everything.get(process_id="orders-1")
    with transaction.atomic():
        INSTANCES.bring_back(order, user=change.by, name="")
    told = text_of(client_of(change.by).get("/instances/orders-1/changes/"))
    assert "ada, automatically Field Before After Recycle bin deleted" in told
    assert "By another process." in told


def test_who_may_not_delete_it_does_not_delete_it_by_a_rule(
    tell: Any, api: Callable[..., Any], ben: Any
) -> None:
    client, shop_id = tell(delete())
    order = made(client, "orders")
    run = fired(api(ben), shop_id, "go", order_id=order)
    assert run["error"]["kind"] == "configuration"
    assert "May delete: the creator" in run["error"]["message"]
    assert ProcessInstance.objects.filter(process_id=order).exists()


def test_a_run_that_died_while_it_made_an_instance_says_that_it_may_have_been_made(
    tell: Any, ada: Any
) -> None:
    _, shop_id = tell(create(on_success=[ORDER_ID]), SAVE)

    def at(sql: str) -> bool:
        return sql.startswith('INSERT INTO "processes_processinstance"')

    with pytest.raises(Died), dying(at):
        runs.trigger(process_id=shop_id, target="go", user=ada, trigger="button")
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert run.status == "interrupted"
    assert "may have been carried out" in run.error["message"]
    assert not holder.held()


CHANGE_ORDER = {
    "name": "change-order", "title": "Change order", "http_method": "PATCH",
    "url_path": "/orders/{id}", "content_type": "json", "request_body": [{"name": "state"}],
}  # fmt: skip
DELETE_ORDER = {
    "name": "delete-order", "title": "Delete order", "http_method": "DELETE",
    "url_path": "/orders/{id}",
}  # fmt: skip


def test_update_and_delete_call_rest_methods(tell: Any, admin: Any, provider: HTTPServer) -> None:
    from datasources.services.datasources import create_datasource

    create_datasource(
        raw={"name": "erp", "base_url": provider.url_for("/").rstrip("/"),
             "methods": [CHANGE_ORDER, DELETE_ORDER]},
        user=admin,
    )  # fmt: skip
    provider.expect_request(
        "/orders/o-1", method="PATCH", json={"state": "sent"}
    ).respond_with_json({"state": "SENT"})
    provider.expect_request("/orders/o-1", method="DELETE").respond_with_data("", status=204)
    path = {"target": "path.id", "value": "[order_id]"}
    client, shop_id = tell(
        {"type": "update_item", "datasource": "erp", "method": "change-order",
         "input_mapping": [path, {"target": "body.state", "value": "[note]"}],
         "on_success": [{"field": "got", "value": "[response.body.state]"}]},
        {"type": "delete_item", "datasource": "erp", "method": "delete-order",
         "input_mapping": [path]},
        SAVE, order_id="o-1", note="sent",
    )  # fmt: skip
    run = fired(client, shop_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, shop_id)["data"]["got"] == "SENT"
    assert [request.method for request, _ in provider.log] == ["PATCH", "DELETE"]
