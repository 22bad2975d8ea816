"""Rules that work in other instances wait for them, until the deadline of their run."""

import threading
from typing import Any

import pytest
from django.db import connection

from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.processes.running.other_instances.shop import BY_NOTE, update
from tests.processes.stories import fired, made, read

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert "orders-1 is in use right now." in run["error"]["message"]


def test_a_lookup_ends_at_the_deadline_of_its_run(tell: Any, ada: Any) -> None:
    rule = {"type": "find_items", "datasource": "kianda", "method": "orders", "filter": BY_NOTE}
    client, shop_id = tell(rule, note="x")
    made(client, "orders")
    run = runs.trigger(process_id=shop_id, target="go", user=ada, trigger="api", deadline_s=0)
    assert run.error is not None
    assert run.error["kind"] == "timeout"
    assert "while searching orders" in run.error["message"]


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
    assert run.error["message"].endswith("after 1 of 2 records of orders.")
    assert [read(client, one)["data"]["status"] for one in (newer, older)] == ["x", ""]
