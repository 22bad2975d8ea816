"""The names that the expressions of these tests know, and their values."""

from decimal import Decimal
from typing import Any

from processes.language.expressions import Template
from processes.language.values import Value

D = Decimal
VALUES: dict[str, Value] = {
    "refresh_token": "r-1",
    "access_token": "a-1",
    "price": D("2.5"),
    "quantity": D(4),
    "zero": D(0),
    "blank": None,
    "empty": "",
    "status": "Open",
    "tags": ["red", "blue"],
    "numbers": [D(1), D(2), None],
    "done": True,
    "seconds_text": "1764000000",
    "created": "2026-11-23T10:00:00Z",
    "day": "2026-11-23",
    "formula": "=[price] [status] {{1}}",
    "today": "2026-11-23",
    "now": "2026-11-23T10:00:00Z",
    "process.id": "token-refresh-1",
    "response.headers.X-Rate-Limit": "9",
    "response.body.items.0.id": D(7),
    "response.body": {"a": D(1), "b": [True]},
}


def value_of(source: str) -> Any:
    return Template.parse(source).evaluate(VALUES.__getitem__)
