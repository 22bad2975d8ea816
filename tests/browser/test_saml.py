"""SAML in a browser: it is set up, and its provider posts from another site, without our cookie."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.browser.watch import PageAs
from tests.saml.provider import Answer, metadata, posted, request_in, signed


def test_a_provider_is_set_up_and_signs_somebody_in_from_another_site(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, live_server: LiveServer,
    httpserver: HTTPServer, settings: Settings,
) -> None:  # fmt: skip
    settings.KIANDA_PUBLIC_URL = live_server.url
    person("ben")
    # For a browser, 127.0.0.1 is another site than localhost.
    there = httpserver.url_for("/sign-in").replace("localhost", "127.0.0.1")
    office = page_as("admin")
    office.goto("/users/sign-in/")
    office.get_by_role("link", name="Add SAML provider").click()
    office.get_by_role("heading", name="Add an identity provider").wait_for()
    office.get_by_text("Custom attribute names").click()
    looks(office)
    office.fill("[name=name]", "Acme")
    office.fill("[name=metadata]", metadata(sign_in=there))
    office.fill("[name=domains]", "example.org")
    office.check("[name=trusts_addresses]")
    office.get_by_role("button", name="Save").click()
    office.get_by_text("Acme added.").wait_for()
    office.get_by_role("button", name="Test").click()
    office.get_by_text("Metadata read").wait_for()
    looks(office)
    acs = f"{live_server.url}/sign-in/with/acme/answer/"
    ours = f"{live_server.url}/sign-in/with/acme/metadata/"
    expect(office.locator("code").nth(1)).to_have_text(acs)

    def answer(request: Request) -> Response:
        asked = request_in(request.url)
        told = Answer(asked.get("ID"), acs, ours, attributes={"mail": ["ben@example.org"]})
        page = (
            f"<form method='post' action='{acs}'>"
            f"<input name='SAMLResponse' value='{posted(signed(told))}'>"
            "<button>Go on</button></form>"
        )
        return Response(page, content_type="text/html")

    httpserver.expect_request("/sign-in").respond_with_handler(answer)
    page = page_as(None)
    page.complaints.expect("127.0.0.1")
    page.goto("/sign-in/?next=/profile/")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/profile/")
    assert page.locator("h1").inner_text() != ""
