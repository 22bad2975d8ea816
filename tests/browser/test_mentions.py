"""Who types @ in a comment is offered people by name, and their user name is written."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from processes.models import Comment
from tests.browser.story_rows import make_order, make_orders
from tests.browser.watch import Look, PageAs
from tests.factories import make_user


@pytest.fixture
def page(page_as: PageAs, person: Callable[[str], Any]) -> Page:
    """The page of an order, for ada; Tomás Keane and Ann Hanlon may be named."""
    make_orders(person("ada"))
    make_order(person("ada"))
    make_user("tkeane", "User", first_name="Tomás", last_name="Keane")
    make_user("ann", "User", first_name="Ann", last_name="Hanlon")
    opened = page_as("ada")
    opened.goto("/instances/orders-1/")
    return opened


def box(page: Page) -> Any:
    return page.get_by_label("Write a comment")


def options(page: Page) -> Any:
    return page.locator("#k-mentions").get_by_role("option")


def test_a_person_is_found_by_name_and_chosen_by_a_key(page: Page, looks: Look) -> None:
    box(page).press_sequentially("Ask @tomá")
    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("Tomás Keane")
    looks(page)
    box(page).press("Enter")
    expect(box(page)).to_have_value("Ask @tkeane ")
    expect(options(page)).to_have_count(0)
    box(page).press_sequentially("first.")
    page.get_by_role("button", name="Add comment").click()
    page.locator("#feed").get_by_text("@Tomás Keane").wait_for()
    assert Comment.objects.get().text == "Ask @tkeane first."


def test_one_is_chosen_with_the_mouse_in_the_middle_of_a_text(page: Page) -> None:
    box(page).fill("Ask  first.")
    box(page).evaluate("field => field.setSelectionRange(4, 4)")
    box(page).press_sequentially("@han")
    options(page).get_by_text("Hanlon").click()
    expect(box(page)).to_have_value("Ask @ann  first.")
    expect(box(page)).to_be_focused()


def test_escape_closes_the_list_and_keeps_the_dialog(page: Page) -> None:
    box(page).fill("Ask")
    page.get_by_role("button", name="Add comment").click()
    page.get_by_role("link", name="Edit this comment").click()
    words = page.locator("#dialog textarea")
    words.press("End")
    words.press_sequentially(" @a")
    expect(options(page).first).to_be_visible()
    words.press("ArrowDown")
    words.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(words).to_have_value("Ask @a")
    words.press("Enter")
    expect(words).to_have_value("Ask @a\n")


def test_an_address_offers_nobody_and_so_does_a_name_that_nobody_has(page: Page) -> None:
    box(page).press_sequentially("From me@ann ask @nobod")
    with page.expect_response(lambda answer: "q=nobody" in answer.url):
        box(page).press_sequentially("y")
    expect(options(page)).to_have_count(0)
    box(page).press("Enter")
    expect(box(page)).to_have_value("From me@ann ask @nobody\n")
