"""What the tutorial builds, and its pictures: each step shows one, as its reader sees it.

The datasource and the form are made over the REST API, for there is nothing to see in filling them
in; the rules, the preview, the debugger and the schedule are worked in the browser.
"""

import json
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

DESIGN = "token-refresh"
PROCESS_ID = f"{DESIGN}-1"
DESIGNER = f"/designs/{DESIGN}/designer/?at=field:refresh"
SENT = ("grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token")
GOT = ("access_token", "token_type", "expires_in", "refresh_token", "created_at")

SERVICE: dict[str, Any] = {
    "name": "token-service",
    "title": "Token service",
    "kind": "rest",
    "base_url": "http://sandbox.internal",
    "methods": [
        {
            "name": "get-refresh-auth-token",
            "title": "Get/Refresh Auth Token",
            "http_method": "POST",
            "url_path": "/oauth/token",
            "content_type": "form",
            "request_body": [{"name": name} for name in SENT],
            "response_body": [{"name": name} for name in GOT],
        }
    ],
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
        "method": "get-refresh-auth-token",
        "input_mapping": [
            {"target": "body.grant_type", "value": "[grant_type]"},
            {"target": "body.client_id", "value": "[client_id]"},
            {"target": "body.client_secret", "value": "[client_secret]"},
            {"target": "body.redirect_uri", "value": "[redirect_uri]"},
            {"target": "body.refresh_token", "value": "[refresh_token]"},
        ],
        "on_success": [
            {"field": "access_token", "value": "[response.body.access_token]"},
            {
                "field": "refresh_token",
                "value": "[response.body.refresh_token]",
                "if_missing": "keep",
            },
            {"field": "expires_in", "value": "[response.body.expires_in]"},
            {"field": "created_at", "value": "[response.body.created_at]"},
        ],
        "on_error": [{"field": "last_error", "value": "[error.message]"}],
    },
    {"type": "save", "id": "save", "title": "Save"},
]

PROCESS: dict[str, Any] = {
    "name": DESIGN,
    "title": "Token refresh",
    "forms": [
        {
            "name": "main",
            "title": "Main",
            "fields": [
                {"type": "text", "name": "grant_type", "default": "refresh_token", "width": 6},
                {"type": "text", "name": "client_id", "title": "Client ID", "required": True,
                 "width": 6},
                {"type": "secret", "name": "client_secret", "width": 6},
                {"type": "text", "name": "redirect_uri", "title": "Redirect URI", "width": 6},
                {"type": "secret", "name": "refresh_token", "width": 6},
                {"type": "secret", "name": "access_token", "width": 6},
                {"type": "number", "name": "expires_in", "width": 6},
                {"type": "text", "name": "created_at", "width": 6},
                {"type": "text", "name": "last_error"},
                {"type": "button", "name": "refresh", "rules": RULES},
            ],
        }
    ],
}  # fmt: skip


def build(page: Page) -> None:
    """Make the datasource and the design of the tutorial."""
    page.goto("/")
    for path, body in (("datasources/", SERVICE), ("processes/", PROCESS)):
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        answer = page.request.post(
            f"/api/v1/{path}",
            data=json.dumps(body),
            headers={"X-CSRFToken": cookies["csrftoken"], "Content-Type": "application/json"},
        )
        if not answer.ok:
            raise SystemExit(f"/api/v1/{path} answers {answer.status}: {answer.text()[:500]}")


def steps(page: Page, registered: dict[str, str]) -> Iterator[str]:
    """Show each step, and give the name of its picture while the page shows it."""
    page.goto(DESIGNER)
    page.locator("[data-live]").wait_for()
    yield "designer"
    page.locator(".k-rule", has_text="Create item").locator("a.k-rule-text").click()
    page.locator("#dialog[open]").get_by_role("region", name="On success").wait_for()
    yield "rule"
    page.goto(f"/designs/{DESIGN}/preview/")
    fill_in(page, registered)
    yield "preview"
    yield from debug(page)
    yield from schedule(page)


def fill_in(page: Page, registered: dict[str, str]) -> None:
    """Fill in the form of the preview, save it, let it make its call, press Refresh."""
    form = page.frame_locator("#frame")
    for label, name in (
        ("Client ID", "client_id"),
        ("Client secret", "client_secret"),
        ("Refresh token", "refresh_token"),
    ):
        form.get_by_label(label).fill(registered[name])
    form.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/{PROCESS_ID}/*")
    form.get_by_label("Send real requests").check()
    form.get_by_role("button", name="Refresh", exact=True).click()
    form.get_by_text("Refresh succeeded").wait_for()


def debug(page: Page) -> Iterator[str]:
    """Pause the button before the rule that calls."""
    form = page.frame_locator("#frame")
    page.get_by_role("button", name="Debug", exact=True).click()
    page.get_by_role("heading", name="Rule debugger").wait_for()
    form.get_by_role("button", name="Refresh", exact=True).click()
    page.get_by_text("Paused before rule 1").wait_for()
    page.get_by_role("button", name="Step").click()
    page.get_by_text("Paused before rule 2").wait_for()
    form.get_by_text("changed now").wait_for()
    yield "debugger"
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Paused").wait_for(state="hidden")


def schedule(page: Page) -> Iterator[str]:
    """Fill in the dialog that schedules the button."""
    page.get_by_role("link", name="Schedule a task on this record").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Task name").fill("Refresh the token")
    dialog.get_by_label("Minutes", exact=True).check()
    dialog.locator("#f-schedule-every").fill("1")
    dialog.get_by_label("Refresh button, all 3 rules").check(force=True)
    dialog.locator(".k-firings li:nth-child(5)").wait_for()
    yield "schedule"
