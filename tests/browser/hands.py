"""Two ways to work a page: with the mouse, or without one.

A story that takes a hand is told once and carried out twice. `Keys` never touches anything but the
keyboard: it goes to a control by Tab, as somebody without a mouse does, and fails when it cannot.
"""

import re
from typing import Any

from django.contrib.sessions.models import Session
from django.core.signals import request_started
from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.contexts import PATIENCE_MS

FOCUSED = "one => one === one.ownerDocument.activeElement && one.ownerDocument.hasFocus()"
# Which key brings the focus nearer to an element: none when it has it. Null when it is gone.
NEARER = f"""one => {{
  if (!one.isConnected) return null;
  if (({FOCUSED})(one)) return "";
  const now = one.ownerDocument.activeElement;
  const before = one.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_FOLLOWING;
  return before && now !== one.ownerDocument.body ? "Shift+Tab" : "Tab";
}}"""
# How many boxes of the form a box is away from the one with the focus; null when none has it.
AWAY = """one => {
  const all = [...document.querySelectorAll("#d-canvas [data-box]")];
  const now = all.indexOf(document.activeElement.closest("[data-box]"));
  return now < 0 ? null : all.indexOf(one) - now;
}"""
# More stops than any page of the product has.
STOPS = 250


def press_as_the_session_ends(button: Locator) -> None:
    """Press a button whose request comes after the session has ended.

    Ended any sooner, a part of the page that asks for itself would lead to the sign-in page first.
    """

    def end(environ: dict[str, str], **_: Any) -> None:
        if environ["REQUEST_METHOD"] != "GET":
            Session.objects.all().delete()

    request_started.connect(end, weak=False)
    try:
        with button.page.expect_navigation(url="**/sign-in/**"):
            button.click()
    finally:
        request_started.disconnect(end)


def pick(box: Locator, words: str) -> None:
    """Choose in a people picker who is offered first for some words."""
    box.fill(words)
    box.press("Enter")
    expect(box).to_have_value("")


def until(page: Page, holds: Any) -> None:
    """Wait until something holds that the page does not show."""
    for _ in range(PATIENCE_MS // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"It did not come to pass: {page.inner_text('main')}")


def go_on(link: Locator) -> None:
    """Press what leads to a page, and wait until that has come whole."""
    with link.page.expect_navigation():
        link.click()


def see_sent(page: Page, to: str) -> None:
    """Read to whom the form was sent that was just submitted, and go on to its record."""
    expect(page.get_by_role("heading", name=f"Sent to {to}", exact=True)).to_be_visible()
    go_on(page.get_by_role("link", name=re.compile("^View ")))
    page.get_by_text(f"Now with {to}").wait_for()


def nearer(one: Any) -> Any:
    """Return the key that brings the focus nearer to an element; None when that is gone."""
    try:
        return one.evaluate(NEARER)
    except Error:
        # Its page went away meanwhile.
        return None


class Mouse:
    """Clicks on what it wants."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, button: Locator) -> None:
        """Press a button or a link."""
        button.click()

    def fill(self, box: Locator, text: str) -> None:
        """Type into a box, over what stands there."""
        box.click()
        box.fill(text)

    def choose(self, select: Locator, words: str) -> None:
        """Choose an option of a drop-down list."""
        select.select_option(label=words)

    def mark(self, choice: Locator) -> None:
        """Choose one of several, or tick a box."""
        label = choice.locator("xpath=ancestor::label")
        (label if label.count() else choice).click()
        expect(choice).to_be_checked()

    def leave(self, box: Locator) -> None:
        """Go on to something else, so that what was typed is taken."""
        box.press("Tab")

    def add(self, kind: str) -> None:
        """Add a field or a rule of this kind behind what is selected in the designer."""
        button = self.page.locator("#d-add").get_by_role("button", name=kind, exact=True)
        if not button.is_visible():
            # Its group is closed: to look for it is nearer.
            self.fill(self.page.locator("#d-find"), kind)
        self.press(button)

    def select(self, name: str) -> None:
        """Select a field in the designer."""
        self.page.locator(f"#b-{name}").click()

    def properties(self) -> None:
        """Turn to the properties of what is selected: they are seen already."""

    def preview(self) -> None:
        """Preview the draft that the designer shows."""
        self.press(self.page.locator("#d-preview"))


class Keys:
    """Presses keys only."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.key = page.keyboard.press

    def reach(self, wanted: Locator) -> None:
        """Go to a control by Tab, on a page that is whole: keys are not held back until then."""
        wanted.wait_for()
        self.page.wait_for_load_state()
        # Looked for once: by its role and name that takes longer than the press of a key.
        one = wanted.element_handle()
        for _ in range(STOPS):
            key = nearer(one)
            if key == "":
                return
            if key is None:
                one = wanted.element_handle()
            else:
                self.key(key)
        raise AssertionError(f"Tab does not reach {wanted}.")

    def press(self, button: Locator) -> None:
        """Press a button or a link."""
        self.reach(button)
        self.key("Enter")

    def fill(self, box: Locator, text: str) -> None:
        """Type into a box, over what stands there."""
        self.reach(box)
        self.key("ControlOrMeta+a")
        self.key("Delete")
        self.page.keyboard.type(text)

    def choose(self, select: Locator, words: str) -> None:
        """Choose an option of a drop-down list by typing its beginning."""
        self.reach(select)
        self.page.keyboard.type(words)
        self.key("Tab")

    def mark(self, choice: Locator) -> None:
        """Choose one of several by the arrows, or tick a box."""
        if choice.get_attribute("type") == "checkbox":
            self.reach(choice)
            self.key("Space")
            return
        self.reach_group(choice)
        for _ in range(STOPS):
            if choice.evaluate(FOCUSED):
                break
            self.key("ArrowDown")
        if not choice.is_checked():
            self.key("Space")

    def reach_group(self, choice: Locator) -> None:
        """Go to any of the choices that this one stands among: they are one stop."""
        here = (
            "one => { const now = one.ownerDocument.activeElement; return now.type === 'radio'"
            " && now.name === one.name && one.ownerDocument.hasFocus() }"
        )
        for _ in range(STOPS):
            if choice.evaluate(here):
                return
            self.key("Tab")
        raise AssertionError(f"Tab does not reach {choice}.")

    def leave(self, box: Locator) -> None:
        """Go on to something else, so that what was typed is taken."""
        expect(box).to_be_focused()
        self.key("Tab")

    def add(self, kind: str) -> None:
        """Add a field or a rule of this kind behind what is selected in the designer."""
        find = self.page.locator("#d-find")
        for _ in range(4):
            if find.evaluate(FOCUSED):
                break
            self.key("F6")
        expect(find).to_be_focused()
        self.key("ControlOrMeta+a")
        self.page.keyboard.type(kind)
        self.key("Enter")

    def select(self, name: str) -> None:
        """Select a field in the designer: to the form, then by the arrows, as far as it is away."""
        wanted = self.page.locator(f"#b-{name}")
        wanted.wait_for()
        for _ in range(STOPS):
            away = wanted.evaluate(AWAY)
            if away == 0:
                return
            self.key("F6" if away is None else "ArrowDown" if away > 0 else "ArrowUp")
        raise AssertionError(f"The arrows do not reach {wanted}.")

    def properties(self) -> None:
        """Turn to the properties of what is selected."""
        self.key("F2")

    def preview(self) -> None:
        """Preview the draft that the designer shows: its button is one of a toolbar, one stop."""
        self.key("ControlOrMeta+Enter")


# What a story that takes a hand is given.
Hand = Mouse | Keys
