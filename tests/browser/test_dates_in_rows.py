"""Dates in the rows of a table are read whole, however narrow the screen is."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import process

COLUMNS = [
    {"type": "text", "name": "what"},
    {"type": "number", "name": "amount"},
    {"type": "date", "name": "at", "mode": "datetime"},
    {"type": "list", "name": "size", "choices": ["S", "M"]},
    {"type": "toggle", "name": "sent"},
    {"type": "text", "name": "note"},
]
ROWS = [
    {"what": "Pen", "at": "2026-11-27T10:00:00Z"},
    {"what": "Ink", "at": "2026-11-27T18:06:39Z"},
]
# Whether each control is as wide as all that may stand in it; rows are laid a moment later.
WHOLE = """() => [...document.querySelectorAll("[data-row] [type=datetime-local]")].every((one) => {
  const whole = one.cloneNode();
  whole.style.cssText = "position: absolute; width: max-content; min-width: 0";
  one.after(whole);
  const { width } = whole.getBoundingClientRect();
  whole.remove();
  return width - one.getBoundingClientRect().width < 0.5;
})"""


@pytest.fixture
def trips(person: Callable[[str], Any]) -> None:
    """An instance and one of the preview, with a table of six columns and one of three."""
    tables: list[dict[str, Any]] = [
        {"type": "table", "name": "lines", "columns": COLUMNS},
        {"type": "table", "name": "few", "columns": COLUMNS[:3]},
        {"type": "table", "name": "half", "columns": COLUMNS[:3], "width": 6},
    ]
    create_design(raw=process(*tables, name="trips"), user=person("ada"))
    publish_design(name="trips", user=person("ada"))
    data = {table["name"]: ROWS for table in tables}
    for mode in ("live", "preview"):
        create_instance(process="trips", mode=mode, data=data, user=person("ada"))


def assert_read_whole(place: Any) -> None:
    """Check every date with its time that stands in a row of a page that is whole."""
    place.wait_for_load_state()
    expect(place.locator("[data-row] input[type=datetime-local]")).to_have_count(6)
    place.wait_for_function(WHOLE)


@pytest.mark.parametrize("width", [1280, 1024, 768, 390])
def test_a_date_with_its_time_is_read_whole(
    page_as: PageAs, trips: None, axe: Look, assert_fits: Look, width: int
) -> None:
    page = page_as("ada", width)
    page.goto("/instances/trips-1/")
    assert_read_whole(page)
    axe(page)
    assert_fits(page)
    page.goto("/designs/trips/preview/instance/trips-2/")
    assert_read_whole(page.locator("#frame").element_handle().content_frame())
