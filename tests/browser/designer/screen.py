"""What stands on the screen of the designer, and what of it is kept."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.processes.designer.screen import HERE, document, names

__all__ = ["HERE", "box", "document", "drag", "field_of", "kept", "names", "selected"]


def field_of(name: str) -> Any:
    return next(f for form in document()["forms"] for f in form["fields"] if f["name"] == name)


def kept(page: Page) -> None:
    """Wait until every edit has arrived."""
    expect(page.locator("#d-kept")).to_contain_text("All changes saved")
    page.wait_for_selector('#main:not([data-waiting]), #main[data-waiting="0"]')


def selected(page: Page, target: Any) -> None:
    page.wait_for_selector(f'#act[data-at="{target}"]', state="attached")


def box(page: Page, name: str) -> Locator:
    return page.locator(f"#b-{name}")


def drag(page: Page, source: Locator, target: Any, *, dy: float = 0.5, dx: float = 0.5) -> None:
    """Drag with the mouse from one element to a part of another."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    goal = end["x"] + end["width"] * dx, end["y"] + end["height"] * dy
    page.mouse.move(goal[0], goal[1], steps=6)
    page.mouse.up()
