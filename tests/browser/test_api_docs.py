"""The page on which the API is browsed."""

from tests.browser.watch import PageAs


def test_the_api_can_be_browsed_under_the_content_security_policy(page_as: PageAs) -> None:
    page = page_as(None)
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock", timeout=20_000)
    assert page.locator(".opblock").count() > 15
    assert page.locator("h1").inner_text().startswith("Kianda, open")
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".opblock-body")
