"""Contexts of the browser, used by one story after another.

A new context loads each script, style and font anew, which takes five times as long as a page
itself. So a context is used again once nothing of the story before is left in it.
"""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, TimeoutError

HEIGHT = 900
# How long a story waits for what is to come: a busy machine is slow, which is no defect.
PATIENCE_MS = 30_000
AGAIN_MS = 1000
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


class Contexts:
    """Gives a context to each page of a story, and takes it back empty."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: list[BrowserContext] = []
        # A page without any script that keeps the process of a context from its end.
        self.kept: dict[Any, Any] = {}

    def take(self, url: str) -> Any:
        """Return a context in which nobody is signed in and no page is open."""
        return self.free.pop() if self.free else self._new(url)

    def give_back(self, context: BrowserContext, page: Page) -> None:
        """Close the pages; keep the context for the next story, unless its clock was stopped."""
        if not is_as_new(page):
            del self.kept[context]
            context.close()
            return
        for one in context.pages:
            if one is not self.kept[context]:
                close(one)
        context.set_offline(offline=False)
        context.clear_cookies()
        self.free.append(context)

    def _new(self, url: str) -> Any:
        context = self.browser.new_context(
            base_url=url,
            viewport={"width": 1280, "height": HEIGHT},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(UNTIL_WHOLE)
        self.kept[context] = context.new_page()
        self.kept[context].goto("/healthz/live")
        return context
