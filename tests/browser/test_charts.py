"""The charts of a process fit and can be read; lists and charts are edited in their form."""

from collections.abc import Callable
from typing import Any

from processes.designer.working_copy import open_copy
from processes.instances.lifecycle import create_instance
from tests.browser.watch import PageAs
from tests.processes.lists.test_charts import ROWS, TRIP
from tests.processes.stories import published


def test_charts_fit_and_are_accessible(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    charts = [
        {"show": "number", "calculate": "sum", "field": "cost"},
        {"by": "day", "split": "kind", "split_value": "air"},
        {"show": "line", "calculate": "average", "field": "cost", "by": "day"}, {"by": "city"},
    ]  # fmt: skip
    published({**TRIP, "views": [{"name": "all", "charts": charts}]}, user=person("ada"))
    for data in ROWS:
        city = {"city": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"}
        create_instance(process="trips", mode="live", data={**data, **city}, user=person("ada"))
    page = page_as("ada")
    page.goto("/records/trips/charts/")
    page.locator("summary", has_text="Trips by City").click()
    page.get_by_role("rowheader", name="All").wait_for()
    page.get_by_label("split by").select_option("kind=air")
    page.get_by_role("button", name="Show chart").click()
    page.get_by_role("button", name="Add to All").wait_for()
    looks(page)


def test_lists_are_edited_with_rows_that_come_and_go(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    published(TRIP, user=person("ada"))
    page = page_as("ada")
    page.goto("/designs/trips/designer/lists/")
    page.get_by_role("button", name="Add list").click()
    page.get_by_label("Unique name").fill("dear")
    page.get_by_label("Columns 1").select_option("kind")
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Left side, condition 1", exact=True).fill("[cost]")
    page.get_by_label("Operator, condition 1", exact=True).select_option("gt")
    page.get_by_label("Right side, condition 1", exact=True).fill("100")
    page.get_by_role("status").filter(has_text="Cost is more than “100”").wait_for()
    page.get_by_role("button", name="Add chart").click()
    page.get_by_label("By", exact=True).select_option("kind")
    looks(page)
    page.get_by_role("button", name="Save lists").click()
    page.get_by_text("Lists saved. They apply once you publish.").wait_for()
    [view] = open_copy("trips", user=person("ada")).document["views"]
    assert (view["columns"], view["charts"][0]["by"]) == (["kind"], "kind")
    assert view["filter"]["items"] == [{"left": "[cost]", "operator": "gt", "right": "100"}]
