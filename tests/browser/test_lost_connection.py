"""The connection is lost: it is said where the person looks, and nothing typed goes with it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from kianda.demo import DATASOURCE
from tests.browser.watch import Look, PageAs

ONE = "/datasources/token-service/"
LOST = "[data-lost][role=alert]"


@pytest.fixture
def token_service(person: Callable[[str], Any]) -> None:
    raw = {**DATASOURCE, "name": "token-service", "base_url": "https://auth.example.org"}
    create_datasource(raw=raw, user=person("dan"))


@pytest.fixture
def page(page_as: PageAs, token_service: None) -> Any:
    page = page_as("dan")
    for words in ("htmx:", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED"):
        page.complaints.expect(words)
    return page


def title() -> Any:
    return Datasource.objects.get(name="token-service").title


def test_a_form_is_not_sent_into_the_void_and_keeps_what_was_typed(
    page: Any, axe: Look, assert_fits: Look
) -> None:
    page.goto(ONE)
    before = title()
    width = page.locator("#ds").bounding_box()["width"]
    page.fill("#f-title", "Typed without a network")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator(LOST)).to_contain_text("Nothing was sent. Your entries are still here.")
    expect(page.locator(f"{LOST} svg path").first).to_be_visible()
    assert page.locator("#ds").bounding_box()["width"] == width
    axe(page)
    assert_fits(page)
    assert (page.input_value("#f-title"), title()) == ("Typed without a network", before)
    page.context.set_offline(False)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Typed without a network saved.").wait_for()
    expect(page.locator(LOST)).to_have_count(0)


def test_a_server_that_is_gone_does_not_take_the_form_with_it(page: Any) -> None:
    page.clock.install()
    page.goto(ONE)
    page.fill("#f-title", "Typed while it restarts")
    page.clock.run_for(30_000)
    page.route("**/*", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    expect(page.locator(LOST)).to_contain_text("Nothing was sent")
    page.unroute("**/*")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Typed while it restarts saved.").wait_for()


def test_an_act_says_each_time_that_it_did_not_go_out(page: Any) -> None:
    page.goto(f"{ONE}methods/me/")
    page.context.set_offline(True)
    send = page.get_by_role("button", name="Send", exact=True)
    for _ in range(2):
        send.click()
        expect(page.locator(LOST)).to_contain_text("Nothing was sent")
        expect(send).to_be_enabled()
    page.context.set_offline(False)
    send.click()
    expect(page.locator(LOST)).to_have_count(0)


def test_a_list_keeps_its_rows_and_tries_again(page: Any) -> None:
    page.goto("/datasources/")
    page.context.set_offline(True)
    page.get_by_placeholder("Name, address or type").press_sequentially("nothing-like-it")
    expect(page.locator(LOST)).to_contain_text("may be out of date")
    expect(page.get_by_role("link", name="Demo: token service")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("No results for “nothing-like-it”").wait_for()
    expect(page.locator(LOST)).to_have_count(0)


def test_a_server_that_fails_is_said_and_stays_said(page: Any) -> None:
    page.complaints.expect("status of 500")
    page.complaints.expect("Status Error Code 500")
    page.goto(ONE)
    page.route("**/test/", lambda route: route.fulfill(status=500, body="broken"))
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(LOST)).to_contain_text("the server answered 500")
