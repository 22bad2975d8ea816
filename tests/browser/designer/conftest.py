"""Processes to be designed."""

from collections.abc import Callable
from typing import Any

import pytest

from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.processes.conftest import ORDERS_METHOD, TOKEN_METHOD, VALUES, definition
from tests.processes.definitions import process, text_field


@pytest.fixture
def orders(person: Callable[[str], Any]) -> None:
    create_design(
        raw=process(text_field("subject"), name="orders", title="Orders"), user=person("admin")
    )


@pytest.fixture
def scenario(person: Callable[[str], Any]) -> Any:
    """The customer's design, its data source, one instance."""
    admin, ada = person("admin"), person("ada")
    create_datasource(
        raw={
            "name": "token-service", "title": "Token service", "kind": "rest",
            "base_url": "https://auth.example.org", "methods": [TOKEN_METHOD, ORDERS_METHOD],
        },
        user=admin,
    )  # fmt: skip
    create_datasource(
        raw={"name": "warehouse", "title": "Warehouse", "kind": "rest",
             "base_url": "https://warehouse.example.org", "methods": []},
        user=admin,
    )  # fmt: skip
    create_design(raw=definition(), user=ada)
    publish_design(name="token-refresh", user=ada)
    create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)
    return ada
