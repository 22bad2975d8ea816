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

# A violation is shown by its HTML: the paths to all that is well need not be worked out.
AXE = {"resultTypes": ["violations"], "selectors": False, "preload": False}
TEXTS = Path(__file__).with_name("texts.js").read_text().strip().removesuffix(";")
LOOK = f"""async (options) => {{
  const {{ violations }} = await axe.run(document, options);
  return {{ violations, kinds: ({TEXTS})(), sheets: [...document.styleSheets].map((s) => s.href) }};
}}"""
JUDGE = """async ([kinds, options]) => {
  const include = kinds.flatMap((kind) => texts.get(kind)).filter((text) => text.isConnected);
  return include.length ? (await axe.run({ include }, options)).violations : null;
}"""
AT_ONCE = """() => document.getAnimations()
    .filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())"""
# What depends on how a text is painted, and in which scheme: looked at once for each kind of text.
COLOURS = ["color-contrast", "link-in-text-block"]
# What depends on the style sheets alone: looked at once for each set of them.
SHEETS = ["css-orientation-lock"]
NARROW = 390
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
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

    @contextmanager
    def watch(self, page: Page) -> Iterator[None]:
        """Listen to everything a page may complain about."""
        heard: dict[Any, Any] = {
            "console": self._console,
            "pageerror": lambda error: self._add(f"error: {error}"),
            "requestfailed": self._failed,
            "framenavigated": self._arrived,
        }
        for event, hear in heard.items():
            page.on(event, hear)
        yield
        for event, hear in heard.items():
            page.remove_listener(event, hear)

    def _console(self, line: Any) -> None:
        if line.type in {"error", "warning"}:
            self._add(f"{line.type}: {line.text}")

    def _arrived(self, frame: Any) -> None:
        # What a page itself asks other hosts for fails: the browser finds none but this machine.
        parts = urlsplit(frame.url)
        if parts.scheme in {"http", "https"} and parts.netloc != self.host:
            self._add(f"foreign page: {frame.url}")

    def _failed(self, request: Any) -> None:
        # Leaving a page ends its open requests; that is no failure.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._add(f"not loaded: {request.url} {request.failure}")

    def _add(self, text: str) -> None:
        if not any(word in text for word in self.expected):
            self.append(text)


class WatchedPage(Page):
    """A page of a story, which holds its complaints; one that is spent serves no other story."""

    complaints: Complaints
    is_spent: bool


# What the fixtures `page_as`, and `axe` and `assert_fits`, are.
PageAs = Callable[..., WatchedPage]
Look = Callable[[Page], None]


# The kinds of text, and the sets of style sheets, in which this process has found nothing.
judged: set[Any] = set()


def assert_no_violations(page: Page) -> None:
    """Run axe over what the page shows now; over its colours in both schemes, once of each kind.

    The colours take three quarters of axe's time, and are the same wherever a text of one kind
    stands (`texts.js` says what a kind is). What was found wrong once is found again.
    """
    page.wait_for_load_state()
    if page.evaluate("typeof axe") == "undefined":
        _bring_axe(page)
    left_out = {rule: {"enabled": False} for rule in COLOURS + SHEETS}
    seen = page.evaluate(LOOK, {**AXE, "rules": left_out})
    lines = _lines(seen["violations"])
    if kinds := [kind for kind in seen["kinds"] if kind not in judged]:
        lines += _of_colours(page, kinds)
    # Last: it looks anew, and what has changed meanwhile is of other kinds.
    lines += _of_sheets(page, tuple(seen["sheets"]))
    assert not lines, "axe, " + page.url + "\n" + "\n".join(lines)


def _of_sheets(page: Page, sheets: Any) -> list[str]:
    if sheets in judged:
        return []
    found = page.evaluate(LOOK, {**AXE, **_only(SHEETS), "preload": True})["violations"]
    return _lines(found) if found else _judged([sheets])


def _of_colours(page: Page, kinds: list[str]) -> list[str]:
    here = page.evaluate(JUDGE, [kinds, {**AXE, **_only(COLOURS)}])
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    _turn(page, "light" if is_dark else "dark")
    there = page.evaluate(JUDGE, [kinds, {**AXE, **_only(COLOURS)}])
    _turn(page, "dark" if is_dark else "light")
    lines = _lines((here or []) + (there or []))
    # What went away meanwhile was not looked at.
    return lines if lines or None in (here, there) else _judged(kinds)


def _judged(what: list[Any]) -> list[str]:
    judged.update(what)
    return []


def _only(rules: list[str]) -> dict[str, Any]:
    return {"runOnly": {"type": "rule", "values": rules}}


def _turn(page: Page, scheme: Any) -> None:
    """Show the page in a scheme, whose colours are there at once."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(AT_ONCE)


def _lines(violations: list[Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:200]}\n  {node.get('failureSummary', '')}"
        for violation in violations
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
    """Show a page that was loaded on a wide screen as on a phone, and wide again."""
    before = page.viewport_size
    page.set_viewport_size({**before, "width": NARROW})
    page.evaluate(SETTLED)
    yield
    page.set_viewport_size(before)
    page.evaluate(SETTLED)


def assert_looks(page: Page) -> None:
    """Look at what the page shows now, wide and narrow, in both schemes: one load, all looks."""
    assert_no_violations(page)
    assert_all_fits(page)
    with narrow(page):
        assert_no_violations(page)
        assert_all_fits(page)
