"""Signing in and out, passwords, sessions that end, pages of errors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from playwright.sync_api import expect
from pytest_django import Settings

from tests.browser.story_rows import sign_in
from tests.browser.watch import Look, PageAs
from tests.factories import PASSWORD


def test_the_pages_outside_the_shell_fit_and_are_accessible(page_as: PageAs, looks: Any) -> None:
    page = page_as(None)
    page.complaints.expect("status of 404")
    paths = (
        "/sign-in/", "/sign-in/?expired=1", "/nowhere/", "/welcome/x/y/", "/password/forgotten/",
        "/email/x/",
    )  # fmt: skip
    for path in paths:
        page.goto(path)
        looks(page)
    page = page_as("ben")
    page.complaints.expect("status of 403")
    for path in ("/password/", "/password/again/", "/sign-in/again/", "/users/"):
        page.goto(path)
        looks(page)


def test_a_person_signs_in_comes_to_the_page_asked_for_and_signs_out(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
    person("ben")
    page = page_as(None)
    page.goto("/profile/")
    sign_in(page, password="")
    page.wait_for_selector("#id_password-error")
    expect(page.locator("[name=password]")).to_be_focused()
    sign_in(page, password="wrong")
    page.wait_for_selector("[role=alert] >> text=Wrong user name or password")
    axe(page)
    assert page.input_value("[name=username]") == "ben"
    page.fill("[name=password]", PASSWORD)
    page.click("[aria-label='Show password']")
    assert page.get_attribute("[name=password]", "type") == "text"
    page.dblclick("button[type=submit]")
    page.wait_for_url("**/profile/")
    page.click("[popovertarget=usermenu]")
    axe(page)
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in/")


def test_a_password_is_changed_and_other_sessions_end(page_as: PageAs, axe: Look) -> None:
    other, page = page_as("ben"), page_as("ben")
    other.goto("/profile/")
    page.goto("/password/")
    page.click("button[type=submit] >> text=Change password")
    page.wait_for_selector("#id_old_password-error >> text=This field is required.")
    page.wait_for_selector("[role=alert] >> text=New password: This field is required.")
    page.fill("[name=old_password]", PASSWORD)
    page.click("button[type=submit] >> text=Change password")
    expect(page.locator("#id_new_password1")).to_be_focused()
    page.fill("[name=old_password]", "wrong")
    page.fill("[name=new_password1]", "abc")
    page.fill("[name=new_password2]", "abcd")
    page.click("button[type=submit] >> text=Change password")
    page.wait_for_selector("text=Check 2 fields")
    axe(page)
    page.fill("[name=old_password]", PASSWORD)
    page.fill("[name=new_password1]", "an even better password")
    page.fill("[name=new_password2]", "an even better password")
    page.click("button[type=submit] >> text=Change password")
    page.wait_for_selector("text=Password changed.")
    other.reload()
    other.wait_for_selector("[name=password]")


def test_too_many_wrong_passwords_are_answered_with_a_pause(
    page_as: PageAs, person: Callable[[str], Any], settings: Settings, axe: Look
) -> None:
    person("ben")
    settings.AXES_FAILURE_LIMIT = 2
    page = page_as(None)
    page.complaints.expect("status of 429")
    page.goto("/sign-in/")
    sign_in(page, password="wrong")
    sign_in(page, password="wrong")
    page.wait_for_selector("#id_password-error >> text=Too many wrong passwords")
    axe(page)


def test_typed_text_outlives_a_session_that_ended(page_as: PageAs, axe: Look) -> None:
    page = page_as("admin")
    page.goto("/users/invite/")
    page.fill("[name=username]", "eve <b>")
    page.uncheck("[value=User]")
    page.check("[value=Designer]")
    Session.objects.all().delete()
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "admin")
    page.wait_for_selector("text=Your session had ended, so nothing was sent")
    assert page.input_value("[name=username]") == "eve <b>"
    assert page.is_checked("[value=Designer]")
    assert not page.is_checked("[value=User]")
    axe(page)


def test_text_typed_into_a_dialog_outlives_it_too(page_as: PageAs) -> None:
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.fill("#dialog [name=username]", "eve")
    Session.objects.all().delete()
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "admin")
    page.wait_for_selector("#dialog >> text=nothing was sent")
    assert page.input_value("#dialog [name=username]") == "eve"


@pytest.mark.parametrize("path", ["/users/", "/users/invite/"])
def test_text_that_was_refused_outlives_it_although_nothing_was_typed_since(
    page_as: PageAs, path: str
) -> None:
    page = page_as("admin")
    page.goto(path)
    if path == "/users/":
        page.click("text=Invite a user")
    place = page.locator("#dialog, main").filter(has=page.locator("[name=username]")).last
    place.locator("[name=username]").fill("no space")
    for again in (False, True):
        if again:
            Session.objects.all().delete()
        place.get_by_role("button", name="Invite").click()
        if not again:
            page.wait_for_selector("[name=username].is-invalid:focus")
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "admin")
    page.wait_for_selector("text=nothing was sent")
    assert page.input_value("[name=username]") == "no space"


def test_who_signed_in_again_in_another_tab_finds_what_was_typed_and_nothing_sent(
    page_as: PageAs,
) -> None:
    dialog = page_as("admin")
    dialog.goto("/users/")
    dialog.click("text=Invite a user")
    dialog.fill("#dialog [name=username]", "eve")
    plain, asked, again = (dialog.context.new_page() for _ in range(3))
    plain.goto("/users/invite/")
    plain.fill("[name=username]", "eva")
    Session.objects.all().delete()
    asked.goto("/profile/")
    again.goto("/users/")
    sign_in(again, "admin")
    again.get_by_role("heading", name="Users").wait_for()
    dialog.click("#dialog button[type=submit]")
    dialog.wait_for_selector("#dialog >> text=nothing was sent")
    assert dialog.input_value("#dialog [name=username]") == "eve"
    plain.click("main button[type=submit]")
    plain.wait_for_selector("text=nothing was sent")
    assert plain.input_value("[name=username]") == "eva"
    assert plain.url.endswith("/users/invite/")
    # The sign-in page that was open in yet another tab leads on.
    sign_in(asked, "admin")
    asked.wait_for_url("**/profile/")
    assert get_user_model().objects.count() == 1


def test_an_act_that_an_ended_session_kept_from_being_done_says_so(page_as: PageAs) -> None:
    page = page_as("admin")
    page.goto("/users/")
    user = get_user_model().objects.get()
    page.evaluate(f"htmx.ajax('GET', '/users/{user.pk}/password-link/', '#dialog')")
    Session.objects.all().delete()
    page.get_by_role("button", name="Show new link").click()
    sign_in(page, "admin")
    page.wait_for_selector("text=nothing was done. Try again")
    page.reload()
    expect(page.get_by_text("nothing was done")).to_have_count(0)


def test_the_text_of_one_person_is_not_shown_to_the_next(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    person("ada")
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.fill("#dialog [name=username]", "private thought")
    Session.objects.all().delete()
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("text=Your session has ended")
    page.complaints.expect("status of 403")
    sign_in(page, "ada")
    page.wait_for_selector("h1 >> text=You need the role Administrator")
    page.goto("/")
    assert "private thought" not in page.content()


def test_a_part_that_refreshes_leads_to_sign_in_when_the_session_has_ended(page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/")
    Session.objects.all().delete()
    page.evaluate("htmx.trigger('#personal', 'refresh'), htmx.ajax('GET', '/', '#personal')")
    page.wait_for_url("**/sign-in/?next=/&expired=1")
