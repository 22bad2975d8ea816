"""REST methods in a browser: tried with Send, copied, with rows that stay."""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from datasources.services.datasources import get_document, patch_datasource
from tests.browser.datasources.places import METHOD, ONE
from tests.browser.hands import press_as_the_session_ends
from tests.browser.story_rows import sign_in
from tests.browser.watch import Look, PageAs
from tests.datasources.servers import always, answer


def test_send_shows_the_answer_once_and_leaves_nothing_behind(
    page_as: PageAs, token_service: Any
) -> None:
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


def test_the_second_click_sends_nothing_although_the_first_was_answered_before_it(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_label("refresh_token body").fill("rt-secret-9")
    sent = []
    page.is_spent = True
    page.on("request", lambda one: sent.append(one) if one.url.endswith("/send/") else None)
    send = page.get_by_role("button", name="Send").bounding_box()
    place = send["x"] + send["width"] / 2, send["y"] + send["height"] / 2
    page.mouse.click(*place)
    page.wait_for_selector("#answer .k-code")
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.evaluate("fetch('/healthz/live').then((answer) => answer.text())")
    assert len(sent) == 1
    # Later it is pressed anew.
    page.mouse.click(*place)
    page.evaluate("fetch('/healthz/live').then((answer) => answer.text())")
    assert len(sent) == 2


def test_what_is_typed_over_a_value_takes_its_place_though_the_inputs_come_anew(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.goto(METHOD)
    token = page.get_by_label("refresh_token body")
    token.fill("an old one")
    page.get_by_label("URL path").fill("/oauth/another")
    with page.expect_response("**/send/"):
        token.press("ControlOrMeta+a")
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-settling')")
    page.keyboard.type("a new one")
    expect(token).to_have_value("a new one")


def test_a_large_answer_is_downloaded_whole_and_the_request_copied(
    page_as: PageAs, token_service: Any, axe: Look, assert_fits: Look
) -> None:
    large = b'{"rows": "' + b"x" * 4_000_000 + b'"}'
    token_service._handler = always(answer(large))
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_label("client_secret body").fill("sec-1")
    page.get_by_role("button", name="Send").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the full response").click()
    assert started.value.suggested_filename == "answer.json"
    assert json.loads(started.value.path().read_bytes()) == json.loads(large)
    page.get_by_role("button", name="Copy as cURL").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl --request POST")
    assert "sec-1" not in copied
    axe(page)
    assert_fits(page)


def test_a_slow_trial_is_stopped_and_says_what_may_have_happened(
    page_as: PageAs, token_service: Any, axe: Look
) -> None:
    go_on = threading.Event()

    def slow(visit: Any) -> None:
        visit.read()
        go_on.wait(20)

    token_service._handler = slow
    page = page_as("dan")
    page.complaints.expect("htmx:afterRequest")
    page.complaints.expect("htmx:sendAbort")
    page.goto(METHOD)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    try:
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Sending, ").wait_for()
        axe(page)
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped waiting").wait_for()
        page.wait_for_selector("#send:focus")
        assert page.get_by_role("button", name="Send", exact=True).is_enabled()
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    finally:
        go_on.set()


def test_a_wrong_method_is_told_at_its_place_and_rows_stay(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.goto(METHOD)
    page.get_by_role("button", name="Add parameter").click()
    page.keyboard.type("client_id")
    # Enter goes on to the next row and saves nothing.
    page.keyboard.press("Enter")
    following = page.locator("#f-request_body-6-name")
    expect(following).to_be_focused()
    following.locator("xpath=ancestor::tr").get_by_role("button").click()
    page.get_by_label("URL path").fill("oauth")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Check 2 fields").wait_for()
    expect(page.locator("#f-url_path")).to_be_focused()
    assert "is already in this list" in page.locator("#f-request_body-5-error").inner_text()
    page.get_by_role("button", name="Remove client_id").last.click()
    page.get_by_label("URL path").fill("/oauth/token")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#answer .k-code")


@pytest.mark.parametrize("act", ["Fill in", "Send"])
def test_what_a_refused_trial_said_is_gone_after_the_next_one_that_goes_well(
    page_as: PageAs, token_service: Any, act: str
) -> None:
    page = page_as("dan")
    page.goto(METHOD)
    instance = page.get_by_label("Sample values from a record")
    instance.fill("nope-1")
    page.get_by_role("button", name=act, exact=True).click()
    page.get_by_text("Check 1 field. Nothing has been sent.").wait_for()
    expect(instance).to_be_focused()
    expect(instance).to_have_accessible_description(re.compile("There is no record nope-1"))
    # What the sentence is about is changed; the summary stands until the next answer.
    instance.fill("")
    expect(page.locator(".invalid-feedback")).to_have_count(0)
    page.get_by_label("client_secret body").fill("sec-1")
    page.get_by_role("button", name=act, exact=True).click()
    expect(page.get_by_text("needs attention")).to_have_count(0)
    expect(
        page.locator("#me [aria-invalid], #me .is-invalid, #me .invalid-feedback")
    ).to_have_count(0)
    expect(page.get_by_label("client_secret body")).to_have_value("sec-1")


@pytest.mark.parametrize("width", [1280, 390])
def test_who_saves_second_sees_theirs_beside_their_own_and_saves_again(
    page_as: PageAs,
    token_service: Any,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    width: int,
) -> None:
    page = page_as("dan", width)
    page.complaints.expect("status of 409")
    page.goto(ONE)
    page.locator("#f-title").fill("Mine")
    patch_datasource(
        name="token-service", changes={"title": "Theirs", "timeout_s": 7}, user=person("admin")
    )
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("admin changed this while you were editing").wait_for()
    axe(page)
    assert_fits(page)
    assert page.locator("#f-title").input_value() == "Mine"
    page.get_by_role("button", name="Save again").click()
    page.get_by_text("Mine saved.").wait_for()
    document = get_document("token-service")
    assert (document.title, document.timeout_s) == ("Mine", 10)


def test_a_method_is_copied_and_the_copy_deleted(page_as: PageAs, token_service: Any) -> None:
    page = page_as("dan")
    page.goto(ONE)
    page.get_by_role("button", name="More for Who owns the token").click()
    page.get_by_role("button", name="Duplicate").locator("visible=true").click()
    page.wait_for_url("**/methods/me-copy/")
    page.goto(ONE)
    page.get_by_role("button", name="More for Who owns the token (copy)").click()
    page.get_by_role("link", name="Delete").locator("visible=true").click()
    page.wait_for_selector("#dialog[open]")
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    page.get_by_role("button", name="Delete").locator("visible=true").click()
    page.get_by_text("Who owns the token (copy) deleted.").wait_for()
    assert get_document("token-service").method("me-copy") is None


def test_a_lost_session_keeps_the_rows_that_were_typed(page_as: PageAs, token_service: Any) -> None:
    page = page_as("dan")
    page.complaints.expect("status of 404")
    page.goto(METHOD)
    page.get_by_role("button", name="Remove redirect_uri").click()
    page.get_by_text("Query parameters").click()
    page.get_by_role("button", name="Add query parameter").press("Enter")
    page.keyboard.type("scope")
    page.locator("#f-query-0-value").fill("orders:read")
    page.get_by_label("client_secret body").fill("never-kept")
    press_as_the_session_ends(page.get_by_role("button", name="Save method"))
    assert "never-kept" not in page.evaluate("JSON.stringify(sessionStorage)")
    sign_in(page, "dan")
    page.get_by_text("Your session had ended").wait_for()
    assert page.locator("#f-query-0-name").input_value() == "scope"
    assert page.locator("#f-query-0-value").input_value() == "orders:read"
    expect(page.locator("#f-request_body-3-name")).to_have_count(0)
    page.get_by_role("button", name="Save method").click()
    page.get_by_text(" saved.").wait_for()
    method = get_document("token-service").method("refresh-token")
    assert [(one.name, one.value) for one in method.query] == [("scope", "orders:read")]
    assert "redirect_uri" not in [one.name for one in method.request_body]


def test_a_file_is_chosen_and_sent_with_send(
    page_as: PageAs, token_service: Any, looks: Look, person: Callable[[str], Any]
) -> None:
    methods = [{
        "name": "refresh-token", "http_method": "POST", "url_path": "/oauth/token",
        "content_type": "multipart", "request_body": [{"name": "doc", "type": "file"}],
    }]  # fmt: skip
    patch_datasource(name="token-service", changes={"methods": methods}, user=person("dan"))
    page = page_as("dan")
    page.goto(METHOD)
    chosen: Any = {"name": "offer.txt", "mimeType": "text/plain", "buffer": b"An offer."}
    page.get_by_label("doc body").set_input_files(chosen)
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#answer .k-code")
    assert b'filename="offer.txt"' in token_service.requests[0]
    assert b"An offer." in token_service.requests[0]
    with page.expect_response("**/send/"):
        page.get_by_text("Form", exact=True).click()
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-settling')")
    # The inputs come anew; what was chosen is still there.
    assert page.get_by_label("doc body").evaluate("(one) => one.files[0]?.name") == "offer.txt"
    page.get_by_role("button", name="Save method").click()
    page.wait_for_selector(".k-type .is-invalid")
    looks(page)


def test_what_a_refused_trial_said_makes_room_for_the_error_of_the_next_one(
    page_as: PageAs, token_service: Any
) -> None:
    page = page_as("dan")
    page.complaints.expect("status of 500")
    page.complaints.expect("Status Error Code 500")
    page.goto(METHOD)
    page.get_by_label("Sample values from a record").fill("nope-1")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Check 1 field. Nothing has been sent.").wait_for()
    page.route("**/send/", lambda route: route.fulfill(status=500, body="broken"))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-lost][role=alert]")).to_contain_text("the server answered 500")
    expect(page.get_by_text("Nothing has been sent.")).to_have_count(0)
