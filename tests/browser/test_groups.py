"""Groups of people are made, filled and never lost while a form waits for one."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.browser.hands import pick
from tests.browser.watch import Look, PageAs
from tests.pages import SCRIPT
from tests.processes.definitions import button, process, text_field

LONG = "W" * 140


def test_a_group_is_made_and_its_forms_wait_for_its_members(
    page_as: PageAs,
    person: Callable[[str], Any],
    looks: Look,
) -> None:
    ada, ben = person("ada"), page_as("ben")
    page = page_as("admin")
    page.complaints.expect("status of 422")
    page.goto("/users/")
    page.get_by_role("link", name="Groups", exact=True).click()
    page.get_by_text("No groups yet").wait_for()
    looks(page)
    page.get_by_role("link", name="Add a group").click()
    page.wait_for_selector("#dialog [name=name]:focus")
    typed = f"ben\n<script>alert(1)</script>\n{LONG}"
    page.fill("#dialog [name=name]", " designer ")
    members = page.get_by_label("Members", exact=True)
    for name in ("ben", "<script>alert(1)</script>", LONG):
        pick(members, name)
    assert page.input_value("#dialog [name=members]") == typed
    page.keyboard.press("Tab")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#id_name-error >> text=designer is a role")
    assert "No user named <script>alert(1)</script>" in page.inner_text("#id_members-error")
    assert page.input_value("#dialog [name=members]") == typed
    expect(page.locator(".k-chip--bad")).to_have_count(2)
    looks(page)
    group = SCRIPT + "W" * 40
    page.fill("#dialog [name=name]", group)
    for _ in range(3):
        members.press("Backspace")
    pick(members, "admin")
    page.dblclick("#dialog button[type=submit]")
    page.get_by_role("link", name=group).first.wait_for()
    looks(page)

    page.get_by_role("link", name="Users", exact=True).last.click()
    page.get_by_role("link", name="ben", exact=True).first.click()
    page.get_by_label(group).check()
    looks(page)
    page.click("#dialog >> text=OK")
    page.get_by_text("ben changed.").wait_for()

    raw = process(text_field("days"), name="leave", title="Leave", rules=[])
    raw["forms"][0]["fields"].append(button("send", {"type": "submit"}))
    raw["forms"][0] |= {"title": "Asking", "owners": {"groups": [group]}}
    create_design(raw=raw, user=ada)
    publish_design(name="leave", user=ada)
    create_instance(process="leave", mode="live", data={}, user=ada)
    ben.goto("/work/")
    ben.get_by_role("link", name="Asking").wait_for()
    looks(ben)

    page.goto("/users/groups/")
    assert page.inner_text("tbody td").split()[-1] == "2"
    page.get_by_role("button", name=f"More for {group}").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_text("Still in use").wait_for()
    looks(page)
    assert page.get_by_role("link", name="leave-1").get_attribute("href") == "/instances/leave-1/"
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name=group).first.click()
    page.get_by_text("Cannot be changed: forms, designs").wait_for()
    looks(page)


def test_an_administrator_of_a_group_changes_its_members(
    page_as: PageAs,
    person: Callable[[str], Any],
    looks: Look,
) -> None:
    person("ben")
    person("ada")
    admin = page_as("admin")
    admin.goto("/users/groups/")
    admin.get_by_role("link", name="Add a group").click()
    admin.fill("#dialog [name=name]", "HR")
    pick(admin.get_by_label("Group administrators", exact=True), "ben")
    looks(admin)
    admin.click("#dialog button[type=submit]")
    admin.get_by_role("link", name="HR").first.wait_for()

    page = page_as("ben")
    page.goto("/profile/")
    page.get_by_text("Groups that you administer").wait_for()
    looks(page)
    page.get_by_role("link", name="Change members").click()
    page.get_by_role("link", name="HR", exact=True).click()
    page.wait_for_selector("#dialog [name=name][readonly]")
    pick(page.get_by_label("Members", exact=True), "ada")
    looks(page)
    page.click("#dialog button[type=submit]")
    page.get_by_text("HR changed.").wait_for()
    expect(page.locator("tbody td").first).to_have_text("1")
    looks(page)
