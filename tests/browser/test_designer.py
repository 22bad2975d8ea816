"""The designer in a browser: a process built by mouse, by keys, by two people, without connection."""

import pytest
from playwright.sync_api import expect

from processes.models import WorkingCopy
from processes.services.designs import create_design, get_design
from tests.browser.story_rows import LOOKS
from tests.processes.definitions import button, process, set_rule, text_field

HERE = "/designs/orders/designer/"


def document():
    """Return the working copy as it is kept now."""
    return WorkingCopy.objects.get(design__name="orders").document


def names(form=0):
    return [field["name"] for field in document()["forms"][form]["fields"]]


def field_of(name):
    return next(f for form in document()["forms"] for f in form["fields"] if f["name"] == name)


def kept(page):
    """Wait until every edit has arrived."""
    expect(page.locator("#d-kept")).to_contain_text("All edits kept")
    page.wait_for_function(
        "sessionStorage.length === 0 || !Object.entries(sessionStorage)"
        ".some(([k, v]) => k.startsWith('kianda:designer') && v !== '[]')"
    )


def selected(page, target):
    page.wait_for_selector(f'#act[data-at="{target}"]', state="attached")


def box(page, name):
    return page.locator(f"#b-{name}")


def drag(page, source, target, *, dy=0.5, dx=0.5):
    """Drag with the mouse from one element to a part of another."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    goal = end["x"] + end["width"] * dx, end["y"] + end["height"] * dy
    page.mouse.move(goal[0], goal[1], steps=6)
    page.mouse.up()


@pytest.fixture
def orders(person):
    create_design(
        raw=process(text_field("subject"), name="orders", title="Orders"), user=person("admin")
    )


def test_a_process_is_built_by_mouse(page_as, orders, axe, assert_fits):
    page = page_as("ada")
    page.goto(HERE)
    palette = page.locator("#d-add")
    palette.get_by_role("button", name="Number", exact=True).click()
    selected(page, "field:number")
    drag(page, palette.get_by_role("button", name="Date", exact=True), box(page, "subject"), dy=0.1)
    selected(page, "field:date")
    kept(page)
    assert names() == ["date", "subject", "number"]
    # Its properties: the title, then the name, which stays its own.
    page.locator("[name='s/title']").fill("Due")
    page.locator("[name='s/title']").press("Tab")
    expect(box(page, "date")).to_contain_text("Due")
    page.locator("[name='s/name']").fill("due")
    page.locator("[name='s/name']").press("Tab")
    selected(page, "field:due")
    # A button at the end of the form, with a rule from the menu; its dialog opens by itself.
    palette.get_by_role("button", name="Button", exact=True).click()
    selected(page, "field:button")
    expect(page.locator(".k-footbar #b-button")).to_be_visible()
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    page.locator("#dialog").get_by_role("link", name="Close").last.click()
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Save", exact=True).click()
    selected(page, "rule:save")
    rows = page.locator("#d-rules .k-rule")
    drag(page, rows.nth(1).locator("[data-grip]").first, rows.nth(0), dy=0.1)
    expect(rows.nth(0)).to_contain_text("Save")
    kept(page)
    rules = field_of("button")["rules"]
    assert [rule["type"] for rule in rules] == ["save", "set_form_field"]
    # Moved among the fields, dropped outside, removed, and brought back.
    drag(page, box(page, "number"), box(page, "due"), dy=0.1)
    selected(page, "field:number")
    kept(page)
    assert names()[0] == "number"
    drag(page, box(page, "number"), page.locator(".k-crumbs"))
    expect(page.locator("#d-lost")).to_contain_text("Nothing was moved")
    assert names()[0] == "number"
    page.locator(".k-handles").get_by_role("button", name="Delete (Del)").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    selected(page, "field:number")
    assert names()[0] == "number"
    # What is wrong is counted, and each leads to its place.
    page.locator("#d-count").click()
    page.locator("#d-flaws button").first.click()
    selected(page, "rule:set-form-field")
    page.keyboard.press("Delete")
    expect(page.locator("#d-count")).to_contain_text("No errors")
    page.locator("#d-save").click()
    page.wait_for_selector("text=Draft 0.2")
    page.locator("#d-publish").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.get_by_label("Note").fill("First")
    page.locator("#dialog").get_by_role("button", name="Publish 1.0").click()
    page.wait_for_selector("text=Version 1.0 is published")
    assert str(get_design("orders").published) == "1.0"
