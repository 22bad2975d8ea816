"""A shop whose rules work in other instances: orders."""

from typing import Any

from tests.factories import OPEN_TO_ALL
from tests.processes.definitions import button, process, set_rule, text_field

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
    security=OPEN_TO_ALL,
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
        security=OPEN_TO_ALL,
    )


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
