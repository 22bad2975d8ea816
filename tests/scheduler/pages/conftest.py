"""Ada before the pages of scheduled tasks."""

from typing import Any

import pytest
from django.test import Client

from tests.pages import client_of


@pytest.fixture
def page(ada: Any) -> Client:
    """Ada signed in."""
    return client_of(ada)
