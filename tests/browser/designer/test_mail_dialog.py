"""The dialog of Send email shows the message while it is written, and sends a test of it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from kianda.mail.models import MailMessage
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.browser.designer.dialogs import shown, under
from tests.browser.hands import pick
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field

MAIL = {
    "type": "send_email", "id": "mail", "to": ["creator"], "subject": "Hello [a]",
    "body": "It is **[a]**.",
}  # fmt: skip


def test_a_message_is_read_while_it_is_written(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
    ada = person("ada")
    fields = text_field("a", title="Employee"), text_field("b", title="Link")
    raw = process(*fields, button("go", MAIL), name="shop")
    create_design(raw=raw, user=ada)
    publish_design(name="shop", user=ada)
    create_instance(process="shop", mode="live", data={"a": "Emma <b>"}, user=ada)
    page = page_as("ada")
    page.goto("/designs/shop/designer/rule/mail/")
    message, box = page.locator(".k-mail"), shown(page, "rule/body")
    expect(message.locator("strong")).to_have_text("Emma <b>")
    expect(message).to_contain_text("Hello Emma <b>")

    page.locator("label", has_text="Subject").click()
    expect(page.get_by_role("textbox", name="Subject")).to_be_focused()
    box.fill("Hi [gone]")
    page.get_by_text("There is no field or name gone.").wait_for()
    axe(page)
    box.fill("[[Answer]([b])")
    expect(message.locator("a.button")).to_have_text("Answer")
    axe(page)
    box.fill("Hi ")
    page.get_by_role("button", name="Bold").click()
    page.keyboard.type("there")
    expect(under(box)).to_have_value("Hi **there**")
    expect(message.locator("strong")).to_have_text("there")
    box.press("End")
    page.get_by_role("button", name="Button to the record").click()
    expect(message.locator("a.button")).to_have_text("Open")

    to = page.locator("#frule-to-box")
    pick(to, "Employee")
    to.fill("Ann <ann@x.example>")
    to.press("Enter")
    expect(message).to_contain_text("Ann <ann@x.example>")
    page.get_by_role("button", name="Send me a test").click()
    page.get_by_text("Test message sent to ada@example.org.").wait_for()
    assert MailMessage.objects.get().subject == "[Test] Hello Emma <b>"
    page.get_by_role("button", name="OK").click()
    page.wait_for_url("**/designs/shop/designer/**at=**")
    page.goto("/designs/shop/designer/rule/mail/")
    expect(page.locator("textarea[name='rule/to']")).to_have_value(
        "creator\n[a]\nAnn <ann@x.example>"
    )
