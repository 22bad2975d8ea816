"""Administration, Messages: a message that was refused is sent to another address."""

from typing import Any

import pytest
from playwright.sync_api import expect

from datasources.services.datasources import create_datasource
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailRecipient, MailState
from kianda.mail.planning import plan_letters
from tests.browser.watch import Look, PageAs

ACCOUNT = {
    "kind": "email", "name": "company-mail", "title": "Company mail", "host": "mail.example.org",
    "from": "kianda@example.org",
}  # fmt: skip


@pytest.fixture
def refused(db: None) -> MailMessage:
    """A message whose one recipient the server has refused."""
    to = ("Billing <billing@harbour-print.example>",)
    plan_letters([Letter(key="k", to=to, subject="Invoice 2026-118", text="Total 118.00")])
    MailMessage.objects.update(state=MailState.REJECTED, tries=1, due_at=None)
    MailRecipient.objects.update(state=MailState.REJECTED, words="550 5.1.1 No such user here")
    return MailMessage.objects.get()


def test_a_refused_message_is_sent_to_another_address_and_the_account_is_chosen(
    page_as: PageAs, refused: MailMessage, person: Any, looks: Look,
) -> None:  # fmt: skip
    create_datasource(raw=ACCOUNT, user=person("admin"))
    page = page_as("admin")
    page.goto("/messages/")
    expect(page.locator("h1")).to_have_text("1 message needs attention")
    looks(page)
    page.get_by_role("link", name="Mail account").click()
    page.get_by_role("combobox", name="Mail account").select_option("Company mail")
    looks(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Mail account saved.")).to_be_visible()
    page.goto("/messages/?state=rejected")
    page.get_by_role("link", name="Invoice 2026-118").click()
    expect(page.get_by_role("heading", name="Invoice 2026-118")).to_be_visible()
    expect(page.locator("main")).to_contain_text("550 5.1.1 No such user here")
    looks(page)
    page.get_by_label("Send again to").fill("nobody")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("“nobody” is not an email address.")
    page.get_by_label("Send again to").fill("accounts@harbour-print.example")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("sent it again")
    page.get_by_role("button", name="Mark as done").click()
    expect(page.locator("main")).to_contain_text("marked it as done")
    expect(page.get_by_role("button", name="Mark as done")).to_have_count(0)
