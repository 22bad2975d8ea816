"""The page on which the API is browsed."""

from tests.browser.hands import until
from tests.browser.watch import PageAs

# Swagger UI draws only the operations that are near the visible part of the page.
SHOWN = """(found) => {
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 1
  end ? scrollTo(0, 0) : scrollBy(0, 400)
  return found.map((one) => one.id)
}"""


def test_the_api_can_be_browsed_under_the_content_security_policy(page_as: PageAs) -> None:
    page = page_as(None)
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock", timeout=20_000)
    paths = page.request.get("/api/schema/?format=json").json()["paths"]
    operations, seen = sum(map(len, paths.values())), set[str]()
    assert operations > 100

    def all_were_shown() -> bool:
        seen.update(page.locator(".opblock").evaluate_all(SHOWN))
        return len(seen) == operations

    until(page, all_were_shown)
    page.evaluate("() => scrollTo(0, 0)")
    assert page.locator("h1").inner_text().startswith("Kianda, open")
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".opblock-body")
