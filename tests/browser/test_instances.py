"""Instances in a browser: made, filled in, pressed, changed by two, brought back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from kianda.lib import pagination
from processes.instances.lifecycle import delete_instance, patch_instance
from processes.models import Change, ProcessInstance, Run
from tests.browser.hands import press_as_the_session_ends, until
from tests.browser.story_rows import SCRIPT, hold, make_order, make_orders, sign_in
from tests.browser.watch import Look, PageAs
from tests.processes.stories import values_of


@pytest.fixture
def order(person: Callable[[str], Any]) -> Any:
    make_orders(person("ada"))
    return make_order(person("ada"))


def on(page: Page) -> Locator:
    """Return the form of the instance."""
    return page.locator("form#form")


PLACES = [
    "/instances/",
    "/start/orders/",
    "/instances/orders-1/",
    "/instances/orders-1/runs/",
    "/instances/orders-1/changes/",
    "/instances/?q=zzz",
]


def test_the_pages_fit_and_are_accessible(
    page_as: PageAs, person: Callable[[str], Any], order: Any, looks: Any
) -> None:
    long = {"customer": "https://a.very.long.example/" + "x" * 120, "remark": SCRIPT}
    patch_instance(
        process_id=order.process_id, data={**long, "api_key": "n"}, revision=1, user=person("ben")
    )
    page = page_as("ada")
    for place in PLACES:
        page.goto(place)
        looks(page)


def test_a_search_finds_old_records_without_being_told_to_go_on(
    page_as: PageAs, person: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = person("ada")
    make_orders(ada)
    for customer in ("rare one", "b", "c", "d", "rare two", "e"):
        make_order(ada, customer=customer)
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    page = page_as("ada")
    page.goto("/instances/")
    page.get_by_role("searchbox").fill("rare")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name="orders-1", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="orders-5", exact=True)).to_be_visible()
    expect(page.locator("#older")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(2)


def test_an_empty_list_says_what_it_is_for(page_as: PageAs, looks: Any) -> None:
    page = page_as("ben")
    for place in ("/instances/", "/start/", "/runs/"):
        page.goto(place)
        looks(page)


def test_a_preview_is_made_filled_in_and_its_button_pressed(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    make_orders(person("ada"), published=False)
    page = page_as("ada")
    page.goto("/start/orders/")
    page.get_by_role("link", name="Try the draft").click()
    on(page).get_by_label("Customer").fill("acme")
    on(page).get_by_label("API key", exact=True).fill("typed-secret-1")
    page.get_by_role("button", name="Create preview record").dblclick()
    page.wait_for_url("**/instances/orders-1/")
    assert ProcessInstance.objects.count() == 1
    on(page).get_by_label("Customer").fill("ACME Ltd")
    page.get_by_role("button", name="Approve").dblclick()
    page.wait_for_selector("text=Approve: done. 2 fields saved.")
    assert on(page).get_by_label("Status").input_value() == "Approved"
    expect(page.get_by_text("changed now")).to_have_count(2)
    assert Run.objects.count() == 1
    assert "typed-secret-1" not in page.content()
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="View details").click()
    page.wait_for_selector("h1:has-text('Approve on orders-1')")


def test_the_process_id_is_copied(page_as: PageAs, order: Any) -> None:
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    page.locator("h1 + [data-copy]").click()
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "orders-1"


def test_enter_in_a_field_saves_and_presses_no_button(page_as: PageAs, order: Any) -> None:
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    on(page).get_by_label("Customer").fill("beta")
    on(page).get_by_label("Customer").press("Enter")
    page.wait_for_selector("text=Draft saved.")
    assert values_of(order)["customer"] == "beta"
    assert not Run.objects.exists()


def test_every_type_of_field_is_filled_in_and_comes_back(page_as: PageAs, order: Any) -> None:
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    on(page).get_by_label("Amount").fill("12.5")
    on(page).get_by_label("Due").fill("2026-12-24")
    on(page).get_by_label("Read at").fill("2026-12-24T10:30:00")
    page.get_by_text("Yes", exact=True).click()
    on(page).get_by_label("Region").select_option("south")
    on(page).get_by_label("b", exact=True).check()
    page.get_by_role("tab", name="Notes").click()
    on(page).get_by_label("Remark").fill("one\ntwo")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=Draft saved.")
    values = values_of(order)
    assert str(values["amount"]) == "12.5"
    assert values["due"] == "2026-12-24"
    assert values["read_at"] == "2026-12-24T10:30:00Z"
    assert (values["urgent"], values["region"], values["tags"]) == (True, ["south"], ["b"])
    assert values["remark"] == "one\ntwo"
    assert values["api_key"] == "kept-secret-1"
    page.reload()
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=Nothing was changed")


def test_errors_stand_beside_the_fields_and_typed_text_stays(
    page_as: PageAs, order: Any, looks: Look
) -> None:
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    on(page).get_by_label("Customer").fill("")
    on(page).get_by_label("Amount").fill("much")
    page.get_by_role("tab", name="Notes").click()
    on(page).get_by_label("Remark").fill(SCRIPT)
    page.get_by_role("tab", name="Main").click()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Check 2 fields")
    looks(page)
    assert page.evaluate("document.activeElement.name") == "v-customer"
    page.get_by_role("link", name="Customer is required. Fill it in.").click()
    assert page.evaluate("document.activeElement.name") == "v-customer"
    assert on(page).get_by_label("Amount").input_value() == "much"
    assert on(page).get_by_label("Remark").input_value() == SCRIPT
    assert page.title() != "owned"
    assert not Change.objects.exists()


def test_changed_meanwhile_keeps_mine_or_takes_theirs_for_each_field(
    page_as: PageAs,
    person: Callable[[str], Any],
    order: Any,
    looks: Look,
) -> None:
    page = page_as("ada")
    page.goto("/instances/orders-1/")
    theirs = {"customer": "theirs", "amount": 7, "status_text": "theirs too"}
    patch_instance(process_id="orders-1", data=theirs, revision=1, user=person("ben"))
    on(page).get_by_label("Customer").fill("mine")
    on(page).get_by_label("Status").fill("mine too")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=2 fields were changed while you were editing")
    looks(page)
    assert on(page).get_by_label("Amount").input_value() == "7.00"
    page.get_by_role("radio", name="Use their value: theirs too").check()
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_selector("text=Draft saved.")
    values = values_of(order)
    assert (values["customer"], values["status_text"]) == ("mine", "theirs too")
    assert str(values["amount"]) == "7"


def test_a_busy_instance_names_its_run_and_keeps_what_was_typed(
    page_as: PageAs,
    person: Callable[[str], Any],
    order: Any,
    looks: Look,
    settings: Settings,
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    run = hold(order, person("ada"))
    on(page).get_by_label("Customer").fill("typed")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_selector("text=Not done: another action is in progress")
    looks(page)
    assert on(page).get_by_label("Customer").input_value() == "typed"
    page.goto("/instances/orders-1/")
    page.wait_for_selector("text=An action is in progress")
    looks(page)
    Run.objects.filter(pk=run.pk).update(status="succeeded", lease_until=None)
    page.wait_for_selector("text=Finished")


def test_a_lost_session_keeps_what_was_typed_but_no_secret(page_as: PageAs, order: Any) -> None:
    page = page_as("ben")
    page.goto("/instances/orders-1/")
    on(page).get_by_label("Customer").press("End")
    on(page).get_by_label("Customer").press_sequentially(" and sons")
    on(page).get_by_label("API key", exact=True).press_sequentially("never-kept")
    press_as_the_session_ends(page.get_by_role("button", name="Save").last)
    sign_in(page, "ben")
    page.wait_for_selector("text=Your entries are here again")
    assert on(page).get_by_label("Customer").input_value() == "acme and sons"
    assert on(page).get_by_label("API key", exact=True).input_value() == ""


def test_a_former_value_is_restored_from_the_history(
    page_as: PageAs, person: Callable[[str], Any], order: Any, axe: Look
) -> None:
    patch_instance(
        process_id="orders-1", data={"customer": "wrong"}, revision=1, user=person("ben")
    )
    page = page_as("ada")
    page.goto("/instances/orders-1/")
    page.get_by_role("link", name="Restore the previous value of Customer").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Restore value").dblclick()
    page.wait_for_selector("text=/^[A-Z].* restored/")
    assert values_of(order)["customer"] == "acme"
    assert Change.objects.count() == 2


def test_an_instance_is_deleted_only_after_a_question(
    page_as: PageAs, order: Any, axe: Look
) -> None:
    page = page_as("ada")
    page.goto("/instances/orders-1/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.get_by_role("link", name="Cancel").click()
    assert ProcessInstance.objects.exists()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.locator("#dialog").get_by_role("button", name="Delete record").dblclick()
    page.wait_for_url("**/records/orders/")
    assert not ProcessInstance.objects.exists()


def test_without_script_the_same_forms_work(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], order: Any
) -> None:
    page = plain_page_as("ben")
    page.goto("/instances/orders-1/")
    on(page).get_by_label("Customer").fill("plain")
    page.get_by_role("button", name="Approve").dblclick()
    # What the second press leads to may be there before the run is over.
    until(page, lambda: Run.objects.filter(status="succeeded").exists())
    page.wait_for_load_state("networkidle")
    page.goto("/instances/orders-1/")
    assert on(page).get_by_label("Status").input_value() == "Approved"
    assert on(page).get_by_label("Customer").input_value() == "plain"
    expect(on(page).get_by_label("Remark")).to_be_visible()
    assert Run.objects.count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_comment_is_added_beside_a_form_that_keeps_what_was_typed(
    page_as: PageAs,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    width: int,
    scheme: str,
) -> None:
    make_orders(person("ada"))
    make_order(person("ada"))
    page = page_as("ada", width, scheme)
    page.goto("/instances/orders-1/")
    page.locator("[name=v-customer]").fill("typed")
    box = page.get_by_label("Write a comment")
    one_line = height_of(box)
    box.focus()
    page.complaints.expect("status of 422")
    page.get_by_role("button", name="Add comment").click()
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_be_focused()
    box.fill("Which week?\n<b>@ada</b>")
    assert height_of(box) > one_line
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator("#feed .k-said")).to_have_text(
        "Which week?\n<b>@ada</b>", use_inner_text=True
    )
    expect(box).to_have_value("")
    expect(page.locator("[name=v-customer]")).to_have_value("typed")
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Edit this comment").click()
    page.locator("#dialog textarea").fill("Which day?")
    page.get_by_role("button", name="Save comment").click()
    expect(page.locator("#feed .k-said")).to_have_text("Which day?")
    page.get_by_role("link", name="Delete this comment").click()
    page.get_by_role("button", name="Delete comment").click()
    expect(page.locator("#feed")).to_contain_text("deleted a comment")
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Print").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    axe(page)
    assert_fits(page)


def test_the_open_page_of_a_deleted_record_asks_once_more_and_then_no_more(
    page_as: PageAs, person: Callable[[str], Any], order: Any
) -> None:
    page = page_as("ada")
    page.complaints.expect("status of 404")
    page.complaints.expect("Status Error Code 404")
    page.clock.install()
    page.goto("/instances/orders-1/")
    delete_instance(process_id=order.process_id, user=person("ada"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response("**/activity/") as gone:
        page.clock.run_for(16_000)
    assert gone.value.status == 404
    expect(page.locator("#feed:not([hx-get])")).to_be_visible()
    page.clock.run_for(60_000)
    assert len([url for url in asked if url.endswith("/activity/")]) == 1
    expect(page.locator("[data-lost]")).to_have_count(0)


def height_of(box: Locator) -> float:
    """Return how high something is drawn."""
    found = box.bounding_box()
    assert found is not None
    return found["height"]
