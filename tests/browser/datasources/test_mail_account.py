"""A mail account is made, tried out with what is typed, and sends a test message."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watch import Look, PageAs
from tests.mail_server import MailServer


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A server in the same machine, which takes mail without a sign-in."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    settings.KIANDA_SMTP = None
    with MailServer() as running:
        yield running


def says(page: Page, words: str) -> None:
    expect(page.locator("#answer")).to_contain_text(words)


def test_an_account_is_tried_out_before_and_after_it_is_saved(
    page_as: PageAs, server: MailServer, looks: Look
) -> None:
    page = page_as("dan")
    page.goto("/datasources/")
    page.get_by_role("link", name="Add a mail account").click()
    expect(page.locator("h1")).to_have_text("New mail account")
    looks(page)
    page.complaints.expect("status of 422")
    page.get_by_role("button", name="Save").click()
    says(page, "Enter a display name.")
    page.get_by_label("Display name").fill("Company mail")
    page.get_by_label("Server", exact=False).first.fill("127.0.0.1")
    page.get_by_label("Port").fill(str(server.port))
    page.get_by_label("Encryption").select_option("none")
    page.get_by_label("From").fill("Kianda <kianda@example.org>")
    page.get_by_role("button", name="Test connection").click()
    says(page, "127.0.0.1 responds. Tested with the settings in the form.")
    expect(page.locator("main")).not_to_contain_text("Nothing has been saved.")
    page.get_by_label("Send a test message to").fill("mark@example.org")
    server.does.recipients["mark@example.org"] = ["550 5.1.1 No such user here", "250 OK"]
    page.get_by_role("button", name="Send test message").click()
    says(page, "550 5.1.1 No such user here")
    looks(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Company mail")
    looks(page)
    page.get_by_label("Send a test message to").fill("")
    page.get_by_role("button", name="Send test message").click()
    expect(page.locator("main")).to_contain_text("Enter an address for the test message.")
    page.get_by_label("Send a test message to").fill("mark@example.org")
    page.get_by_role("button", name="Send test message").click()
    says(page, "queued as 4GxK2p Tested with the saved settings.")
    assert [mail.recipients for mail in server.received] == [["mark@example.org"]]
