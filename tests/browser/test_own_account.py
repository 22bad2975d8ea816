"""Somebody makes an API token, and sets the zone and theme in which pages are seen."""

from collections.abc import Callable
from typing import Any

from pytest_django.live_server_helper import LiveServer

from kianda.accounts.models import ApiToken, Profile
from tests.browser.watch import Look, PageAs
from tests.factories import make_token
from tests.pages import SCRIPT


def test_a_token_is_shown_once_copied_and_revoked(
    page_as: PageAs, axe: Look, live_server: LiveServer
) -> None:
    page = page_as("ben")
    page.goto("/tokens/")
    page.click("text=Create a token")
    page.fill("#dialog [name=name]", f"Night {SCRIPT}")
    page.check("#dialog [value=read]")
    page.dblclick("#dialog button[type=submit]")
    page.wait_for_selector("#new-token")
    axe(page)
    text = page.inner_text("#new-token")
    page.click("#dialog .k-copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text
    api = page.request.get("/api/v1/instances/", headers={"Authorization": f"Bearer {text}"})
    assert api.status == 200
    page.click("#dialog >> text=Done")
    page.wait_for_selector("tbody >> text=Night")
    assert text not in page.content()
    page.click("tbody >> text=Revoke")
    page.click("#dialog button.btn-danger")
    page.wait_for_selector("tbody >> text=Revoked")
    assert ApiToken.objects.get().revoked_at is not None


def test_nobody_sees_the_tokens_of_others_but_an_administrator(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    make_token(person("ada"))
    ben, admin = page_as("ben"), page_as("admin")
    ben.goto("/tokens/")
    assert "No API tokens yet" in ben.inner_text("main")
    ben.complaints.expect("status of 404")
    assert ben.goto(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status == 404
    admin.goto("/tokens/")
    assert "ada" in admin.inner_text("tbody")


def test_the_zone_and_theme_of_the_profile_hold_on_every_page(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    page = page_as("ben")
    page.goto("/profile/")
    form = page.get_by_role("form", name="Display")
    form.get_by_label("Time zone").select_option("Pacific/Auckland")
    form.get_by_label("Theme").select_option("dark")
    form.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Profile saved.")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert Profile.objects.get(user=person("ben")).zone == "Pacific/Auckland"
    page.goto("/")
    assert "Pacific/Auckland" in page.inner_text(".k-head")
    page.goto("/profile/")
    page.click("[popovertarget=usermenu]")
    with page.expect_response("**/profile/theme/"):
        page.locator("#usermenu label", has_text="Light").click()
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Profile saved.")
    assert page.get_attribute("html", "data-theme") == "light"
