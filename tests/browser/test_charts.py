"""The charts of a process fit and can be read, at both widths and in both schemes."""

from collections.abc import Callable
from typing import Any

from processes.instances.lifecycle import create_instance
from tests.browser.watch import PageAs
from tests.processes.lists.test_charts import ROWS, TRIP
from tests.processes.stories import published


def test_charts_fit_and_are_accessible(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    charts = [
        {"show": "number", "calculate": "sum", "field": "cost"}, {"by": "day"},
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
    looks(page)
