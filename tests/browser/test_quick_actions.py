"""From the menu of a form it is given to somebody else, and opened again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, WorkingCopy
from tests.browser.hands import pick, see_sent, until
from tests.browser.watch import PageAs
from tests.processes.definitions import text_field
from tests.processes.stories import published


def claim() -> dict[str, Any]:
    return {
        "name": "claim",
        "forms": [
            {"name": "ask", "title": "Request", "fields": [text_field("why")],
             "quick_actions": {"edit_again": ["creator"], "reassign": ["owners"]}},
            {"name": "decide", "title": "Decision", "fields": [text_field("word")],
             "owners": {"users": ["ben"]}, "quick_actions": {"reassign": ["owners"]}},
        ],
    }  # fmt: skip


def quick_actions() -> Any:
    """Return those of the decision in the working copy."""
    [copy] = WorkingCopy.objects.all()
    return copy.document["forms"][1]["quick_actions"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_form_is_passed_on_and_opened_again(
    person: Callable[[str], Any], page_as: PageAs, looks: Any, width: int
) -> None:
    ada, _ben, _dan = person("ada"), person("ben"), person("dan")
    published(claim(), user=ada)
    create_instance(process="claim", mode="live", data={"why": "ill"}, user=ada)
    page = page_as("ada", width)
    page.goto("/instances/claim-1/")
    page.get_by_role("button", name="Submit").click()
    see_sent(page, "ben")
    if page.get_by_role("tab", name="Request").count():
        page.get_by_role("tab", name="Request").click()
    page.get_by_role("button", name="Actions of Request").click()
    page.get_by_role("link", name="Edit again").click()
    looks(page)
    page.get_by_role("button", name="Edit again").click()
    page.get_by_text("Request is open again.").wait_for()

    bens = page_as("ben", width)
    bens.goto("/instances/claim-1/")
    bens.get_by_role("button", name="Actions of Decision").click()
    bens.get_by_role("link", name="Reassign").click()
    dialog = bens.locator("#dialog")
    pick(dialog.get_by_role("combobox"), "dan")
    dialog.get_by_label("Note").fill("I am away.")
    looks(bens)
    dialog.get_by_role("button", name="Reassign").click()
    bens.get_by_text("Decision reassigned.").wait_for()
    expect(bens.locator("#instance")).to_contain_text("Now with dan")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_button_is_pressed_from_the_menu(
    person: Callable[[str], Any], page_as: PageAs, looks: Any, width: int
) -> None:
    ada = person("ada")
    person("ben")
    raw = claim()
    raw["forms"][0]["fields"].append(
        {"type": "button", "name": "withdraw", "title": "Withdraw the claim", "visible": False,
         "menu": ["creator"], "rules": [{"type": "close", "status": "Withdrawn"}]}
    )  # fmt: skip
    published(raw, user=ada)
    create_instance(process="claim", mode="live", data={"why": "ill"}, user=ada)
    page = page_as("ada", width)
    page.goto("/instances/claim-1/")
    page.get_by_role("button", name="Actions of Request").click()
    page.get_by_role("link", name="Withdraw the claim").click()
    page.get_by_text("on claim-1 now?").wait_for()
    looks(page)
    page.get_by_role("button", name="Withdraw the claim").click()
    page.wait_for_url("**/records/claim/")
    assert ProcessInstance.objects.get().status == "Withdrawn"


def test_who_may_is_said_in_the_rights_of_a_form(
    person: Callable[[str], Any], page_as: PageAs, looks: Any
) -> None:
    ada = person("ada")
    person("ben")
    create_design(raw=claim(), user=ada)
    page = page_as("ada")
    page.goto("/designs/claim/designer/?at=form:decide")
    page.get_by_text("Rights", exact=True).last.click()
    pick(page.get_by_label("Edit again", exact=True), "ben")
    wanted = {"reassign": ["owners"], "edit_again": ["user:ben"]}
    until(page, lambda: quick_actions() == wanted)
    looks(page)
