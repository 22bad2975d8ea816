"""How the designer looks: wide and narrow, with flaws, while something is dragged."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from processes.designs.lifecycle import create_design
from processes.selectors import get_design
from tests.browser.designer.screen import HERE, box, drag, field_of, kept, names, selected
from tests.browser.watch import Look, PageAs, narrow
from tests.processes.definitions import button, process, set_rule, text_field


def test_it_fits_and_is_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, axe: Look, assert_fits: Look
) -> None:
    raw = process(
        text_field("subject", required=True, width=6),
        {"type": "secret", "name": "key", "width": 6},
        text_field("a_name_that_is_as_long_as_names_may_be_and_has_no_blank_in_it", width=2,
                   title="The reference that the customer has given us, all of it", required=True),
        {"type": "panel", "name": "box", "fields": [text_field("inside", width=4)]},
        button("go", set_rule("subject", "x"), {"type": "save", "enabled": False}),
        name="orders", title="Orders",
    )  # fmt: skip
    raw["forms"].append({"name": "second", "title": "What the people in the warehouse do"})
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada")
    for at in ("field:go", "field:box", "form:second", "process"):
        page.goto(f"{HERE}?at={at}")
        page.evaluate("document.getElementById('pane-canvas').checked = true")
        looks(page)
        with narrow(page):
            for pane in ("palette", "props"):
                page.evaluate(f"document.getElementById('pane-{pane}').checked = true")
                axe(page)
                assert_fits(page)
    page.evaluate("document.getElementById('pane-palette').checked = true")
    page.get_by_role("link", name="Outline").click()
    page.wait_for_selector("#d-outline .k-line-of")
    looks(page)


def test_on_a_phone_one_pane_is_shown_at_a_time(
    page_as: PageAs, orders: None, axe: Look, assert_fits: Look
) -> None:
    page = page_as("ada", 390)
    page.goto(HERE)
    panes = page.locator("#d-switch")
    panes.locator("label:has(#pane-palette)").click()
    expect(page.locator("#d-canvas")).to_be_hidden()
    page.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(page.locator("#b-toggle")).to_be_visible()
    expect(page.locator("#d-palette")).to_be_hidden()
    page.locator(".k-handles [popovertarget]").click()
    axe(page)
    assert_fits(page)
    page.locator("#m-field").get_by_role("button", name="Move up").click()
    page.wait_for_selector('[data-drag="field"]:first-child[data-slug="toggle"]')
    panes.locator("label:has(#pane-props)").click()
    page.locator("[name='s/title']").fill("Urgent")
    page.locator("[name='s/title']").press("Tab")
    panes.get_by_text("Urgent", exact=True).wait_for()
    kept(page)
    assert names() == ["urgent", "subject"]
    # What is typed last goes along, also when the preview is opened at once.
    page.locator("[name='s/title']").fill("Very urgent")
    page.locator("#d-preview").click()
    page.wait_for_url("**/designs/orders/preview/**")
    assert get_design("orders").draft.document["forms"][0]["fields"][0]["title"] == "Very urgent"


def test_rules_are_dragged_to_fields_and_nothing_into_itself(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    many = [set_rule("subject", str(n), id=f"r{n}") for n in range(12)]
    raw = process(
        text_field("subject"),
        {"type": "panel", "name": "box", "fields": [text_field("inside")]},
        button("go", *many), name="orders", title="Orders",
    )  # fmt: skip
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:go")
    expect(page.locator(".k-rule--folded")).to_have_count(12)
    axe(page)
    assert_fits(page)
    drag(page, page.locator('[data-target="rule:r0"] [data-grip]'), box(page, "subject"))
    selected(page, "rule:r0")
    kept(page)
    assert [rule["id"] for rule in field_of("subject")["rules"]] == ["r0"]
    drag(page, box(page, "box"), box(page, "inside"))
    expect(page.locator("#d-lost")).to_contain_text("cannot be moved into itself")
    drag(page, box(page, "subject"), box(page, "inside"), dy=0.9)
    expect(page.locator(".k-drop--inner #b-subject")).to_be_visible()
    kept(page)
    assert [one["name"] for one in field_of("box")["fields"]] == ["inside", "subject"]
    # On the tab of another form: to its end.
    page.locator("#d-addform").click()
    selected(page, "form:form")
    page.locator("#t-main").click()
    selected(page, "form:main")
    drag(page, box(page, "go"), page.locator("#t-form"))
    selected(page, "field:go")
    kept(page)
    assert names(1) == ["go"]


def test_what_is_broken_is_marked_and_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    raw = process(
        text_field("subject"), {"type": "table", "name": "lines", "columns": [text_field("what")]},
        button("go", set_rule("subject", "x", id="set"),
               {"type": "loop_table", "id": "each", "table": "lines",
                "rules": [{"type": "save", "id": "inner"}]}),
        name="orders", title="Orders",
    )  # fmt: skip
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    page.locator(".k-handles").get_by_role("button", name="Delete (Del)").click()
    page.wait_for_selector("#dialog[open]")
    looks(page)
    page.locator("#dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#d-count")).to_contain_text("1 error")
    # No version is made of it; what stands in the way is listed, and leads to its place.
    page.complaints.expect("status of 422")
    page.locator("#d-save").click()
    expect(page.locator("#d-flaws")).to_contain_text("No version was saved: fix 1 error")
    looks(page)
    page.locator("#d-flaws button").click()
    selected(page, "rule:set")
    expect(page.locator(".k-rule-flaw")).to_contain_text("There is no field subject.")
    looks(page)
    page.locator("#d-publish").click()
    page.wait_for_selector("#dialog[open] >> text=Fix 1 error first")
    expect(page.locator("#dialog .k-line-of")).to_be_focused()
    expect(page.locator("#dialog [name=note]")).to_have_count(0)
    looks(page)
    page.keyboard.press("Escape")
    # Refused, the preview leaves one in the designer, at its own address.
    page.locator("#d-preview").click()
    page.wait_for_selector("#d-lost + [role=alert] >> text=No version was saved")
    page.wait_for_url(f"**{HERE}?at=rule:set")
    for part in ("publish", "type/?target=field:lines", "move/?target=rule:each", "discard",
                 "keys", "uses/?target=field:lines"):  # fmt: skip
        page.goto(f"{HERE}{part}" if "?" in part else f"{HERE}{part}/")
        looks(page)
