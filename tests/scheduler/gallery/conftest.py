"""A service for the templates to call."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer


@pytest.fixture
def provider(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    """A real loopback service that datasources may reach."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    return httpserver
