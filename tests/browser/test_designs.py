"""Process designs in a browser: the list, the editor, publishing, versions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.models import ProcessDesign
from processes.selectors import get_design
from tests.browser.hands import press_as_the_session_ends
from tests.browser.story_rows import SCRIPT, make_order, make_orders, orders, sign_in
from tests.browser.watch import Look, PageAs

EDITOR = "textarea[name=definition]"


def fill(page: Page, text: str) -> None:
    page.locator(EDITOR).fill(text)


PLACES = [
    "/designs/",
    "/designs/new/",
    "/designs/new/definition/",
    "/designs/orders/",
    "/designs/orders/versions/?from=0.1&to=1.1",
    "/designs/orders/versions/1.0/",
    "/designs/orders/designer/flow/",
    "/designs/orders/publish/",
]


def test_the_pages_fit_and_are_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    make_orders(person("ada"))
    save_design(name="orders", raw=orders(description="New " * 20), user=person("ada"))
    page = page_as("ada")
    for place in PLACES:
        page.goto(place)
        looks(page)


def test_on_the_flow_a_key_adds_a_button_to_the_form_that_one_is_on(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/designer/flow/")
    page.locator("svg.k-flow a").first.focus()
    page.keyboard.press("b")
    page.wait_for_url("**/designer/?at=field*")
    expect(page.get_by_role("heading", name="Button", exact=True)).to_be_visible()


def test_an_empty_workspace_offers_the_first_act(page_as: PageAs, looks: Any) -> None:
    page = page_as("ada")
    page.goto("/designs/")
    looks(page)
    page.get_by_role("link", name="Add new").click()
    page.wait_for_selector("#dialog[open] >> text=Add a process design")


def test_a_definition_is_pasted_published_and_deleted(
    page_as: PageAs, axe: Look, assert_fits: Look
) -> None:
    page = page_as("ada")
    page.goto("/designs/new/definition/")
    fill(page, json.dumps(orders(), indent=2))
    page.get_by_role("button", name="Create the design").click()
    page.wait_for_url("**/designs/orders/")
    page.get_by_role("link", name="Publish 1.0").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    page.get_by_label("Note").fill("First")
    page.locator("#dialog").get_by_role("button", name="Publish 1.0").dblclick()
    page.wait_for_selector("text=Published 1.0")
    assert str(get_design("orders").published) == "1.0"
    assert get_design("orders").versions.count() == 2
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Delete design").click()
    page.wait_for_url("**/designs/")
    assert not ProcessDesign.objects.exists()


def test_each_error_is_marked_at_its_line_and_the_link_goes_there(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/")
    text = page.locator(EDITOR).input_value()
    wrong = text.replace('"decimals": 2', '"decimals": "two"').replace('"b"', '"a"')
    fill(page, wrong)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Check 2 places. Nothing has been saved.")
    looks(page)
    assert page.locator(EDITOR).input_value() == wrong
    expect(page.locator(".k-mark--bad")).to_have_count(2)
    page.locator("a[data-line]").first.click()
    chosen = page.evaluate(
        "(t) => t.value.slice(t.selectionStart, t.selectionEnd)",
        page.locator(EDITOR).element_handle(),
    )
    assert '"decimals": "two"' in chosen
    assert str(get_design("orders").draft) == "1.0"


def test_five_megabytes_are_not_sent_and_stay(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/")
    page.evaluate(
        "(t) => { t.value = '{\"name\": \"' + 'x'.repeat(5_000_000) + '\"}';"
        " t.dispatchEvent(new Event('input', {bubbles: true})); }",
        page.locator(EDITOR).element_handle(),
    )
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=This one is larger; nothing was sent.")
    assert page.evaluate(f"document.querySelector('{EDITOR}').value.length") > 5_000_000


def test_somebody_else_saved_so_both_changes_are_shown_and_mine_can_be_kept(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/")
    save_design(name="orders", raw=orders(description="Theirs"), user=person("admin"))
    fill(page, page.locator(EDITOR).input_value().replace('"Status"', '"State"'))
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=admin saved version 1.1 while you were editing")
    expect(page.get_by_text("Description of the process changed.")).to_have_count(2)
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Keep mine").click()
    page.wait_for_selector("text=Saved as draft 1.2.")
    kept = get_design("orders").draft.document
    assert "State" in json.dumps(kept)
    assert kept["description"] == ""


def test_script_in_a_definition_is_shown_as_text(page_as: PageAs) -> None:
    page = page_as("ada")
    page.goto("/designs/new/definition/")
    fill(page, json.dumps(orders(title=SCRIPT, description=SCRIPT)))
    page.get_by_role("button", name="Create the design").click()
    page.wait_for_url("**/designs/orders/")
    page.goto("/designs/")
    expect(page.get_by_role("link", name=SCRIPT, exact=True)).to_have_count(1)
    assert page.title() != "owned"


def test_a_lost_session_keeps_the_typed_definition(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/")
    page.locator(EDITOR).press("Control+End")
    page.locator(EDITOR).press_sequentially("  ")
    press_as_the_session_ends(page.get_by_role("button", name="Save"))
    sign_in(page, "ada")
    page.wait_for_selector("text=Your entries are here again")
    assert page.locator(EDITOR).input_value().endswith("  ")


def test_an_old_version_is_compared_and_restored(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
    make_orders(person("ada"))
    save_design(name="orders", raw=orders(description="Newer"), user=person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/versions/")
    page.get_by_label("Compare").select_option("1.0")
    page.get_by_role("button", name="Show the difference").click()
    page.wait_for_selector("text=Description of the process changed.")
    page.get_by_role("link", name="Restore version 1.0").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Restore as draft").dblclick()
    page.wait_for_url("**/designs/orders/")
    assert str(get_design("orders").draft) == "1.2"


def test_a_design_in_use_says_by_whom(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
    make_orders(person("ada"))
    instance = make_order(person("ada"))
    page = page_as("ada")
    page.complaints.expect("status of 409")
    page.goto("/designs/orders/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.locator("#dialog").get_by_role("button", name="Delete design").click()
    page.wait_for_selector("#dialog >> text=It is in use, so it was not deleted")
    expect(page.locator("#dialog").get_by_role("link", name=instance.process_id)).to_have_count(1)
    axe(page)


def test_typing_a_search_narrows_the_list_in_place(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    ada = person("ada")
    for n in range(30):
        create_design(raw=orders(name=f"orders-{n}", title=f"Orders {n}"), user=ada)
    publish_design(name="orders-7", user=ada)
    page = page_as("ada")
    page.goto("/designs/")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_label("Search process design").press_sequentially("orders-7")
    page.wait_for_selector("tbody tr:nth-child(2)", state="detached")
    assert "q=orders-7" in page.url
    page.get_by_label("State").select_option("never")
    page.wait_for_selector("text=No results for")


@pytest.mark.parametrize("place", ["dialog", "page"])
def test_the_other_way_to_add_a_design_has_a_line_of_its_own_on_a_phone(
    page_as: PageAs, looks: Any, place: str
) -> None:
    page = page_as("ada", width=390)
    page.goto("/designs/new/" if place == "page" else "/designs/")
    if place == "dialog":
        page.get_by_role("link", name="Add new").click()
    link = page.get_by_role("link", name="Paste a definition instead")
    expect(link).to_be_visible()
    above = link.bounding_box()
    below = page.get_by_role("button", name="Add and open the designer").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert above["height"] < 30, "The link is one line."
    looks(page)
