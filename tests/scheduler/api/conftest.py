"""Ada's client, and an on-demand task with its hook."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from processes.models import ProcessInstance
from tests.factories import Api
from tests.scheduler.api.tasks import hook_of, made


@pytest.fixture
def client(counter: ProcessInstance, api: Api, ada: Any) -> APIClient:
    """Ada's client."""
    return api(ada)


@pytest.fixture
def task(client: APIClient) -> dict[str, Any]:
    """An on-demand task with the address of its hook."""
    return made(client, schedule={"kind": "on_demand"})


@pytest.fixture
def path(task: dict[str, Any]) -> str:
    """The path of its hook."""
    return hook_of(task)
