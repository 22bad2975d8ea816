"""Second factors in a browser: an app, passkeys of a virtual device, sessions, and their pages."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from kianda.accounts.models import AuditEntry
from tests.accounts.codes import code_of, recovery_codes
from tests.browser.story_rows import sign_in
from tests.browser.watch import Look, PageAs, WatchedPage
from tests.pages import client_of

SECURITY = "/profile/security/"


def with_device(page: WatchedPage) -> None:
    """Give a page a device that has passkeys and always finds its person there."""
    page.is_spent = True
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enter(page: Any, name: str = "ben") -> None:
    page.goto("/sign-in/?next=/profile/security/")
    sign_in(page, name)


def leave(page: Any) -> None:
    page.context.clear_cookies()


def test_an_app_and_a_passkey_are_set_up_used_and_removed(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, axe: Look
) -> None:
    ben, page = person("ben"), page_as(None)
    with_device(page)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").wait_for()
    looks(page)
    enter(page)
    looks(page)
    # An app.
    page.get_by_role("link", name="Set up an app").click()
    looks(page)
    secret = page.inner_text("code.k-code")
    page.fill("[name=code]", "000000")
    page.get_by_role("button", name="Set up").click()
    page.get_by_text("Wrong code").first.wait_for()
    axe(page)
    assert page.inner_text("code.k-code") == secret
    page.fill("[name=code]", code_of(secret))
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert recovery_codes(ben)[0] in page.inner_text("main")
    looks(page)
    page.get_by_role("link", name="Done").click()
    # A passkey.
    page.get_by_role("link", name="Add a passkey").click()
    looks(page)
    page.fill("[name=name]", "Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="Rename Work laptop").wait_for()
    looks(page)
    page.get_by_role("link", name="Rename Work laptop").click()
    axe(page)
    page.fill("[name=name]", "Laptop <b>")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Laptop <b>").wait_for()
    # Signed in by the passkey alone, and as the second factor.
    leave(page)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="waiting for you").or_(
        page.locator("#usermenu")
    ).first.wait_for(state="attached")
    leave(page)
    enter(page)
    page.get_by_role("heading", name="Confirm that it is you").wait_for()
    looks(page)
    page.fill("[name=code]", "000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Wrong code").first.wait_for()
    axe(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Security").wait_for()
    details = AuditEntry.objects.filter(action="signed in").values_list("detail", flat=True)
    assert [line.split(",")[0] for line in details] == [
        "Password + Passkey", "Passkey", "Password",
    ]  # fmt: skip
    # Removed.
    page.get_by_role("link", name="Remove Laptop <b>").click()
    axe(page)
    page.get_by_role("button", name="Remove passkey").click()
    page.get_by_role("link", name="Remove app").click()
    axe(page)
    page.get_by_role("button", name="Remove app").click()
    page.get_by_role("link", name="Set up an app").wait_for()
    assert not Authenticator.objects.exists()


def test_a_passkey_that_is_not_used_is_told_and_the_password_still_works(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
    person("ben")
    page = page_as(None)
    with_device(page)
    page.goto("/sign-in/")
    # The device has none for this place.
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    axe(page)
    sign_in(page)
    page.locator("#usermenu").wait_for(state="attached")


def test_a_provider_is_added_changed_tested_and_deleted(
    page_as: PageAs, looks: Any, axe: Look
) -> None:
    page = page_as("admin")
    page.complaints.expect("status of 422")
    page.goto("/users/sign-in/")
    page.get_by_role("link", name="Add OpenID Connect provider").click()
    looks(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Check 3 fields.").wait_for()
    axe(page)
    page.fill("[name=name]", "Acme <b>")
    page.fill("[name=issuer]", "https://login.acme.example")
    page.fill("[name=client_id]", "kianda")
    page.fill("[name=secret]", "hush")
    page.get_by_role("button", name="Save").dblclick()
    page.get_by_text("/sign-in/with/acme-b/callback/").wait_for()
    assert page.input_value("[name=secret]") == ""
    looks(page)
    page.get_by_role("button", name="Test").click()
    page.get_by_text("Test failed").wait_for()
    axe(page)
    guest = page_as(None)
    guest.goto("/sign-in/")
    guest.get_by_role("link", name="Sign in with Acme <b>").wait_for()
    looks(guest)
    page.goto("/users/sign-in/")
    page.check("[name=only_single_sign_on]")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Sign-in settings saved.").wait_for()
    guest.goto("/sign-in/?next=/runs/")
    assert guest.locator("[name=password]").count() == 0
    looks(guest)
    guest.get_by_role("link", name="Administrators: sign in with a password").click()
    sign_in(guest, "admin")
    guest.wait_for_url("**/runs/")
    page.uncheck("[name=only_single_sign_on]")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Sign-in settings saved.").wait_for()
    page.goto("/users/sign-in/acme-b/")
    page.get_by_role("link", name="Delete").click()
    page.wait_for_selector("#dialog[open] >> text=Disconnects 0 accounts.")
    looks(page)
    page.locator("#dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Acme <b> deleted.").wait_for()


def test_an_administrator_requires_one_ends_sessions_and_resets(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, live_server: LiveServer
) -> None:
    ben, guest = person("ben"), page_as(None)
    enter(guest)
    page = page_as("admin")
    # Signed in long ago.
    value = client_of(person("admin")).cookies["sessionid"].value
    cookie: Any = {"name": "sessionid", "value": value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto("/users/sign-in/")
    looks(page)
    page.check("[value=User]")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Sign-in settings saved.").wait_for()
    guest.goto("/runs/")
    guest.get_by_role("heading", name="Set up a second factor to continue").wait_for()
    looks(guest)
    guest.get_by_role("link", name="Set up an app").click()
    guest.fill("[name=code]", code_of(guest.inner_text("code.k-code")))
    guest.get_by_role("button", name="Set up").click()
    guest.get_by_role("heading", name="Recovery codes").wait_for()
    guest.goto("/runs/")
    expect(guest).to_have_url(guest.url)
    # The administrator has to set one up too: every role is a user's.
    page.goto("/users/")
    page.get_by_role("heading", name="Set up a second factor to continue").wait_for()
    page.goto("/profile/security/app/")
    page.get_by_role("heading", name="Enter your password").wait_for()
    page.fill("[name=password]", "a good test password")
    page.get_by_role("button", name="Continue").click()
    page.fill("[name=code]", code_of(page.inner_text("code.k-code")))
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.goto("/users/")
    page.get_by_label("More for ben").click()
    page.get_by_role("link", name="Sessions").locator("visible=true").click()
    page.wait_for_selector("#dialog[open] >> text=last seen")
    looks(page)
    page.click("#dialog >> text=Close")
    page.get_by_label("More for ben").click()
    page.get_by_role("link", name="Reset second factor").locator("visible=true").click()
    page.wait_for_selector("#dialog[open] >> text=Removes the authenticator app")
    looks(page)
    page.get_by_role("button", name="Reset second factor").click()
    page.get_by_text("Second factor of ben reset.").wait_for()
    assert not Authenticator.objects.filter(user=ben).exists()
    guest.goto("/runs/")
    guest.wait_for_selector("[name=password]")
