"""The recycle bin in a browser: an instance and a data source deleted and restored."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance, delete_instance
from processes.models import ProcessInstance
from tests.browser.story_rows import orders
from tests.browser.watch import Look, PageAs
from tests.datasources.conftest import raw_datasource


def order(person: Callable[[str], Any], user: str) -> ProcessInstance:
    """Return an order that somebody has made."""
    if not ProcessInstance.everything.exists():
        create_design(raw=orders(), user=person("ada"))
        publish_design(name="orders", user=person("ada"))
    data = {"customer": "Acme"}
    return create_instance(process="orders", mode="live", data=data, user=person(user))


def test_an_instance_goes_to_the_bin_and_comes_back_as_it_was(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look, looks: Any
) -> None:
    order(person, "ben")
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("You can restore it for 30 days")
    axe(page)
    assert_fits(page)
    dialog.get_by_role("button", name="Delete record").click()
    page.wait_for_selector("text=orders-1 moved to the recycle bin.")
    assert not ProcessInstance.objects.exists()

    page.click("[popovertarget=usermenu]")
    page.get_by_role("link", name="Recycle bin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recycle bin")
    looks(page)
    expect(page.get_by_label("Kind")).to_have_count(0)
    page.get_by_role("link", name="Restore orders-1").click()
    expect(dialog).to_contain_text("its values, its history and the owners of its forms")
    axe(page)
    assert_fits(page)
    dialog.get_by_role("button", name="Restore").dblclick()
    page.wait_for_url("**/instances/orders-1/")
    page.wait_for_selector("text=orders-1 restored.")
    expect(page.get_by_label("Customer").first).to_have_value("Acme")
    page.goto("/instances/orders-1/changes/")
    expect(page.locator("main")).to_contain_text("restored")
    looks(page)


def test_a_data_source_comes_back_under_another_name_when_its_own_is_taken(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look, looks: Any
) -> None:
    create_datasource(raw=raw_datasource(), user=person("dan"))
    page = page_as("dan")
    page.goto("/datasources/token-service/delete/")
    looks(page)
    page.get_by_role("button", name="Delete").click()
    page.wait_for_selector("text=Token service moved to the recycle bin.")
    create_datasource(raw=raw_datasource(title="The new one"), user=person("dan"))

    page.goto("/bin/")
    looks(page)
    page.get_by_role("link", name="Restore Token service").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_text("token-service already exists").wait_for()
    axe(page)
    assert_fits(page)
    dialog.get_by_label("Name").fill("token-service")
    dialog.get_by_role("button", name="Restore").click()
    dialog.get_by_text("Restore this one under another name.").first.wait_for()
    axe(page)
    dialog.get_by_label("Name").fill("old-tokens")
    dialog.get_by_role("button", name="Restore").click()
    page.wait_for_url("**/datasources/old-tokens/")
    assert Datasource.objects.count() == 2


def test_an_administrator_chooses_a_kind_and_removes_for_good(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look, looks: Any
) -> None:
    for _ in range(2):
        made = order(person, "ben")
        delete_instance(process_id=made.process_id, user=person("ben"))
    page = page_as("admin")
    page.goto("/bin/")
    page.get_by_label("Kind").select_option("Data source")
    page.wait_for_selector("text=No matches")
    axe(page)
    page.get_by_label("Kind").select_option("Record")
    page.get_by_role("searchbox").fill("orders-2")
    expect(page.get_by_role("link", name="Restore orders-1")).to_have_count(0)
    page.get_by_role("link", name="Delete orders-2 permanently").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("This cannot be undone.")
    axe(page)
    assert_fits(page)
    dialog.get_by_role("button", name="Delete permanently").dblclick()
    page.wait_for_selector("text=orders-2 permanently deleted.")
    looks(page)
    assert [one.process_id for one in ProcessInstance.everything.all()] == ["orders-1"]
