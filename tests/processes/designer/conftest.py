"""Designs to be worked on, and Ada signed in."""

from typing import Any

import pytest
from django.test import Client

from processes.designs.lifecycle import create_design
from tests.pages import client_of
from tests.processes.conftest import definition
from tests.processes.definitions import button, process, text_field
from tests.processes.designer.screen import orders

LINES = {"type": "table", "name": "lines", "columns": [{"type": "number", "name": "price"}]}


@pytest.fixture
def ada_at(ada: Any) -> Client:
    """Ada before the designer, with the orders to design."""
    create_design(raw=orders(), user=ada)
    return client_of(ada)


@pytest.fixture
def client(ada: Any) -> Client:
    """Ada signed in."""
    return client_of(ada)


@pytest.fixture
def design(ada: Any, token_service: Any) -> None:
    """The design of the scenario, a draft."""
    create_design(raw=definition(), user=ada)


@pytest.fixture
def workshop(ada: Any, design: None) -> None:
    """A process with a loop, and rules that show, hide and start."""
    rules: list[dict[str, Any]] = [
        {"type": "loop_table", "id": "loop", "table": "lines", "rules": [
            {"type": "set_form_field", "id": "inner", "title": "Each price",
             "assignments": [{"field": "row.price", "value": "=[row.price] * 2"}]}]},
        {"type": "hide_or_disable", "id": "hide",
         "changes": [{"field": "go", "action": "disable"}, {"field": "main", "action": "show"}],
         "opposite": [{"field": "a", "action": "hide_and_clear"}]},
        {"type": "start_a_process", "id": "start", "process": "token-refresh"},
        {"type": "update_item", "id": "change", "datasource": "kianda", "method": "token-refresh",
         "filter": {"items": [{"left": "[item.client_id]", "operator": "eq", "right": "[a]"}]},
         "input_mapping": [{"target": "body.client_id", "value": "[a]"}]},
    ]  # fmt: skip
    fields = [text_field("a"), LINES, text_field("client_id"), button("go", *rules)]
    create_design(raw=process(*fields, name="shop"), user=ada)
