"""An administrator imports users from a file: what is wrong, what would change, the links."""

from typing import Any

from django.contrib.auth.models import User

from tests.browser.watch import Look, PageAs

LONG = "W" * 90


def test_users_are_imported_from_a_file(page_as: PageAs, looks: Look) -> None:
    page = page_as("admin")
    page.complaints.expect("status of 422")

    def check(text: str) -> Any:
        file: Any = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.set_input_files("[name=file]", file)
        page.click("text=Check file")

    page.goto("/users/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_role("heading", name="Import users").wait_for()
    looks(page)
    check(f"username;name;roles\nemma;=1+1;{LONG}\nemma;;User\n")
    page.get_by_text("Line 3, User name").wait_for()
    looks(page)
    check(
        f"username;name;department;roles\nemma;Emma Doyle;{LONG};User\nadmin;;Board;Administrator\n"
    )
    page.get_by_text("1 new, 1 changed, 0 unchanged").wait_for()
    looks(page)
    page.get_by_role("button", name="Import 2 users").dblclick()
    page.get_by_text("1 created, 1 changed.").wait_for()
    looks(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download all as CSV").click()
    assert waiting.value.suggested_filename == "invitations.csv"
    assert User.objects.filter(username="emma").count() == 1
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Emma Doyle").wait_for()
