"""People and groups are named in one control: found by typing, chosen by keys, taken out again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from kianda.accounts.services import groups
from tests.browser.hands import pick
from tests.browser.story_rows import LOOKS, make_orders
from tests.browser.watch import Look, PageAs
from tests.factories import make_user
from tests.pages import SCRIPT

GROUP = "/users/groups/77/"


@pytest.fixture
def office(person: Callable[[str], Any]) -> None:
    """A group with one member and somebody who has left, and people to choose from."""
    crew = Group.objects.create(name="Crew", pk=77)
    for name, last, active in (("ann", "Hanlon", True), ("gone", "Hart", False)):
        made = make_user(name, "User", first_name=name.title(), last_name=last, is_active=active)
        crew.user_set.add(*([made] if not active else []))
    make_user("bo", "User", first_name=SCRIPT[:100], last_name="Han")


def chosen(page: Page) -> list[str]:
    """Return what the chips say."""
    return [text.strip() for text in page.locator(".k-chip").all_inner_texts()]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_people_are_found_and_chosen_by_keys(
    page_as: PageAs, office: None, axe: Look, assert_fits: Look, width: int, scheme: str
) -> None:
    page = page_as("admin", width, scheme)
    page.goto(GROUP)
    box, sent = page.get_by_label("Members", exact=True), page.locator("[name=members]")
    assert chosen(page) == ["GH\nGone Hart, deactivated"]
    box.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(3)
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    box.fill("HAN")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    # The first that fits is marked; the arrows go round.
    for key, name in (("ArrowDown", "bo"), ("ArrowDown", "ann"), ("ArrowUp", "bo")):
        box.press(key)
        marked = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
        expect(marked).to_have_attribute("data-ref", f"user:{name}")
    expect(box).to_have_attribute("aria-expanded", "true")
    axe(page)
    assert_fits(page)
    box.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(sent).to_have_value("gone\nbo")
    expect(page.get_by_role("status").filter(has_text="added")).to_have_count(1)
    box.press("Backspace")
    box.press("Backspace")
    expect(sent).to_have_value("")
    # Who types quickly presses Enter before anybody is offered.
    box.press_sequentially("ann")
    box.press("Enter")
    expect(sent).to_have_value("ann")
    box.press("Enter")
    page.wait_for_url("**/users/groups/")
    assert groups.members_of(Group.objects.get(pk=77)) == ["ann"]
    assert page.title() != "owned"


def test_people_are_chosen_by_mouse_and_each_only_once(page_as: PageAs, office: None) -> None:
    page = page_as("admin")
    page.goto(GROUP)
    sent = page.locator("[name=members]")
    box = page.get_by_label("Members", exact=True)
    box.click()
    page.get_by_role("option", name="Ann Hanlon").click()
    expect(sent).to_have_value("gone\nann")
    box.click()
    again = page.get_by_role("option", name="Ann Hanlon")
    expect(again).to_have_attribute("aria-selected", "true")
    again.click()
    expect(sent).to_have_value("gone")
    page.get_by_role("button", name="Remove Gone Hart").click()
    expect(sent).to_have_value("")
    expect(page.get_by_label("Members", exact=True)).to_be_focused()


def test_a_name_that_was_typed_and_not_chosen_is_not_lost(page_as: PageAs, office: None) -> None:
    page = page_as("admin")
    page.complaints.expect("status of 422")
    page.goto("/users/groups/")
    page.get_by_role("link", name="Crew").first.click()
    box = page.get_by_label("Members", exact=True)
    box.fill("ann, stranger")
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_role("link", name="There is no user stranger.").click()
    expect(box).to_be_focused()
    assert chosen(page) == ["GH\nGone Hart, deactivated", "AH\nAnn Hanlon", "stranger"]
    page.get_by_role("button", name="Remove stranger").click()
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Crew is changed.").wait_for()


def test_owners_of_a_form_are_people_and_groups_of_one_picker(
    page_as: PageAs, person: Callable[[str], Any], office: None, looks: Look
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/designer/")
    page.locator("[data-live]").wait_for()
    page.get_by_role("button", name="More for the form").click()
    page.get_by_role("button", name="Form settings").click()
    owners = page.get_by_role("combobox", name="Owners")
    pick(owners, "ann")
    page.get_by_text("All edits kept").first.wait_for()
    pick(owners, "crew")
    expect(page.locator("[name$='/owners/groups']")).to_have_value("Crew")
    expect(page.locator("[name$='/owners/users']")).to_have_value("ann")
    page.reload()
    expect(page.locator(".k-chip")).to_have_count(2)
    looks(page)
