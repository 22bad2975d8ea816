"""Pages of the browser, used by one story after another.

A new tab loads each script, style and font anew, and what it is told by Playwright; a new context
has to compile them besides. So a page is used again once nothing of the story before is left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Dialog, Error, Page, TimeoutError

HEIGHT = 900
# How long a story waits for what is to come: a busy machine is slow, which is no defect.
PATIENCE_MS = 30_000
AGAIN_MS = 1000
# A page without any script or style.
EMPTY = "/healthz/live"
# A press on a page whose scripts are still coming is a story of its own: the link or form acts as
# on a plain page. The other stories press once the page is whole, however busy the machine is.
UNTIL_WHOLE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("* { pointer-events: none !important }");
document.adoptedStyleSheets = [sheet];
addEventListener("load", () => { document.adoptedStyleSheets = []; }, { once: true });
"""
# A stopped clock says of its Date that it is the browser's own; of its timers it does not.
OF_THE_BROWSER = "() => setTimeout.toString().includes('[native code]')"


def is_as_new(page: Page) -> Any:
    """Tell whether the clock of a page is the browser's; a page that cannot say so is not."""
    try:
        return page.evaluate(OF_THE_BROWSER)
    except Error:
        # It is closed, or on its way to another page.
        return False


def close(page: Page) -> None:
    """Close a page: Chromium forgets to, where another one is arriving, so it is asked again."""
    page.on("dialog", lambda dialog: dialog.accept())
    while not page.is_closed():
        try:
            with page.expect_event("close", timeout=AGAIN_MS):
                page.close(run_before_unload=True)
        except TimeoutError:
            continue


@contextmanager
def left_anyway(page: Page) -> Iterator[None]:
    """Let a page be left that would ask whether what was typed may be lost."""

    def accept(dialog: Dialog) -> None:
        dialog.accept()

    page.on("dialog", accept)
    yield
    page.remove_listener("dialog", accept)


class Contexts:
    """Gives a page of its own context to a story, and takes it back empty."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: list[Page] = []

    def take(self, url: str) -> Any:
        """Return a page that shows nothing, in a context in which nobody is signed in."""
        return self.free.pop() if self.free else self._new(url)

    def give_back(self, page: Page, *, is_spent: bool = False) -> None:
        """Empty a page for the next story, unless its clock was stopped or it keeps a script."""
        context = page.context
        if is_spent or not is_as_new(page):
            context.close()
            return
        for one in context.pages:
            if one is not page:
                close(one)
        context.set_offline(offline=False)
        page.unroute_all()
        with left_anyway(page):
            page.goto(EMPTY)
        page.evaluate("() => { sessionStorage.clear(); localStorage.clear() }")
        page.mouse.move(-1, -1)
        context.clear_cookies()
        self.free.append(page)

    def _new(self, url: str) -> Any:
        context = self.browser.new_context(
            base_url=url,
            viewport={"width": 1280, "height": HEIGHT},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(UNTIL_WHOLE)
        return context.new_page()
