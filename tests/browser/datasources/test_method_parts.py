"""The parts of a REST method beyond its parameters, by mouse and keys, and the calls it made."""

from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from datasources.models import CallRecord
from datasources.services.datasources import create_datasource, get_document
from tests.browser.watch import PageAs
from tests.datasources.conftest import raw_datasource

METHOD = "/datasources/token-service/methods/refresh-token/"
SAMPLE = '{"ok": true, "items": [{"id": 7}]}'


def test_conditions_pages_and_a_sample_are_set_by_clicking(
    page_as: PageAs, looks: Any, person: Any
) -> None:
    create_datasource(raw=raw_datasource(), user=person("dan"))
    page = page_as("dan")
    page.goto(METHOD)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.get_by_role("button", name="Add condition").click()
    row = page.get_by_label("Condition: value")
    expect(row).to_be_focused()
    row.fill("[response.body.ok]")
    page.get_by_label("Condition: compared with").fill("true")
    page.get_by_label("Sample response").fill(SAMPLE)
    page.get_by_role("button", name="Show fields").click()
    page.get_by_role("checkbox", name="id whole number, always present 7").check()
    page.get_by_role("button", name="Add selected fields").click()
    expect(page.locator("[name='/response_body/0/path']")).to_have_value("items.0.id")
    expect(page.get_by_label("Condition: value")).to_have_value("[response.body.ok]")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    looks(page)
    page.get_by_role("button", name="Save method").click()
    page.get_by_text(" saved.").wait_for()
    method = get_document("token-service").method("refresh-token")
    assert method is not None
    assert method.success_when is not None
    assert [one.path for one in method.response_body] == ["items.0.id"]
    assert method.answer_schema is not None
    page.locator("#f-answer_schema > summary").click()
    expect(page.get_by_role("checkbox", name="items[] list, always present")).to_be_visible()
    looks(page)


def test_the_calls_of_a_data_source_can_be_read_anywhere(
    page_as: PageAs, looks: Any, person: Any
) -> None:
    create_datasource(raw=raw_datasource(), user=person("dan"))
    for outcome, status in (("succeeded", 200), ("http_status", 503), ("timeout", None)):
        CallRecord.objects.create(
            at=timezone.now(), datasource="token-service", method="refresh-token", status=status,
            outcome=outcome, took_ms=35, attempt=3, curl="curl --request GET",
        )  # fmt: skip
    page = page_as("dan")
    page.goto("/datasources/token-service/calls/")
    looks(page)
    page.get_by_label("Outcome").select_option("failed")
    expect(page.get_by_text("of 2 calls")).to_be_visible()
    page.get_by_label("REST method").select_option("-")
    expect(page.get_by_role("heading", name="No calls")).to_be_visible()
