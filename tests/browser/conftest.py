"""Stories in a real browser: the product's pages served for the test, a cast that can sign in.

`page_as("ada")` gives a page of Ada, signed in; `axe(page)` and `assert_fits(page)` look at it as
it is, `looks(page)` at both widths and in both schemes.
Console errors, page errors and requests to another host fail the story by themselves;
`page.complaints.expect("status of 404")` lets one pass that the story is about.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from scheduler.services import execution, planning
from tests.browser.contexts import HEIGHT, PATIENCE_MS, Contexts
from tests.browser.watch import (
    Complaints,
    Look,
    PageAs,
    assert_all_fits,
    assert_looks,
    assert_no_violations,
)
from tests.factories import make_user
from tests.integration.needs import chromium
from tests.pages import fresh_client_of

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # A request to any other host fails, and is told by that.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    # The pages of a context share one process, which has compiled the scripts already.
    "--process-per-site", "--disable-site-isolation-trials",
]  # fmt: skip
expect.set_options(timeout=PATIENCE_MS)
CAST = {
    "admin": ("Administrator",),
    "ada": ("Designer",),
    "dan": ("Data source manager",),
    "ben": ("User",),
    "cleo": (),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every story here needs Chromium and rows that the served product sees."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.needs("chromium"))
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories."""
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's synchronous form runs a loop, which Django would take for an async view.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def person() -> Callable[[str], Any]:
    """Return `person("ada")`: somebody of the cast, made when first named."""

    def get(name: str) -> Any:
        found = get_user_model().objects.filter(username=name).first()
        return found or make_user(name, *CAST.get(name, ("User",)))

    return get


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    """The contexts that stories use one after another."""
    return Contexts(browser)


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """The product's pages and static files, with the middleware that serves both in production.

    Django's handler of static files says nothing of how long they last: a browser would ask for
    each of them, and compile it, at every page.
    """
    server = LiveServer("localhost", start=False)
    serving: Any = server.thread
    serving.static_handler = lambda product: product
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page_as(
    contexts: Contexts, live_server: LiveServer, person: Callable[[str], Any]
) -> Iterator[PageAs]:
    """Return `page_as(name, width=1280, scheme="light")`; without a name nobody is signed in."""
    opened = []
    watches = ExitStack()

    def open_page(name: str | None = None, width: int = 1280, scheme: str = "light") -> Any:
        page = contexts.take(live_server.url)
        opened.append(page)
        if name:
            page.context.add_cookies([session_cookie(person(name), live_server.url)])
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        page.complaints = Complaints(live_server.url)
        page.is_spent = False
        watches.enter_context(page.complaints.watch(page))
        return page

    yield open_page
    complaints = [line for page in opened for line in page.complaints]
    watches.close()
    for page in opened:
        contexts.give_back(page, is_spent=page.is_spent)
    assert complaints == []


@pytest.fixture
def plain_page_as(
    browser: Browser, live_server: LiveServer, person: Callable[[str], Any]
) -> Iterator[Callable[[str], Page]]:
    """Return `plain_page_as(name)`: a page of somebody whose browser runs no script."""
    opened = []

    def open_page(name: str) -> Any:
        context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([session_cookie(person(name), live_server.url)])
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


def session_cookie(user: Any, url: str) -> Any:
    """Return the cookie of a new session of this person."""
    client = fresh_client_of(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}


@pytest.fixture
def axe() -> Look:
    """Return `axe(page)`: fails when axe finds anything on what the page shows now."""
    return assert_no_violations


@pytest.fixture
def assert_fits() -> Look:
    """Return `assert_fits(page)`: nothing scrolls sideways, no text is cut."""
    return assert_all_fits


@pytest.fixture
def looks() -> Any:
    """Return `looks(page)`: axe and `assert_fits` at both widths and schemes, on one load."""
    return assert_looks


@pytest.fixture
def fire_due() -> Callable[..., None]:
    """Return `fire_due(moment=None)`: plan what is due and carry it out, in this process."""

    def fire(moment: Any = None) -> None:
        for pk in planning.plan(moment or timezone.now()):
            execution.execute(pk)

    return fire
