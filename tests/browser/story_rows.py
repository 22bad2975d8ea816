"""The rows that the stories of designs, instances, runs and tasks are about; signing in."""

from typing import Any

from playwright.sync_api import Page
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running import runs
from scheduler.services import create_task
from tests.factories import OPEN_TO_ALL, PASSWORD
from tests.processes.conftest import TOKEN_METHOD
from tests.processes.definitions import button, process, set_rule, text_field

LOOKS = [(1280, "light"), (390, "dark")]
SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
SAVE = {"type": "save"}


def orders(**changes: Any) -> dict[str, Any]:
    """Return a process without calls: every type of field, two open forms, a button that saves."""
    raw = process(
        text_field("customer", required=True, width=6),
        {"type": "number", "name": "amount", "decimals": 2, "width": 6},
        {"type": "secret", "name": "api_key", "title": "API key"},
        {"type": "date", "name": "due", "width": 4},
        {"type": "date", "name": "read_at", "mode": "datetime", "width": 8},
        {"type": "toggle", "name": "urgent", "width": 4},
        {"type": "list", "name": "region", "choices": ["north", "south"], "width": 4},
        {"type": "list", "name": "tags", "choices": ["a", "b"], "multiple": True,
         "display_as": "options", "width": 4},
        text_field("status_text", title="Status"),
        button("approve", set_rule("status_text", "Approved"), SAVE),
        title="Orders", security=OPEN_TO_ALL,
    )  # fmt: skip
    remark = text_field("remark", mode="long")
    raw["forms"].append({"name": "notes", "activate_with": "main", "fields": [remark]})
    return {**raw, **changes}


def make_orders(user: Any, *, published: bool = True, **changes: Any) -> Any:
    """Store the process, and publish it."""
    design = create_design(raw=orders(**changes), user=user)
    if published:
        publish_design(name="orders", user=user)
    return design


def make_order(user: Any, **data: Any) -> Any:
    """Make an instance of the process."""
    values = {"customer": "acme", "api_key": "kept-secret-1", **data}
    return create_instance(process="orders", mode="live", data=values, user=user)


def make_task(user: Any, name: str = "Approve", **settings: Any) -> Any:
    """Schedule a button of the instance."""
    raw = {
        "name": name, "process": "orders", "process_id": "orders-1", "target": "approve",
        "schedule": {"kind": "minutes", "every": 55}, **settings,
    }  # fmt: skip
    return create_task(raw=raw, user=user)[0]


def make_token_service(httpserver: HTTPServer, settings: Settings, user: Any) -> Any:
    """Make the datasource of the scenario, which leads to a loopback server."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    return create_datasource(
        raw={
            "name": "token-service", "title": "Token service", "kind": "rest",
            "base_url": httpserver.url_for("/").rstrip("/"), "auth": {"scheme": "none"},
            "methods": [TOKEN_METHOD],
        },
        user=user,
    )  # fmt: skip


def hold(instance: Any, user: Any) -> Any:
    """Let a run hold the instance, as one that waits for a slow provider does."""
    run = runs.enqueue(
        process_id=instance.process_id, target="approve", user=user, trigger="button"
    )
    Run.objects.filter(pk=run.pk).update(status="running", started=run.queued)
    return run


def sign_in(page: Page, name: str = "ben", password: Any = PASSWORD) -> None:
    """Sign in on the page that asks for it."""
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
