"""A connection in a browser: added at any provider, connected there, refreshed, disconnected."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from datasources.models import Connection
from tests.browser.watch import Look, PageAs
from tests.datasources.connections.provider import TokenProvider
from tests.datasources.servers import Visit, answer


class AskingProvider(TokenProvider):
    """A provider whose page asks a person whether they allow access."""

    def _thing(self, visit: Visit, head: str) -> None:
        address = urlsplit(head.split(" ")[1])
        if address.path != "/authorize":
            super()._thing(visit, head)
            return
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        back = f"{asked['redirect_uri']}?state={asked['state']}"
        page = (
            f'<!doctype html><html lang="en"><title>Allow</title><h1>{asked["scope"]}</h1>'
            f'<a href="{back}&code=c-1">Allow</a> '
            f'<a href="{back}&error=access_denied">Deny</a></html>'
        )
        visit.write(answer(page.encode(), media_type="text/html"))


@pytest.fixture
def asking(settings: Any, live_server: Any) -> Iterator[AskingProvider]:
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    settings.KIANDA_PUBLIC_URL = live_server.url
    made = AskingProvider()
    with made:
        yield made


def test_a_connection_is_added_kept_and_ended(
    page_as: PageAs, asking: AskingProvider, axe: Look
) -> None:
    page: Any = page_as("dan")
    page.complaints.expect(asking.url)
    for status in ("422", "409"):
        page.complaints.expect(f"status of {status}")
    page.goto("/connections/")
    axe(page)
    page.get_by_role("link", name="Add a connection").click()
    page.get_by_role("link", name="Other provider").wait_for()
    axe(page)
    page.get_by_role("link", name="Microsoft 365").click()
    page.get_by_label("Directory (tenant) ID").wait_for()
    axe(page)
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Other provider").click()
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("Enter the token URL, or an issuer that publishes it").first.wait_for()
    axe(page)

    page.get_by_label("Display name").fill("Books")
    page.locator("#f-name").fill("books")
    page.get_by_label("Base URL of its API").fill(asking.url)
    page.get_by_label("Authorization URL").fill(f"{asking.url}/authorize")
    page.get_by_label("Token URL").fill(f"{asking.url}/token")
    page.get_by_label("Client ID").fill("kianda")
    page.get_by_label("Client secret").fill("s3cret")
    page.get_by_label("More scopes").fill("books.read offline")
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("heading", name="books.read offline").wait_for()
    page.get_by_role("link", name="Deny").click()
    page.get_by_text("Access to Books was not allowed at the provider.").wait_for()
    axe(page)

    page.get_by_role("link", name="All connections").click()
    page.locator(".k-pill", has_text="Not connected").wait_for()
    axe(page)
    page.get_by_role("button", name="Connect Books").click()
    page.get_by_role("link", name="Allow").click()
    page.get_by_role("heading", name="Books is connected").wait_for()
    page.get_by_text("Server reached: status").or_(page.get_by_text("Books answered")).wait_for()
    axe(page)
    row = Connection.objects.get()
    assert row.connected_by is not None
    assert row.connected_by.get_username() == "dan"

    page.get_by_role("link", name="Not now").click()
    page.get_by_text("Connected. The token is valid for").wait_for()
    axe(page)
    page.get_by_role("button", name="Refresh now").click()
    page.get_by_text("Token of Books refreshed.").wait_for()
    expect(page.get_by_text("Manually")).to_be_visible()
    page.get_by_role("link", name="Simulate").click()
    page.get_by_label("Simulate that").select_option("refused")
    page.get_by_text("Kianda stops retrying").wait_for()
    axe(page)
    page.go_back()
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("dialog").get_by_text(
        "Deletes its tokens, and revokes them at the provider if possible"
    ).wait_for()
    axe(page)
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    page.get_by_text("Books disconnected.").wait_for()
    page.get_by_role("heading", name="Not connected.").wait_for()
    row.refresh_from_db()
    assert row.tokens is None
