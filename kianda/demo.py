"""The demo workspace: a token kept fresh by a scheduled rule, and used by another process."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from datasources.models import Connection, Datasource
from datasources.services.datasources import create_datasource
from kianda.accounts.roles import DATASOURCE_MANAGER
from kianda.sandbox.server import STORE_FILE
from kianda.sandbox.store import Store
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.language.people_refs import group_ref
from processes.models import ProcessDesign, ProcessInstance
from scheduler.models import ScheduledTask
from scheduler.services.tasks import create_task

CLIENT = "demo-client"
SERVICE = "demo-token-service"
CONNECTION = "demo-connection"
ORDERS_SERVICE = "demo-orders-service"
TOKEN_PROCESS, ORDERS_PROCESS = "demo-token-refresh", "demo-orders"
TOKEN_ID = f"{TOKEN_PROCESS}-1"

DATASOURCE: dict[str, Any] = {
    "name": SERVICE,
    "title": "Demo: token service",
    "kind": "rest",
    # The sandbox's port changes; its name does not.
    "base_url": "http://sandbox.internal",
    "auth": {"scheme": "none"},
    "timeout_s": 10,
    "methods": [
        {
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
        },
        {
            "name": "me",
            "title": "Who owns the token",
            "http_method": "GET",
            "url_path": "/api/me",
            "request_headers": [{"name": "Authorization"}],
            "response_body": [{"name": "client_id"}, {"name": "expires_at"}],
        },
    ],
}

# The same service without a process: the connection keeps the token by itself.
CONNECTED: dict[str, Any] = {
    "name": CONNECTION,
    "title": "Demo: connection",
    "kind": "rest",
    "base_url": "http://sandbox.internal",
    "test_path": "/api/me",
    "timeout_s": 10,
    "methods": [
        {
            "name": "me",
            "title": "Who owns the token",
            "http_method": "GET",
            "url_path": "/api/me",
            "response_body": [{"name": "client_id"}, {"name": "expires_at"}],
        },
    ],
}

# It sends the token that the process keeps fresh, also for people who may not see that.
ORDERS_DATASOURCE: dict[str, Any] = {
    "name": ORDERS_SERVICE,
    "title": "Demo: orders service",
    "kind": "rest",
    "base_url": "http://sandbox.internal",
    "test_path": "/api/me",
    "auth": {
        "scheme": "instance_token",
        "process_id": TOKEN_ID,
        "field": "access_token",
        "on_401": "trigger",
        "target": "refresh",
    },
    "timeout_s": 10,
    "methods": [
        {
            "name": "get-orders",
            "title": "Get orders",
            "http_method": "GET",
            "url_path": "/api/orders/{customer}",
            "response_body": [{"name": "count"}, {"name": "first", "path": "items.0.id"}],
        },
    ],
}

LAST_ERROR = [{"field": "last_error", "value": "[error.message]"}]

REFRESH_RULES: list[dict[str, Any]] = [
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
        "datasource": SERVICE,
        "method": "refresh-token",
        "input_mapping": [
            {"target": "body.grant_type", "value": "[grant_type]"},
            {"target": "body.client_id", "value": "[client_id]"},
            {"target": "body.client_secret", "value": "[client_secret]"},
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
        "on_error": LAST_ERROR,
        "on_failure": "undo",
    },
    {"type": "save", "id": "save", "title": "Save"},
]

USE_RULES: list[dict[str, Any]] = [
    {
        "type": "find_items",
        "id": "ask-who-i-am",
        "title": "Call the API with the token",
        "datasource": SERVICE,
        "method": "me",
        "input_mapping": [{"target": "header.Authorization", "value": "Bearer [access_token]"}],
        "on_success": [
            {"field": "token_owner", "value": "[response.body.client_id]"},
            {"field": "last_error", "value": ""},
        ],
        "on_error": LAST_ERROR,
    },
    {"type": "save", "id": "save-owner", "title": "Save"},
]

# A token opens the service to whoever has it.
MANAGERS = [group_ref(DATASOURCE_MANAGER)]


def _field(type_: str, name: str, *, width: int, **settings: Any) -> dict[str, Any]:
    return {"type": type_, "name": name, "width": width, **settings}


TOKEN_DESIGN: dict[str, Any] = {
    "name": TOKEN_PROCESS,
    "title": "Demo: OAuth token refresh",
    "description": (
        "Refreshes the access token of the demo's token service. Only administrators and data "
        "source managers see it. A new record needs its own credentials."
    ),
    "record": {"one": "Access token", "many": "Access tokens", "icon": "key"},
    "security": {"start": [], "see": MANAGERS, "change": MANAGERS, "delete": []},
    "forms": [
        {
            "name": "token",
            "title": "Token",
            "fields": [
                _field("text", "grant_type", width=6, default="refresh_token"),
                _field("text", "client_id", width=6, title="Client ID", required=True),
                _field("secret", "client_secret", width=6),
                _field("secret", "refresh_token", width=6),
                _field("secret", "access_token", width=6),
                _field("text", "token_owner", width=6, title="The token belongs to"),
                _field("number", "expires_in", width=6, title="Expires in (s)"),
                _field("date", "created_at", width=6, mode="datetime"),
                _field("text", "last_error", width=12),
                {"type": "button", "name": "refresh", "place": "footer", "rules": REFRESH_RULES},
                {
                    "type": "button",
                    "name": "use_token",
                    "title": "Use the token",
                    "place": "footer",
                    "rules": USE_RULES,
                },
            ],
        }
    ],
}

ORDERS_RULES: list[dict[str, Any]] = [
    {
        "type": "find_items",
        "id": "get-orders",
        "title": "Get the orders",
        "datasource": ORDERS_SERVICE,
        "method": "get-orders",
        "input_mapping": [{"target": "path.customer", "value": "[customer]"}],
        "on_success": [
            {"field": "order_count", "value": "[response.body.count]"},
            {"field": "first_order", "value": "[response.body.items.0.id]", "if_missing": "clear"},
            {"field": "read_at", "value": "[now]"},
            {"field": "last_error", "value": ""},
        ],
        "on_error": LAST_ERROR,
    },
    {"type": "save", "id": "save", "title": "Save"},
]

ORDERS_DESIGN: dict[str, Any] = {
    "name": ORDERS_PROCESS,
    "title": "Demo: orders",
    "description": "An example: shows how many orders a customer has.",
    "record": {
        "one": "Order overview",
        "many": "Order overviews",
        "title": "[customer]",
        "summary": ["order_count", "read_at"],
        "icon": "cart3",
    },
    "forms": [
        {
            "name": "orders",
            "title": "Orders",
            "fields": [
                _field("text", "customer", width=12, default="acme", required=True),
                _field("number", "order_count", width=4, title="Orders"),
                _field("text", "first_order", width=4),
                _field("date", "read_at", width=4, mode="datetime"),
                _field("text", "last_error", width=12),
                {
                    "type": "button",
                    "name": "read_orders",
                    "title": "Read the orders",
                    "place": "footer",
                    "rules": ORDERS_RULES,
                },
            ],
        }
    ],
}


def load(*, user: User) -> list[str]:
    """Make what is not there yet, all or nothing; return the names of what was made."""
    made: list[str] = []
    with transaction.atomic():
        _datasource(DATASOURCE, user=user, made=made)
        if not Datasource.objects.filter(name=CONNECTION).exists():
            row = create_datasource(raw=CONNECTED | {"auth": _oauth()}, user=user)
            Connection.objects.filter(datasource=row).update(next_refresh_at=timezone.now())
            made.append(CONNECTION)
        made += _process(TOKEN_DESIGN, user=user)
        if ProcessInstance.objects.filter(process_id=TOKEN_ID).exists():
            _datasource(ORDERS_DATASOURCE, user=user, made=made)
            made += _process(ORDERS_DESIGN, user=user)
        # The first token is there with the product: people may read orders from the beginning.
        _task(
            "Demo: refresh the token", TOKEN_PROCESS, "refresh", every=30, first=0,
            user=user, made=made,
        )  # fmt: skip
        _task(
            "Demo: read the orders", ORDERS_PROCESS, "read_orders", every=60, first=10,
            user=user, made=made,
        )  # fmt: skip
    return made


def _datasource(raw: dict[str, Any], *, user: User, made: list[str]) -> None:
    if not Datasource.objects.filter(name=raw["name"]).exists():
        create_datasource(raw=raw, user=user)
        made.append(raw["name"])


def _process(definition: dict[str, Any], *, user: User) -> list[str]:
    """Make a process with its one instance. An instance that was deleted does not come back."""
    name = definition["name"]
    if ProcessDesign.objects.filter(name=name).exists():
        return []
    create_design(raw=definition, user=user)
    publish_design(name=name, user=user, note="The demo workspace")
    data = _credentials(CLIENT) if name == TOKEN_PROCESS else {}
    instance = create_instance(process=name, mode="live", data=data, user=user)
    return [name, instance.process_id]


def _oauth() -> dict[str, str]:
    """Return how the connection gets its tokens: with a first refresh token of its own."""
    return {
        "scheme": "oauth2",
        "grant": "refresh_token",
        "token_url": "http://sandbox.internal/oauth/token",
        "client_auth": "post",
        **_credentials(CONNECTION),
    }


def _credentials(client: str) -> dict[str, str]:
    """Register a client with the sandbox: by its file, for it need not run yet."""
    store = Store(Path(settings.KIANDA_DATA_DIR) / STORE_FILE)
    try:
        return store.register(client, now=int(time.time()))._asdict()
    finally:
        store.close()


def _task(
    name: str, process: str, target: str, *, every: int, first: int, user: User, made: list[str]
) -> None:
    """Make a task that runs every so many seconds; `first` tells in how many for the first time."""
    instance = ProcessInstance.objects.filter(process_id=f"{process}-1").first()
    if instance is None or ScheduledTask.objects.filter(name=name).exists():
        return
    create_task(
        raw={
            "name": name,
            "process": process,
            "process_id": instance.process_id,
            "target": target,
            "schedule": {"kind": "seconds", "every": every},
        },
        user=user,
        moment=timezone.now() - timedelta(seconds=every - first),
    )
    made.append(name)
