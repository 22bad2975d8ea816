"""What was typed is here again when the page was left, until it is sent or discarded."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import ProcessInstance
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field
from tests.processes.stories import published, values_of

BACK = "Your entries from before are here again. They are not saved yet."


@pytest.fixture
def leave(person: Callable[[str], Any]) -> Any:
    """A process with a note, a secret and a button, and one record of it."""
    made = process(
        text_field("note", title="Note"),
        text_field("days", title="Days"),
        {"type": "secret", "name": "pin", "title": "PIN"},
        button("send", {"type": "submit"}) | {"title": "Send request", "place": "footer"},
        name="leave", title="Leave", rules=[],
    )  # fmt: skip
    published(made, user=person("ada"))
    return create_instance(process="leave", mode="live", data={"days": "2"}, user=person("ben"))


def note(page: Page) -> Any:
    return page.locator("#form").get_by_label("Note")


def go_home_and_back(page: Page) -> None:
    url = page.url
    with page.expect_navigation(url="**/"):
        page.locator("a[href='/']:visible").first.click()
    page.goto(url)


def test_a_request_left_unsent_is_here_again_without_its_secrets(
    leave: Any, page_as: PageAs, looks: Look
) -> None:
    page = page_as("ben")
    page.goto("/start/leave/")
    note(page).press_sequentially("Two weeks in May")
    page.get_by_label("PIN", exact=True).press_sequentially("never-kept")
    go_home_and_back(page)
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(note(page)).to_have_value("Two weeks in May")
    expect(page.get_by_label("PIN", exact=True)).to_have_value("")
    assert "never-kept" not in page.evaluate("JSON.stringify(sessionStorage)")
    looks(page)
    go_home_and_back(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Discard these entries").click()
    expect(note(page)).to_have_value("")
    go_home_and_back(page)
    expect(note(page)).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_a_sent_request_is_forgotten(leave: Any, page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/start/leave/")
    note(page).press_sequentially("Two weeks in May")
    page.get_by_role("button", name="Send request").click()
    page.wait_for_url("**/sent/**")
    page.goto("/start/leave/")
    expect(note(page)).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_back_from_a_sent_request_leads_to_an_empty_form(leave: Any, page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/start/leave/")
    note(page).press_sequentially("Two weeks in May")
    page.get_by_label("Days", exact=True).press_sequentially("10")
    page.get_by_role("button", name="Send request").click()
    page.wait_for_url("**/sent/**")
    page.go_back(wait_until="load")
    page.get_by_role("heading", name="New leave").wait_for()
    expect(note(page)).to_have_value("")
    expect(page.get_by_label("Days", exact=True)).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_back_to_a_request_left_unsent_brings_all_of_it_back(leave: Any, page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/start/leave/")
    note(page).press_sequentially("Two weeks in May")
    page.get_by_label("Days", exact=True).press_sequentially("10")
    with page.expect_navigation(url="**/"):
        page.locator("a[href='/']:visible").first.click()
    page.go_back(wait_until="load")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(note(page)).to_have_value("Two weeks in May")
    expect(page.get_by_label("Days", exact=True)).to_have_value("10")


def test_a_saved_form_is_forgotten_and_a_comment_beside_it_stays(
    leave: Any, page_as: PageAs
) -> None:
    page = page_as("ben")
    page.goto("/instances/leave-1/")
    comment = page.get_by_label("Write a comment")
    comment.press_sequentially("Half a sentence")
    note(page).press_sequentially("In May")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("Draft saved.").wait_for()
    assert values_of(leave)["note"] == "In May"
    expect(comment).to_have_value("Half a sentence")
    go_home_and_back(page)
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(comment).to_have_value("Half a sentence")
    page.get_by_role("button", name="Add comment").click()
    page.locator("#feed").get_by_text("Half a sentence").wait_for()
    expect(page.get_by_text(BACK)).to_have_count(0)
    go_home_and_back(page)
    expect(comment).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_what_others_have_changed_since_is_asked_about(
    leave: Any, page_as: PageAs, person: Callable[[str], Any]
) -> None:
    page = page_as("ben")
    page.goto("/instances/leave-1/")
    note(page).press_sequentially("In May")
    page.goto("/")
    patch_instance(
        process_id="leave-1", data={"note": "In June", "days": "3"},
        revision=ProcessInstance.objects.get().revision, user=person("admin"),
    )  # fmt: skip
    page.goto("/instances/leave-1/")
    expect(note(page)).to_have_value("In May")
    page.complaints.expect("status of 422")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("1 field was changed while you were editing.").wait_for()
    assert values_of(leave) | {"pin": None} == {"note": "In June", "days": "3", "pin": None}
    go_home_and_back(page)
    expect(note(page)).to_have_value("In May")


def test_the_next_person_at_the_screen_finds_nothing(leave: Any, page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/start/leave/")
    note(page).press_sequentially("Two weeks in May")
    page.goto("/")
    page.click("[popovertarget=usermenu]")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in/**")
    assert "May" not in page.evaluate("JSON.stringify(sessionStorage)")
