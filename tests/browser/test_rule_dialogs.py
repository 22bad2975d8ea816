"""Rule dialogs in a browser: mapping, conditions, expressions, by mouse and by keyboard."""

import os
from pathlib import Path

import pytest

from datasources.services import create_datasource
from processes.services import working_copies
from processes.services.designs import create_design, publish_design
from processes.services.instances import create_instance
from tests.browser.story_rows import LOOKS
from tests.processes.conftest import ORDERS_METHOD, TOKEN_METHOD, VALUES, definition

RULE = "/designs/token-refresh/designer/rule/get-token/"
DESIGNER = "/designs/token-refresh/designer/?at=field:refresh"


@pytest.fixture
def scenario(person):
    """The customer's design, its data source, one instance."""
    admin, ada = person("admin"), person("ada")
    create_datasource(
        raw={
            "name": "token-service", "title": "Token service", "kind": "rest",
            "base_url": "https://auth.example.org", "methods": [TOKEN_METHOD, ORDERS_METHOD],
        },
        user=admin,
    )  # fmt: skip
    create_datasource(
        raw={"name": "warehouse", "title": "Warehouse", "kind": "rest",
             "base_url": "https://warehouse.example.org", "methods": []},
        user=admin,
    )  # fmt: skip
    create_design(raw=definition(), user=ada)
    publish_design(name="token-refresh", user=ada)
    create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)
    return ada


def look(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_dialog_fits_and_is_accessible(page_as, scenario, axe, assert_fits, width, scheme):
    page = page_as("ada", width=width, scheme=scheme)
    page.goto(DESIGNER)
    page.locator("#dialog").evaluate("(d, url) => htmx.ajax('GET', url, {target: '#dialog'})", RULE)
    page.locator("#dialog[open]").wait_for()
    look(page, f"rule-{width}-{scheme}")
    axe(page)
    assert_fits(page)
    page.goto(RULE)
    look(page, f"rulepage-{width}-{scheme}")
    page.locator("summary", has_text="Edit conditions").click()
    axe(page)
    assert_fits(page)
