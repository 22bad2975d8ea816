"""An API is imported by clicking: its operations are searched, chosen and stored."""

import json
from typing import Any

from playwright.sync_api import expect

from datasources.models import Datasource
from datasources.selectors import rest_document_of
from tests.browser.watch import PageAs
from tests.datasources.importing.reading import openapi

GROUPS = ("Invoices", "Contacts", "Payments")
API = openapi(
    {
        f"/{group.lower()}/{number}": {
            verb: {
                "summary": f"{verb} {group} {number}",
                "tags": [group],
                "parameters": [{"in": "cookie", "name": "session"}],
            }
            for verb in ("get", "post")
        }
        for group in GROUPS
        for number in range(50)
    }
)


def test_operations_are_searched_chosen_and_stored(
    page_as: PageAs, looks: Any, tmp_path: Any
) -> None:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(API))
    page = page_as("dan")
    for source in ("url", "curl", "file"):
        page.goto(f"/datasources/import/?source={source}")
        looks(page)
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/datasources/import/?source=curl")
    expect(page.get_by_role("link", name="cURL command")).to_be_in_viewport(ratio=0.95)
    assert size is not None
    page.set_viewport_size(size)
    page.goto("/datasources/import/?source=file")
    page.get_by_role("button", name="Show operations").click()
    page.get_by_text("Choose a file or paste text.").wait_for()
    looks(page)
    page.get_by_label("Choose files").set_input_files(file)
    page.get_by_role("button", name="Show operations").click()
    matches = page.locator("[data-matches]")
    expect(matches).to_have_text("300 of 300 match")
    search = page.get_by_label("Search operations")
    search.fill("invoices/7, get contacts 12")
    expect(matches).to_have_text("3 of 300 match")
    expect(page.locator("summary:visible")).to_have_count(2)
    page.get_by_role("button", name="Select these").click()
    expect(page.get_by_role("heading", name="Not imported")).to_be_visible()
    expect(page.locator(".k-selbar")).to_contain_text("3 selected")
    search.fill("payments 4")
    page.get_by_text("Write", exact=True).click()
    expect(matches).to_have_text("14 of 300 match")
    expect(page.get_by_text("Also selected, hidden by the search: 3")).to_be_visible()
    # The keyboard does the same; Enter in the search sends nothing.
    search.press("Enter")
    box = page.get_by_role("checkbox", name="POST Post Payments 49")
    box.focus()
    box.press("Space")
    expect(page.locator(".k-selbar")).to_contain_text("4 selected")
    expect(page.get_by_role("list", name="Not imported")).to_contain_text("and in 1 more place")
    looks(page)
    page.get_by_label("Name", exact=True).fill("Our shop")
    page.get_by_role("button", name="Add data source").click()
    page.get_by_text("4 operations imported.").wait_for()
    document = rest_document_of(Datasource.objects.get(name="our-shop"))
    assert [method.name for method in document.methods] == [
        "get-invoices-7", "post-invoices-7", "get-contacts-12", "post-payments-49",
    ]  # fmt: skip
