"""Somebody without an account fills in a form by its link, and whoever made it revokes another."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.running import runs
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field
from tests.processes.stories import values_of


def test_a_form_is_filled_in_by_a_link(
    page_as: PageAs,
    person: Callable[[str], Any],
    looks: Look,
) -> None:
    ada, ben = person("ada"), person("ben")
    link = {"type": "anonymous_form_link", "form": "survey", "field": "address",
            "uses": 1, "message": "We read every answer."}  # fmt: skip
    raw = process(
        text_field("address"), button("ask", link, {"type": "save"}), name="ticket", rules=[]
    )
    count = {"type": "set_form_field", "id": "count",
             "assignments": [{"field": "loud", "value": "=Upper([opinion])"}]}  # fmt: skip
    survey = [
        text_field("opinion", title="How was it?", required=True, rules=[count]),
        text_field("loud", title="Louder", enabled=False),
        button("send", {"type": "submit"}),
    ]
    raw["forms"].append({"name": "survey", "title": "Tell us", "fields": survey})
    raw["forms"][1]["activate_with"] = raw["forms"][0]["name"]
    create_design(raw=raw, user=ada)
    publish_design(name="ticket", user=ada)
    made = create_instance(process="ticket", mode="live", data={}, user=ben)

    def ask() -> str:
        run = runs.trigger(process_id=made.process_id, target="ask", user=ben, trigger="button")
        assert run.status == "succeeded", run.error
        return "/" + str(values_of(made)["address"]).split("/", 3)[3]

    page, bens = page_as(None), page_as("ben")
    page.complaints.expect("status of 410")
    path = ask()
    bens.goto(f"/instances/{made.process_id}/")
    looks(bens)
    bens.get_by_role("link", name="Revoke").click()
    looks(bens)
    bens.locator("#dialog").get_by_role("button", name="Revoke").click()
    bens.get_by_text("Link revoked.").wait_for()
    page.goto(path)
    page.get_by_role("heading", name="This link is no longer valid.").wait_for()
    path = ask()
    page.goto(path)
    expect(page.get_by_role("heading", name="Tell us")).to_be_visible()
    looks(page)
    page.complaints.expect("status of 422")
    page.get_by_role("button", name="send").click()
    page.get_by_text("Nothing has been sent.").wait_for()
    looks(page)
    page.get_by_label("How was it?").fill("good")
    page.get_by_label("How was it?").press("Tab")
    expect(page.get_by_label("Louder")).to_have_value("GOOD")
    page.get_by_role("button", name="send").click()
    page.get_by_text("We read every answer.").wait_for()
    looks(page)
    assert values_of(made)["loud"] == "GOOD"
    page.goto(path)
    page.get_by_role("heading", name="This form has already been sent.").wait_for()
    looks(page)
