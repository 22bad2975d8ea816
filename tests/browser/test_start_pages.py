"""A start page is composed with choices that follow each other, and its tiles come to Home."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from processes.instances.lifecycle import create_instance
from tests.browser.watch import PageAs
from tests.processes.lists.test_charts import ROWS, TRIP
from tests.processes.stories import published


def test_a_start_page_is_composed_ordered_and_seen_on_home(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    charts = [{"name": "kinds", "by": "day", "every": "month", "split": "kind",
               "split_value": "air", "title": "Trips per month"}]  # fmt: skip
    published({**TRIP, "views": [{"name": "year", "title": "This year", "charts": charts}]},
              user=person("ada"))  # fmt: skip
    for data in ROWS:
        create_instance(process="trips", mode="live", data=data, user=person("ben"))
    page = page_as("admin")
    page.goto("/start-pages/")
    page.get_by_role("link", name="New start page").first.click()
    page.get_by_label("Title").fill("Travel")
    page.get_by_role("combobox", name="For").fill("every")
    page.get_by_role("option", name="Everyone").click()
    first, second = page.locator("[data-at='0']"), page.locator("[data-at='1']")
    first.get_by_label("Process").select_option("trips")
    # Its first list is chosen, and the charts of that are there.
    first.get_by_label("Chart").locator("option[value='kinds']").wait_for(state="attached")
    first.get_by_label("Chart").select_option("kinds")
    page.get_by_role("button", name="Add tile").click()
    second.get_by_label("Process").select_option("trips")
    second.get_by_label("Chart").locator("option[value='kinds']").wait_for(state="attached")
    second.get_by_label("List").select_option("all")
    second.get_by_label("Chart").locator("option[value='per-week']").wait_for(state="attached")
    looks(page)
    # The focus follows what the keys have moved or removed.
    page.get_by_role("button", name="Move Tile 2 up").press("Enter")
    expect(page.get_by_role("button", name="Remove Tile 1")).to_be_focused()
    expect(first.get_by_label("List")).to_have_value("all")
    page.get_by_role("button", name="Add tile").press("Enter")
    expect(page.locator("[data-at='2'] summary")).to_be_focused()
    page.get_by_role("button", name="Remove Tile 3").press("Enter")
    expect(page.get_by_role("button", name="Remove Tile 2")).to_be_focused()
    expect(page.get_by_role("button", name="Update choices")).to_be_hidden()
    page.get_by_role("button", name="Move Tile 2 up").press("Enter")
    expect(first.get_by_label("List")).to_have_value("year")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("cell", name="2", exact=True).wait_for()
    looks(page)

    reader = page_as("ben")
    reader.goto("/")
    panel = reader.get_by_role("region", name="Trips per month")
    panel.get_by_role("listitem").filter(has_text="Other").wait_for()
    panel.locator("summary").click()
    panel.get_by_role("rowheader", name="All").wait_for()
    looks(reader)

    page.get_by_role("link", name="Delete Travel").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="No start pages yet").wait_for()
