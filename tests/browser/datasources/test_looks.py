"""How the pages of data sources look, and their dialogs."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.datasources.places import METHOD, ONE
from tests.browser.hands import pick
from tests.browser.watch import Look, PageAs

PLACES = [
    "/datasources/", "/datasources/?q=nothing", "/datasources/new/", ONE, METHOD,
    f"{ONE}methods/new/", f"{ONE}delete/", f"{ONE}security/", "/datasources/long/",
    "/datasources/long/methods/long/",
]  # fmt: skip


def test_the_pages_fit_and_are_accessible(page_as: PageAs, token_service: Any, looks: Any) -> None:
    page = page_as("dan")
    for place in PLACES:
        page.goto(place)
        looks(page)
    page = page_as("ada")
    for place in (ONE, METHOD):
        page.goto(place)
        looks(page)


def test_answers_and_errors_fit_and_are_accessible(
    page_as: PageAs, token_service: Any, looks: Any
) -> None:
    page = page_as("dan")
    page.goto("/datasources/new/")
    page.get_by_label("Authentication").select_option("basic")
    page.get_by_label("User name", exact=True).fill("u")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".invalid-feedback")
    looks(page)
    page.goto(ONE)
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Server reached: status 200 in").wait_for()
    looks(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete").first.click()
    page.wait_for_selector("#dialog[open]")
    looks(page)
    page.goto(METHOD)
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#answer .k-code")
    for part in page.locator("#answer details").all():
        part.locator("summary").click()
    looks(page)


def test_who_may_is_said_in_a_dialog(
    page_as: PageAs, token_service: Any, axe: Look, assert_fits: Look
) -> None:
    page = page_as("dan")
    page.goto(ONE)
    page.get_by_role("link", name="Security").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("combobox")).to_have_count(2)
    editors, callers = dialog.get_by_role("combobox").all()
    pick(editors, "dan")
    editors.fill("nobody")
    axe(page)
    dialog.get_by_role("button", name="OK").click()
    dialog.get_by_role("link", name="No user named nobody.").wait_for()
    axe(page)
    assert_fits(page)
    editors.press("Backspace")
    expect(dialog.locator("[name='/editors/users']")).to_have_value("dan")
    pick(callers, "Designer")
    dialog.get_by_role("button", name="OK").dblclick()
    page.get_by_text(" saved.").wait_for()
    expect(page.get_by_role("region", name="Permissions")).to_contain_text("the group Designer")
