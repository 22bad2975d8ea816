"""What a design says that does not hold in another process."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.running.other_instances.shop import ORDERS, create, delete, shop, start, update
from tests.processes.stories import published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("rule", "place", "sentence"),
    [
        (create(method="gone"), "method", "There is no process gone."),
        (
            create(input_mapping=[{"target": "body.nope", "value": "x"}]),
            "input_mapping/0/target",
            "The process orders has no field nope that has a value.",
        ),
        (
            create(input_mapping=[{"target": "body.note", "value": "[token]"}]),
            "input_mapping/0/value",
            "A secret can only go into a secret field, and note of orders is not one.",
        ),
        (
            update(on_success=[{"field": "got", "value": "[item.key]"}]),
            "on_success/0/value",
            "item.key is a secret. It can only go into a secret field, and got is not one.",
        ),
        (start(process="gone"), "process", "There is no process gone."),
        (start(target="nope"), "target", "The process orders has no field nope."),
        (
            start(input_mapping=[{"target": "nope", "value": "x"}]),
            "input_mapping/0/target",
            "The process orders has no field nope that has a value.",
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
