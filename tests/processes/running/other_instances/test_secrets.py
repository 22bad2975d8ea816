"""Secrets that go from one process to another."""

from collections.abc import Callable
from typing import Any

import pytest

from kianda.lib.secrets import MASK
from processes.designs.lifecycle import publish_design, save_design
from processes.models import ProcessInstance, Run
from tests.processes.definitions import process, text_field
from tests.processes.running.other_instances.shop import BY_NOTE, SAVE, create, shop, start, update
from tests.processes.stories import fired, made, published, read, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def secret_of(process_id: str, name: str) -> Any:
    return values_of(ProcessInstance.objects.get(process_id=process_id))[name]


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
def test_no_expression_makes_a_secret_of_another_process_plain(
    tell: Any, ada: Any, how: str
) -> None:
    part = [{"field": "got", "value": "=Left(Upper([item.key]), 6)"}]
    rule = {
        "find": {"type": "find_items", "datasource": "kianda", "method": "orders"},
        "start": start(lookup="existing", process_id="orders-1"),
        "update": update(filter=BY_NOTE),
    }[how]
    client, shop_id = tell(note="n")
    save_design(name="shop", raw=shop({**rule, "on_success": part}), user=ada)
    order = made(client, "orders", key="s3cret-key-9", note="n")
    assert order == "orders-1"
    preview = {"process": "shop", "mode": "preview", "data": {"note": "n"}}
    shop_id = client.post("/api/v1/instances/", preview).data["process_id"]
    run = fired(client, shop_id, "go")
    assert run["error"]["kind"] == "configuration"
    assert "[item.key] is a secret of another process" in run["error"]["message"]
    assert read(client, shop_id)["data"]["got"] == ""


def test_a_filter_never_compares_a_secret(tell: Any, ada: Any) -> None:
    client, _ = tell()
    made(client, "orders", key="s3cret-key-9")
    guess = {"items": [{"left": "[item.key]", "operator": "starts_with", "right": "s3"}]}
    rule = {"type": "find_items", "datasource": "kianda", "method": "orders", "filter": guess}
    save_design(name="shop", raw=shop(rule), user=ada)
    preview = {"process": "shop", "mode": "preview"}
    run = fired(client, client.post("/api/v1/instances/", preview).data["process_id"], "go")
    assert run["error"] == {
        "kind": "configuration",
        "message": "[item.key] is a secret. Secrets cannot be used in a filter.",
        "step": "find-items",
    }
