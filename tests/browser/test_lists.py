"""A list of records fits and is accessible, and becomes a view of one's own in two dialogs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from datasources.services.datasources import create_datasource
from processes.instances.lifecycle import create_instance
from processes.models import SavedView
from tests.browser.story_rows import make_order, make_orders, make_task
from tests.browser.watch import PageAs
from tests.datasources.conftest import raw_datasource
from tests.processes.lists.test_pages import VISITS
from tests.processes.stories import published

# On how many lines the text of something is written.
LINES = """(node) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return new Set([...range.getClientRects()].map((one) => Math.round(one.bottom / 8))).size;
}"""


def test_a_list_is_filtered_by_people_and_saved_as_a_view(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    views = [{"name": f"wide-{n}", "title": f"More than a phone shows {n}"} for n in range(3)]
    published({**VISITS, "views": [*VISITS["views"], *views]}, user=person("ada"))
    person("ben").groups.add(Group.objects.create(name="Guides"))
    for what, host in (("Museum", "user:ben"), ("Harbour", "user:ada")):
        data = {"what": what, "cost": 12, "hosts": [host, "group:Guides"]}
        create_instance(process="visits", mode="live", data=data, user=person("ada"))
    page = page_as("ada")
    page.goto("/records/visits/?edit=new:hosts#filter")
    expect(page.get_by_role("link", name="All 2")).to_be_visible()
    page.get_by_role("combobox", name="People and groups").fill("ben")
    page.get_by_role("option", name="ben").click()
    looks(page)
    page.get_by_role("button", name="Apply filter").click()
    expect(page.get_by_role("link", name="Harbour")).to_have_count(0)
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Total of Cost").select_option("Average")
    page.get_by_label("Cost", exact=True).check()
    page.get_by_role("button", name="Move Cost up").click()
    expect(page.get_by_role("button", name="Move Cost up")).to_be_focused()
    for _place in range(3):
        page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-said]")).to_have_text("Cost is now number 1")
    expect(page.get_by_label("Cost", exact=True)).to_be_focused()
    looks(page)
    page.get_by_role("button", name="Show columns").click()
    expect(page.locator("thead th").nth(1)).to_have_text("Cost")
    page.get_by_role("link", name="Save as view").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Title").fill("With Ben")
    looks(page)
    dialog.get_by_role("button", name="Save").click()
    tab = page.get_by_role("link", name="With Ben")
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Edit view").click()
    dialog.get_by_role("combobox", name="Share with").fill("Every")
    page.get_by_role("option", name="Everyone who sees this process").click()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="With Ben , your view, shared 1")).to_be_visible()
    assert SavedView.objects.get().see == ("everyone",)
    page.get_by_role("link", name="Remove filter Hosts").click()
    looks(page)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Changes saved.").wait_for()
    expect(page.get_by_role("link", name="Harbour")).to_be_visible()
    page.get_by_role("link", name="Edit view").click()
    dialog.get_by_role("link", name="Delete view").click()
    dialog.get_by_role("button", name="Delete view").click()
    expect(tab).to_have_count(0)


def visited(person: Callable[[str], Any]) -> None:
    """Publish visits with fields of most kinds; Ada has made two."""
    fields = [*VISITS["forms"][0]["fields"], {"type": "date", "name": "day"},
              {"type": "toggle", "name": "urgent"}]  # fmt: skip
    published({**VISITS, "forms": [{"name": "visit", "fields": fields}]}, user=person("ada"))
    for what, day in (("Museum", "2026-11-05"), ("Harbour", "2026-11-09")):
        data = {"what": what, "cost": 12, "day": day, "urgent": True}
        create_instance(process="visits", mode="live", data=data, user=person("ada"))


def test_a_filter_shows_the_controls_that_its_operator_takes(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    visited(person)
    page = page_as("ada")
    page.goto("/records/visits/?edit=new:day#filter")
    operator = page.get_by_role("combobox", name="Day")
    first, last = page.locator("#filter-value"), page.get_by_label("To", exact=True)
    expect(first).to_have_accessible_name("Value")
    expect(last).to_be_hidden()
    operator.select_option("is today")
    expect(first).to_be_hidden()
    operator.select_option("is between")
    expect(first).to_have_accessible_name("From")
    first.fill("2026-11-05")
    page.get_by_role("button", name="Apply filter").click()
    expect(page.get_by_text("Enter both values.")).to_be_visible()
    expect(first).to_have_value("2026-11-05")
    looks(page)
    last.fill("2026-11-07")
    page.get_by_role("button", name="Apply filter").click()
    expect(page.get_by_role("link", name="Museum")).to_be_visible()
    expect(page.get_by_role("link", name="Harbour")).to_have_count(0)
    page.goto("/records/visits/?edit=new:what&filter=cost:gt:")
    expect(page.get_by_role("link", name="Clear filters")).to_be_visible()
    page.get_by_role("combobox", name="What").select_option("is one of")
    expect(first).to_have_accessible_name("Values, separated by commas")
    looks(page)


def test_days_are_filtered_between_two_without_a_script(
    person: Callable[[str], Any], plain_page_as: Callable[[str], Any]
) -> None:
    visited(person)
    page = plain_page_as("ada")
    page.goto("/records/visits/?edit=new:process.created")
    page.get_by_role("combobox", name="Created").select_option("is between")
    page.locator("#filter-value").fill("2026-11-05")
    page.get_by_label("To", exact=True).fill("2099-11-07")
    page.get_by_role("button", name="Apply filter").click()
    expect(page.get_by_role("link", name="Museum")).to_be_visible()
    expect(page.get_by_role("link", name="Remove filter Created")).to_be_visible()


def test_menus_of_a_list_close_and_stay_on_the_screen(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    visited(person)
    page = page_as("ada", width=390)
    page.goto("/records/visits/?filter=cost:gt:1&filter=day:not_blank")
    menus = {name: page.locator("summary", has_text=name) for name in ("Filter", "Export", "Group")}
    opened = page.locator("details[open] > summary")
    for name, summary in menus.items():
        summary.click()
        expect(opened).to_have_count(1)
        expect(opened).to_contain_text(name)
        looks(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    expect(menus["Group"]).to_be_focused()
    menus["Export"].click()
    expect(opened).to_have_count(1)
    page.get_by_role("heading", name="Visits").click()
    expect(opened).to_have_count(0)


def test_a_list_is_sorted_from_a_menu_on_a_phone_where_no_unseen_head_takes_the_focus(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    visited(person)
    page = page_as("ada", width=390)
    page.goto("/records/visits/")
    rows = page.locator("tbody th a")
    expect(rows).to_have_text(["Harbour", "Museum"])
    expect(page.locator("thead a").first).to_be_hidden()
    for choice, order in (
        ("Day", ["Museum", "Harbour"]), ("Day ascending", ["Harbour", "Museum"]),
        ("What", ["Harbour", "Museum"]), ("Newest first", ["Harbour", "Museum"]),
    ):  # fmt: skip
        page.locator("summary", has_text="Sort").click()
        looks(page)
        page.locator(".k-sorts").get_by_role("link", name=choice, exact=True).click()
        expect(rows).to_have_text(order)
    expect(page.locator("summary", has_text="Sort:")).to_have_count(0)


def test_a_wide_list_breaks_names_between_words_alone_and_its_heads_reach_to_the_first_total(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    more = [{"type": "text", "name": f"note{n}"} for n in range(6)]
    fields = [*VISITS["forms"][0]["fields"], *more]
    published({**VISITS, "forms": [{"name": "visit", "fields": fields}]}, user=person("ada"))
    for what in ("Copenhagen", "W" * 150):
        notes = {one["name"]: "Some words of it" for one in more}
        data = {"what": what, "cost": 12, "hosts": ["user:admin"], **notes}
        person("admin")
        create_instance(process="visits", mode="live", data=data, user=person("ada"))
    page = page_as("ada")
    columns = ["hosts", *(one["name"] for one in more), "cost", "process.status", "process.created"]
    page.goto(f"/records/visits/?columns={','.join(columns)}&group=note0&totals=cost:sum")
    for name in (
        page.get_by_role("link", name="Copenhagen"),
        page.locator(".k-person > :last-child").first,
        page.locator("th[scope=rowgroup]"),
        page.locator("tfoot th"),
    ):
        assert name.evaluate(LINES) == 1
    expect(page.locator("th[scope=rowgroup]")).to_have_attribute("colspan", "8")
    looks(page)
    # What is wider than the page scrolls in its frame.
    page.goto(f"/records/visits/?columns={','.join([*columns, 'what', 'process.created_by'])}")
    page.set_viewport_size({"width": 800, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".k-listbox").evaluate("(box) => box.scrollWidth > box.clientWidth")


SORTED = [
    ("/instances/", "Record", ["orders-1", "visits-1"]),
    ("/designs/", "Title", ["Orders", "Visits"]),
    ("/datasources/", "Name", ["Apples", "Pears"]),
    ("/scheduled-tasks/", "Name", ["First", "Second"]),
]


@pytest.mark.parametrize(("address", "head", "in_order"), SORTED)
def test_each_list_whose_heads_sort_is_sorted_from_the_same_menu_on_a_phone(
    person: Callable[[str], Any],
    page_as: PageAs,
    looks: Any,
    address: str,
    head: str,
    in_order: list[str],
) -> None:
    published(VISITS, user=person("ada"))
    create_instance(process="visits", mode="live", data={"what": "Tower"}, user=person("ada"))
    make_orders(person("ada"))
    make_order(person("ada"))
    for name in ("Second", "First"):
        make_task(person("ada"), name=name)
    for title in ("Apples", "Pears"):
        raw = raw_datasource(name=title.lower(), title=title)
        create_datasource(raw=raw, user=person("dan"))
    page = page_as("admin", width=390)
    page.goto(address)
    menu, rows = page.locator(".k-sorts"), page.locator("tbody th")
    expect(rows.filter(has_text=in_order[0])).to_have_count(1)
    expect(page.locator("thead a").first).to_be_hidden()
    for choice, order in ((head, in_order), (f"{head} ascending", in_order[::-1])):
        menu.locator("summary").click()
        looks(page)
        menu.get_by_role("link", name=choice, exact=True).click()
        expect(menu.locator("summary")).to_have_text(f"Sort: {head}")
        expect(rows.filter(has_text=re.compile("|".join(in_order)))).to_contain_text(order)
    menu.locator("summary").click()
    menu.get_by_role("link", name="Default order").click()
    expect(menu.locator("summary")).to_have_text("Sort")
