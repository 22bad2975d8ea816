"""The pages in a real browser: nothing is blocked, nothing is missing, axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import sync_playwright

from tests.factories import PASSWORD
from tests.integration.needs import chromium

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.needs("chromium"),
    # Playwright's synchronous form runs a loop, which Django would take for an async view.
    pytest.mark.usefixtures("_a_loop_is_fine"),
]


@pytest.fixture
def _a_loop_is_fine(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def page(live_server):
    """A page of a headless browser; what the browser complains about is in `page.complaints`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(base_url=live_server.url)
        page.complaints = []
        page.on(
            "console",
            lambda line: (
                page.complaints.append(line.text) if line.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "requestfailed", lambda request: page.complaints.append(f"not loaded: {request.url}")
        )
        yield page
        browser.close()
        # Inside Playwright's loop Django opens connections of its own, which nobody else closes.
        connections.close_all()


def test_the_api_can_be_browsed_under_the_content_security_policy(page):
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock", timeout=20_000)
    assert page.locator(".opblock").count() > 15
    assert page.locator("h1, h2").first.inner_text().startswith("Kianda, open")
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".opblock-body")
    assert page.complaints == []


def test_signing_in_changing_nothing_and_signing_out(page, ada):
    page.goto("/")
    assert Axe().run(page).violations_count == 0
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", "wrong")
    page.click("text=Sign in >> nth=-1")
    assert page.locator("[role=alert]").is_visible()
    assert Axe().run(page).violations_count == 0
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("text=Signed in as ada")
    assert Axe().run(page).violations_count == 0
    page.goto("/password/")
    assert Axe().run(page).violations_count == 0
    page.click("button[title='Sign out']")
    page.wait_for_selector("input[name=username]")
    assert page.complaints == []


@pytest.mark.parametrize("path", ["/nowhere/", "/sign-in/"])
def test_pages_fit_a_phone_and_the_dark_scheme(page, path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.goto(path)
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
