"""The start page: is everything well, what is not, what ran, what comes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from processes.instances.lifecycle import create_instance
from processes.models import Run
from scheduler.models import Heartbeat
from tests.browser.watch import Look, PageAs
from tests.processes.stories import published
from tests.scheduler.kept import HOUR, make_token

NASTY = "<script>alert(1)</script>" + "w" * 120


def beat() -> None:
    for part in ("planner", "worker"):
        Heartbeat.objects.update_or_create(part=part, name="t", defaults={"at": timezone.now()})


def test_it_fits_and_is_accessible_empty_and_full(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    page = page_as("admin")
    page.goto("/")
    looks(page)
    ada = person("ada")
    make_token(ada)
    make_token(ada, age_s=2 * HOUR, outcome="failed", next_in_s=None)
    make_token(ada, outcome="failed")
    make_token(ada, age_s=None)
    make_token(ada, next_in_s=2 * HOUR, task=NASTY)
    run = Run.objects.order_by("pk").last()
    run.pk, run.status, run.finished = None, "running", None
    run.save()
    keep_a_request_waiting(person("admin"))
    page.goto("/")
    assert page.locator(".k-task-title", has_text="www").is_visible()
    looks(page)


def keep_a_request_waiting(user: Any) -> None:
    """Let a request of a person wait for them, all of whose words are as long as words get."""
    approve = {
        "type": "button", "name": "approve", "title": f"Approve {'and so on ' * 12}",
        "menu": ["owners"], "menu_when": "open", "rules": [{"type": "submit"}],
    }  # fmt: skip
    ask = {"name": "ask", "fields": [{"type": "text", "name": "note"}, approve]}
    raw = {
        "name": "wide", "title": "Wide", "forms": [ask],
        "record": {"title": "[note]", "summary": ["note"]},
    }  # fmt: skip
    published(raw, user=user)
    create_instance(process="wide", mode="live", data={"note": NASTY}, user=user)


def test_the_title_answers_and_what_needs_a_person_stands_on_top(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    ada = person("ada")
    beat()
    make_token(ada)
    expired = make_token(ada, age_s=2 * HOUR, outcome="failed", next_in_s=None)
    page = page_as("ada")
    page.goto("/")
    assert page.inner_text("h1") == "1 of 2 tokens is valid"
    note = page.locator(".k-note--bad")
    assert "expired 1 h ago" in note.inner_text()
    assert "Token service answered 400." in note.inner_text()
    assert "is paused" in note.inner_text()
    assert f"Open {expired.process_id}" in note.inner_text()
    rows = page.locator("#tokens tbody tr")
    assert "Expired" in rows.nth(0).inner_text()
    assert "50 min left" in rows.nth(1).inner_text() or "49 min left" in rows.nth(1).inner_text()
    assert "not valid from" in rows.nth(0).locator("svg.k-strip").get_attribute("aria-label")


def test_a_silent_scheduler_is_said_first(page_as: PageAs, person: Callable[[str], Any]) -> None:
    make_token(person("ada"), age_s=2 * HOUR)
    page = page_as("ada")
    page.goto("/")
    assert "The scheduler has not started" in page.locator(".k-note--bad").first.inner_text()


def test_the_parts_refresh_by_themselves_without_moving_the_page(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    ada = person("ada")
    beat()
    page = page_as("ada")
    page.clock.install()
    page.goto("/")
    assert page.inner_text("h1") == "Welcome to Kianda"
    make_token(ada)
    page.clock.run_for(16_000)
    page.wait_for_selector("h1 >> text=The token is valid")
    page.wait_for_selector("#latest-runs >> text=token-refresh-1")
    page.wait_for_selector("#next-firings >> text=Refresh token-refresh-1")


def test_who_has_no_role_is_told_so(page_as: PageAs, axe: Look) -> None:
    page = page_as("cleo")
    page.goto("/")
    assert "You have no role yet" in page.inner_text("main")
    axe(page)


@pytest.mark.parametrize(("name", "width"), [("ben", 1280), ("dan", 390)])
def test_who_may_not_plan_finds_only_what_can_be_opened(
    page_as: PageAs,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    name: str,
    width: int,
) -> None:
    make_token(person("ada"))
    Heartbeat.objects.filter(part="planner").delete()
    page = page_as(name, width)
    page.goto("/")
    assert page.inner_text("h1") == "Nothing is waiting for you"
    assert "No token" not in page.inner_text("main")
    assert "No runs planned" not in page.inner_text("main")
    page.wait_for_selector("text=The scheduler has not started")
    doors = {a.get_attribute("href") for a in page.locator("main a[href]").all()}
    assert {"/work/"} <= doors
    assert "/runs/" not in doors
    assert {door: page.request.get(door).status for door in doors} == dict.fromkeys(doors, 200)
    axe(page)
    assert_fits(page)


def test_the_command_bar_is_used_with_the_keyboard(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    instance = make_token(
        person("ada"),
    )
    page = page_as("admin")
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input:focus")
    page.keyboard.type("token-refresh-1")
    page.wait_for_selector("#results >> text=Record")
    axe(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('[data-result]')")
    page.keyboard.press("ArrowUp")
    page.fill("#dialog input", "ada")
    page.wait_for_selector("#results >> text=User")
    page.fill("#dialog input", "zzz " + NASTY)
    page.wait_for_selector("#results >> text=No results for")
    assert_fits(page)
    page.goto(f"/search/?q={instance.process_id}%00")
    assert "Record" in page.inner_text("#results")


def test_enter_opens_the_first_that_was_found(page_as: PageAs) -> None:
    page = page_as("admin")
    page.goto("/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input:focus")
    page.keyboard.type("audit")
    page.wait_for_selector("#results li:only-child")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit/")
