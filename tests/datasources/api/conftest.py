"""A datasource over the API, and who manages it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.datasources.api.addresses import LIST
from tests.datasources.conftest import raw_datasource
from tests.factories import Api


@pytest.fixture
def manager(api: Api, dan: Any) -> APIClient:
    """The client of a data source manager."""
    return api(dan)


@pytest.fixture
def made(manager: APIClient) -> Any:
    """A stored datasource as the API gave it."""
    auth = {"scheme": "bearer", "token": "tok-12345"}
    response = manager.post(LIST, raw_datasource(auth=auth))
    assert response.status_code == 201, response.json()
    return response.json()
