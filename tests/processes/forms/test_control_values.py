"""What stands in a control, and what it means."""

from typing import Any

import pytest

from processes.definition.document import parse_document
from processes.fields.base import Written
from processes.forms.control_values import means_same
from tests.processes.definitions import process

NUMBER = {"type": "number", "name": "n", "decimals": 2}
MOMENT = {"type": "date", "name": "n", "mode": "datetime"}
TIME = {"type": "date", "name": "n", "mode": "time"}
TOGGLE = {"type": "toggle", "name": "n"}
TEXT = {"type": "text", "name": "n"}
LIST = {"type": "list", "name": "n", "choices": ["S", "M"], "multiple": True}


@pytest.mark.parametrize(
    ("raw", "one", "other", "same"),
    [
        (NUMBER, "8", "8.00", True),
        (NUMBER, "8", "8.01", False),
        (NUMBER, "8", "", False),
        (NUMBER, "eight", "8", False),
        (NUMBER, "eight", "eight", True),
        (MOMENT, "2026-01-01T09:00:00", "2026-01-01T09:00", True),
        (MOMENT, "2026-01-01T09:00:01", "2026-01-01T09:00", False),
        (MOMENT, "", "2026-01-01T09:00", False),
        (TIME, "09:00:00", "09:00", True),
        (TOGGLE, "true", "false", False),
        (TOGGLE, "", "false", False),
        (TEXT, "a", "A", False),
        (LIST, ["S", "M"], ["S"], False),
    ],
)
def test_two_contents_of_a_control_mean_the_same(
    raw: dict[str, Any], one: Written, other: Written, same: bool
) -> None:
    field = parse_document(process(raw)).fields["n"]
    assert means_same(field, one, other) is same
