"""Data sources in a browser: made from nothing, tested, tried, changed by two people at once."""

import json
import re
import threading

import pytest
from playwright.sync_api import expect

from datasources.models import Datasource
from datasources.services import create_datasource, get_document, patch_datasource
from kianda.demo import DATASOURCE
from tests.browser.conftest import session_cookie
from tests.browser.story_rows import LOOKS, SCRIPT
from tests.datasources.servers import always, answer, serving

ANSWER = json.dumps(
    {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "rt-2",
        "scope": "orders:read",
    }
).encode()
LONG = "a-very-long-name-without-any-blank-" * 5


@pytest.fixture
def provider(settings):
    """A provider on loopback that grants every token."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    with serving(always(answer(ANSWER))) as server:
        yield server


@pytest.fixture
def token_service(provider, person):
    """The scenario's datasource, and one whose every text is long."""
    dan = person("dan")
    raw = {**DATASOURCE, "name": "token-service", "title": "Token service"}
    create_datasource(raw={**raw, "base_url": provider.url}, user=dan)
    long = {
        "name": "long", "title": LONG, "base_url": f"https://example.org/{LONG}",
        "auth": {"scheme": "api_key"},
        "methods": [{
            "name": "long", "title": LONG, "url_path": f"/{LONG}/{{customer}}",
            "request_headers": [{"name": LONG, "value": LONG}, {"name": "X-Key", "value": "k-1"}],
            "response_body": [{"name": LONG, "path": LONG}],
        }],
    }  # fmt: skip
    create_datasource(raw=long, user=dan)
    return provider


ONE = "/datasources/token-service/"
METHOD = f"{ONE}methods/refresh-token/"
PLACES = [
    "/datasources/", "/datasources/?q=nothing", "/datasources/new/", ONE, METHOD,
    f"{ONE}methods/new/", f"{ONE}delete/", f"{ONE}security/", "/datasources/long/",
    "/datasources/long/methods/long/",
]  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_fit_and_are_accessible(page_as, token_service, axe, assert_fits, width, scheme):
    page = page_as("dan", width, scheme)
    for place in PLACES:
        page.goto(place)
        axe(page)
        assert_fits(page)
    page = page_as("ada", width, scheme)
    for place in (ONE, METHOD):
        page.goto(place)
        axe(page)
        assert_fits(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_answers_and_errors_fit_and_are_accessible(
    page_as, token_service, axe, assert_fits, width, scheme
):
    page = page_as("dan", width, scheme)
    page.goto("/datasources/new/")
    page.get_by_label("Authentication").select_option("basic")
    page.get_by_label("User name").fill("u")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".invalid-feedback")
    axe(page)
    assert_fits(page)
    page.goto(ONE)
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("The server answered 200 in").wait_for()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete").first.click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    page.goto(METHOD)
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#answer .k-code")
    for part in page.locator("#answer details").all():
        part.locator("summary").click()
    axe(page)
    assert_fits(page)


def test_the_scenarios_data_source_is_made_from_an_empty_workspace(page_as, provider, axe):
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
    page.get_by_text("The server answered 200 in").wait_for()
    assert "not tested yet" not in page.locator("#facts").inner_text()

    page.get_by_role("link", name="Add a REST method").click()
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
    page.get_by_role("button", name="Take all over").click()
    page.get_by_text("All are in the response definition").wait_for()
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


def test_send_shows_the_answer_once_and_leaves_nothing_behind(page_as, token_service):
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_label("refresh_token body").fill("rt-secret-9")
    page.get_by_role("button", name="Send").dblclick()
    page.wait_for_selector("#answer .k-code")
    assert "orders:read" in page.locator("#answer").inner_text()
    assert len(token_service.requests) == 1
    assert "rt-secret-9" not in page.content()
    assert page.url.endswith(METHOD)
    page.get_by_role("button", name="scope", exact=True).click()
    assert page.locator("#f-response_body-5-path").input_value() == "scope"
    page.reload()
    assert "orders:read" not in page.content()


def test_a_large_answer_is_downloaded_whole_and_the_request_copied(
    page_as, token_service, axe, assert_fits
):
    large = b'{"rows": "' + b"x" * 4_000_000 + b'"}'
    token_service._handler = always(answer(large))
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_label("client_secret body").fill("sec-1")
    page.get_by_role("button", name="Send").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download all of it").click()
    assert started.value.suggested_filename == "answer.json"
    assert json.loads(started.value.path().read_bytes()) == json.loads(large)
    page.get_by_role("button", name="Copy as cURL").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl --request POST")
    assert "sec-1" not in copied
    axe(page)
    assert_fits(page)


def test_a_slow_trial_is_stopped_and_says_what_may_have_happened(page_as, token_service, axe):
    go_on = threading.Event()

    def slow(visit):
        visit.read()
        go_on.wait(20)

    token_service._handler = slow
    page = page_as("dan")
    page.complaints.expect("htmx:afterRequest")
    page.complaints.expect("htmx:sendAbort")
    page.goto(METHOD)
    assert not page.get_by_role("button", name="Stop").is_visible()
    try:
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Sending, ").wait_for()
        axe(page)
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("may have carried the request out").wait_for()
        page.wait_for_selector("#send:focus")
        assert page.get_by_role("button", name="Send", exact=True).is_enabled()
        assert not page.get_by_role("button", name="Stop").is_visible()
    finally:
        go_on.set()


def test_worst_input_stands_beside_its_control_with_focus_on_the_first(page_as, token_service):
    page = page_as("dan")
    page.goto("/datasources/new/")
    page.locator("#f-title").fill(SCRIPT)
    page.locator("#f-name").fill("token-service")
    page.get_by_label("Base URL").fill("http://169.254.169.254/latest")
    page.get_by_label("Time limit of a call, seconds").fill("for ever")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("3 places need a look").wait_for()
    assert page.evaluate("document.activeElement.id") == "f-name"
    assert page.locator("#f-title").input_value() == SCRIPT
    assert page.get_by_label("Time limit of a call, seconds").input_value() == "for ever"
    assert "is taken" in page.locator("#f-name-error").inner_text()
    page.locator("#f-name").fill("safe")
    page.get_by_label("Base URL").fill("https://example.org")
    page.get_by_label("Time limit of a call, seconds").fill("5")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/datasources/safe/")
    assert "owned" not in page.title().split(" · ")[1:]
    for place in ("/datasources/", "/datasources/safe/", "/datasources/safe/delete/"):
        page.goto(place)
        assert page.locator("img").count() == 0
    assert page.title() != "owned"


def test_a_wrong_method_is_told_at_its_place_and_rows_stay(page_as, token_service):
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_role("button", name="Add parameter").click()
    page.keyboard.type("client_id")
    page.get_by_label("URL path").fill("oauth")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("2 places need a look").wait_for()
    assert page.evaluate("document.activeElement.id") == "f-url_path"
    assert "is taken" in page.locator("#f-request_body-5-error").inner_text()
    page.get_by_role("button", name="Remove client_id").last.click()
    page.get_by_label("URL path").fill("/oauth/token")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#answer .k-code")


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_at_once_see_each_other_and_choose(
    page_as, token_service, person, axe, assert_fits, width
):
    page = page_as("dan", width)
    page.complaints.expect("status of 409")
    page.goto(ONE)
    page.locator("#f-title").fill("Mine")
    patch_datasource(
        name="token-service", changes={"title": "Theirs", "timeout_s": 7}, user=person("admin")
    )
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("admin saved this while you were editing").wait_for()
    axe(page)
    assert_fits(page)
    assert page.locator("#f-title").input_value() == "Mine"
    page.get_by_label("Take theirs").check()
    page.get_by_role("button", name="Keep mine, but for what is ticked").click()
    page.get_by_text("Theirs is saved.").wait_for()
    document = get_document("token-service")
    assert (document.title, document.timeout_s) == ("Theirs", 7)


def test_a_refused_address_is_told_by_the_test(page_as, person):
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


def test_the_list_searches_while_typing_and_back_leads_back(page_as, token_service):
    page = page_as("dan")
    page.goto("/datasources/")
    page.get_by_label("Search data sources").press_sequentially("token")
    page.wait_for_url("**q=token*")
    page.get_by_role("link", name="Token service").wait_for()
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="Token service").click()
    page.wait_for_url(f"**{ONE}")


def test_a_method_is_copied_and_the_copy_deleted(page_as, token_service):
    page = page_as("dan")
    page.goto(ONE)
    page.get_by_role("button", name="More for Get orders").click()
    page.get_by_role("button", name="Duplicate").locator("visible=true").click()
    page.wait_for_url("**/methods/get-orders-copy/")
    page.goto(ONE)
    page.get_by_role("button", name="More for Get orders (copy)").click()
    page.get_by_role("link", name="Delete").locator("visible=true").click()
    page.wait_for_selector("#dialog[open]")
    assert page.evaluate("document.activeElement.textContent") == "Keep it"
    page.get_by_role("button", name="Delete").locator("visible=true").click()
    page.get_by_text("Get orders (copy) is deleted.").wait_for()
    assert get_document("token-service").method("get-orders-copy") is None


def test_a_lost_session_keeps_the_rows_that_were_typed(page_as, token_service):
    page = page_as("dan")
    page.complaints.expect("status of 404")
    page.goto(METHOD)
    page.get_by_role("button", name="Remove redirect_uri").click()
    page.get_by_text("Query parameters").click()
    page.get_by_role("button", name="Add query parameter").press("Enter")
    page.keyboard.type("scope")
    page.locator("#f-query-0-value").fill("orders:read")
    page.get_by_label("client_secret body").fill("never-kept")
    page.wait_for_timeout(400)
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save method").click()
    page.wait_for_url("**/sign-in/**")
    assert "never-kept" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.context.add_cookies([one for one in cookies if one["name"] == "sessionid"])
    page.goto(METHOD)
    page.get_by_text("Your session had ended").wait_for()
    assert page.locator("#f-query-0-name").input_value() == "scope"
    assert page.locator("#f-query-0-value").input_value() == "orders:read"
    assert page.locator("#f-request_body-3-name").count() == 0
    page.get_by_role("button", name="Save method").click()
    page.get_by_text("is saved.").wait_for()
    method = get_document("token-service").method("refresh-token")
    assert [(one.name, one.value) for one in method.query] == [("scope", "orders:read")]
    assert "redirect_uri" not in [one.name for one in method.request_body]


def test_without_script_a_data_source_is_made_tested_and_tried(
    browser, live_server, person, provider
):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    context.add_cookies([session_cookie(person("dan"), live_server.url)])
    page = context.new_page()
    page.goto("/datasources/new/")
    page.get_by_label("Display name").fill("Token service")
    page.get_by_label("Base URL").fill(provider.url)
    page.get_by_label("Authentication").select_option("bearer")
    page.get_by_role("button", name="Show its settings").click()
    page.get_by_label("Token · not set").fill("tok-1")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("The server answered 200 in").wait_for()
    page.get_by_role("link", name="Add a REST method").click()
    page.get_by_label("Display name").fill("Get a token")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Take all over").click()
    page.get_by_role("button", name="Save method").click()
    method = get_document("token-service").method("get-a-token")
    assert [field.name for field in method.response_body][:2] == ["access_token", "token_type"]
    assert b"Authorization: Bearer tok-1" in provider.requests[-1]
    context.close()


def test_who_may_is_said_in_a_dialog(page_as, token_service, axe, assert_fits):
    page = page_as("dan")
    page.goto(ONE)
    page.get_by_role("link", name="Security").click()
    dialog = page.locator("#dialog")
    editors = dialog.get_by_label("Users").first
    editors.fill("dan, nobody")
    axe(page)
    dialog.get_by_role("button", name="OK").click()
    dialog.get_by_role("link", name="There is no user nobody.").wait_for()
    axe(page)
    assert_fits(page)
    editors.fill("dan")
    dialog.get_by_label("Designer").last.check()
    dialog.get_by_role("button", name="OK").dblclick()
    page.get_by_text("is saved.").wait_for()
    expect(page.get_by_role("region", name="Who may")).to_contain_text("the group Designer")
