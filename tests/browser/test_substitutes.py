"""Somebody who is away names a substitute, who does the work; the page says for whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.browser.hands import pick
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field


def test_a_substitute_does_the_work_of_who_is_away(
    page_as: PageAs,
    person: Callable[[str], Any],
    looks: Look,
) -> None:
    ada = person("ada")
    emma, tom = page_as("ben"), page_as("tom")
    ben, substitute = person("ben"), person("tom")
    substitute.first_name, substitute.last_name = "Tom", "Keane"
    substitute.save()
    raw = process(text_field("days"), name="leave", title="Leave", rules=[])
    raw["forms"][0]["fields"].append(button("send", {"type": "submit"}))
    raw["forms"][0] |= {"title": "Asking", "owners": {"users": ["ben"]}}
    create_design(raw=raw, user=ada)
    publish_design(name="leave", user=ada)
    made = create_instance(process="leave", mode="live", data={}, user=ben)

    emma.complaints.expect("status of 422")
    emma.goto("/profile/")
    looks(emma)
    emma.get_by_role("link", name="Choose a substitute").click()
    today = timezone.now().date()
    box = emma.get_by_role("combobox", name="Substitute")
    pick(box, "ben")
    emma.locator("#dialog [name=last_day]").fill((today - timedelta(days=9)).isoformat())
    emma.click("#dialog footer .btn-primary")
    emma.get_by_text("cannot be their own substitute").first.wait_for()
    assert "before the first day" in emma.inner_text("#id_last_day-error")
    looks(emma)
    box.press("Backspace")
    pick(box, "tom")
    emma.locator("#dialog [name=last_day]").fill((today + timedelta(days=9)).isoformat())
    emma.click("#dialog footer .btn-primary")
    emma.get_by_text("Substitute saved: Tom Keane.").wait_for()
    expect(emma.get_by_role("link", name="Change substitute")).to_be_visible()
    looks(emma)

    tom.goto("/work/")
    tom.get_by_role("link", name="Asking").first.click()
    tom.get_by_text("as substitute for").first.wait_for()
    looks(tom)
    tom.get_by_role("button", name="Send").first.click()
    tom.wait_for_url("**/sent/main/")
    tom.goto(f"/instances/{made.process_id}/")
    tom.get_by_text("Completed by Tom Keane for").first.wait_for()
    looks(tom)
    tom.goto(f"/instances/{made.process_id}/changes/")
    expect(tom.get_by_text("Tom Keane for").first).to_be_visible()
    looks(tom)
    tom.goto("/profile/")
    tom.get_by_text("You are the substitute of").wait_for()

    emma.get_by_role("link", name="Change substitute").click()
    emma.get_by_role("button", name="Remove substitute").click()
    emma.get_by_text("Substitute removed.").wait_for()
