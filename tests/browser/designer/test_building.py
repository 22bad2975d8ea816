"""A process built in the designer: by mouse, by keys, without script."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from processes.selectors import get_design
from tests.browser.designer.screen import HERE, box, drag, field_of, kept, names, selected
from tests.browser.hands import go_on
from tests.browser.watch import Look, PageAs


def test_a_process_is_built_by_mouse(
    page_as: PageAs, orders: None, axe: Look, assert_fits: Look
) -> None:
    page = page_as("ada")
    page.goto(HERE)
    palette = page.locator("#d-add")
    palette.get_by_role("button", name="Number", exact=True).click()
    selected(page, "field:number")
    drag(page, palette.get_by_role("button", name="Date", exact=True), box(page, "subject"), dy=0.1)
    selected(page, "field:date")
    kept(page)
    assert names() == ["date", "subject", "number"]
    # Its properties: the name goes with the title, until it is somebody's own.
    page.locator("[name='s/title']").fill("Delivery")
    page.locator("[name='s/title']").press("Tab")
    selected(page, "field:delivery")
    expect(page.locator("[name='s/name']")).to_have_value("delivery")
    # What is typed on while the new name is on its way is about the same field.
    page.keyboard.type("due")
    page.keyboard.press("Tab")
    page.keyboard.type("Not a holiday")
    page.keyboard.press("Tab")
    kept(page)
    selected(page, "field:due")
    assert field_of("due") | {"title": "Delivery", "help": "Not a holiday"} == field_of("due")
    # A name that is taken is refused beside it, and stays as it was typed.
    page.locator("[name='s/name']").fill("subject")
    page.locator("[name='s/name']").press("Tab")
    expect(page.locator("#d-props .invalid-feedback")).to_contain_text("subject")
    expect(page.locator("[name='s/name']")).to_have_value("subject")
    page.locator("[name='s/title']").fill("Due on")
    page.locator("[name='s/title']").press("Tab")
    expect(box(page, "due")).to_contain_text("Due on")
    # A button at the end of the form, with a rule from the menu; its dialog opens by itself.
    palette.get_by_role("button", name="Button", exact=True).click()
    selected(page, "field:button")
    expect(page.locator(".k-footbar #b-button")).to_be_visible()
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    # Back in the middle of a dialog closes it, and no more; what was only added goes again.
    rows = page.locator("#d-rules .k-rule")
    page.go_back()
    page.wait_for_selector("#dialog[open]", state="detached")
    assert page.url.split("?")[0].endswith(HERE)
    expect(rows).to_have_count(0)
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
    page.locator("#dialog").get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Fix this now or later").wait_for()
    page.keyboard.press("Escape")
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Save", exact=True).click()
    selected(page, "rule:save")
    # What was added last is seen, however long the form and the list.
    expect(box(page, "button")).to_be_in_viewport()
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
    # A table: its columns are rows of its properties.
    palette.get_by_role("button", name="Table", exact=True).click()
    selected(page, "field:table")
    page.locator("#d-props").get_by_role("button", name="Add column").click()
    page.locator("[name='s/columns/0/name']").fill("article")
    page.locator("[name='s/columns/0/name']").press("Tab")
    expect(page.locator("#b-table")).to_contain_text("article")
    kept(page)
    assert field_of("table")["columns"][0]["name"] == "article"
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
    expect(page.locator("#d-head")).to_contain_text("Published 1.0")
    assert str(get_design("orders").published) == "1.0"


def test_it_is_built_by_keys_alone(page_as: PageAs, orders: None, axe: Look) -> None:
    page = page_as("ada")
    page.goto(HERE)
    press = page.keyboard.press
    page.locator("#main").focus()
    press("F6")
    expect(page.locator("#d-find")).to_be_focused()
    press("F6")
    press("ArrowRight")
    # From the tab of the form into its fields, and one behind the other.
    press("Tab")
    page.locator("#b-subject").focus()
    press("a")
    expect(page.locator("#d-find")).to_be_focused()
    page.keyboard.type("number")
    press("Enter")
    selected(page, "field:number")
    press("Escape")
    expect(page.locator("#b-number")).to_be_focused()
    expect(page.locator("#d-find")).to_have_value("")
    press("Alt+ArrowUp")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    assert names() == ["number", "subject"]
    press("F2")
    assert page.evaluate("document.activeElement.name") == "s/title"
    press("Control+a")
    page.keyboard.type("Amount")
    press("Enter")
    expect(page.locator("#b-amount")).to_contain_text("Amount")
    press("Escape")
    press("Control+d")
    selected(page, "field:amount_2")
    press("Delete")
    selected(page, "field:subject")
    press("Control+z")
    selected(page, "field:amount_2")
    press("Control+Shift+z")
    expect(page.locator("#b-amount_2")).to_have_count(0)
    kept(page)
    assert names() == ["amount", "subject"]
    # A rule: added, switched off, opened, moved.
    page.locator("#b-amount").focus()
    press("ArrowDown")
    selected(page, "field:subject")
    press("a")
    page.keyboard.type("save")
    press("Enter")
    selected(page, "rule:save")
    press("Control+a")
    page.keyboard.type("set form")
    press("Enter")
    # A new rule begins where it is to be filled in, and nothing is called wrong yet.
    first = page.locator("[name='rule/assignments/0/field']")
    expect(first).to_be_focused()
    expect(page.locator("#dialog .invalid-feedback")).to_have_count(0)
    press("Escape")
    expect(page.locator("#d-find")).to_be_focused()
    # It was never filled in, so it is not there.
    rule = page.locator("[data-rule='rule:set-form-field']")
    expect(rule).to_have_count(0)
    press("Control+a")
    page.keyboard.type("set form")
    press("Enter")
    expect(first).to_be_focused()
    page.keyboard.type("subject")
    press("Enter")
    page.locator("#dialog").get_by_role("textbox", name="Title").focus()
    press("Enter")
    expect(page.locator("#dialog[open]")).to_have_count(0)
    rule.focus()
    press("Alt+ArrowUp")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    press("Space")
    expect(page.locator(".k-rule--off")).to_contain_text("Set form field")
    press("Delete")
    selected(page, "rule:save")
    # Cut here, pasted on another form.
    page.locator("#b-amount").focus()
    press("Control+x")
    expect(page.locator("#d-say")).to_contain_text("is cut")
    page.locator("#d-addform").focus()
    press("Enter")
    selected(page, "form:form")
    page.locator("#t-form").focus()
    press("Control+v")
    selected(page, "field:amount")
    kept(page)
    assert (names(0), names(1)) == (["subject"], ["amount"])
    press("Control+PageUp")
    selected(page, "form:main")
    press("Control+PageDown")
    selected(page, "form:form")
    # The focus has gone along: the next key is about this form.
    expect(page.locator("#t-form")).to_be_focused()
    press("Alt+ArrowLeft")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    press("Escape")
    selected(page, "process")
    press("?")
    page.wait_for_selector("#dialog[open] >> text=Keys of the designer")
    axe(page)
    press("Escape")
    press("Control+s")
    page.wait_for_selector("text=Draft 0.2")


def test_without_script_the_same_buttons_work(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], orders: None
) -> None:
    page = plain_page_as("ada")
    page.goto(HERE)
    go_on(page.get_by_role("button", name="Number", exact=True))
    page.wait_for_selector("#toasts >> text=Added Number.")
    page.locator(".k-handles [popovertarget]").click()
    go_on(page.locator("#m-field").get_by_role("button", name="Move up"))
    page.wait_for_selector("text=Moved to position 1 of 2.")
    page.locator("[name='s/title']").fill("Amount")
    go_on(page.get_by_role("button", name="Keep these properties"))
    expect(page.locator("#b-amount")).to_contain_text("Amount")
    go_on(page.get_by_role("button", name="Delete (Del)"))
    page.wait_for_selector("text=Removed Amount.")
    go_on(page.get_by_role("button", name="Undo (Ctrl Z)"))
    expect(page.locator("#b-amount")).to_be_visible()
    assert names() == ["amount", "subject"]


def test_a_question_of_the_designer_is_laid_out_as_a_page_of_its_own_too(
    plain_page_as: Callable[[str], Page], orders: None
) -> None:
    page = plain_page_as("ada")
    page.goto(f"{HERE}type/?target=field:subject")
    types = page.get_by_role("group", name="Change the type").get_by_role("button")
    boxes: Any = [one.bounding_box() for one in types.all()]
    assert len(boxes) > 3
    assert len({box["width"] for box in boxes}) == 1
