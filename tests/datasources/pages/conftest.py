"""A data source, and who manages it, for the pages."""

from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from tests.datasources.conftest import raw_datasource
from tests.pages import client_of


@pytest.fixture
def manager(dan: Any) -> Client:
    return client_of(dan)


@pytest.fixture
def made(dan: Any) -> Datasource:
    return create_datasource(raw=raw_datasource(), user=dan)
