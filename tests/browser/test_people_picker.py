"""People and groups are named in one control: found by typing, chosen by keys, taken out again."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Error, Page, expect

from kianda.accounts.services import groups
from processes.designs.lifecycle import create_design, publish_design
from processes.models import ProcessInstance
from tests.browser.hands import pick, until
from tests.browser.story_rows import make_orders
from tests.browser.watch import Look, PageAs
from tests.factories import make_user
from tests.pages import SCRIPT
from tests.processes.definitions import process, text_field

GROUP = "/users/groups/77/"


@pytest.fixture
def office(person: Callable[[str], Any]) -> None:
    """A group with one member and somebody who has left, and people to choose from."""
    crew = Group.objects.create(name="Crew", pk=77)
    for name, last, active in (("ann", "Hanlon", True), ("gone", "Hart", False)):
        made = make_user(name, "User", first_name=name.title(), last_name=last, is_active=active)
        crew.user_set.add(*([made] if not active else []))
    make_user("bo", "User", first_name=SCRIPT[:100], last_name="Han")


def chosen(page: Page) -> list[str]:
    """Return what the chips say."""
    return [text.strip() for text in page.locator(".k-chip").all_inner_texts()]


def test_people_are_found_and_chosen_by_keys(page_as: PageAs, office: None, looks: Look) -> None:
    page = page_as("admin")
    page.goto(GROUP)
    box, sent = page.get_by_label("Members", exact=True), page.locator("[name=members]")
    assert chosen(page) == ["GH\nGone Hart, deactivated"]
    box.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(3)
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    box.fill("HAN")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    # The first that fits is marked; the arrows go round.
    for key, name in (("ArrowDown", "bo"), ("ArrowDown", "ann"), ("ArrowUp", "bo")):
        box.press(key)
        marked = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
        expect(marked).to_have_attribute("data-ref", f"user:{name}")
    expect(box).to_have_attribute("aria-expanded", "true")
    looks(page)
    box.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(sent).to_have_value("gone\nbo")
    expect(page.get_by_role("status").filter(has_text="added")).to_have_count(1)
    box.press("Backspace")
    box.press("Backspace")
    expect(sent).to_have_value("")
    # Who types quickly presses Enter before anybody is offered.
    box.press_sequentially("ann")
    box.press("Enter")
    expect(sent).to_have_value("ann")
    box.press("Enter")
    page.wait_for_url("**/users/groups/")
    assert groups.members_of(Group.objects.get(pk=77)) == ["ann"]
    assert page.title() != "owned"


def test_people_are_chosen_by_mouse_and_each_only_once(page_as: PageAs, office: None) -> None:
    page = page_as("admin")
    page.goto(GROUP)
    sent = page.locator("[name=members]")
    box = page.get_by_label("Members", exact=True)
    box.click()
    page.get_by_role("option", name="Ann Hanlon").click()
    expect(sent).to_have_value("gone\nann")
    box.click()
    again = page.get_by_role("option", name="Ann Hanlon")
    expect(again).to_have_attribute("aria-selected", "true")
    again.click()
    expect(sent).to_have_value("gone")
    page.get_by_role("button", name="Remove Gone Hart").click()
    expect(sent).to_have_value("")
    expect(page.get_by_label("Members", exact=True)).to_be_focused()


def test_a_name_that_was_typed_and_not_chosen_is_not_lost(page_as: PageAs, office: None) -> None:
    page = page_as("admin")
    page.complaints.expect("status of 422")
    page.goto("/users/groups/")
    page.get_by_role("link", name="Crew").first.click()
    box = page.get_by_label("Members", exact=True)
    box.fill("ann, stranger")
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_role("link", name="No user named stranger.").click()
    expect(box).to_be_focused()
    assert chosen(page) == ["GH\nGone Hart, deactivated", "AH\nAnn Hanlon", "stranger"]
    page.get_by_role("button", name="Remove stranger").click()
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Crew changed.").wait_for()


def test_owners_of_a_form_are_people_and_groups_of_one_picker(
    page_as: PageAs, person: Callable[[str], Any], office: None, looks: Look
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/designer/")
    page.locator("[data-live]").wait_for()
    page.get_by_role("button", name="More for the form").click()
    page.get_by_role("button", name="Form settings").click()
    owners = page.get_by_role("combobox", name="Owners")
    pick(owners, "ann")
    page.get_by_text("All changes saved").first.wait_for()
    pick(owners, "crew")
    expect(page.locator("[name$='/owners/groups']")).to_have_value("Crew")
    expect(page.locator("[name$='/owners/users']")).to_have_value("ann")
    page.reload()
    expect(page.locator(".k-chip")).to_have_count(2)
    looks(page)


@pytest.mark.parametrize("entered", ["before", "between", "after"])
def test_who_is_being_typed_is_not_lost_when_the_part_around_the_box_comes_anew(
    page_as: PageAs, person: Callable[[str], Any], office: None, entered: str
) -> None:
    make_orders(person("ada"))
    page = page_as("ada")
    page.goto("/designs/orders/designer/?at=form:main")
    page.locator("[data-live]").wait_for()
    owners = page.get_by_role("combobox", name="Owners")
    held: list[Any] = []
    page.route("**/designer/settings/", lambda route: held.append(route), times=1)
    page.route("**/people/**q=crew*", lambda route: held.append(route), times=1)
    pick(owners, "ann")
    until(page, lambda: len(held) == 1)
    owners.press_sequentially("crew")
    until(page, lambda: len(held) == 2)
    settings, found = held
    old = owners.element_handle()
    if entered == "before":
        owners.press("Enter")
    settings.continue_()
    until(page, lambda: not old.evaluate("one => one.isConnected"))
    if entered == "between":
        owners.press("Enter")
    # Nobody waits for this answer, when the new box has asked again.
    with suppress(Error):
        found.continue_()
    if entered == "after":
        page.get_by_role("option", name="Crew").wait_for()
        owners.press("Enter")
    expect(page.locator("[name$='/owners/groups']")).to_have_value("Crew")
    expect(page.locator("[name$='/owners/users']")).to_have_value("ann")
    expect(owners).to_have_value("")


def test_without_script_the_names_are_typed(
    plain_page_as: Callable[[str], Page], office: None
) -> None:
    page = plain_page_as("admin")
    page.goto(GROUP)
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.get_by_label("Members, user names").fill("ann, bo")
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_url("**/users/groups/")
    assert groups.members_of(Group.objects.get(pk=77)) == ["ann", "bo"]


def covering(user: Any) -> None:
    """A process that asks who covers, and who does what."""
    who = {"type": "user_picker", "name": "who", "title": "Who covers", "default_to_me": True}
    team = {"type": "user_picker", "name": "team", "title": "Team", "multiple": True,
            "choose": "both"}  # fmt: skip
    lines = {"type": "table", "name": "lines", "title": "Tasks", "columns": [
        {"type": "text", "name": "what", "title": "What"},
        {"type": "user_picker", "name": "by", "title": "By", "required": True},
    ]}  # fmt: skip
    rule = {"type": "set_form_field", "id": "tell",
            "assignments": [{"field": "mail", "value": "[who.email]"}]}  # fmt: skip
    fields: list[Any] = [
        who | {"rules": [rule]}, team, lines, text_field("mail", title="Mail"),
    ]  # fmt: skip
    create_design(raw=process(*fields, name="cover", title="Cover"), user=user)
    publish_design(name="cover", user=user)


def test_a_form_asks_for_people(
    page_as: PageAs,
    person: Callable[[str], Any],
    office: None,
    looks: Look,
) -> None:
    covering(person("ada"))
    page = page_as("ben")
    page.goto("/start/cover/")
    who = page.get_by_role("combobox", name="Who covers")
    assert chosen(page) == ["B\nben"]
    pick(who, "ann")
    # Its rules run as for every field that is changed.
    expect(page.get_by_label("Mail")).to_have_value("ann@example.org")
    team = page.get_by_role("combobox", name="Team")
    pick(team, "bo")
    pick(team, "crew")
    page.get_by_role("button", name="Add a row").click()
    by = page.get_by_role("combobox", name="By")
    expect(by).to_have_count(1)
    by.fill("ann")
    expect(page.get_by_role("option", name="Ann Hanlon")).to_have_count(1)
    looks(page)
    by.press("Enter")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/instances/cover-1/")
    looks(page)
    assert ProcessInstance.objects.get().values == {
        "who": "user:ann", "team": ["user:bo", "group:Crew"], "mail": "ann@example.org",
        "lines": [{"what": "", "by": "user:ann"}],
    }  # fmt: skip
    page.get_by_role("button", name="Remove Crew").click()
    page.get_by_role("combobox", name="Who covers").fill("stranger")
    page.complaints.expect("status of 422")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("No user named stranger.").first.wait_for()
    expect(page.locator(".k-chip--bad")).to_have_count(1)
    looks(page)


def test_a_form_asks_for_people_without_script(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], office: None
) -> None:
    covering(person("ada"))
    page = plain_page_as("ben")
    page.goto("/start/cover/")
    page.get_by_label("Who covers, user names").fill("ann")
    page.get_by_label("Team, user names").fill("bo, group:Crew")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/instances/cover-1/")
    values = ProcessInstance.objects.get().values
    assert (values["who"], values["team"]) == ("user:ann", ["user:bo", "group:Crew"])
