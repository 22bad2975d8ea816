"""The bell: a form arrives while a page is open, is read there, and leads to its instance."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from kianda.messages.mails import mail_timings
from kianda.messages.stop_links import stop_url
from processes.instances.lifecycle import create_instance
from tests.browser.story_rows import LOOKS
from tests.browser.watch import Look, PageAs
from tests.processes.rights.office import Office, deciding, office, send
from tests.processes.stories import published


@pytest.fixture
def people(db: None) -> Office:
    """The people of an office, and Mark who decides."""
    found = office()
    published(deciding(), user=found.root)
    return found


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_bell_tells_and_leads(
    page_as: PageAs, people: Office, axe: Look, assert_fits: Look, width: int, scheme: str
) -> None:
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    page = page_as("mark", width, scheme)
    page.goto("/notifications/")
    expect(page.locator(".k-news .is-new")).to_have_count(1)
    axe(page)
    assert_fits(page)
    decided = page.get_by_label("Bell: My request was decided")
    decided.uncheck()
    page.get_by_label("Email: My request was decided").select_option("Once a day")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(decided).not_to_be_checked()
    expect(page.get_by_label("Email: My request was decided")).to_have_value("daily")
    if width > 1000:
        bell = page.get_by_role("button", name="Notifications, 1 unread")
        bell.click()
        box = page.locator("#bellbox")
        expect(box).to_contain_text("Decision of leave-1 is waiting for you")
        axe(page)
        box.get_by_role("button", name="Mark all as read").click()
        expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
        expect(box.locator(".is-new")).to_have_count(0)
        expect(box.get_by_role("button", name="Mark all as read")).to_have_count(0)
        box.get_by_role("link", name="Reject: leave-1").click()
        expect(box.get_by_label("Reason")).to_be_focused()
        axe(page)
        box.get_by_role("link", name="Cancel").click()
        expect(box.get_by_label("Reason")).to_have_count(0)
        expect(box.get_by_role("link", name="Reject: leave-1")).to_be_focused()
        box.get_by_role("link", name="Reject: leave-1").press("Enter")
        box.get_by_label("Reason").press("Escape")
        expect(box.get_by_role("link", name="Reject: leave-1")).to_be_focused()
        box.get_by_role("link", name="Decision of leave-1").click()
    else:
        page.get_by_role("link", name="Decision of leave-1").click()
    expect(page.locator("h1")).to_contain_text("leave-1")
    send(create_instance(process="leave", mode="live", data={}, user=people.emma), people.emma)
    page.goto("/notifications/?show=unread")
    expect(page.locator(".k-news .is-new")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".k-news .is-new")).to_have_count(0)
    page.goto("/notifications/?show=unread")
    expect(page.locator("main")).to_contain_text("No unread notifications.")
    page.goto("/notifications/")
    page.get_by_role("button", name="Approve: leave-1").click()
    expect(page.locator(f"#news-{made.pk}")).to_contain_text("Approved")
    axe(page)


def test_a_link_in_a_mail_stops_mails_without_signing_in(
    page_as: PageAs, people: Office, looks: Look
) -> None:
    page = page_as("")
    page.goto(urlsplit(stop_url(people.mark, "assigned")).path)
    expect(page.locator("h1")).to_have_text("Stop these emails?")
    looks(page)
    page.get_by_role("button", name="Stop these emails").click()
    expect(page.locator("h1")).to_have_text("Emails stopped")
    looks(page)
    assert mail_timings(people.mark)["assigned"] == "off"
