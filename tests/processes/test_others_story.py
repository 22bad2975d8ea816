"""Rules that work in other instances: make, change, delete and start them, under their own lock."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from kianda.lib.secrets import MASK
from processes.models import ProcessInstance, Run
from processes.services import runs
from processes.services.designs import publish_design, save_design
from processes.services.documents import document_of
from processes.services.leases import holder
from processes.services.values import stored_values
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

SAVE = {"type": "save"}
ORDER_ID = {"field": "order_id", "value": "[item.process.id]"}
BY_ID = {"items": [{"left": "[item.process.id]", "operator": "eq", "right": "[order_id]"}]}
BY_NOTE = {"items": [{"left": "[item.note]", "operator": "eq", "right": "[note]"}]}
TO_ERROR = [{"field": "problem", "value": "[error.kind]: [error.message]"}]

ORDERS = process(
    text_field("status"),
    text_field("note"),
    {"type": "number", "name": "amount"},
    {"type": "secret", "name": "key"},
    button("approve", set_rule("status", "approved [note]"), SAVE),
    button("look", set_rule("status", "not kept")),
    button("refuse", set_rule("amount", "=1 / 0")),
)


def shop(*rules: dict[str, Any]) -> dict[str, Any]:
    """Return a process with one button that has these rules."""
    return process(
        text_field("order_id"),
        text_field("note"),
        text_field("got"),
        text_field("problem"),
        {"type": "secret", "name": "token"},
        button("go", *rules),
        name="shop",
    )


@pytest.fixture
def tell(api: Callable[..., Any], ada: Any) -> Callable[..., tuple[Any, str]]:
    """Return a function that publishes orders and a shop with rules, and makes a shop."""

    def story(*rules: dict[str, Any], **data: Any) -> tuple[Any, str]:
        client = api(ada)
        published(ORDERS, user=ada)
        return client, made(client, published(shop(*rules), user=ada), **data)

    return story


def create(**settings: Any) -> dict[str, Any]:
    return {"type": "create_item", "datasource": "kianda", "method": "orders", **settings}


def update(**settings: Any) -> dict[str, Any]:
    return {
        "type": "update_item", "datasource": "kianda", "method": "orders",
        "filter": BY_ID, "input_mapping": [{"target": "body.status", "value": "[note]"}],
        **settings,
    }  # fmt: skip


def delete(**settings: Any) -> dict[str, Any]:
    return {
        "type": "delete_item", "datasource": "kianda", "method": "orders",
        "filter": BY_ID, **settings,
    }  # fmt: skip


def start(**settings: Any) -> dict[str, Any]:
    return {"type": "start_a_process", "process": "orders", **settings}


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
        "not_found: No instance of orders was found where "
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


def test_who_may_not_delete_it_does_not_delete_it_by_a_rule(
    tell: Any, api: Callable[..., Any], ben: Any
) -> None:
    client, shop_id = tell(delete())
    order = made(client, "orders")
    run = fired(api(ben), shop_id, "go", order_id=order)
    assert run["error"]["kind"] == "configuration"
    assert "Only its creator" in run["error"]["message"]
    assert ProcessInstance.objects.filter(process_id=order).exists()


def test_start_a_process_makes_an_instance_and_triggers_a_target_there(tell: Any) -> None:
    client, shop_id = tell(
        start(
            input_mapping=[{"target": "note", "value": "by [process.id]"}],
            target="approve",
            on_success=[ORDER_ID, {"field": "got", "value": "[item.status]"}],
        ),
        SAVE,
    )
    run = fired(client, shop_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, "orders-1")["data"]["status"] == f"approved by {shop_id}"
    assert read(client, shop_id)["data"]["got"] == f"approved by {shop_id}"
    nested = Run.objects.get(process_id="orders-1")
    assert (nested.parent_id, nested.trigger, nested.run_as_name) == (int(run["id"]), "rule", "ada")


@pytest.mark.parametrize(
    ("target", "stored"),
    [("", ("old", "new")), ("approve", ("approved new", "new")), ("look", ("old", "old"))],
)
def test_an_existing_instance_takes_the_mapped_values(
    tell: Any, target: str, stored: tuple[str, str]
) -> None:
    mapping = [{"target": "note", "value": "[note]"}]
    client, shop_id = tell(
        start(lookup="existing", process_id="[order_id]", input_mapping=mapping, target=target),
        note="new",
    )
    order = made(client, "orders", status="old", note="old")
    run = fired(client, shop_id, "go", order_id=order)
    assert run["status"] == "succeeded", run["error"]
    data = read(client, order)["data"]
    assert (data["status"], data["note"]) == stored


@pytest.mark.parametrize(
    ("order_id", "target", "message"),
    [
        ("", "approve", "The Process ID of the orders to be found is blank."),
        ("orders-7", "approve", "There is no process instance orders-7."),
        ("SHOP", "approve", "{shop} is no instance of orders."),
        ("orders-1", "refuse", "Run {run} of orders-1 failed: amount: 1 cannot be divided by 0."),
    ],
)
def test_what_goes_wrong_there_fails_the_step_here(
    tell: Any, order_id: str, target: str, message: str
) -> None:
    client, shop_id = tell(
        start(
            lookup="existing", process_id="[order_id]", target=target,
            on_error=TO_ERROR, on_failure="continue",
        ),
        SAVE,
    )  # fmt: skip
    made(client, "orders")
    wanted = shop_id if order_id == "SHOP" else order_id
    run = fired(client, shop_id, "go", order_id=wanted)
    nested = Run.objects.exclude(pk=run["id"]).first()
    said = message.format(shop=shop_id, run=nested.pk if nested else "")
    assert said in read(client, shop_id)["data"]["problem"]
    assert run["handled_errors"] == 1


def test_a_run_never_works_on_an_instance_that_its_own_chain_holds(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    back = {"type": "start_a_process", "process": "shop", "lookup": "existing",
            "process_id": "[note]", "target": "go"}  # fmt: skip
    forth = start(input_mapping=[{"target": "note", "value": "[process.id]"}], target="back")
    published(shop(), user=ada)
    published(process(text_field("note"), button("back", back)), user=ada)
    save_design(name="shop", raw=shop(forth), user=ada)
    publish_design(name="shop", user=ada)
    shop_id = made(client, "shop")
    run = fired(client, shop_id, "go")
    assert run["error"]["kind"] == "busy"
    assert f"{shop_id} is held by this run or by one that started it" in run["error"]["message"]
    assert [one.status for one in Run.objects.order_by("pk")] == ["failed", "failed"]


def test_a_rule_does_not_change_the_instance_of_its_own_run_from_outside(tell: Any) -> None:
    filter = {"items": [{"left": "[item.process.id]", "operator": "eq", "right": "[process.id]"}]}
    client, shop_id = tell({**update(filter=filter), "method": "shop", "input_mapping": [
        {"target": "body.note", "value": "x"}]})  # fmt: skip
    assert fired(client, shop_id, "go")["error"]["kind"] == "busy"


def test_runs_start_each_other_eight_deep_at_most(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    again = {"type": "start_a_process", "process": "shop", "target": "go"}
    shop_id = made(client, published(shop(again), user=ada))
    run = fired(client, shop_id, "go")
    assert run["error"]["kind"] == "configuration"
    assert "Runs can start each other 8 deep at most." in run["error"]["message"]
    assert Run.objects.count() == 8
    depth, deepest = 1, Run.objects.latest("pk")
    while deepest.parent is not None:
        depth, deepest = depth + 1, deepest.parent
    assert depth == 8


def test_another_run_on_the_instance_is_waited_for_and_named(tell: Any, settings: Any) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0.1
    client, shop_id = tell(update(), note="x")
    order = made(client, "orders")
    held = ProcessInstance.objects.get(process_id=order)
    Run.objects.create(
        instance=held, process_id=order, process="orders", version="1.0", target="approve",
        trigger="api", status="running", queued=held.created, started=held.created,
    )  # fmt: skip
    run = fired(client, shop_id, "go", order_id=order)
    assert run["error"]["kind"] == "busy"
    assert "(approve) is working on orders-1" in run["error"]["message"]


def test_a_lookup_ends_at_the_deadline_of_its_run(tell: Any, ada: Any) -> None:
    rule = {"type": "find_items", "datasource": "kianda", "method": "orders", "filter": BY_NOTE}
    client, shop_id = tell(rule, note="x")
    made(client, "orders")
    run = runs.trigger(process_id=shop_id, target="go", user=ada, trigger="api", deadline_s=0)
    assert run.error is not None
    assert run.error["kind"] == "timeout"
    assert "looked through orders" in run.error["message"]


def test_a_change_of_many_instances_ends_at_the_deadline_of_its_run(tell: Any, ada: Any) -> None:
    client, shop_id = tell(update(filter=BY_NOTE, matches="all"), note="x")
    older, newer = made(client, "orders", note="x"), made(client, "orders", note="x")
    held = ProcessInstance.objects.get(process_id=newer)
    Run.objects.create(
        instance=held, process_id=newer, process="orders", version="1.0", target="approve",
        trigger="api", status="running", queued=held.created, started=held.created,
    )  # fmt: skip

    def let_go() -> None:
        Run.objects.filter(instance=held).update(status="succeeded")
        connection.close()

    threading.Timer(0.4, let_go).start()
    run = runs.trigger(process_id=shop_id, target="go", user=ada, trigger="api", deadline_s=0.3)
    assert run.error is not None
    assert run.error["kind"] == "timeout"
    assert run.error["message"].endswith("after 1 of 2 instances of orders.")
    assert [read(client, one)["data"]["status"] for one in (newer, older)] == ["x", ""]


def secret_of(process_id: str, name: str) -> Any:
    row = ProcessInstance.objects.select_related("version").get(process_id=process_id)
    return stored_values(document_of(row.version), row)[name]


def test_a_secret_goes_into_a_secret_field_and_into_no_trace(tell: Any) -> None:
    mapping = [{"target": "body.key", "value": "[token]"}]
    client, shop_id = tell(create(input_mapping=mapping), token="s3cret-token-1")
    run = fired(client, shop_id, "go")
    assert secret_of("orders-1", "key") == "s3cret-token-1"
    assert run["steps"][0]["request"]["values"] == {"key": MASK}
    assert run["steps"][0]["response"]["body"]["key"] == MASK
    assert "s3cret-token-1" not in repr(Run.objects.values_list("steps", "data", "error"))


@pytest.mark.parametrize("how", ["create", "update", "start"])
def test_a_secret_goes_into_no_field_that_is_not_secret_any_more(
    api: Callable[..., Any], ada: Any, how: str
) -> None:
    rows = [{"target": "body.note", "value": "[token]"}]
    rule = {
        "create": create(input_mapping=rows),
        "update": update(input_mapping=rows),
        "start": start(input_mapping=[{"target": "note", "value": "[token]"}]),
    }[how]
    client = api(ada)
    published(process({"type": "secret", "name": "note"}, text_field("status")), user=ada)
    shop_id = made(client, published(shop(rule), user=ada), token="s3cret-token-1")
    save_design(name="orders", raw=process(text_field("note"), text_field("status")), user=ada)
    publish_design(name="orders", user=ada)
    run = fired(client, shop_id, "go", order_id=made(client, "orders"))
    assert run["error"]["kind"] == "configuration"
    assert "A secret was mapped to note of orders" in run["error"]["message"]
    assert not ProcessInstance.objects.filter(values__note="s3cret-token-1").exists()


def test_a_secret_found_there_goes_only_into_a_secret_field_here(tell: Any) -> None:
    client, shop_id = tell(
        start(lookup="existing", process_id="[order_id]",
              on_success=[{"field": "token", "value": "[item.key]"}]), SAVE,
    )  # fmt: skip
    order = made(client, "orders", key="k3y-of-the-order")
    fired(client, shop_id, "go", order_id=order)
    assert secret_of(shop_id, "token") == "k3y-of-the-order"
    assert "k3y-of-the-order" not in repr(Run.objects.values_list("steps", "data"))


@pytest.mark.parametrize("how", ["find", "start", "update"])
def test_no_expression_makes_a_secret_of_another_process_plain(tell: Any, how: str) -> None:
    part = [{"field": "got", "value": "=Left(Upper([item.key]), 6)"}]
    rule = {
        "find": {"type": "find_items", "datasource": "kianda", "method": "orders"},
        "start": start(lookup="existing", process_id="orders-1"),
        "update": update(filter=BY_NOTE),
    }[how]
    client, shop_id = tell(note="n")
    save_design(name="shop", raw=shop({**rule, "on_success": part}), user=_ada())
    order = made(client, "orders", key="s3cret-key-9", note="n")
    assert order == "orders-1"
    preview = {"process": "shop", "mode": "preview", "data": {"note": "n"}}
    shop_id = client.post("/api/v1/instances/", preview).data["process_id"]
    run = fired(client, shop_id, "go")
    assert run["error"]["kind"] == "configuration"
    assert "[item.key] is a secret of another process" in run["error"]["message"]
    assert read(client, shop_id)["data"]["got"] == ""


def test_a_filter_never_compares_a_secret(tell: Any) -> None:
    client, _ = tell()
    made(client, "orders", key="s3cret-key-9")
    guess = {"items": [{"left": "[item.key]", "operator": "starts_with", "right": "s3"}]}
    rule = {"type": "find_items", "datasource": "kianda", "method": "orders", "filter": guess}
    save_design(name="shop", raw=shop(rule), user=_ada())
    preview = {"process": "shop", "mode": "preview"}
    run = fired(client, client.post("/api/v1/instances/", preview).data["process_id"], "go")
    assert run["error"] == {
        "kind": "configuration",
        "message": "[item.key] is a secret; a filter never takes one.",
        "step": "find-items",
    }


def test_a_preview_starts_previews(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    published(ORDERS, user=ada)
    published(shop(create()), user=ada)
    shop_id = client.post(
        "/api/v1/instances/", {"process": "shop", "mode": "preview", "data": {}}
    ).data["process_id"]
    fired(client, shop_id, "go")
    assert ProcessInstance.objects.get(design__name="orders").mode == "preview"


def test_a_run_that_died_while_it_made_an_instance_says_that_it_may_have_been_made(
    tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shop_id = tell(create(on_success=[ORDER_ID]), SAVE)

    class Died(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Died

    monkeypatch.setattr("processes.services.others.create_instance", die)
    with pytest.raises(Died):
        runs.trigger(process_id=shop_id, target="go", user=_ada(), trigger="button")
    monkeypatch.undo()
    Run.objects.update(holder="another", lease_until=None)
    [run] = runs.recover_runs()
    assert run.status == "interrupted"
    assert "may have been carried out" in run.error["message"]
    assert not holder.held()


def _ada() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username="ada")


@pytest.mark.parametrize(
    ("rule", "place", "sentence"),
    [
        (create(method="gone"), "method", "There is no process gone."),
        (
            create(input_mapping=[{"target": "body.nope", "value": "x"}]),
            "input_mapping/0/target",
            "The process orders has no field nope that holds a value.",
        ),
        (
            create(input_mapping=[{"target": "body.note", "value": "[token]"}]),
            "input_mapping/0/value",
            "A secret may only go into a secret field, and note of orders is not.",
        ),
        (
            update(on_success=[{"field": "got", "value": "[item.key]"}]),
            "on_success/0/value",
            "item.key is a secret; it may only go into a secret field, and got is not.",
        ),
        (start(process="gone"), "process", "There is no process gone."),
        (start(target="nope"), "target", "The process orders has no field nope."),
        (
            start(input_mapping=[{"target": "nope", "value": "x"}]),
            "input_mapping/0/target",
            "The process orders has no field nope that holds a value.",
        ),
    ],
)
def test_what_does_not_hold_there_is_a_warning_of_the_design(
    api: Callable[..., Any], ada: Any, rule: dict[str, Any], place: str, sentence: str
) -> None:
    client = api(ada)
    published(ORDERS, user=ada)
    answer = client.post("/api/v1/processes/", shop(rule))
    assert answer.status_code == 201, answer.data
    assert answer.data["meta"]["warnings"] == [
        {"pointer": f"/forms/0/fields/5/rules/0/{place}", "detail": sentence}
    ]


@pytest.mark.parametrize("rule", [create(), update(), delete(), start()])
def test_a_process_that_others_work_on_is_in_use(
    api: Callable[..., Any], ada: Any, rule: dict[str, Any]
) -> None:
    client = api(ada)
    published(ORDERS, user=ada)
    published(shop(rule), user=ada)
    answer = client.delete("/api/v1/processes/orders/")
    assert answer.status_code == 409
    assert {use["name"] for use in answer.data["used_by"]} == {"shop 1.0"}


CHANGE_ORDER = {
    "name": "change-order", "title": "Change order", "http_method": "PATCH",
    "url_path": "/orders/{id}", "content_type": "json", "request_body": [{"name": "state"}],
}  # fmt: skip
DELETE_ORDER = {
    "name": "delete-order", "title": "Delete order", "http_method": "DELETE",
    "url_path": "/orders/{id}",
}  # fmt: skip


def test_update_and_delete_call_rest_methods(tell: Any, admin: Any, provider: HTTPServer) -> None:
    from datasources.services import create_datasource

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
