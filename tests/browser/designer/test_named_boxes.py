"""Boxes that pick one name show what it is called while nobody is in them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.designer.dialogs import RULE, kept, look, ok, open_rule, strip
from tests.browser.watch import Look, PageAs

TARGETS = [
    {"target": "body.client_id", "value": "[client_id]"},
    {"target": "url_path", "value": "/token"},
    {"target": "body.nobody", "value": "[client_secret]"},
]


def region(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def target(page: Page) -> Locator:
    """Return the box of the first place that a value goes to."""
    return region(page, "Input mapping").get_by_label("Data source field", exact=True).first


def face(box: Locator) -> Locator:
    return box.locator("xpath=following-sibling::k-named")


def test_a_name_gives_way_to_its_title_while_nobody_is_in_its_box(
    page_as: PageAs, scenario: Any, axe: Look
) -> None:
    page = page_as("ada")
    open_rule(page)
    box = target(page)
    expect(face(box)).to_be_visible()
    expect(face(box)).to_have_text("body Grant type")
    expect(face(box).locator(".k-muted")).to_have_text("body")
    fields = region(page, "On success").locator("k-named")
    titles = ["Access token", "Refresh token", "Expires in (s)", "Created at", "Last error"]
    expect(fields).to_have_text(titles)
    # Who hears the box hears its name, and what it is called besides.
    expect(box).to_have_value("body.grant_type")
    expect(box).to_have_accessible_name("Data source field")
    expect(box).to_have_accessible_description("body Grant type")
    # Pressed anywhere it is the box that it was, with the name to be typed over.
    face(box).click(force=True)
    expect(box).to_be_focused()
    expect(face(box)).to_be_hidden()
    axe(page)
    box.press("Tab")
    expect(face(box)).to_be_visible()
    expect(face(box)).to_have_text("body Grant type")


def test_what_is_chosen_is_called_by_its_title_afterwards(page_as: PageAs, scenario: Any) -> None:
    strip(scenario, input_mapping=[{"target": "body.grant_type", "value": "code"}])
    page = page_as("ada")
    open_rule(page)
    box = target(page)
    box.fill("body.client_s")
    # What is half typed has no title.
    expect(box).to_have_accessible_description("")
    page.get_by_role("option", name="body.client_secret").wait_for()
    page.keyboard.press("Enter")
    expect(box).to_have_value("body.client_secret")
    page.keyboard.press("Tab")
    expect(face(box)).to_have_text("body Client secret")
    expect(box).to_have_accessible_description("body Client secret")
    field = region(page, "On success").get_by_label("Form field", exact=True).first
    region(page, "On success").get_by_role("button", name="Choose: Form field").first.click()
    page.get_by_role("treeitem", name="Client ID").click()
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(face(field)).to_have_text("Client ID")
    # Rows that come and go leave the others theirs.
    page.keyboard.press("Alt+ArrowDown")
    second = region(page, "On success").get_by_label("Form field", exact=True).nth(1)
    expect(face(second)).to_have_text("Client ID")
    ok(page)
    rule = kept(scenario)
    assert rule["input_mapping"][0]["target"] == "body.client_secret"
    assert rule["on_success"][1]["field"] == "client_id"


def test_a_name_that_is_not_there_stays_as_it_was_typed(
    page_as: PageAs, scenario: Any, looks: Any
) -> None:
    strip(scenario, input_mapping=TARGETS)
    page = page_as("ada")
    page.goto(RULE)
    boxes = region(page, "Input mapping").get_by_label("Data source field", exact=True)
    faces = region(page, "Input mapping").locator("k-named")
    expect(faces).to_have_text(["body Client id", "URL path", ""])
    expect(faces.nth(2)).to_be_hidden()
    expect(boxes.nth(2)).to_have_value("body.nobody")
    expect(boxes.nth(2)).to_have_attribute("aria-invalid", "true")
    look(page, "named")
    looks(page)
    boxes.nth(1).fill("body.lost")
    boxes.nth(1).blur()
    expect(faces.nth(1)).to_be_hidden()


def test_whoever_shows_values_as_text_sees_the_names(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    dialog = open_rule(page)
    dialog.get_by_role("button", name="Show as text").click()
    expect(dialog.locator("k-named")).to_have_count(0)
    expect(target(page)).to_have_value("body.grant_type")
    expect(target(page)).to_have_accessible_description("")
    dialog.get_by_role("button", name="Show as chips").click()
    expect(face(target(page))).to_have_text("body Grant type")


@pytest.mark.parametrize("width", [1280, 390])
def test_without_script_the_box_holds_the_name(
    plain_page_as: Callable[[str], Page], scenario: Any, width: int
) -> None:
    page = plain_page_as("ada")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(RULE)
    expect(target(page)).to_have_value("body.grant_type")
    expect(target(page)).to_have_accessible_description("")
    expect(page.locator("k-named")).to_have_count(0)
