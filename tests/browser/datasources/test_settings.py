"""A data source in a browser: made from nothing, tested, changed by two people, found."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document
from tests.authorities import Authority
from tests.browser.datasources.places import METHOD, ONE
from tests.browser.hands import go_on
from tests.browser.story_rows import SCRIPT
from tests.browser.watch import Look, PageAs


def test_the_scenarios_data_source_is_made_from_an_empty_workspace(
    page_as: PageAs, provider: Any, axe: Look
) -> None:
    page = page_as("dan")
    page.goto("/datasources/")
    axe(page)
    page.get_by_role("link", name="Add a REST Service").click()
    page.locator("#f-title").press_sequentially("Token service")
    expect(page.locator("#f-name")).to_have_value("token-service")
    page.get_by_label("Base URL").fill(provider.url)
    page.get_by_role("button", name="Save").dblclick()
    page.wait_for_url("**/datasources/token-service/")
    assert Datasource.objects.count() == 1
    page.get_by_text("Incomplete").wait_for()

    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Server reached: status 200 in").wait_for()
    assert "not tested yet" not in page.locator("#facts").inner_text()

    page.get_by_role("link", name="Add REST method").click()
    page.get_by_label("Display name").fill("Get/Refresh Auth Token")
    page.locator("#f-name").fill("refresh-token")
    page.get_by_label("HTTP method").select_option("POST")
    page.get_by_label("URL path").fill("/oauth/token")
    page.get_by_text("Form", exact=True).click()
    for name in ("grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token"):
        page.get_by_role("button", name="Add parameter").press("Enter")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
    fixed = page.locator("#f-request_body-2-value")
    assert fixed.get_attribute("type") == "password"
    page.get_by_label("client_secret body").fill("sec-1")

    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Add all").click()
    page.get_by_text("All fields added. Save the method to store them").wait_for()
    names = [
        field.input_value()
        for field in page.locator("[data-rows=response_body] [name$='/name']").all()
    ]
    assert names == ["access_token", "token_type", "expires_in", "refresh_token", "scope"]
    assert page.locator("[data-sample]").nth(2).inner_text() == "3600"
    page.get_by_role("button", name="Remove scope").click()
    page.get_by_role("button", name="Save method").dblclick()
    page.wait_for_url(f"**{METHOD}")

    method = get_document("token-service").method("refresh-token")
    assert [p.name for p in method.request_body] == [
        "grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token",
    ]  # fmt: skip
    assert [p.secret for p in method.request_body] == [False, False, True, False, True]
    assert [f.name for f in method.response_body] == names[:-1]
    assert provider.requests[-1].endswith(b"client_secret=sec-1")
    page.goto(ONE)
    page.get_by_text("Ready").wait_for()


def test_worst_input_stands_beside_its_control_with_focus_on_the_first(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.goto("/datasources/new/")
    page.locator("#f-title").fill(SCRIPT)
    page.locator("#f-name").fill("token-service")
    page.get_by_label("Base URL").fill("http://169.254.169.254/latest")
    page.get_by_label("Timeout in seconds").fill("for ever")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Check 3 fields").wait_for()
    expect(page.locator("#f-name")).to_be_focused()
    assert page.locator("#f-title").input_value() == SCRIPT
    assert page.get_by_label("Timeout in seconds").input_value() == "for ever"
    assert "already exists" in page.locator("#f-name-error").inner_text()
    page.locator("#f-name").fill("safe")
    page.get_by_label("Base URL").fill("https://example.org")
    page.get_by_label("Timeout in seconds").fill("5")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/datasources/safe/")
    assert "owned" not in page.title().split(" · ")[1:]
    for place in ("/datasources/", "/datasources/safe/", "/datasources/safe/delete/"):
        page.goto(place)
        expect(page.locator("img")).to_have_count(0)
    assert page.title() != "owned"


def test_a_refused_address_is_told_by_the_test(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    create_datasource(
        raw={"name": "inside", "title": "Inside", "base_url": "http://localhost:9"},
        user=person("dan"),
    )
    page = page_as("dan")
    page.goto("/datasources/")
    page.get_by_role("button", name="Test connection of Inside").click()
    page.get_by_text(re.compile("KIANDA_EGRESS_ALLOW|A REST method is missing")).wait_for()
    page.goto("/datasources/inside/")
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("The connection test failed.").wait_for()


def test_what_is_typed_is_tested_and_stays(page_as: PageAs, provider: Any, axe: Look) -> None:
    page = page_as("dan")
    page.goto("/datasources/new/")
    page.get_by_label("Base URL").fill("ftp://files.example.org")
    test = page.get_by_role("button", name="Test connection")
    test.click()
    page.get_by_role("link", name="Use https or http").wait_for()
    page.get_by_label("Base URL").fill(provider.url)
    test.click()
    page.get_by_text("with the settings in the form. They are not saved yet.").wait_for()
    axe(page)
    page.get_by_label("Display name").fill("Token service")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Token service created.").wait_for()
    page.get_by_label("Base URL").fill("http://127.0.0.1:9")
    page.get_by_label("Authentication").select_option("bearer")
    page.get_by_label("Token · not set").fill("tok-1")
    test.click()
    page.get_by_text("The connection test failed.").wait_for()
    assert page.get_by_label("Base URL").input_value() == "http://127.0.0.1:9"
    assert page.get_by_label("Token · not set").input_value() == "tok-1"
    page.get_by_label("Base URL").fill(provider.url)
    test.click()
    page.get_by_text("Server reached: status 200 in").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Token service saved.").wait_for()
    assert get_document("token-service").auth.credentials() == {"token": "tok-1"}


def test_the_list_searches_while_typing_and_back_leads_back(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.goto("/datasources/")
    page.get_by_label("Search data sources").press_sequentially("token")
    page.wait_for_url("**q=token*")
    page.get_by_role("link", name="Token service").wait_for()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Token service").click()
    page.wait_for_url(f"**{ONE}")


def test_without_script_a_data_source_is_made_tested_and_tried(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], provider: Any
) -> None:
    page = plain_page_as("dan")
    page.goto("/datasources/new/")
    page.get_by_label("Display name").fill("Token service")
    page.get_by_label("Base URL").fill(provider.url)
    page.get_by_label("Authentication").select_option("bearer")
    go_on(page.get_by_role("button", name="Show settings"))
    page.get_by_label("Token · not set").fill("tok-1")
    go_on(page.get_by_role("button", name="Save"))
    go_on(page.get_by_role("button", name="Test connection"))
    page.get_by_text("Server reached: status 200 in").wait_for()
    go_on(page.get_by_role("link", name="Add REST method"))
    page.get_by_label("Display name").fill("Get a token")
    go_on(page.get_by_role("button", name="Send"))
    go_on(page.get_by_role("button", name="Add all"))
    go_on(page.get_by_role("button", name="Save method"))
    page.get_by_text("Get a token saved.").wait_for()
    method = get_document("token-service").method("get-a-token")
    assert [field.name for field in method.response_body][:2] == ["access_token", "token_type"]
    assert b"Authorization: Bearer tok-1" in provider.requests[-1]


def test_a_certificate_is_uploaded_in_the_dialog_and_taken_out(
    page_as: PageAs, person: Any, axe: Look, tmp_path: Any
) -> None:
    raw = {"name": "token-service", "title": "Bank", "base_url": "https://bank.example.org"}
    create_datasource(raw=raw, user=person("dan"))
    file = tmp_path / "client.pfx"
    file.write_bytes(Authority("Ours").client().pfx_bytes("pw-1"))
    page = page_as("dan")
    page.goto(ONE)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Certificates").click()
    page.get_by_label("File").first.set_input_files(file)
    page.get_by_label("Password of the file").fill("pw-2")
    page.get_by_role("button", name="OK").click()
    page.get_by_text("This password does not open the file.").first.wait_for()
    axe(page)
    page.get_by_label("File").first.set_input_files(file)
    page.get_by_label("Password of the file").fill("pw-1")
    page.get_by_role("button", name="OK").click()
    page.get_by_text("Issued by").wait_for()
    axe(page)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Certificates").click()
    page.get_by_label("Remove the client certificate").check()
    page.get_by_role("button", name="OK").dblclick()
    expect(page.get_by_text("Issued by")).to_have_count(0)
    assert get_document("token-service").client_certificate is None


def test_the_settings_of_a_connection_follow_what_is_chosen(page_as: PageAs, axe: Look) -> None:
    page = page_as("dan")
    page.goto("/datasources/new/")
    page.locator("#f-title").press_sequentially("Acme")
    page.get_by_label("Base URL").fill("https://api.acme.example")
    page.get_by_label("Authentication", exact=True).select_option("oauth2")
    page.get_by_label("Token URL").fill("https://auth.acme.example/token")
    expect(page.locator("#f-auth-client_secret")).to_be_visible()
    expect(page.get_by_label("Private key")).to_be_hidden()

    # Each choice shows what it needs at once, and what was typed stays.
    page.get_by_label("Grant", exact=True).select_option("jwt_bearer")
    page.get_by_label("Client authentication").select_option("none")
    expect(page.get_by_label("Private key")).to_be_visible()
    expect(page.locator("#f-auth-client_secret")).to_be_hidden()
    expect(page.get_by_label("Token URL")).to_have_value("https://auth.acme.example/token")
    page.get_by_label("Grant", exact=True).select_option("authorization_code")
    page.get_by_label("Authorization URL", exact=True).fill("https://auth.acme.example/authorize")
    page.get_by_label("Client authentication").select_option("post")
    page.get_by_label("Client ID").fill("kianda")
    page.locator("#f-auth-client_secret").fill("cs-1")

    page.get_by_text("More settings of the connection").click()
    rows = page.locator("#f-auth-token_parameters")
    for name, value in (("resource", "r-1"), ("partner", "p-1")):
        rows.get_by_role("button", name="Add a row").press("Enter")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(value)
    last = rows.locator("[data-named-row]").last
    last.get_by_label("Secret").check()
    assert last.locator('[name$="/value"]').get_attribute("type") == "password"
    rows.get_by_role("button", name="Remove this row").first.press("Enter")
    expect(rows.locator("[data-named-row]")).to_have_count(3)
    axe(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/datasources/acme/")
    made: Any = get_document("acme").auth
    assert (made.grant, made.client_auth, made.client_secret) == (
        "authorization_code",
        "post",
        "cs-1",
    )
    assert [(one.name, one.value, one.secret) for one in made.token_parameters] == [
        ("resource", "r-1", False),
        ("partner", "p-1", True),
    ]
    # The page of what is saved shows neither secret.
    assert not any(one in page.content() for one in ("cs-1", "p-1"))
