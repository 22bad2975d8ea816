"""A designer and a published process over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import Api
from tests.processes.conftest import local


@pytest.fixture
def designer(api: Api, ada: Any) -> APIClient:
    """Ada with an API token."""
    return api(ada)


@pytest.fixture
def published(designer: APIClient) -> str:
    """The scenario without its call, published."""
    assert designer.post("/api/v1/processes/", local()).status_code == 201
    assert designer.post("/api/v1/processes/token-refresh/publish/", {}).status_code == 201
    return "token-refresh"
