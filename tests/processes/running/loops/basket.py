"""A basket whose lines are a table, and rules that go through them."""

from typing import Any

from tests.processes.definitions import button, process, text_field

LINES: dict[str, Any] = {
    "type": "table", "name": "lines",
    "columns": [
        {"type": "text", "name": "what"},
        {"type": "number", "name": "price"},
        {"type": "number", "name": "total"},
        {"type": "text", "name": "ticket"},
    ],
}  # fmt: skip
SAVE = {"type": "save"}
CALL = {
    "type": "create_item", "datasource": "erp", "method": "put-item",
    "input_mapping": [{"target": "body.what", "value": "[row.what]"}],
    "on_success": [{"field": "row.ticket", "value": "[response.body.id]"}],
}  # fmt: skip


def loop(*rules: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a loop through the lines."""
    return {"type": "loop_table", "table": "lines", "rules": list(rules), **settings}


def basket(*rules: dict[str, Any]) -> dict[str, Any]:
    """Return a process whose button runs these rules."""
    return process(
        LINES, {"type": "number", "name": "sum"}, text_field("problem"), button("go", *rules),
        name="basket",
    )  # fmt: skip


def rows(*whats: str) -> list[dict[str, Any]]:
    """Return lines, each one dearer than the one before it."""
    return [{"what": what, "price": number} for number, what in enumerate(whats, 1)]
