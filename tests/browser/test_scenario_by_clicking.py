"""The customer's scenario by clicking alone, once with the mouse and once with the keyboard only.

From an empty workspace to the history line of the first scheduled refresh: no document is written,
no address is typed. The token service on loopback rotates its tokens, so that a refresh is one.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from processes.models import Run
from scheduler.models import Occurrence, ScheduledTask
from tests.browser.designer.dialogs import shown
from tests.browser.hands import Hand, Keys, Mouse
from tests.browser.test_scenario import FORM, now_stored, service
from tests.browser.watch import Look, PageAs

__all__ = ["service"]

PROCESS_ID = "token-refresh-1"
# What the customer's form holds: the kind of field in the palette, the title, the unique name.
FIELDS = [
    ("Text", "Grant type", "grant_type"),
    ("Text", "Client ID", "client_id"),
    ("Secret", "Client secret", "client_secret"),
    ("Text", "Redirect URL", "redirect_url"),
    ("Secret", "Refresh token", "refresh_token"),
    ("Secret", "Access token", "access_token"),
    ("Number", "Expires in", "expires_in"),
    ("Text", "Created at", "created_at"),
    ("Text", "Last error", "last_error"),
]


def connect(page: Page, hand: Hand, service: Any, axe: Look) -> None:
    """Add the REST service and its method, taken from one answer of it."""
    hand.press(page.get_by_role("navigation").get_by_role("link", name="Data sources"))
    hand.press(page.get_by_role("link", name="Add a REST Service"))
    hand.fill(page.locator("#f-title"), "Token service")
    hand.fill(page.get_by_label("Base URL"), service.url)
    axe(page)
    hand.press(page.get_by_role("button", name="Save"))
    page.wait_for_url("**/datasources/token-service/")
    hand.press(page.get_by_role("link", name="Add REST method"))
    hand.fill(page.get_by_label("Display name"), "Get/Refresh Auth Token")
    hand.choose(page.get_by_label("HTTP method"), "POST")
    hand.fill(page.get_by_label("URL path"), "/oauth/token")
    hand.mark(page.get_by_label("Form", exact=True))
    for name in FORM:
        hand.press(page.get_by_role("button", name="Add parameter"))
        page.keyboard.type(name)
    given = {
        "grant_type": "refresh_token", "client_id": "acme", "client_secret": "sec-1",
        "refresh_token": service.clients["acme"].refresh,
    }  # fmt: skip
    for name, value in given.items():
        hand.fill(page.get_by_label(f"{name} body"), value)
    hand.press(page.get_by_role("button", name="Send"))
    page.locator("#answer .k-code").first.wait_for()
    hand.press(page.get_by_role("button", name="Add all"))
    page.get_by_text("All fields added. Save the method to store them").wait_for()
    axe(page)
    hand.press(page.get_by_role("button", name="Save method"))
    page.wait_for_url("**/methods/get-refresh-auth-token/")


def add_the_design(page: Page, hand: Hand, axe: Look) -> None:
    """Add a design with nothing in it, which opens the designer."""
    hand.press(page.get_by_role("link", name="Process designs").first)
    hand.press(page.get_by_role("link", name="Add new"))
    dialog = page.locator("#dialog[open]")
    hand.fill(dialog.get_by_label("Title"), "Token refresh")
    expect(dialog.get_by_label("Name")).to_have_value("token-refresh")
    axe(page)
    hand.press(dialog.get_by_role("button", name="Add and open the designer"))
    page.wait_for_url("**/designs/token-refresh/designer/")
    page.locator("[data-live]").wait_for()
    axe(page)


def selected(page: Page, target: Any) -> None:
    page.wait_for_selector(f'#act[data-at="{target}"]', state="attached")


def kept(page: Page) -> None:
    expect(page.locator("#d-kept")).to_contain_text("All changes saved")
    page.wait_for_selector('#main:not([data-waiting]), #main[data-waiting="0"]')


def add_field(page: Page, hand: Hand, kind: str, title: str, name: str) -> None:
    """Add a field from the palette and give it its title; its unique name follows that."""
    hand.add(kind)
    selected(page, f"field:{kind.lower()}")
    hand.properties()
    hand.fill(page.locator("[name='s/title']"), title)
    hand.leave(page.locator("[name='s/title']"))
    selected(page, f"field:{name}")
    expect(page.locator(f"#b-{name}")).to_contain_text(title)


def choose(page: Page, hand: Hand, name: str, title: str) -> None:
    """Select a field on the form and turn to its properties."""
    hand.select(name)
    expect(page.locator("[name='s/title']")).to_have_value(title)
    hand.properties()


def draw_the_form(page: Page, hand: Hand, axe: Look) -> None:
    """Add each field and the button; one is required, one begins with a value."""
    for kind, title, name in FIELDS:
        add_field(page, hand, kind, title, name)
    add_field(page, hand, "Button", "Refresh", "refresh")
    choose(page, hand, "grant_type", "Grant type")
    hand.fill(shown(page, "s/default"), "refresh_token")
    hand.leave(shown(page, "s/default"))
    choose(page, hand, "client_id", "Client ID")
    hand.press(page.locator("#d-props summary", has_text="Checks"))
    hand.mark(page.locator("[name='s/required'][type=checkbox]"))
    expect(page.locator("#b-client_id .k-req")).to_be_visible()
    kept(page)
    axe(page)


def ok(page: Page, hand: Hand) -> None:
    """Close the dialog of a rule with OK."""
    dialog = page.locator("#dialog[open]")
    hand.press(dialog.get_by_role("button", name="OK", exact=True).last)
    expect(page.locator("#dialog[open]")).to_have_count(0)


def map_row(hand: Hand, region: Any, left: Any, right: Any) -> None:
    """Add a row of a mapping by typing both sides."""
    hand.press(region.get_by_role("button", name="Add mapping"))
    row = region.get_by_role("row").last
    boxes = row.locator("[data-complete]")
    hand.fill(boxes.first, left)
    hand.fill(boxes.nth(1), right)


def write_the_rules(page: Page, hand: Hand, axe: Look) -> None:
    """The three rules of the button: clear the token, get a new one, save."""
    choose(page, hand, "refresh", "Refresh")
    hand.add("Set form field")
    clear_the_token(page, hand, axe)
    hand.add("Create item")
    get_a_token(page, hand, axe)
    hand.add("Save")
    selected(page, "rule:save")
    rows = page.locator("#d-rules .k-rule")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Access token")
    expect(rows.nth(2)).to_contain_text("Save")
    expect(page.locator("#d-count")).to_contain_text("No errors")
    kept(page)
    axe(page)


def clear_the_token(page: Page, hand: Hand, axe: Look) -> None:
    dialog = page.locator("#dialog[open]")
    hand.press(dialog.get_by_role("button", name="Add field"))
    hand.fill(dialog.get_by_role("combobox", name="Form field").first, "access_token")
    axe(page)
    ok(page, hand)


def get_a_token(page: Page, hand: Hand, axe: Look) -> None:
    dialog = page.locator("#dialog[open]")
    hand.press(dialog.get_by_role("button", name="Select data source"))
    hand.mark(dialog.get_by_label("Get/Refresh Auth Token"))
    axe(page)
    hand.press(dialog.locator("[data-source-picker]").get_by_role("button", name="OK"))
    expect(dialog.locator(".k-chosen")).to_contain_text("POST /oauth/token")
    sent = dialog.get_by_role("region", name="Input mapping")
    hand.press(sent.get_by_role("button", name="Map all by name"))
    expect(sent.get_by_role("row")).to_have_count(1 + len(FORM))
    got = dialog.get_by_role("region", name="On success")
    hand.press(got.get_by_role("button", name="Map all by name"))
    expect(got.get_by_role("row")).to_have_count(5)
    hand.choose(got.get_by_role("combobox", name="When refresh_token is missing"), "keep")
    errors = dialog.get_by_role("region", name="On error")
    map_row(hand, errors, "last_error", "[error.message]")
    axe(page)
    ok(page, hand)


def try_it(page: Page, hand: Hand, service: Any, axe: Look) -> None:
    """Preview the draft: fill the form, save it, let it call, press Refresh."""
    hand.preview()
    page.wait_for_url("**/designs/token-refresh/preview/**")
    form = page.frame_locator("#frame")
    hand.fill(form.get_by_label("Client ID"), "acme")
    hand.fill(form.get_by_label("Client secret"), "sec-1")
    hand.fill(form.get_by_label("Refresh token"), service.clients["acme"].refresh)
    hand.press(form.get_by_role("button", name="Save", exact=True))
    page.wait_for_url(f"**/preview/instance/{PROCESS_ID}/**")
    hand.mark(form.get_by_label("Send real requests"))
    axe(page)
    hand.press(form.get_by_role("button", name="Refresh", exact=True))
    form.get_by_text("Refresh: done").wait_for()
    axe(page)
    assert Run.objects.get().status == "succeeded"
    assert now_stored()["access_token"] == service.clients["acme"].access


def schedule_it(page: Page, hand: Hand, axe: Look) -> None:
    """Schedule the button from the preview: the dialog knows design and Process ID."""
    hand.press(page.locator(f"[data-copy={PROCESS_ID}]"))
    page.get_by_text("Copied").wait_for()
    hand.press(page.get_by_role("link", name="Schedule a task on this record"))
    dialog = page.locator("#dialog[open]")
    hand.fill(dialog.get_by_label("Task name"), "Refresh the token")
    hand.mark(dialog.get_by_label("Minutes", exact=True))
    hand.fill(dialog.locator("#f-schedule-every"), "55")
    expect(dialog.get_by_label("Process design")).to_have_value("token-refresh")
    expect(dialog.get_by_label("Process ID")).to_have_value(PROCESS_ID)
    hand.mark(dialog.get_by_label("Refresh button, all 3 rules"))
    dialog.get_by_text("leaves 5 min to spare").wait_for()
    axe(page)
    hand.press(dialog.get_by_role("button", name="OK", exact=True))
    expect(page.locator("#toasts")).to_contain_text("Refresh the token")
    task = ScheduledTask.objects.get()
    assert (task.process_id, task.target, task.expires) == (PROCESS_ID, "refresh", None)


def read_the_history(page: Page, hand: Hand, axe: Look) -> None:
    """Open the history of the task: its first line is the refresh, and leads to the trace."""
    hand.press(page.get_by_role("link", name="Scheduled tasks").first)
    hand.press(page.get_by_role("link", name="Refresh the token", exact=True))
    line = page.locator("tr", has=page.get_by_role("link", name="Trace of run"))
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Succeeded")
    axe(page)
    hand.press(line.get_by_role("link", name="Trace of run"))
    page.wait_for_selector(f"h1:has-text('Refresh on {PROCESS_ID}')")
    expect(page.locator(".k-trace > li.is-ok")).to_have_count(3)


@pytest.mark.parametrize("hand", [Mouse, Keys])
def test_a_token_is_kept_fresh_by_clicking(
    page_as: PageAs, service: Any, fire_due: Callable[..., None], axe: Look, hand: Any
) -> None:
    page = page_as("admin")
    page.goto("/")
    hand = hand(page)
    connect(page, hand, service, axe)
    add_the_design(page, hand, axe)
    draw_the_form(page, hand, axe)
    write_the_rules(page, hand, axe)
    try_it(page, hand, service, axe)
    schedule_it(page, hand, axe)

    before = service.clients["acme"].access
    fire_due(timezone.now() + timedelta(minutes=56))
    assert Occurrence.objects.get().outcome == "succeeded"
    fresh = service.clients["acme"]
    assert fresh.access != before
    assert (now_stored()["access_token"], now_stored()["refresh_token"]) == (
        fresh.access, fresh.refresh,
    )  # fmt: skip
    read_the_history(page, hand, axe)
