"""The contract's examples: a process and its datasource; short ways to make other processes."""

import copy
from collections.abc import Mapping
from typing import Any

from processes.fields import kind_named
from processes.language.scope import FieldKind, NameTable

TOKEN_REFRESH: dict[str, Any] = {
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
                {
                    "type": "button",
                    "name": "refresh",
                    "title": "Refresh",
                    "rules": [
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
                                {
                                    "field": "access_token",
                                    "value": "[response.body.access_token]",
                                },
                                {
                                    "field": "refresh_token",
                                    "value": "[response.body.refresh_token]",
                                    "if_missing": "keep",
                                },
                                {
                                    "field": "expires_in",
                                    "value": "[response.body.expires_in]",
                                    "if_missing": "keep",
                                },
                                {
                                    "field": "created_at",
                                    "value": "[response.body.created_at]",
                                    "if_missing": "keep",
                                },
                                {"field": "last_error", "value": ""},
                            ],
                            "on_error": [{"field": "last_error", "value": "[error.message]"}],
                            "on_failure": "undo",
                        },
                        {"type": "save", "id": "save", "title": "Save"},
                    ],
                },
            ],
        }
    ],
}

TOKEN_SERVICE: dict[str, Any] = {
    "name": "token-service",
    "title": "Token service",
    "kind": "rest",
    "base_url": "https://auth.example.org",
    "auth": {"scheme": "none"},
    "timeout_s": 30,
    "test_path": None,
    "methods": [
        {
            "name": "refresh-token",
            "title": "Get/Refresh Auth Token",
            "http_method": "POST",
            "url_path": "/oauth/token",
            "content_type": "form",
            "request_headers": [{"name": "Accept", "value": "application/json"}],
            "query": [],
            "request_body": [
                {"name": "grant_type"},
                {"name": "client_id"},
                {"name": "client_secret"},
                {"name": "redirect_uri"},
                {"name": "refresh_token"},
            ],
            "response_headers": [],
            "response_body": [
                {"name": "access_token"},
                {"name": "token_type"},
                {"name": "expires_in"},
                {"name": "refresh_token"},
                {"name": "created_at"},
            ],
        },
        {
            "name": "get-orders",
            "title": "Get orders",
            "http_method": "GET",
            "url_path": "/api/orders/{customer}",
            "request_headers": [{"name": "Authorization"}],
            "query": [{"name": "status", "value": "open"}],
            "response_body": [{"name": "first", "path": "items.0.id"}],
        },
    ],
}


def token_refresh() -> dict[str, Any]:
    """Return a fresh copy of the contract's example."""
    return copy.deepcopy(TOKEN_REFRESH)


def token_rule(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return the example with settings of one rule of its button changed."""
    made = token_refresh()
    made["forms"][0]["fields"][-1]["rules"][number].update(changes)
    return made


def text_field(name: str, **settings: Any) -> dict[str, Any]:
    """Return a text field."""
    return {"type": "text", "name": name, **settings}


def button(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    """Return a button with rules."""
    return {"type": "button", "name": name, "rules": list(rules)}


def process(*fields: dict[str, Any], name: str = "orders", **settings: Any) -> dict[str, Any]:
    """Return a process with one form that holds these fields."""
    return {"name": name, "forms": [{"name": "main", "fields": list(fields)}], **settings}


def set_rule(field: str, value: str, **settings: Any) -> dict[str, Any]:
    """Return a rule that sets one field."""
    return {
        "type": "set_form_field",
        "assignments": [{"field": field, "value": value}],
        **settings,
    }


def name_table(
    types: Mapping[str, str],
    *,
    forms: frozenset[str] = frozenset(),
    tables: Mapping[str, Mapping[str, str]] | None = None,
) -> NameTable:
    """Return the names of a design that has fields of these types."""

    def kinds(found: Mapping[str, str]) -> dict[str, type[FieldKind]]:
        return {name: kind_named(slug) for name, slug in found.items()}

    inside = {table: kinds(columns) for table, columns in (tables or {}).items()}
    return NameTable(kinds(types), forms=forms, tables=inside)
