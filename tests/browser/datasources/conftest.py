"""The data source of the stories, and the service behind it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from datasources.services.datasources import create_datasource
from kianda.demo import DATASOURCE
from tests.datasources.servers import always, answer, serving

ANSWER = json.dumps(
    {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "rt-2",
        "scope": "orders:read",
    }
).encode()
LONG = "a-very-long-name-without-any-blank-" * 5


@pytest.fixture
def provider(settings: Settings) -> Iterator[Any]:
    """A provider on loopback that grants every token."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    with serving(always(answer(ANSWER))) as server:
        yield server


@pytest.fixture
def token_service(provider: Any, person: Callable[[str], Any]) -> Any:
    """The scenario's datasource, and one whose every text is long."""
    dan = person("dan")
    raw = {**DATASOURCE, "name": "token-service", "title": "Token service"}
    create_datasource(raw={**raw, "base_url": provider.url}, user=dan)
    long = {
        "name": "long", "title": LONG, "base_url": f"https://example.org/{LONG}",
        "auth": {"scheme": "api_key"},
        "methods": [{
            "name": "long", "title": LONG, "url_path": f"/{LONG}/{{customer}}",
            "request_headers": [{"name": LONG, "value": LONG}, {"name": "X-Key", "value": "k-1"}],
            "response_body": [{"name": LONG, "path": LONG}],
        }],
    }  # fmt: skip
    create_datasource(raw=long, user=dan)
    return provider
