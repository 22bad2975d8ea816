"""Every kind of field in a browser: shown, filled in, nested, in rows, by mouse and by keyboard."""

import re
from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.browser.hands import go_on
from tests.browser.story_rows import SCRIPT
from tests.browser.watch import Look, PageAs
from tests.factories import OPEN_TO_ALL
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import values_of

COLUMNS = [
    {"type": "text", "name": "what", "required": True, "help": "As on the invoice."},
    {"type": "number", "name": "amount", "default": 1, "min": 0},
    {"type": "date", "name": "due"},
    {"type": "list", "name": "size", "choices": ["S", "M"]},
    {"type": "toggle", "name": "sent"},
]
HINT = "<h3>How to fill it in</h3><p>For <strong>[customer]</strong>:</p><ul><li>one</li></ul>"


def fields(**lines: Any) -> list[Any]:
    """Return every kind of field, nested in panels and groups."""
    places = [
        text_field("street", width=8, width_phone=12),
        text_field("number", width=4, width_phone=6),
    ]
    inner = [
        {"type": "rich_text", "name": "hint", "text": HINT},
        {"type": "field_group", "name": "address", "help": "Where it goes.", "fields": places},
        {"type": "date", "name": "opens", "mode": "time", "width": 6, "width_phone": 6},
        {"type": "list", "name": "region", "choices": ["north", "south"], "width": 6,
         "width_phone": 6, "display_as": "options"},
        {"type": "link", "name": "map", "title": "Open the map", "new_tab": True,
         "url": "https://example.org/?q=[customer]"},
    ]  # fmt: skip
    return [
        text_field("customer", required=True),
        {"type": "panel", "name": "delivery", "fields": inner},
        {"type": "panel", "name": "more", "title": "More", "collapsible": True, "collapsed": True,
         "fields": [{"type": "number", "name": "weight", "min": 0}]},
        {"type": "table", "name": "lines", "columns": COLUMNS, **lines},
        {"type": "table", "name": "log", "columns": COLUMNS[:2], "enabled": False},
        {"type": "number", "name": "total"},
        button("add_up", set_rule("total", "=Sum([lines.amount])"), {"type": "save"}),
    ]  # fmt: skip


def pens(count: int) -> list[Any]:
    return [{"what": f"Pen {n}", "amount": n} for n in range(1, count + 1)]


@pytest.fixture
def order(person: Callable[[str], Any]) -> Callable[..., Any]:
    def make(rows: int = 3, **lines: Any) -> Any:
        create_design(raw=process(*fields(**lines), security=OPEN_TO_ALL), user=person("ada"))
        publish_design(name="orders", user=person("ada"))
        data = {"customer": "acme", "lines": pens(rows), "log": pens(2)}
        return create_instance(process="orders", mode="live", data=data, user=person("admin"))

    return make


def whats(instance: Any) -> list[Any]:
    return [row["what"] for row in values_of(instance)["lines"]]


def save(page: Page) -> None:
    seen = page.locator("#form [name=revision]")
    before = seen.input_value()
    page.get_by_role("button", name="Save").last.click()
    expect(seen).not_to_have_value(before)


def cell(page: Page, row: Any, column: Any) -> Locator:
    return page.locator("[data-table=lines]").get_by_label(
        re.compile(rf"^\s*{column}, row {row}\b")
    )


def shown(page: Page) -> list[Any]:
    """Return what stands in the first column of the table, row by row."""
    inputs = page.locator("[data-table=lines] tbody tr[data-row] td:nth-of-type(1) input")
    return [one.input_value() for one in inputs.all()]


def test_all_fields_fit_and_are_accessible(
    page_as: PageAs, order: Callable[..., Any], looks: Any
) -> None:
    order(rows=60, page_size=5)
    page = page_as("ben")
    for place in ("/instances/orders-1/", "/start/orders/"):
        page.goto(place)
        page.locator("summary", has_text="More").click()
        page.get_by_role("button", name="Add a row to Lines").click()
        page.wait_for_selector("[data-table=lines] input:focus")
        looks(page)


def test_nested_fields_are_filled_in_and_come_back(
    page_as: PageAs, order: Callable[..., Any]
) -> None:
    instance = order()
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    expect(page.get_by_role("group", name="Address").get_by_label("Street")).to_be_visible()
    expect(page.get_by_role("heading", name="How to fill it in")).to_be_visible()
    link = page.get_by_role("link", name="Open the map")
    assert link.get_attribute("href") == "https://example.org/?q=acme"
    page.get_by_label("Street").fill(SCRIPT)
    page.get_by_label("Opens").fill("10:30")
    page.get_by_label("south").check()
    page.locator("summary", has_text="More").click()
    page.get_by_label("Weight").fill("-1")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=Check 1 field")
    assert page.locator("details#f-data-more").get_attribute("open") is not None
    assert page.evaluate("document.activeElement.name") == "v-weight"
    page.get_by_label("Weight").fill("2")
    save(page)
    values = values_of(instance)
    assert (values["street"], values["opens"], values["region"]) == (SCRIPT, "10:30:00", ["south"])
    assert page.title() != "owned"
    page.get_by_label("None", exact=True).check()
    save(page)
    assert values_of(instance)["region"] == []


def apart(above: Locator, below: Locator) -> float:
    first, second = above.bounding_box(), below.bounding_box()
    assert first is not None
    assert second is not None
    return second["y"] - first["y"]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_summary_follows_while_fields_are_mended(
    page_as: PageAs, order: Callable[..., Any], looks: Look, width: int
) -> None:
    order()
    page = page_as("ben", width=width)
    page.goto("/instances/orders-1/")
    page.locator("summary", has_text="More").click()
    page.get_by_label("Weight").fill("-1")
    page.get_by_label("Total").fill("many")
    page.get_by_role("button", name="Save").last.click()
    summary = page.locator("[data-summary]")
    expect(summary.get_by_role("heading")).to_have_text("Check 2 fields. Nothing has been saved.")
    below = page.get_by_label("Weight")
    distance = apart(summary, below)
    page.get_by_label("Total").fill("7")
    expect(summary.get_by_role("heading")).to_have_text("Check 1 field. Nothing has been saved.")
    assert summary.locator("s").all_inner_texts() == [
        one.inner_text() for one in summary.locator("li").all()[1:]
    ]
    # Screen readers are told it when they have finished what they say, not as an alarm.
    expect(summary.get_by_role("heading")).to_have_attribute("aria-live", "polite")
    assert summary.get_attribute("role") is None
    assert apart(summary, below) == distance
    below.fill("2")
    expect(summary.get_by_role("heading")).to_have_text(
        "All fields changed. Nothing has been saved."
    )
    looks(page)
    save(page)
    expect(summary).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_rows_are_added_moved_and_removed_with_the_mouse(
    page_as: PageAs, order: Callable[..., Any], width: int
) -> None:
    instance = order()
    page = page_as("ben", width)
    page.goto("/instances/orders-1/")
    page.get_by_role("button", name="Add a row to Lines").click()
    assert page.evaluate("document.activeElement.name").endswith("-what")
    page.keyboard.type("Ink")
    assert cell(page, 4, "Amount").input_value() == "1"
    page.get_by_role("button", name="Move row 4 up").click()
    page.get_by_role("button", name="Remove row 1").click()
    assert shown(page) == ["Pen 2", "Ink", "Pen 3"]
    expect(page.get_by_role("button", name="Move row 1 up")).to_be_disabled()
    grips = page.locator("[data-table=lines] tr[data-row] [data-grip]")
    grips.first.scroll_into_view_if_needed()
    start, end = grips.nth(0).bounding_box(), grips.nth(1).bounding_box()
    page.mouse.move(start["x"] + 4, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 4, end["y"] + 8, steps=8)
    page.mouse.up()
    assert shown(page) == ["Ink", "Pen 2", "Pen 3"]
    save(page)
    assert whats(instance) == ["Ink", "Pen 2", "Pen 3"]


def test_rows_are_added_moved_and_removed_with_the_keyboard(
    page_as: PageAs, order: Callable[..., Any], axe: Look
) -> None:
    instance = order()
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    cell(page, 1, "What").focus()
    page.keyboard.press("Alt+ArrowDown")
    assert shown(page) == ["Pen 2", "Pen 1", "Pen 3"]
    assert page.locator("[data-table=lines] [data-said]").text_content() == "Moved to position 2."
    assert page.evaluate("document.activeElement.value") == "Pen 1"
    page.get_by_role("button", name="Remove row 3").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove row 2"
    page.get_by_role("button", name="Add a row to Lines").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Ink")
    page.keyboard.press("Alt+ArrowUp")
    axe(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Saved.")
    assert whats(instance) == ["Pen 2", "Ink", "Pen 1"]
    page.get_by_role("button", name="Add up").click()
    page.wait_for_selector("text=Add up: done")
    assert page.locator("[name=v-total]").input_value() == "4"


def test_rules_of_a_table_run_on_each_change_and_nothing_done_meanwhile_is_lost(
    page_as: PageAs, order: Callable[..., Any]
) -> None:
    instance = order(rules=[set_rule("total", "=Sum([lines.amount])")])
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    cell(page, 1, "Amount").fill("5")
    # Each of these acts changes the table while the rules of the change before are at work.
    page.get_by_role("button", name="Add a row to Lines").click()
    page.keyboard.type("Ink")
    page.get_by_role("button", name="Remove row 2").click()
    page.get_by_role("button", name="Move row 2 up").click()
    expect(page.locator("[name=v-total]")).to_have_value("9")
    assert shown(page) == ["Pen 3", "Pen 1", "Ink"]
    held = page.locator("button:focus")
    expect(held).to_have_attribute("aria-label", re.compile("Move row 1"))
    page.get_by_label(re.compile(r"^\s*Amount, row 3")).fill("2")
    # Leaving the cell runs the rules; the button is pressed when they have ended.
    save(page)
    assert whats(instance) == ["Pen 3", "Pen 1", "Ink"]
    assert str(values_of(instance)["total"]) == "10"


@pytest.mark.parametrize("moves", [True, False], ids=["a row moves", "nothing is done"])
def test_what_is_marked_in_a_cell_stays_marked_when_an_answer_comes(
    page_as: PageAs, order: Callable[..., Any], moves: bool
) -> None:
    order(rules=[set_rule("total", "=Sum([lines.amount])")])
    page = page_as("ben")
    page.goto("/instances/orders-1/")

    def slowly(route: Route) -> None:
        sleep(0.3 * (route.request.method == "POST"))
        route.continue_()

    page.route("**/instances/orders-1/**", slowly)
    cell(page, 1, "Amount").fill("5")
    if moves:
        page.get_by_role("button", name="Move row 2 up").click()
    cell(page, 3, "Amount").click()
    page.keyboard.press("ControlOrMeta+a")
    expect(page.locator("[name=v-total]")).to_have_value("10")
    page.keyboard.type("7")
    expect(cell(page, 3, "Amount")).to_have_value("7")
    assert shown(page)[:2] == (["Pen 2", "Pen 1"] if moves else ["Pen 1", "Pen 2"])


def test_wrong_cells_are_explained_in_their_row(
    page_as: PageAs, order: Callable[..., Any], looks: Any
) -> None:  # fmt: skip
    instance = order()
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    cell(page, 1, "What").fill("")
    cell(page, 3, "Amount").fill(SCRIPT)
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=Check 2 fields")
    assert page.evaluate("document.activeElement.name") == "v-lines-b0-what"
    expect(page.get_by_role("link", name="Lines: row 1, What is required.")).to_be_visible()
    assert cell(page, 3, "Amount").input_value() == SCRIPT
    looks(page)
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_rows_stand_in_columns_where_there_is_room_for_them(
    page_as: PageAs, order: Callable[..., Any], assert_fits: Look
) -> None:
    order()
    page = page_as("ben", 1700)
    page.goto("/instances/orders-1/")
    heads = page.locator("[data-table=lines] thead th").nth(2)
    for width, in_columns in ((1280, True), (1000, False), (390, False), (1700, True)):
        page.set_viewport_size({"width": width, "height": 900})
        # Where each row is a card, the heads are there for readers alone.
        table = page.locator("[data-table=lines] table")
        expect(table).to_have_css("display", "table" if in_columns else "block")
        expect(heads).to_have_text("Amount")
        assert_fits(page)


def test_many_rows_are_walked_through_without_losing_what_was_typed(
    page_as: PageAs, order: Callable[..., Any]
) -> None:
    instance = order(rows=10_000)
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    cell(page, 2, "What").fill("First")
    page.get_by_role("button", name=re.compile("9,976.10,000")).click()
    page.wait_for_selector("text=rows 9,976 to 10,000 of 10,000")
    cell(page, "10,000", "What").fill("Last")
    page.get_by_role("button", name="Move row 9,976 up").click()
    page.wait_for_selector("text=rows 9,951 to 9,975 of 10,000")
    save(page)
    found = whats(instance)
    assert (found[1], found[9_974], found[9_975], found[-1]) == (
        "First", "Pen 9976", "Pen 9975", "Last",
    )  # fmt: skip


def test_rows_are_changed_without_script(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], order: Callable[..., Any]
) -> None:
    instance = order()
    page = plain_page_as("ben")
    page.goto("/instances/orders-1/")
    go_on(page.get_by_role("button", name="Add a row to Lines"))
    cell(page, 4, "What").fill("Ink")
    go_on(page.get_by_role("button", name="Move row 4 up"))
    go_on(page.get_by_role("button", name="Remove row 1"))
    go_on(page.get_by_role("button", name="Save").last)
    page.get_by_text("Saved.").wait_for()
    assert whats(instance) == ["Pen 2", "Ink", "Pen 3"]
