"""What a page must hold to in every story: no complaint, no foreign request, nothing cut."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# A form that is refused is answered with 422; Chromium writes a line about each such answer.
# htmx writes two about each request that a newer one of the same part takes the place of; one that
# failed has a line of its own besides (htmx:sendError, htmx:responseError).
USUAL = ("status of 422", "htmx:afterRequest,", "htmx:sendAbort,")

AXE = "async (options) => (await axe.run(document, options)).violations"
AT_ONCE = """() => document.getAnimations()
    .filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())"""
# What a colour scheme can break. All else is the same in both.
WIDE, NARROW = 600, 390
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
FITS = Path(__file__).with_name("fits.js").read_text()


class Complaints(list[str]):
    """What the browser complained about, but for what a story expects."""

    def __init__(self, base_url: Any) -> None:
        super().__init__()
        self.host = urlsplit(base_url).netloc
        self.expected = list(USUAL)

    def expect(self, text: str) -> None:
        """Let complaints pass that hold this text: the story is about one."""
        self.expected.append(text)

    def watch(self, page: Page) -> None:
        """Listen to everything a page may complain about."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._add(f"error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)

    def _console(self, line: Any) -> None:
        if line.type in {"error", "warning"}:
            self._add(f"{line.type}: {line.text}")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self._add(f"foreign request: {request.url}")

    def _failed(self, request: Any) -> None:
        # Leaving a page ends its open requests; that is no failure.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._add(f"not loaded: {request.url} {request.failure}")

    def _add(self, text: str) -> None:
        if not any(word in text for word in self.expected):
            self.append(text)


class WatchedPage(Page):
    """A page of a story, which holds its complaints."""

    complaints: Complaints


# What the fixtures `page_as`, and `axe` and `assert_fits`, are.
PageAs = Callable[..., WatchedPage]
Look = Callable[[Page], None]


def assert_no_violations(page: Page) -> None:
    """Run axe over what the page shows now, and over its colours in the other scheme too.

    The colours of a phone are those of the wide page, which a look at both widths sees in both.
    """
    lines = _violations(page, {})
    if page.viewport_size["width"] >= WIDE:
        lines += _in_other_scheme(page)
    assert not lines, "axe, " + page.url + "\n" + "\n".join(lines)


def _in_other_scheme(page: Page) -> Any:
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    _turn(page, "light" if is_dark else "dark")
    lines = _violations(page, {"runOnly": {"type": "rule", "values": COLOUR_RULES}})
    _turn(page, "dark" if is_dark else "light")
    return lines


def _turn(page: Page, scheme: Any) -> None:
    """Show the page in a scheme, whose colours are there at once."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(AT_ONCE)


def _violations(page: Page, options: Any) -> list[Any]:
    page.wait_for_load_state()
    if page.evaluate("typeof axe") == "undefined":
        _bring_axe(page)
    # A violation is shown by its HTML: the paths to all that is well need not be worked out.
    found = page.evaluate(AXE, {"resultTypes": ["violations"], "selectors": False, **options})
    return [
        f"{violation['id']}: {node['html'][:200]}\n  {node.get('failureSummary', '')}"
        for violation in found
        for node in violation["nodes"]
    ]


def _bring_axe(page: Page) -> None:
    if page.evaluate("navigator.onLine"):
        page.add_script_tag(url="/static/axe/axe.min.js").evaluate("tag => tag.remove()")
    else:
        page.evaluate(AXE_SCRIPT)


def assert_all_fits(page: Page) -> None:
    """Nothing scrolls sideways, no text is cut, nothing lies outside."""
    page.wait_for_load_state()
    wrong = page.evaluate(FITS)
    assert not wrong, page.url + "\n" + "\n".join(wrong)


@contextmanager
def narrow(page: Page) -> Iterator[None]:
    """Show a page that was loaded on a wide screen as on a phone, in the dark, and wide again."""
    before = page.viewport_size
    page.set_viewport_size({**before, "width": NARROW})
    _turn(page, "dark")
    page.evaluate(SETTLED)
    yield
    page.set_viewport_size(before)
    _turn(page, "light")
    page.evaluate(SETTLED)


def assert_looks(page: Page) -> None:
    """Look at what the page shows now, wide and narrow, in both schemes: one load, all looks."""
    assert_no_violations(page)
    assert_all_fits(page)
    with narrow(page):
        assert_no_violations(page)
        assert_all_fits(page)
