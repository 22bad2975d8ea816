"""An order with lines, and Ben before it."""

from typing import Any

import pytest
from django.test import Client

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.factories import OPEN_TO_ALL
from tests.pages import client_of
from tests.processes.definitions import process, text_field
from tests.processes.forms.tables.orders import COLUMNS, pens
from tests.processes.stories import published


@pytest.fixture
def make(ada: Any) -> Any:
    """Return `make(rows, **settings)`: an order with so many lines, the table set so."""

    def made(rows: int = 3, **settings: Any) -> ProcessInstance:
        lines = {"type": "table", "name": "lines", "columns": COLUMNS, **settings}
        panel = {"type": "panel", "name": "p", "fields": [lines]}
        raw = process(text_field("customer"), panel, security=OPEN_TO_ALL)
        published(raw, user=ada)
        return create_instance(
            process="orders", mode="live", data={"lines": pens(rows)}, user=ada,
            set_by_rules=["lines"],
        )  # fmt: skip

    return made


@pytest.fixture
def ben_at(ben: Any) -> Client:
    """Ben signed in."""
    return client_of(ben)
