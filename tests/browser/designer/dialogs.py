"""The dialogs of rules: opened, changed before the story begins, read as they are kept."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from processes.designer import working_copy

RULE = "/designs/token-refresh/designer/rule/get-token/"
DESIGNER = "/designs/token-refresh/designer/?at=field:refresh"


def kept(user: Any, rule_id: str = "get-token") -> Any:
    """Return a rule as the working copy has it now."""
    document = working_copy.open_copy("token-refresh", user=user).document
    rules = document["forms"][0]["fields"][-1]["rules"]
    return next(rule for rule in rules if rule["id"] == rule_id)


def strip(user: Any, **settings: Any) -> None:
    """Change settings of the rule before the story begins."""
    copy = working_copy.open_copy("token-refresh", user=user)
    edit = {"do": "change", "target": "rule:get-token", "settings": settings}
    working_copy.edit("token-refresh", user=user, revision=copy.revision, edit=edit)


def open_rule(page: Page, rule: str = "Create item") -> Locator:
    """Open the dialog of a rule from the designer's rule list."""
    # A dialog that was closed just now has a step back under way, which would end this one.
    page.wait_for_function("!history.state?.dialogs")
    page.goto(DESIGNER)
    page.locator("[data-live]").wait_for()
    page.locator(".k-rule", has_text=rule).locator("a.k-rule-text").click()
    dialog = page.locator("#dialog[open]")
    dialog.wait_for()
    return dialog


def ok(page: Page) -> None:
    """Press OK in the dialog on top, and wait until none is open."""
    page.locator("#dialog[open]").get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def under(box: Locator) -> Locator:
    """Return the input whose text is sent, of a box that shows chips; any other box itself."""
    return box.locator(
        "xpath=self::k-values/following-sibling::*[1] | self::*[not(self::k-values)]"
    )


def shown(within: Page | Locator, name: str) -> Locator:
    """Return the box that shows what an input of this name, or of one that ends so, holds."""
    return within.locator(f"k-values:has(+ [name$='{name}'])")
