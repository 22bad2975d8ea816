"""Columns of a table in the properties pane: named, renamed, taken out."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.designs.lifecycle import create_design
from tests.browser.designer.screen import HERE, field_of, kept
from tests.browser.watch import PageAs
from tests.processes.definitions import button, process, set_rule, text_field


@pytest.fixture
def basket(person: Callable[[str], Any]) -> None:
    """A table whose column `amount` a rule adds up."""
    amount = {"type": "number", "name": "amount", "title": "Amount"}
    lines = {"type": "table", "name": "lines", "columns": [text_field("memo"), amount]}
    total = set_rule("status", "=Sum([lines.amount])", id="total", title="Add up")
    raw = process(lines, text_field("status"), button("go", total), name="orders", title="Orders")
    create_design(raw=raw, user=person("admin"))


@pytest.mark.usefixtures("basket")
def test_a_column_that_a_rule_uses_is_asked_about_before_it_goes(page_as: PageAs) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:lines")
    page.locator("#d-props").get_by_role("button", name="Remove Amount").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("The rule Add up of Go uses it in its assignments.")
    dialog.get_by_role("link", name="Cancel").click()
    expect(page.locator("#d-props [name='s/columns/1/name']")).to_have_value("amount")
    page.locator("#d-props").get_by_role("button", name="Remove Amount").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#d-props [name='s/columns/1/name']")).to_have_count(0)
    kept(page)
    assert [column["name"] for column in field_of("lines")["columns"]] == ["memo"]
    page.locator("#d-props").get_by_role("button", name="Remove Memo").click()
    expect(page.locator("#d-props [name='s/columns/0/name']")).to_have_count(0)
    kept(page)
    assert field_of("lines")["columns"] == []


@pytest.mark.usefixtures("basket")
def test_a_new_column_gets_its_name_from_its_title(page_as: PageAs) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:lines")
    page.locator("#d-props").get_by_role("button", name="Add column").click()
    title = page.locator("[name='s/columns/2/title']")
    title.fill("Amount due (€)")
    title.press("Tab")
    expect(page.locator("[name='s/columns/2/name']")).to_have_value("amount_due")
    expect(page.locator("#d-props .is-invalid, #d-props .invalid-feedback")).to_have_count(0)
    # It goes on with the title, and what is typed next stays open before the person.
    title.fill("Item")
    title.press("Tab")
    expect(page.locator("[name='s/columns/2/name']")).to_have_value("item")
    expect(title).to_be_visible()
    kept(page)
    assert [column["name"] for column in field_of("lines")["columns"]] == [
        "memo", "amount", "item",
    ]  # fmt: skip


@pytest.mark.usefixtures("basket")
def test_a_column_that_is_moved_while_the_answer_to_another_edit_comes_is_moved(
    page_as: PageAs,
) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:lines")
    settings, controls, held = "**/designer/settings/", "**/designer/parts/control/", []
    pane = page.locator("#d-props")
    pane.get_by_text("Amount", exact=True).click()
    title = pane.locator("[name='s/columns/1/title']")
    title.fill("Price")
    page.route(settings, lambda route: held.append(route))
    page.route(controls, lambda route: held.append(route))
    with page.expect_request(settings):
        title.press("Tab")
    with page.expect_request(controls):
        pane.get_by_role("button", name="Move Amount up").click()
    page.unroute(settings)
    held[0].continue_()
    expect(page.locator("#d-sheet")).to_contain_text("Price")
    held[1].continue_()
    expect(pane.locator("[data-at='0'] summary")).to_contain_text("Price")
    kept(page)
    assert [column["title"] for column in field_of("lines")["columns"]] == ["Price", "Memo"]
