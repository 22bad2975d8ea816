"""The rows of a measurement, made inside the product: `python -m benchmarks.workspace`.

Reads `{"provider", "instances", "tasks": {...} | null, "design": bool}` on standard input and
prints `{"token", "process_ids", "tasks", "session"}`; with `design` there is the large design too,
and `session` is the cookie of a person who is signed in.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

DATASOURCE = "benchmark-service"
PROCESS = "benchmark"
VALUES = {
    "client_id": "client-1",
    "client_secret": "secret-secret-secret",
    "redirect_url": "https://app.example.org/callback",
    "refresh_token": "rt-000000000000000000000000",
    "access_token": "at-000000000000000000000000",
}


def datasource(provider: str) -> dict[str, Any]:
    """Return the datasource of the job."""
    method = {
        "name": "refresh-token", "title": "Get/Refresh Auth Token", "http_method": "POST",
        "url_path": "/oauth/token", "content_type": "form",
        "request_headers": [{"name": "Accept", "value": "application/json"}],
        "request_body": _named(
            "grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token"
        ),
        "response_body": _named(
            "access_token", "token_type", "expires_in", "refresh_token", "created_at"
        ),
    }  # fmt: skip
    return {
        "name": DATASOURCE, "title": "Benchmark service", "kind": "rest", "base_url": provider,
        "auth": {"scheme": "none"}, "methods": [method],
    }  # fmt: skip


def _named(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def definition() -> dict[str, Any]:
    """Return the process of the job: nine fields and a button with three rules."""
    fields: list[dict[str, Any]] = [
        {"type": "text", "name": "grant_type", "default": "refresh_token"},
        {"type": "text", "name": "client_id", "required": True},
        {"type": "secret", "name": "client_secret"},
        {"type": "text", "name": "redirect_url"},
        {"type": "secret", "name": "refresh_token"},
        {"type": "text", "name": "access_token"},
        {"type": "number", "name": "expires_in"},
        {"type": "text", "name": "created_at"},
        {"type": "text", "name": "last_error"},
        {"type": "button", "name": "refresh", "rules": _rules()},
    ]
    return {"name": PROCESS, "forms": [{"name": "token", "fields": fields}]}


def _rules() -> list[dict[str, Any]]:
    sent = {
        "grant_type": "grant_type", "client_id": "client_id", "client_secret": "client_secret",
        "redirect_uri": "redirect_url", "refresh_token": "refresh_token",
    }  # fmt: skip
    got = ("refresh_token", "expires_in", "created_at")
    call = {
        "type": "create_item", "id": "get-token", "datasource": DATASOURCE,
        "method": "refresh-token",
        "input_mapping": [
            *({"target": f"body.{name}", "value": f"[{field}]"} for name, field in sent.items()),
            {"target": "url_path", "value": "/oauth/token"},
        ],
        "on_success": [
            {"field": "access_token", "value": "[response.body.access_token]"},
            *({"field": name, "value": f"[response.body.{name}]", "if_missing": "keep"}
              for name in got),
            {"field": "last_error", "value": ""},
        ],
        "on_error": [{"field": "last_error", "value": "[error.message]"}],
        "on_failure": "undo",
    }  # fmt: skip
    clear = {
        "type": "set_form_field", "id": "clear",
        "assignments": [{"field": "access_token", "value": ""}],
    }  # fmt: skip
    return [clear, call, {"type": "save", "id": "save"}]


def make(order: dict[str, Any]) -> dict[str, Any]:
    """Make datasource, published process, instances and tasks through the product's services."""
    from django.contrib.auth.models import Group, User

    from datasources.services.datasources import create_datasource
    from kianda.accounts.roles import ADMINISTRATOR
    from kianda.accounts.services.tokens import create_token
    from processes.designs.lifecycle import create_design, publish_design
    from processes.instances.lifecycle import create_instance

    user, _ = User.objects.get_or_create(username="benchmark")
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    create_datasource(raw=datasource(order["provider"]), user=user)
    create_design(raw=definition(), user=user)
    publish_design(name=PROCESS, user=user)
    process_ids = [
        create_instance(process=PROCESS, mode="live", data=VALUES, user=user).process_id
        for _ in range(order["instances"])
    ]
    tasks = _make_tasks(process_ids, order, user) if order.get("tasks") else []
    _, token = create_token(user, name="benchmark", scopes=[], expires_at=None)
    session = _large_design(user) if order.get("design") else None
    return {"token": token, "process_ids": process_ids, "tasks": tasks, "session": session}


def _large_design(user: Any) -> dict[str, str]:
    """Make the design that the designer opens; return the cookie of a session."""
    from benchmarks.designer import definition as large_definition
    from processes.designs.lifecycle import create_design

    create_design(raw=large_definition(DATASOURCE), user=user)
    return session_of(user)


def session_of(user: Any) -> dict[str, str]:
    """Return the cookie of a new session of a person."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {settings.SESSION_COOKIE_NAME: str(session.session_key)}


def _make_tasks(process_ids: list[str], order: dict[str, Any], user: Any) -> list[str]:
    from scheduler.services.tasks import create_task

    made = []
    schedule, now = order["tasks"], datetime.now(UTC)
    # A grid begins when its task was made. `apart_s` is as if people had made them one after
    # another; 0 is the worst case, all due at the same moment for ever.
    step = timedelta(seconds=order.get("apart_s", 0) / max(1, len(process_ids)))
    for number, process_id in enumerate(process_ids):
        raw = {
            "name": f"Benchmark {process_id}", "process": PROCESS, "process_id": process_id,
            "target": "refresh", "schedule": schedule,
        }  # fmt: skip
        task, _ = create_task(raw=raw, user=user, moment=now - number * step)
        made.append(str(task.pk))
    return made


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(make(json.load(sys.stdin)), sys.stdout)
