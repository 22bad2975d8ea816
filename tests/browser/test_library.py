"""The library of designs in a browser: folders, bin, export and import, templates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from datasources.models import Datasource
from kianda.lib.names import slugify
from processes.designs.lifecycle import create_design, delete_design, publish_design
from processes.library.catalogue import add_design, put_into_group
from processes.library.exporter import export_text
from processes.models import ProcessDesign, Run
from processes.selectors import get_design
from scheduler.models import ScheduledTask
from tests.browser.story_rows import SCRIPT, orders
from tests.browser.watch import Look, PageAs
from tests.processes.conftest import GOOD_ANSWER

# Without a moment of its own the token counts from its refresh.
ANSWER = {key: value for key, value in GOOD_ANSWER.items() if key != "created_at"}


def filled(user: Any) -> Any:
    """Fill the library: two groups, one design in none, one in the bin, a long title."""
    for title, group in (("Leave", "People"), ("Onboarding", "People"), ("Orders", "")):
        add_design(title=title, name="", description="Asks and tells.", group=group, user=user)
    long = add_design(
        title="A" + "n unusually long title" * 6, name="long", description="Word " * 80,
        group="A group with a name that is longer than most of them are", user=user,
    )  # fmt: skip
    publish_design(name="leave", user=user)
    add_design(title="Gone", name="gone", description="", group="", user=user)
    delete_design(name="gone", user=user)
    return long


def test_the_pages_fit_and_are_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, tmp_path: Path
) -> None:
    filled(person("admin"))
    page = page_as("admin")
    binned = ProcessDesign.everything.get(name="gone").pk
    for place in (
        "/designs/", "/designs/?group=People", "/designs/new/", "/designs/leave/details/",
        "/designs/leave/duplicate/", "/designs/leave/delete/", "/designs/export/",
        "/designs/import/", "/bin/", f"/bin/designs/{binned}/restore/",
        f"/bin/designs/{binned}/remove/", "/designs/templates/",
        "/designs/templates/oauth-token-refresh/", "/designs/templates/approval-request/",
        "/designs/templates/fetch-a-list/", "/designs/templates/made/leave/",
    ):  # fmt: skip
        page.goto(place)
        looks(page)
    file = tmp_path / "designs.json"
    file.write_text(export_text(["leave", "long"], user=person("admin")))
    page.goto("/designs/import/")
    page.get_by_label("Choose a file").set_input_files(file)
    page.get_by_role("button", name="Show its contents").click()
    page.wait_for_selector("h1:has-text('Contents of the file')")
    looks(page)


def test_empty_states_lead_to_the_gallery(page_as: PageAs, looks: Any) -> None:
    page = page_as("admin")
    for place, link in (("/designs/", "Start from a template"),
                        ("/scheduled-tasks/", "Start from “OAuth token refresh”")):  # fmt: skip
        page.goto(place)
        looks(page)
        page.get_by_role("link", name=link).click()
        page.wait_for_url("**/designs/templates/")
    page.goto("/bin/")
    looks(page)
    page.goto("/")
    looks(page)
    page.get_by_role("link", name="Leave request").click()
    page.wait_for_url("**/designs/templates/leave-request/")


def test_a_design_lives_from_add_new_to_the_bin_and_back(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    page = page_as("admin")
    page.goto("/designs/")
    page.get_by_role("link", name="Add new").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("button", name="Add and open the designer").click()
    dialog.get_by_text("Enter a title.").first.wait_for()
    axe(page)
    assert_fits(page)
    dialog.get_by_label("Title").press_sequentially("Leave of Absence!")
    assert dialog.get_by_label("Name").input_value() == "leave-of-absence"
    dialog.get_by_label("Name").fill("leave")
    dialog.get_by_label("Title").fill("Leave of Absence! 2")
    assert dialog.get_by_label("Name").input_value() == "leave"
    dialog.get_by_label("Group").fill("People")
    dialog.get_by_role("button", name="Add and open the designer").dblclick()
    page.wait_for_url("**/designs/leave/designer/")
    assert ProcessDesign.objects.count() == 1

    page.goto("/designs/")
    row = page.locator("tr", has_text="Leave of Absence! 2")
    row.get_by_role("button", name="More for Leave of Absence! 2").click()
    axe(page)
    page.get_by_role("link", name="Edit title and group").click()
    dialog.get_by_label("Title").fill(SCRIPT)
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_selector(f"a:has-text({json.dumps(SCRIPT)})")
    assert page.title() != "owned"
    page.get_by_role("button", name=f"More for {SCRIPT}").click()
    page.get_by_role("link", name="Duplicate").click()
    dialog.get_by_label("Title").fill("Second")
    dialog.get_by_label("Name").fill("second")
    dialog.get_by_role("button", name="Duplicate").click()
    page.wait_for_url("**/designs/second/designer/")

    page.goto("/designs/")
    page.get_by_role("link", name="People").first.click()
    page.wait_for_url("**/designs/?group=People")
    page.get_by_role("button", name="More for Second").click()
    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete design").click()
    page.wait_for_selector("text=Second is in the recycle bin.")
    page.get_by_role("link", name="Recycle bin").click()
    expect(page.locator('.k-rail [aria-current="page"]')).to_have_text(["Recycle bin"])
    add_design(title="Other", name="second", description="", group="", user=person("admin"))
    page.get_by_role("link", name="Restore Second").click()
    dialog.get_by_text("second already exists").wait_for()
    axe(page)
    assert_fits(page)
    dialog.get_by_role("button", name="Restore").click()
    page.wait_for_selector("text=Second restored.")
    assert get_design("second-2").title == "Second"


def test_the_name_follows_the_title_on_the_page_of_its_own_as_the_server_makes_it(
    page_as: PageAs,
) -> None:
    page = page_as("admin")
    page.goto("/designs/new/")
    title, name = page.locator("#f-title"), page.locator("#f-name")
    for words in (
        "Leave of Absence!", "Überstunden für Éire", "GROẞ & Ærø, Łódź", "İzmir \u0131s\u0131",
        "\uff21 ﬁne m² ½ №", "U\u0308bung", "Дата 7", "日本語", "Ü" * 70, "a" * 62 + " é",
    ):  # fmt: skip
        title.fill(words)
        expect(name).to_have_value(slugify(words, fallback=""))
    title.fill("Überstunden für Éire")
    page.get_by_role("button", name="Add and open the designer").click()
    page.wait_for_url("**/designs/uberstunden-fur-eire/designer/")


def test_a_file_goes_out_and_comes_back_beside_the_original(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    design = create_design(raw=orders(), user=person("admin"))
    put_into_group(design, "Purchasing", user=person("admin"))
    page = page_as("admin")
    page.goto("/designs/export/")
    page.get_by_role("checkbox", name="Orders").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = download.value.path()
    assert json.loads(file.read_text())["processes"][0]["definition"]["name"] == "orders"

    page.goto("/designs/import/")
    page.get_by_label("Choose a file").set_input_files(
        {"name": "half.json", "mimeType": "application/json", "buffer": file.read_bytes()[:900]}
    )
    page.get_by_role("button", name="Show its contents").click()
    page.wait_for_selector("text=The file ends in the middle")
    axe(page)
    assert_fits(page)
    page.get_by_label("Choose a file").set_input_files(
        {"name": "o.json", "mimeType": "application/json", "buffer": file.read_bytes()}
    )
    page.get_by_role("button", name="Show its contents").click()
    page.wait_for_selector("text=The name already exists")
    name = page.get_by_label("Name of Orders here")
    assert name.input_value() == "orders-2"
    name.fill("orders")
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector("text=The process orders already exists. Choose another name.")
    axe(page)
    assert_fits(page)
    name.fill("orders-copy")
    page.get_by_role("button", name="Import", exact=True).dblclick()
    page.wait_for_selector("h1:has-text('Import finished')")
    axe(page)
    assert_fits(page)
    assert get_design("orders-copy").group == "Purchasing"
    assert ProcessDesign.objects.count() == 2


def test_the_wizard_makes_all_four_and_refresh_is_pressed(
    page_as: PageAs,
    looks: Look,
    httpserver: HTTPServer,
    settings: Settings,
) -> None:
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    httpserver.expect_request("/").respond_with_data("here")
    httpserver.expect_request("/oauth/token").respond_with_json(ANSWER)
    page = page_as("admin")
    page.goto("/designs/templates/")
    page.get_by_role("link", name="Use OAuth token refresh").click()
    page.get_by_label("Name of the service").fill("Acme CRM")
    page.get_by_label("Service URL").fill("http://10.0.0.8")
    page.get_by_role("button", name="Test connection").click()
    page.wait_for_selector("text=10.0.0.8 is not a public address.")
    looks(page)
    page.get_by_label("Service URL").fill(httpserver.url_for("/").rstrip("/"))
    page.get_by_role("button", name="Test connection").click()
    page.wait_for_selector("text=The service answered 200")
    page.get_by_label("Client ID").fill("client-1")
    page.get_by_label("Client secret").fill("cs-secret-1")
    page.get_by_label("Interval in minutes").fill("90")
    page.wait_for_selector("#lead >> text=before the next refresh")
    looks(page)
    page.get_by_label("Interval in minutes").fill("55")
    page.wait_for_selector("#lead >> text=before the next refresh", state="detached")
    page.get_by_role("button", name="Create all").click()
    page.wait_for_selector("text=Check 1 field.")
    looks(page)
    assert not Datasource.objects.exists()
    page.get_by_label("Client secret").fill("cs-secret-1")
    page.get_by_label("Refresh token").fill("rt-old-42")
    page.get_by_role("button", name="Create all").dblclick()
    page.wait_for_url("**/designs/templates/made/acme-crm-token/")
    assert ScheduledTask.objects.count() == 1
    looks(page)
    page.get_by_role("button", name="Press Refresh now").click()
    page.wait_for_selector("text=Refresh: done")
    assert Run.objects.get().status == "succeeded"
    looks(page)
    for link in ("Acme CRM", "Acme CRM: access token", "acme-crm-token-1"):
        page.locator("main").get_by_role("link", name=link, exact=True).click()
        page.wait_for_load_state()
        assert page.locator("h1").count() >= 1
        page.goto("/designs/templates/made/acme-crm-token/")
    page.goto("/")
    page.wait_for_selector("text=The token is valid")
