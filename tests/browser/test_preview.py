"""The preview of a draft in a browser: by mouse, and its debugger by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.browser.story_rows import SCRIPT, make_token_service
from tests.browser.watch import Look, PageAs, narrow
from tests.processes.conftest import RULES, VALUES, answers, with_rules
from tests.processes.stories import values_of

SHELL = "/designs/token-refresh/preview/instance/token-refresh-1/"


@pytest.fixture
def design(person: Callable[[str], Any], httpserver: HTTPServer, settings: Settings) -> Any:
    """The design of the scenario, whose button calls a loopback provider."""
    make_token_service(httpserver, settings, person("admin"))
    return create_design(raw=with_rules(RULES), user=person("ada"))


@pytest.fixture
def made(design: Any, person: Callable[[str], Any]) -> Any:
    """A preview instance of it."""
    return create_instance(process="token-refresh", mode="preview", data=VALUES, user=person("ada"))


def stored() -> Any:
    return values_of(ProcessInstance.objects.get())


def form(page: Page) -> Any:
    """Return the frame in which the form stands."""
    return page.frame_locator("#frame")


def inside(page: Page) -> Any:
    """Return the frame itself, to look at as at a page."""
    return next(one for one in page.frames if one.url.endswith(("/form/", "/form/?debug=1")))


def test_a_draft_is_tried_by_mouse(
    page_as: PageAs, design: Any, httpserver: HTTPServer, axe: Look, assert_fits: Look
) -> None:
    answers(httpserver)
    page = page_as("ada")
    page.goto("/designs/token-refresh/preview/")
    form(page).get_by_label("Redirect URL").fill("https://app.example.org")
    form(page).get_by_role("button", name="Save").click()
    form(page).get_by_text("Client ID is required. Fill it in.").first.wait_for()
    form(page).get_by_label("Client ID").fill("client-1")
    form(page).get_by_label("Refresh token").fill("rt-old-42")
    form(page).get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{SHELL}*")
    page.locator("[data-copy=token-refresh-1]").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "token-refresh-1"
    form(page).get_by_role("button", name="Refresh").click()
    form(page).get_by_text("Choose first whether to send real requests").first.wait_for()
    form(page).get_by_role("radio", name="Send real requests").check()
    form(page).get_by_role("button", name="Refresh").click()
    form(page).get_by_text("Refresh: done").wait_for()
    assert form(page).get_by_label("Access token").input_value() == "at-new"
    page.get_by_text("This preview sends real requests.").wait_for()
    for width, most in (("Phone", 390), ("Tablet", 768), ("Desktop", 1280)):
        page.get_by_role("link", name=width).click()
        page.locator(f".k-frame--{width.lower()}").wait_for()
        assert page.locator("#frame").bounding_box()["width"] <= most
        assert_fits(inside(page))
    page.get_by_role("link", name="Schedule a task on this record").click()
    page.locator("#dialog").get_by_role("heading", name="Schedule a task").wait_for()
    assert page.locator("#dialog").get_by_label("Process ID").input_value() == "token-refresh-1"
    axe(page)


def test_rules_are_debugged_by_keyboard_alone(
    page_as: PageAs, made: Any, httpserver: HTTPServer
) -> None:
    httpserver.expect_oneshot_request("/oauth/token").respond_with_data("no", status=400)
    answers(httpserver)
    ProcessInstance.objects.update(outward="do")
    page = page_as("ada")
    page.goto(SHELL)
    reach(page, "button", "Debug")
    page.keyboard.press("Enter")
    reach(page, "button", "Breakpoint before rule 3, Save")
    page.keyboard.press("Enter")
    page.locator("[aria-pressed=true][aria-label*='rule 3']").wait_for()
    refresh = form(page).get_by_role("button", name="Refresh")
    refresh.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Paused before rule 1").wait_for()
    page.keyboard.press("F10")
    page.get_by_text("Paused before rule 2").wait_for()
    form(page).get_by_text("changed now").wait_for()
    page.locator("button:focus", has_text="Step").wait_for()
    page.keyboard.press("F8")
    page.get_by_text("Paused: rule 2 failed").wait_for()
    page.locator("button:focus", has_text="Run it again").wait_for()
    page.locator("summary", has_text="Values").focus()
    page.keyboard.press("Enter")
    reach(page, "link", "Edit Client ID")
    page.keyboard.press("Enter")
    page.locator("#dialog input[name=v-client_id]").wait_for()
    reach(page, "textbox", "Client ID")
    page.keyboard.press("Control+A")
    page.keyboard.type("client-9")
    page.keyboard.press("Enter")
    page.get_by_text("Edited manually").wait_for()
    reach(page, "button", "Run it again")
    page.keyboard.press("Enter")
    page.get_by_text("Paused before rule 3").wait_for()
    assert b"client_id=client-9" in httpserver.log[-1][0].data
    page.keyboard.press("F10")
    page.locator("#debugger").get_by_text("Succeeded").wait_for()
    assert stored()["client_id"] == "client-9"
    assert stored()["access_token"] == "at-new"
    assert [step["status"] for step in Run.objects.get().steps].count("failed") == 1


def reach(page: Page, role: Any, name: str) -> None:
    """Go to a control by Tab, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name, exact=True)
    wanted.first.wait_for()
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.first.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {name}.")


def test_an_answer_is_pinned_and_stands_in_for_the_service(
    page_as: PageAs, made: Any, httpserver: HTTPServer, axe: Look
) -> None:
    ProcessInstance.objects.update(outward="pinned")
    page = page_as("ada")
    page.goto(f"{SHELL}?debug=1")
    form(page).get_by_role("button", name="Refresh").click()
    page.get_by_role("button", name="Step").click()
    page.get_by_role("link", name="Add a sample response").click()
    text = page.locator("#dialog textarea")
    text.fill("{")
    page.get_by_role("button", name="Save sample").click()
    page.locator("#dialog").get_by_text("This is not JSON.").first.wait_for()
    axe(page)
    text.fill('{"status": 200, "body": {"access_token": "at-pin"}}')
    page.get_by_role("button", name="Save sample").click()
    page.get_by_text("200, 1 field").wait_for()
    page.get_by_role("button", name="Continue").click()
    page.locator("#debugger").get_by_text("Succeeded").wait_for()
    assert httpserver.log == []
    form(page).locator("#f-data-access_token").wait_for()
    assert stored()["access_token"] == "at-pin"


def test_each_state_of_the_preview_fits(
    page_as: PageAs, made: Any, httpserver: HTTPServer, looks: Any, assert_fits: Look
) -> None:
    page = page_as("ada")
    page.goto("/designs/token-refresh/preview/new/?debug=1")
    form(page).get_by_label("Client ID").wait_for()
    looks(page)
    page.goto(f"{SHELL}?debug=1")
    form(page).get_by_label("Use sample responses").check()
    looks(page)
    form(page).get_by_role("button", name="Refresh").click()
    page.get_by_text("Paused before rule 1").wait_for()
    page.get_by_role("button", name="Step").click()
    page.get_by_text("Paused before rule 2").wait_for()
    page.get_by_text("no sample yet").wait_for()
    form(page).get_by_text("changed now").wait_for()
    looks(page)
    assert_fits(inside(page))
    with narrow(page):
        assert_fits(inside(page))


def test_a_run_of_the_past_is_walked_through(
    page_as: PageAs, person: Callable[[str], Any], made: Any, httpserver: HTTPServer, looks: Any
) -> None:
    answers(httpserver)
    run = runs.trigger(
        process_id=made.process_id, target="refresh", user=person("ada"), trigger="button"
    )
    page = page_as("ada")
    page.goto(f"/runs/{run.pk}/")
    page.get_by_role("link", name="Step by step").click()
    page.locator("#walk-first").click()
    page.get_by_text("Before the first rule").wait_for()
    page.locator("#walk-next").click()
    page.get_by_text("After step 1 of 3: Clear the access token").wait_for()
    page.locator("#walk-next").press("Enter")
    page.get_by_text("After step 2 of 3: Get a new token").wait_for()
    page.locator("summary", has_text="Response 200").click()
    looks(page)


def test_a_failure_a_dialog_and_the_end_fit(
    page_as: PageAs, made: Any, httpserver: HTTPServer, looks: Any, axe: Look, assert_fits: Look
) -> None:
    def in_dialog() -> None:
        # A dialog that fills the screen of a scrolled page is not seen as a modal one by axe.
        axe(page)
        assert_fits(page)
        with narrow(page):
            assert_fits(page)

    ProcessInstance.objects.update(outward="do")
    answers(httpserver, SCRIPT * 20, status=503, content_type="text/html")
    page = page_as("ada")
    page.goto(f"{SHELL}?debug=1")
    form(page).get_by_role("button", name="Refresh").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Paused: rule 2 failed").wait_for()
    page.locator("summary", has_text="Values").click()
    page.locator("summary", has_text="Request").first.click()
    looks(page)
    page.get_by_role("link", name="Edit Client secret").click()
    page.locator("#dialog input[name=v-client_secret]").wait_for()
    in_dialog()
    page.locator("#dialog").get_by_role("link", name="Close").last.click()
    page.get_by_role("link", name="Add a sample response").click()
    page.locator("#dialog textarea").wait_for()
    in_dialog()
    page.locator("#dialog").get_by_role("link", name="Close").last.click()
    page.get_by_role("button", name="End the run").click()
    page.locator("#debugger").get_by_text("Failed", exact=True).wait_for()
    looks(page)
    assert page.title() != "owned"
