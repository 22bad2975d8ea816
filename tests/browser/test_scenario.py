"""The whole job by clicking: from an empty workspace to a token that keeps itself fresh.

One administrator, one browser, a token service on loopback that rotates its tokens. On the way the
worst is typed that each page takes, and mended where the page says so.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from processes.models import ProcessInstance, Run
from scheduler.models import Occurrence, ScheduledTask
from tests.browser.hands import go_on
from tests.browser.story_rows import SCRIPT
from tests.browser.watch import Look, PageAs
from tests.integration.provider import Provider
from tests.processes.definitions import TOKEN_REFRESH
from tests.processes.stories import values_of

FORM = ("grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token")
ANSWER = ["access_token", "token_type", "expires_in", "refresh_token", "created_at"]
PROCESS_ID = "token-refresh-1"


@pytest.fixture
def service(settings: Settings) -> Iterator[Any]:
    """The token service, with one client."""
    provider = Provider()
    settings.KIANDA_EGRESS_ALLOW = [provider.address]
    provider.register("acme")
    yield provider
    provider.close()


def now_stored() -> Any:
    return values_of(ProcessInstance.objects.get())


def field(page: Page, name: str) -> Locator:
    """Return the input of a field: other controls are called after it, too."""
    return page.locator(f"#f-data-{name}")


def connect_the_service(page: Page, service: Any) -> None:
    page.get_by_role("navigation").get_by_role("link", name="Data sources").click()
    page.get_by_role("link", name="Add a REST Service").click()
    page.locator("#f-title").press_sequentially("Token service")
    page.get_by_label("Base URL").fill("http://169.254.169.254/latest")
    page.get_by_role("button", name="Save").click()
    page.locator("#f-base_url-error").wait_for()
    page.get_by_label("Base URL").fill(service.url)
    page.get_by_role("button", name="Save").dblclick()
    page.wait_for_url("**/datasources/token-service/")
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Server reached: status 401 in").wait_for()


def describe_the_method(page: Page, service: Any) -> None:
    page.get_by_role("link", name="Add REST method").click()
    page.get_by_label("Display name").fill("Get/Refresh Auth Token")
    page.locator("#f-name").fill("refresh-token")
    page.get_by_label("HTTP method").select_option("POST")
    page.get_by_label("URL path").fill("oauth/token")
    page.get_by_text("Form", exact=True).click()
    for name in FORM:
        page.get_by_role("button", name="Add parameter").press("Enter")
        page.keyboard.type(name)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Check 1 field").wait_for()
    page.wait_for_selector("#f-url_path:focus")
    page.get_by_label("URL path").fill("/oauth/token")
    send(page, refresh_token="stolen")
    page.locator("#answer >> text=invalid_grant").wait_for()
    send(page, refresh_token=service.clients["acme"].refresh)
    page.get_by_role("button", name="Add all").click()
    page.get_by_text("All fields added. Save the method to store them").wait_for()
    rows = page.locator("[data-rows=response_body] [name$='/name']")
    assert [row.input_value() for row in rows.all()] == ANSWER
    page.get_by_role("button", name="Save method").dblclick()
    page.wait_for_url("**/methods/refresh-token/")


def send(page: Page, *, refresh_token: Any) -> None:
    page.get_by_label("grant_type body").fill("refresh_token")
    page.get_by_label("client_id body").fill("acme")
    page.get_by_label("client_secret body").fill("sec-1")
    page.get_by_label("refresh_token body").fill(refresh_token)
    page.get_by_role("button", name="Send").click()
    page.locator("#answer .k-code").first.wait_for()


def write_the_design(page: Page) -> None:
    page.goto("/designs/")
    page.get_by_role("link", name="Paste a definition").click()
    text = json.dumps(TOKEN_REFRESH, indent=2)
    definition = page.locator("textarea[name=definition]")
    definition.fill(text.replace("[grant_type]", "[grand_type]"))
    page.get_by_role("button", name="Create the design").click()
    page.get_by_text("Check 1 place. Nothing has been saved.").wait_for()
    expect(page.locator(".k-mark--bad")).to_have_count(1)
    definition.fill(text)
    page.get_by_role("button", name="Create the design").dblclick()
    page.wait_for_url("**/designs/token-refresh/")
    page.get_by_role("link", name="Publish 1.0").click()
    page.locator("#dialog").get_by_role("button", name="Publish 1.0").click()
    page.wait_for_selector("text=Published 1.0")


def make_the_instance(page: Page, service: Any) -> None:
    page.goto("/start/token-refresh/?mode=preview")
    form = page.locator("form", has=page.get_by_role("button", name="Create preview record"))
    form.get_by_label("Client secret").fill("sec-1")
    form.get_by_role("button", name="Create preview record").click()
    page.get_by_text("Client ID is required. Fill it in.").first.wait_for()
    form.get_by_label("Client ID").fill("acme")
    form.get_by_label("Client secret").fill("sec-1")
    form.get_by_label("Redirect URL").fill(SCRIPT)
    form.get_by_label("Refresh token").fill("stolen")
    form.get_by_role("button", name="Create preview record").dblclick()
    page.wait_for_url(f"**/instances/{PROCESS_ID}/")
    assert ProcessInstance.objects.get().mode == "preview"


def press_refresh(page: Page, service: Any, axe: Look) -> None:
    page.get_by_role("button", name="Refresh", exact=True).click()
    page.get_by_text("The last action failed").wait_for()
    assert "400" in field(page, "last_error").input_value()
    field(page, "refresh_token").fill(service.clients["acme"].refresh)
    page.get_by_role("button", name="Refresh", exact=True).dblclick()
    page.get_by_text("Refresh: done").wait_for()
    assert field(page, "access_token").input_value() == service.clients["acme"].access
    assert field(page, "last_error").input_value() == ""
    assert Run.objects.count() == 2
    assert page.inner_text("h1") == PROCESS_ID
    page.locator("h1 + [data-copy]").click()
    page.get_by_text("Copied").wait_for()
    axe(page)


def read_the_trace(page: Page, service: Any, axe: Look) -> None:
    page.get_by_role("link", name="View details").click()
    page.wait_for_selector(f"h1:has-text('Refresh on {PROCESS_ID}')")
    expect(page.locator(".k-trace > li.is-ok")).to_have_count(3)
    page.locator("summary.k-step", has_text="Get a new token").click()
    page.wait_for_selector("text=client_secret=")
    for hidden in ("sec-1", service.clients["acme"].refresh):
        assert hidden not in page.content()
    axe(page)
    go_on(page.get_by_role("link", name=PROCESS_ID).first)


def schedule_it(page: Page) -> Any:
    go_on(page.get_by_role("link", name="Schedule a task"))
    page.get_by_label("Task name").fill("Refresh the token")
    page.get_by_label("Minutes", exact=True).check()
    page.locator("#f-schedule-every").fill("0")
    page.wait_for_selector("#next >> text=Enter 1 or more")
    page.locator("#f-schedule-every").fill("90")
    expect(page.get_by_label("Expire")).not_to_be_checked()
    assert page.get_by_label("Process design").input_value() == "token-refresh"
    process_id = page.get_by_label("Process ID")
    assert process_id.input_value() == PROCESS_ID
    process_id.fill("token-refresh-77")
    page.wait_for_selector("#found >> text=token-refresh-77")
    process_id.fill("")
    process_id.press("ControlOrMeta+V")
    page.wait_for_selector("text=Found: status open")
    page.get_by_label("Refresh button, all 3 rules").check(force=True)
    page.wait_for_selector("text=It would expire before it is refreshed")
    page.locator("#f-schedule-every").fill("55")
    page.wait_for_selector("text=leaves 5 min to spare")
    page.wait_for_selector(".k-firings li:nth-child(5)")
    page.get_by_role("button", name="OK", exact=True).dblclick()
    page.wait_for_url("**/scheduled-tasks/")
    task = ScheduledTask.objects.get()
    assert (task.process_id, task.target, task.expires) == (PROCESS_ID, "refresh", None)
    return task


def test_a_token_is_kept_fresh_from_an_empty_workspace(
    page_as: PageAs, service: Any, fire_due: Callable[..., None], axe: Look
) -> None:
    page = page_as("admin")
    page.goto("/")
    assert page.inner_text("h1") == "Welcome to Kianda"
    connect_the_service(page, service)
    describe_the_method(page, service)
    write_the_design(page)
    make_the_instance(page, service)
    press_refresh(page, service, axe)
    read_the_trace(page, service, axe)
    task = schedule_it(page)

    before = service.clients["acme"].access
    fire_due(timezone.now() + timedelta(minutes=56))
    assert Occurrence.objects.get().outcome == "succeeded"
    fresh = service.clients["acme"]
    assert fresh.access != before
    assert (now_stored()["access_token"], now_stored()["refresh_token"]) == (
        fresh.access, fresh.refresh,
    )  # fmt: skip

    page.get_by_role("link", name=task.name, exact=True).click()
    line = page.locator("tr", has=page.get_by_role("link", name="Trace of run"))
    assert "Succeeded" in line.inner_text()
    axe(page)
    line.get_by_role("link", name="Trace of run").click()
    page.wait_for_selector(f"h1:has-text('Refresh on {PROCESS_ID}')")
    page.goto(f"/instances/{PROCESS_ID}/")
    assert field(page, "access_token").input_value() == fresh.access
    page.goto("/")
    # By this clock the next refresh, 56 minutes further on, comes after the token expires.
    assert page.inner_text("h1") == "The token is valid and needs attention"
    assert page.title() != "owned"
