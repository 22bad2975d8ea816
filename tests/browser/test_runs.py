"""Runs in a browser: the trace of one, growing while it goes on."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Response

from kianda.lib.secrets import seal
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running import runs
from tests.browser.story_rows import SCRIPT, make_token_service
from tests.browser.watch import Look, PageAs
from tests.factories import OPEN_TO_ALL
from tests.processes.conftest import RULES, VALUES, answers, with_rules
from tests.threads import in_background


@pytest.fixture
def token(
    person: Callable[[str], Any], httpserver: HTTPServer, settings: Settings
) -> Callable[..., Any]:
    """Return `token(rules)`: an instance whose button calls a loopback provider."""
    make_token_service(httpserver, settings, person("admin"))

    def make(rules: Any = RULES) -> Any:
        create_design(raw=with_rules(rules, security=OPEN_TO_ALL), user=person("ada"))
        publish_design(name="token-refresh", user=person("ada"))
        return create_instance(
            process="token-refresh", mode="live", data=VALUES, user=person("ada")
        )

    return make


def press(instance: Any, user: Any) -> Any:
    return runs.trigger(
        process_id=instance.process_id, target="refresh", user=user, trigger="button"
    )


def test_a_trace_shows_request_answer_and_changes(
    page_as: PageAs,
    person: Callable[[str], Any],
    token: Callable[..., Any],
    httpserver: HTTPServer,
    looks: Any,
) -> None:
    answers(httpserver)
    run = press(token(), person("ada"))
    page = page_as("ben")
    page.goto(f"/runs/{run.pk}/")
    for one in page.locator("summary.k-step").all():
        one.click()
    page.wait_for_selector("text=client_secret=")
    looks(page)
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in page.content()
    page.goto("/runs/")
    looks(page)


def test_a_request_is_copied_as_curl_without_its_secrets(
    page_as: PageAs, person: Callable[[str], Any], token: Callable[..., Any], httpserver: HTTPServer
) -> None:
    answers(httpserver)
    run = press(token(), person("ada"))
    page = page_as("ben")
    page.goto(f"/runs/{run.pk}/")
    page.locator("summary.k-step", has_text="Get a new token").click()
    page.get_by_role("button", name="Copy as cURL").click()
    page.wait_for_selector("text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl --request POST")
    assert "client_secret=********" in copied
    assert "cs-secret-1" not in copied


def test_a_failed_step_is_open_with_what_the_other_side_said(
    page_as: PageAs,
    person: Callable[[str], Any],
    token: Callable[..., Any],
    httpserver: HTTPServer,
    looks: Any,
) -> None:
    answers(httpserver, SCRIPT * 40, status=503, content_type="text/html")
    run = press(token(), person("ada"))
    page = page_as("ben")
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator("details[open] >> text=Response").first).to_be_visible()
    expect(page.get_by_text("Not reached: the run ended before it.")).to_be_visible()
    looks(page)
    assert page.title() != "owned"
    page = page_as("ada")
    page.goto("/instances/token-refresh-1/")
    page.wait_for_selector("text=The last action failed")
    looks(page)


def test_a_run_grows_while_it_goes_on(
    page_as: PageAs,
    person: Callable[[str], Any],
    token: Callable[..., Any],
    httpserver: HTTPServer,
    axe: Look,
) -> None:
    go_on = threading.Event()

    def slow(_request: Any) -> Any:
        go_on.wait(20)
        return Response('{"access_token": "at-slow"}', content_type="application/json")

    httpserver.expect_request("/oauth/token").respond_with_handler(slow)
    instance = token()
    thread, _ = in_background(lambda: press(instance, person("ada")))
    page = page_as("ada")
    try:
        page.goto("/instances/token-refresh-1/")
        page.wait_for_selector("text=An action is in progress")
        page.get_by_role("link", name="View progress").click()
        page.wait_for_selector("text=Waiting for the response.")
        axe(page)
        page.locator("#step-1-succeeded summary").click()
        page.wait_for_timeout(1500)
        expect(page.locator("#step-1-succeeded details[open]")).to_have_count(1)
    finally:
        go_on.set()
        thread.join()
    page.wait_for_selector("#step-3-succeeded")
    page.wait_for_selector(".k-pill:has-text('Succeeded')")
    expect(page.locator("#run[hx-trigger]")).to_have_count(0)
    expect(page.locator("#step-1-succeeded details[open]")).to_have_count(1)


def test_an_interrupted_run_says_that_the_call_may_have_been_carried_out(
    page_as: PageAs,
    person: Callable[[str], Any],
    token: Callable[..., Any],
    axe: Look,
    assert_fits: Look,
) -> None:
    instance = token()
    run = runs.enqueue(
        process_id=instance.process_id, target="refresh", user=person("ada"), trigger="button"
    )
    Run.objects.filter(pk=run.pk).update(
        status="running", journal=seal(run, "journal", {"phase": "calling"})
    )
    runs.recover_runs(everything=True)
    page = page_as("ben", 390)
    page.goto(f"/runs/{run.pk}/")
    page.wait_for_selector("text=The call may have been carried out")
    axe(page)
    assert_fits(page)


def test_an_answer_that_nobody_stored_is_stored_once(
    page_as: PageAs,
    person: Callable[[str], Any],
    token: Callable[..., Any],
    httpserver: HTTPServer,
    axe: Look,
    assert_fits: Look,
) -> None:
    answers(httpserver)
    run = press(token(RULES[:2]), person("ada"))
    page = page_as("ada")
    page.goto(f"/runs/{run.pk}/")
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Store these values").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Store these values").dblclick()
    page.wait_for_url("**/instances/token-refresh-1/")
    assert page.get_by_role("textbox", name="Access token").input_value() == "at-new"


def test_the_same_button_is_pressed_again_from_the_trace(
    page_as: PageAs, person: Callable[[str], Any], token: Callable[..., Any], httpserver: HTTPServer
) -> None:
    answers(httpserver)
    run = press(token(), person("ada"))
    page = page_as("ada")
    page.goto(f"/runs/{run.pk}/")
    page.get_by_role("button", name="Press Refresh again").dblclick()
    page.wait_for_url("**/instances/token-refresh-1/")
    assert Run.objects.count() == 2
