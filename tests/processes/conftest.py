"""The customer's scenario as rows: a provider on loopback, its datasource, design, instance."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.factories import OPEN_TO_ALL
from tests.processes.definitions import TOKEN_REFRESH, TOKEN_SERVICE, token_refresh

TOKEN_METHOD, ORDERS_METHOD = TOKEN_SERVICE["methods"]
RULES: list[dict[str, Any]] = TOKEN_REFRESH["forms"][0]["fields"][-1]["rules"]

GOOD_ANSWER: dict[str, Any] = {
    "access_token": "at-new",
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_token": "rt-new-77",
    "created_at": 1764000000,
}

VALUES = {
    "client_id": "client-1",
    "client_secret": "cs-secret-1",
    "redirect_url": "https://app.example.org/back",
    "refresh_token": "rt-old-42",
    "access_token": "at-old",
}


@pytest.fixture
def provider(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    """A real loopback server that plays the token service; datasources may reach it."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    settings.KIANDA_BUSY_WAIT_S = 0.2
    return httpserver


@pytest.fixture
def token_service(provider: HTTPServer, admin: Any) -> Any:
    """The datasource of the scenario."""
    return create_datasource(
        raw={
            "name": "token-service",
            "title": "Token service",
            "kind": "rest",
            "base_url": provider.url_for("/").rstrip("/"),
            "auth": {"scheme": "none"},
            "methods": [TOKEN_METHOD, ORDERS_METHOD],
        },
        user=admin,
    )


def definition(**changes: Any) -> dict[str, Any]:
    """Return a fresh copy of the scenario's definition."""
    return {**token_refresh(), **changes}


def with_rules(rules: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return the definition with other rules on its button."""
    made = definition(**changes)
    made["forms"][0]["fields"][-1]["rules"] = rules
    return made


def local(**changes: Any) -> dict[str, Any]:
    """Return the scenario's definition without the rule that calls out."""
    return with_rules([RULES[0], RULES[2]], **changes)


@contextmanager
def just_before_the_lock(act: Callable[[], Any], *, of: str = "processinstance") -> Iterator[None]:
    """Let something happen once, after a row was read and before its lock is taken."""
    done: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        found = execute(sql, params, many, context)
        read = sql.startswith("SELECT") and f'FROM "processes_{of}"' in sql
        if read and not connection.in_atomic_block and not done:
            done.append(sql)
            act()
        return found

    with connection.execute_wrapper(wrapper):
        yield
    assert done


@pytest.fixture
def make_token(token_service: Any, ada: Any) -> Callable[..., ProcessInstance]:
    """Return a function that makes an instance of the scenario, with other rules if given."""

    def make(rules: list[dict[str, Any]] | None = None, **values: Any) -> ProcessInstance:
        opened = {"security": OPEN_TO_ALL}
        made = definition(**opened) if rules is None else with_rules(rules, **opened)
        from processes.models import ProcessDesign

        if ProcessDesign.objects.filter(name="token-refresh").exists():
            save_design(name="token-refresh", raw=made, user=ada)
        else:
            create_design(raw=made, user=ada)
        publish_design(name="token-refresh", user=ada)
        return create_instance(
            process="token-refresh", mode="live", data={**VALUES, **values}, user=ada
        )

    return make


def answers(provider: HTTPServer, body: Any = None, *, status: int = 200, **more: Any) -> None:
    """Let the provider answer the next calls of the token method."""
    text = body if isinstance(body, str) else json.dumps(GOOD_ANSWER if body is None else body)
    provider.expect_request("/oauth/token", method="POST").respond_with_data(
        text, status=status, content_type=more.pop("content_type", "application/json"), **more
    )
