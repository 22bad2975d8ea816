"""A form that can only be read looks so, in each of its boxes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, set_rule, text_field

CHOICES = [{"value": "de", "title": "Germany"}, {"value": "ie", "title": "Ireland"}]
BOXES = "#form :is(.form-control, .form-select, .k-seg)"
BORDERS = "boxes => boxes.map((box) => getComputedStyle(box).borderTopColor)"


@pytest.fixture
def trip(person: Callable[[str], Any]) -> None:
    """A preview instance with a box of each kind."""
    columns = [
        {"type": "list", "name": "size", "choices": ["S", "M"]},
        {"type": "toggle", "name": "sent"},
    ]
    fields = [
        text_field("note"),
        text_field("story", mode="long"),
        {"type": "list", "name": "country", "choices": CHOICES},
        {"type": "list", "name": "others", "choices": CHOICES, "multiple": True},
        {"type": "toggle", "name": "paid"},
        {"type": "date", "name": "leaves", "mode": "datetime"},
        {"type": "secret", "name": "key"},
        {"type": "table", "name": "lines", "columns": columns, "first_rows": 1},
        button("go", set_rule("note", "x"), {"type": "save"}),
    ]
    create_design(raw=process(*fields, name="trips"), user=person("ada"))
    create_instance(process="trips", mode="preview", user=person("ada"), data={})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_box_is_light_while_the_debugger_holds_the_form(
    page_as: PageAs, trip: None, axe: Look, scheme: str
) -> None:
    page = page_as("ada", 1280, scheme)
    page.goto("/designs/trips/preview/instance/trips-1/")
    frame = page.frame_locator("#frame")
    expect(frame.locator(BOXES)).to_have_count(9)
    strong = set(frame.locator(BOXES).evaluate_all(BORDERS))
    page.get_by_role("button", name="Debug").click()
    frame.get_by_role("button", name="Go").click()
    page.get_by_text("Paused before rule 1").wait_for()
    frame.get_by_text("Go is paused.").wait_for()
    expect(frame.locator(BOXES)).to_have_count(9)
    light = frame.locator(BOXES).evaluate_all(BORDERS)
    assert len(strong) == len(set(light)) == 1
    assert strong != set(light)
    axe(page)
