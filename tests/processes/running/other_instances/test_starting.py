"""Rules that start other processes, and what of that is a preview."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.models import ProcessInstance, Run
from tests.processes.definitions import button, process, text_field
from tests.processes.running.other_instances.shop import (
    ORDER_ID,
    ORDERS,
    SAVE,
    TO_ERROR,
    create,
    shop,
    start,
    update,
)
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


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
        ("", "approve", "The Process ID is blank, so no record of orders can be found."),
        ("orders-7", "approve", "There is no record orders-7."),
        ("SHOP", "approve", "{shop} is not a record of orders."),
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


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (start(target="approve"), "The process orders has no field approve."),
        (start(target="form:main#submit"), "The process orders has no form main."),
        (
            start(input_mapping=[{"target": "note", "value": "x"}]),
            "The process orders has no field note that has a value.",
        ),
        (
            create(input_mapping=[{"target": "body.note", "value": "x"}]),
            "The process orders has no field note that has a value.",
        ),
    ],
)
def test_what_the_other_process_has_no_more_makes_no_instance_there(
    tell: Any, ada: Any, rule: dict[str, Any], message: str
) -> None:
    client, shop_id = tell(rule, SAVE)
    bare = {"name": "orders", "forms": [{"name": "first", "fields": [text_field("other")]}]}
    save_design(name="orders", raw=bare, user=ada)
    publish_design(name="orders", user=ada)
    run = fired(client, shop_id, "go")
    assert (run["error"]["kind"], run["error"]["message"]) == ("configuration", message)
    assert not ProcessInstance.objects.filter(design__name="orders").exists()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (start(process="later"), "later has no published version. Publish it, or choose preview."),
        (create(method="later"), "later has no published version. Publish it, or choose preview."),
    ],
)
def test_a_process_that_is_not_published_fails_as_a_matter_of_configuration(
    tell: Any, ada: Any, rule: dict[str, Any], message: str
) -> None:
    create_design(raw=process(text_field("note"), name="later"), user=ada)
    client, shop_id = tell(rule, SAVE)
    run = fired(client, shop_id, "go")
    assert (run["error"]["kind"], run["error"]["message"]) == ("configuration", message)


def test_a_preview_takes_values_by_the_newest_draft(api: Callable[..., Any], ada: Any) -> None:
    published(ORDERS, user=ada)
    mapping = [{"target": "late", "value": "[note]"}]
    rule = start(lookup="existing", process_id="orders-1", input_mapping=mapping, target="wait")
    late = process(text_field("late"), button("wait", SAVE))
    client = api(ada)
    for name in ("orders", "shop"):
        if name == "shop":
            save_design(name="orders", raw=late, user=ada)
            client.post("/api/v1/processes/", shop(rule, SAVE))
        answer = client.post("/api/v1/instances/", {"process": name, "mode": "preview"})
        assert answer.status_code == 201, answer.data
    run = fired(client, answer.data["process_id"], "go", note="x")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, "orders-1")["data"]["late"] == "x"


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
    assert f"{shop_id} is in use by this run or by one that started it" in run["error"]["message"]
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
    assert "Runs can start each other at most 8 levels deep." in run["error"]["message"]
    assert Run.objects.count() == 8
    depth, deepest = 1, Run.objects.latest("pk")
    while deepest.parent is not None:
        depth, deepest = depth + 1, deepest.parent
    assert depth == 8


def test_a_preview_starts_previews(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    published(ORDERS, user=ada)
    published(shop(create()), user=ada)
    shop_id = client.post(
        "/api/v1/instances/", {"process": "shop", "mode": "preview", "data": {}}
    ).data["process_id"]
    fired(client, shop_id, "go")
    assert ProcessInstance.objects.get(design__name="orders").mode == "preview"
