"""Records are selected in a list, by mouse or by keys, and a button is pressed on all of them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.bulk import work
from processes.instances.lifecycle import create_instance
from processes.models import BulkPress, ProcessInstance
from tests.browser.story_rows import orders
from tests.browser.watch import PageAs
from tests.processes.stories import published


def approvals(user: Any, count: int) -> None:
    raw = orders()
    buttons = [one for one in raw["forms"][0]["fields"] if one["type"] == "button"]
    buttons[0]["menu"] = ["everyone"]
    published(raw, user=user)
    for _ in range(count):
        create_instance(process="orders", mode="live", data={"customer": "Meyer"}, user=user)


@pytest.mark.parametrize("width", [1280, 390])
def test_selected_records_are_pressed_and_the_bar_fills_as_they_are_done(
    person: Callable[[str], Any], page_as: PageAs, looks: Any, width: int
) -> None:
    approvals(person("ada"), 4)
    page = page_as("ada", width)
    page.goto("/instances/?process=orders")
    bar, boxes = page.locator(".k-selbar"), page.locator("input[name=pick]")
    expect(bar).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("4 selected")
    looks(page)
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    if width == 1280:
        for key in ("x", "ArrowDown", "ArrowDown", "x"):
            page.keyboard.press(key)
        expect(boxes.nth(1)).not_to_be_checked()
    else:
        for box in (boxes.nth(0), boxes.nth(2)):
            box.check()
    expect(boxes.nth(0)).to_be_checked()
    expect(boxes.nth(2)).to_be_checked()
    expect(bar).to_contain_text("2 selected")
    looks(page)
    bar.get_by_role("button", name="Approve 2").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("on 2 records")
    dialog.get_by_role("button", name="Approve 2").click()
    progress = page.locator("#bulk-progress")
    expect(progress).to_contain_text("Approve: 0 of 2 done")
    press = BulkPress.objects.get()
    assert set(press.rows.values_list("process_id", flat=True)) == {"orders-4", "orders-2"}
    work.carry_on(press.pk)
    expect(progress).to_contain_text("Approve: 2 of 2 done")
    looks(page)
    progress.get_by_role("link", name="Open report").click()
    page.get_by_role("heading", name="Approve: 2 of 2 done").wait_for()
    looks(page)
    assert ProcessInstance.objects.filter(revision__gt=1).count() == 2


def test_what_waits_is_stopped_in_the_list(person: Callable[[str], Any], page_as: PageAs) -> None:
    approvals(person("ada"), 2)
    page = page_as("ada")
    page.goto("/instances/?process=orders")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Approve 2").click()
    page.locator("#dialog").get_by_role("button", name="Approve 2").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#bulk-progress")).to_contain_text("0 of 2 done Stopped")
    assert not work.carry_on(BulkPress.objects.get().pk)
    assert not ProcessInstance.objects.filter(revision__gt=1).exists()
