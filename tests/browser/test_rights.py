"""Rights by clicking: a designer says who sees what, checks it, and each person meets just that."""

from typing import Any

import pytest
from playwright.sync_api import expect

from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, WorkingCopy
from tests.browser.designer.screen import kept
from tests.browser.hands import pick, until
from tests.browser.watch import Look, PageAs, WatchedPage
from tests.processes.rights.office import Office, office, publish, send

RIGHTS = "/designs/leave/designer/rights/"


@pytest.fixture
def people(db: None) -> Office:
    """The people of an office, and their leave requests."""
    found = office()
    publish(found, see=["participants", "group:hr"])
    return found


def security() -> Any:
    return WorkingCopy.objects.get(design__name="leave").document["security"]


def test_a_designer_says_who_sees_what_and_checks_it(
    page_as: PageAs, people: Office, looks: Look
) -> None:
    page = page_as("dora")
    page.goto(RIGHTS)
    presets = page.get_by_role("group", name="Preset").get_by_role("button")
    expect(presets.nth(1)).to_have_attribute("aria-pressed", "true")
    presets.nth(2).click()
    expect(presets.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".k-chip", has_text="Everyone")).to_have_count(2)
    pick(page.get_by_label("Manage all", exact=True), "hr")
    page.get_by_role("button", name="Save rights").click()
    until(page, lambda: security()["administrators"] == ["group:hr"])
    assert security()["see"] == ["everyone"]
    assert ProcessDesign.objects.get(name="leave").security["administrators"] == []
    parts = page.locator("section", has_text="Parts with rights of their own").locator("tbody tr")
    expect(parts).to_have_count(3)
    pick(page.get_by_label("Person", exact=True), "tom")
    page.get_by_role("button", name="Check", exact=True).click()
    told = page.locator("#checked")
    expect(told).to_contain_text("tom, in a record that they start")
    expect(told.locator(".is-no", has_text="See Remark")).to_contain_text("Only hr.")
    expect(told.locator(".is-yes", has_text="Press Cancel")).to_be_visible()
    looks(page)


def test_a_field_gets_rights_of_its_own_in_the_designer(page_as: PageAs, people: Office) -> None:
    page = page_as("dora")
    page.goto("/designs/leave/designer/?at=field:days")
    group = page.locator("details", has=page.locator("summary", has_text="Rights")).first
    group.locator("summary").click()
    pick(page.get_by_label("Who sees it", exact=True), "hr")
    until(page, lambda: _days().get("see") == ["group:hr"])
    kept(page)
    box = page.get_by_label("Who changes it", exact=True)
    box.press("ArrowDown")
    page.get_by_role("option", name="The creator", exact=True).click()
    until(page, lambda: _days().get("edit") == ["creator"])
    page.goto(RIGHTS)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Days"))
    expect(row).to_contain_text("hr")
    expect(row).to_contain_text("the creator")


def _days() -> Any:
    document = WorkingCopy.objects.get(design__name="leave").document
    return document["forms"][0]["fields"][0]


def test_each_person_meets_what_is_theirs(page_as: PageAs, people: Office, looks: Look) -> None:
    made = create_instance(
        process="leave", mode="live", data={"days": "3", "illness": "flu"}, user=people.emma
    )
    send(made, people.emma)
    place = f"/instances/{made.process_id}/"

    def opened(who: str, complaint: str = "") -> WatchedPage:
        page = page_as(who)
        page.complaints.expected += [complaint] if complaint else []
        page.goto(place)
        return page

    emma = opened("emma")
    expect(emma.get_by_role("button", name="Cancel")).to_be_visible()
    expect(emma.get_by_role("button", name="Decide")).to_have_count(0)
    expect(emma.get_by_role("button", name="Save")).to_have_count(0)
    looks(emma)
    mark = opened("mark")
    expect(mark.get_by_label("Remark")).to_have_count(0)
    mark.get_by_label("Answer").fill("Enjoy it")
    mark.get_by_role("button", name="Decide").click()
    expect(mark.locator(".k-head")).to_contain_text("Completed")
    helen = opened("helen")
    helen.goto("/instances/")
    helen.get_by_role("link", name=made.process_id).first.click()
    expect(helen.locator("h1")).to_contain_text(made.process_id)
    tom = opened("tom", "status of 404")
    expect(tom.locator("main")).to_contain_text("There is no record")
    looks(tom)
