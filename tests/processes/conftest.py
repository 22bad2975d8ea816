"""The customer's scenario as rows: a provider on loopback, its datasource, design, instance."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from datasources.services import create_datasource
from processes.models import ProcessInstance
from processes.services.designs import create_design, publish_design, save_design
from processes.services.instances import create_instance

TOKEN_METHOD = {
    "name": "refresh-token",
    "title": "Get/Refresh Auth Token",
    "http_method": "POST",
    "url_path": "/oauth/token",
    "content_type": "form",
    "request_headers": [{"name": "Accept", "value": "application/json"}],
    "request_body": [
        {"name": "grant_type"},
        {"name": "client_id"},
        {"name": "client_secret"},
        {"name": "redirect_uri"},
        {"name": "refresh_token"},
    ],
    "response_body": [
        {"name": "access_token"},
        {"name": "token_type"},
        {"name": "expires_in"},
        {"name": "refresh_token"},
        {"name": "created_at"},
    ],
}

ORDERS_METHOD = {
    "name": "get-orders",
    "title": "Get orders",
    "http_method": "GET",
    "url_path": "/api/orders/{customer}",
    "request_headers": [{"name": "Authorization"}],
    "query": [{"name": "status", "value": "open"}],
    "response_body": [{"name": "first", "path": "items.0.id"}],
}

RULES: list[dict[str, Any]] = [
    {
        "type": "set_form_field",
        "id": "clear",
        "title": "Clear the access token",
        "assignments": [{"field": "access_token", "value": ""}],
    },
    {
        "type": "create_item",
        "id": "get-token",
        "title": "Get a new token",
        "datasource": "token-service",
        "method": "refresh-token",
        "input_mapping": [
            {"target": "body.grant_type", "value": "[grant_type]"},
            {"target": "body.client_id", "value": "[client_id]"},
            {"target": "body.client_secret", "value": "[client_secret]"},
            {"target": "body.redirect_uri", "value": "[redirect_url]"},
            {"target": "body.refresh_token", "value": "[refresh_token]"},
            {"target": "url_path", "value": "/oauth/token"},
        ],
        "on_success": [
            {"field": "access_token", "value": "[response.body.access_token]"},
            {
                "field": "refresh_token",
                "value": "[response.body.refresh_token]",
                "if_missing": "keep",
            },
            {"field": "expires_in", "value": "[response.body.expires_in]", "if_missing": "keep"},
            {"field": "created_at", "value": "[response.body.created_at]", "if_missing": "keep"},
            {"field": "last_error", "value": ""},
        ],
        "on_error": [{"field": "last_error", "value": "[error.message]"}],
        "on_failure": "undo",
    },
    {"type": "save", "id": "save", "title": "Save"},
]

DEFINITION: dict[str, Any] = {
    "name": "token-refresh",
    "title": "OAuth token refresh",
    "description": "Keeps the access token of one service current.",
    "process_id": "{process}-{number}",
    "rules": [],
    "forms": [
        {
            "name": "token",
            "title": "Token",
            "rules": [],
            "fields": [
                {
                    "type": "text",
                    "name": "grant_type",
                    "title": "Grant type",
                    "default": "refresh_token",
                },
                {"type": "text", "name": "client_id", "title": "Client ID", "required": True},
                {"type": "secret", "name": "client_secret", "title": "Client secret"},
                {"type": "text", "name": "redirect_url", "title": "Redirect URL"},
                {"type": "secret", "name": "refresh_token", "title": "Refresh token"},
                {"type": "text", "name": "access_token", "title": "Access token"},
                {"type": "number", "name": "expires_in", "title": "Expires in (s)"},
                {"type": "text", "name": "created_at", "title": "Created at"},
                {"type": "text", "name": "last_error", "title": "Last error"},
                {"type": "button", "name": "refresh", "title": "Refresh", "rules": RULES},
            ],
        }
    ],
}

GOOD_ANSWER = {
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
    return {**copy.deepcopy(DEFINITION), **changes}


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
        made = definition() if rules is None else with_rules(rules)
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
