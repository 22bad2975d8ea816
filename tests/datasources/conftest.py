"""Datasources that lead to loopback servers, and the doors that the tests open for them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from datasources.http.client import client
from datasources.rest.document import RestDatasource


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    """Leave no kept connection behind for the next test."""
    yield
    client.close()


@pytest.fixture
def loopback(settings: Any) -> None:
    """Let datasources reach 127.0.0.1."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]


def raw_datasource(**changes: Any) -> dict[str, Any]:
    """Return the body of a small datasource."""
    return {
        "name": "token-service",
        "title": "Token service",
        "base_url": "https://auth.example.org",
        "methods": [
            {
                "name": "refresh-token",
                "http_method": "POST",
                "url_path": "/oauth/token",
                "content_type": "form",
                "request_body": [{"name": "grant_type"}, {"name": "client_secret"}],
            }
        ],
        **changes,
    }


@pytest.fixture
def datasource(loopback: None) -> Callable[..., RestDatasource]:
    """Return a function that makes a datasource with one method `call`, for a server's URL."""

    def make(url: str, *, timeout_s: float = 5, **method: Any) -> RestDatasource:
        return RestDatasource.model_validate(
            {
                "name": "token-service",
                "title": "Token service",
                "base_url": url,
                "timeout_s": timeout_s,
                "methods": [{"name": "call", "url_path": "/thing", **method}],
            }
        )

    return make
