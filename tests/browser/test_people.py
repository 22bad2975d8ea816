"""An administrator invites people, gives them roles, lets them go, and reads what was done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.person_data import PersonData, person_data
from tests.browser.hands import pick
from tests.browser.watch import Look, PageAs
from tests.factories import PASSWORD
from tests.pages import SCRIPT


def user_named(name: str) -> Any:
    return get_user_model().objects.get(username=name)


def test_every_page_and_dialog_fits_and_is_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    page = page_as("admin")
    ada = person("ada")
    ada.first_name = SCRIPT
    ada.last_name = "W" * 140
    ada.save()
    paths = ("/users/", "/tokens/", "/audit/", "/profile/", "/system/", "/users/?search=nobody")
    for path in paths:
        page.goto(path)
        looks(page)
    dialogs = [
        ("/users/", "text=Invite a user"),
        ("/users/", "tbody th a >> nth=0"),
        ("/tokens/", "text=Create a token"),
    ]
    for path, opener in dialogs:
        page.goto(path)
        page.click(opener)
        page.wait_for_selector("#dialog[open] footer .btn-primary")
        looks(page)


def test_an_invited_person_sets_a_password_by_the_link_and_signs_in(
    page_as: PageAs, axe: Look
) -> None:
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.fill("#dialog [name=username]", "eve")
    page.fill("#dialog [name=name]", "Eve Byrne")
    page.check("#dialog [value=Designer]")
    page.dblclick("#dialog button[type=submit]")
    page.wait_for_selector("#dialog >> text=eve invited")
    axe(page)
    link = page.inner_text("#dialog code")
    page.click("#dialog >> text=Done")
    page.wait_for_selector("tbody >> text=Eve Byrne")
    assert "Invited" in page.inner_text("tbody")
    assert get_user_model().objects.filter(username="eve").count() == 1

    guest = page_as(None)
    guest.goto(link)
    axe(guest)
    guest.wait_for_selector("[name=new_password1]:focus")
    guest.fill("[name=new_password1]", "short")
    guest.fill("[name=new_password2]", "short")
    guest.click("button[type=submit]")
    guest.get_by_text("too short").wait_for()
    guest.wait_for_selector("[name=new_password2].is-invalid:focus")
    guest.fill("[name=new_password1]", PASSWORD)
    guest.fill("[name=new_password2]", PASSWORD)
    guest.click("button[type=submit]")
    guest.fill("[name=username]", "eve")
    guest.fill("[name=password]", PASSWORD)
    guest.click("button[type=submit]")
    guest.wait_for_selector("text=Eve Byrne")
    guest.context.clear_cookies()
    guest.goto(link)
    assert guest.inner_text("h1") == "This link was already used or has expired"
    axe(guest)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "required"),
        ("Admin", "Admin already exists"),
        (SCRIPT, "Use letters"),
        ("e" * 200, "150"),
    ],
)
def test_a_wrong_user_name_is_told_beside_the_field(
    page_as: PageAs, axe: Look, typed: Any, said: str
) -> None:
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.wait_for_selector("#dialog [name=username]")
    page.eval_on_selector("#dialog [name=username]", "e => e.removeAttribute('maxlength')")
    page.fill("#dialog [name=username]", typed)
    page.fill("#dialog [name=email]", "nobody")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#dialog [role=alert]")
    assert said in page.inner_text("#id_username-error")
    assert page.input_value("#dialog [name=email]") == "nobody"
    assert page.evaluate("document.activeElement.matches('[role=alert], .is-invalid')")
    axe(page)


def test_roles_change_and_the_last_administrator_stays(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    page = page_as("admin")
    person("ben")
    page.goto("/users/")
    page.click("tbody >> text=ben >> nth=0")
    page.wait_for_selector("#dialog[open]")
    page.check("#dialog [value=Designer]")
    page.click("#dialog >> text=OK")
    page.wait_for_selector("text=ben changed.")
    assert user_named("ben").groups.filter(name="Designer").exists()
    page.click("tbody th a >> nth=0")
    page.wait_for_selector("#dialog[open]")
    page.uncheck("#dialog [value=Administrator]")
    page.click("#dialog >> text=OK")
    page.wait_for_selector("#dialog >> text=last active Administrator >> nth=0")
    assert user_named("admin").groups.filter(name="Administrator").exists()


def test_a_deactivated_person_is_out_at_once(page_as: PageAs) -> None:
    theirs, page = page_as("ben"), page_as("admin")
    theirs.goto("/profile/")
    page.goto("/users/")
    page.click("[aria-label='More for ben']")
    page.wait_for_selector(".k-menu:popover-open a:focus")
    for _entry in ("substitute", "password link", "sessions", "deactivate"):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.click("#dialog >> text=Deactivate >> nth=-1")
    page.wait_for_selector("text=ben deactivated.")
    theirs.reload()
    theirs.wait_for_selector("input[name=username]")
    assert AuditEntry.objects.filter(action="deactivated", name="ben").exists()


def test_two_tabs_that_deactivate_one_person_do_not_bring_the_person_back(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    person("ben")
    page = page_as("admin")
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto(f"/users/{person('ben').pk}/deactivate/")
    for tab in tabs:
        tab.get_by_role("button", name="Deactivate").click()
        tab.get_by_text("ben deactivated.").wait_for()
    assert not user_named("ben").is_active
    assert AuditEntry.objects.filter(action="deactivated").count() == 1


def test_what_somebody_else_changed_on_a_user_is_shown_beside_ones_own(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    person("ben")
    mine, theirs = page_as("admin"), page_as("eva", 390)
    user_named("eva").groups.add(Group.objects.get(name="Administrator"))
    for page in (mine, theirs):
        page.goto(f"/users/{person('ben').pk}/")
    theirs.check("[value=Designer]")
    theirs.fill("[name=name]", "Ben Byrne")
    theirs.get_by_role("button", name="OK").click()
    theirs.get_by_text("ben changed.").wait_for()
    mine.check("[value='Data source manager']")
    mine.fill("[name=email]", "ben@example.net")
    mine.get_by_role("button", name="OK").click()
    mine.get_by_text("eva changed this while you were editing").wait_for()
    shown = mine.get_by_role("table").get_by_role("row").all_inner_texts()
    assert [row.split() for row in shown] == [
        ["Setting", "Theirs", "Yours"],
        ["Name", "Ben", "Byrne", "\u2013"],
        ["Email", "ben@example.org", "ben@example.net"],
        ["Roles", "Designer", "User", "Data", "source", "manager", "User"],
    ]
    axe(mine)
    assert_fits(mine)
    mine.get_by_role("button", name="Save again").click()
    mine.get_by_text("ben changed.").wait_for()
    ben = user_named("ben")
    assert (ben.get_full_name(), ben.email) == ("", "ben@example.net")
    assert set(ben.groups.values_list("name", flat=True)) == {"User", "Data source manager"}


def test_a_user_is_given_a_manager_who_is_chosen_from_the_list(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    ben, ada = person("ben"), person("ada")
    for width, job in ((1280, "Buyer"), (390, "W" * 150)):
        page = page_as("admin", width)
        page.goto("/users/")
        page.get_by_role("link", name="ben").click()
        dialog = page.get_by_role("dialog")
        manager = dialog.get_by_label("Manager", exact=True)
        manager.fill(ada.username)
        expect(page.get_by_role("option", name=ada.username)).to_have_count(1)
        pick(manager, "ben")
        dialog.get_by_role("button", name="OK").click()
        expect(manager).to_be_focused()
        expect(dialog.get_by_text("A user cannot be their own manager.").last).to_be_visible()
        looks(page)
        pick(manager, "ada")
        dialog.get_by_label("Department").fill(SCRIPT)
        dialog.get_by_label("Job title").fill(job)
        dialog.get_by_role("button", name="OK").click()
        page.get_by_text("ben changed.").wait_for()
        assert person_data(ben) == PersonData("ada", SCRIPT, job, "")
    theirs = page_as("ben")
    theirs.goto("/profile/")
    expect(theirs.get_by_role("region", name="About you")).to_contain_text(SCRIPT)
    looks(theirs)


@pytest.mark.parametrize("path", ["/users/", "/users/invite/", "/audit/", "/system/"])
def test_administration_is_for_administrators(page_as: PageAs, axe: Look, path: str) -> None:
    page = page_as("ada")
    page.complaints.expect("status of 403")
    assert page.goto(path).status == 403
    axe(page)


def test_the_audit_log_is_searched(page_as: PageAs, person: Callable[[str], Any]) -> None:
    page = page_as("admin")
    for name in ("first thing", SCRIPT):
        AuditEntry.objects.create(
            at="2026-11-23T10:00:00Z",
            user_name="ada",
            action="changed",
            kind="datasource",
            name=name,
        )
    page.goto("/audit/")
    assert SCRIPT in page.inner_text("tbody")
    page.fill("[name=search]", "first")
    page.wait_for_selector(f"tbody:not(:has-text('{SCRIPT[:8]}'))")
    page.wait_for_url("**search=first**")
    assert "search=first" in page.url
    page.fill("[name=search]", "zzz")
    page.wait_for_selector("text=No results for “zzz”")
