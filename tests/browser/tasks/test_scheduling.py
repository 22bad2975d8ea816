"""Tasks scheduled by clicking: the worst input, an ended session, no script."""

from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from scheduler.models import Occurrence, ScheduledTask
from tests.browser.hands import go_on, press_as_the_session_ends
from tests.browser.story_rows import SCRIPT, sign_in
from tests.browser.watch import Look, PageAs
from tests.scheduler.kept import make_token


def test_the_task_of_the_scenario_is_scheduled_by_clicking(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, ready: Any
) -> None:
    make_token(person("admin"), life_s=3600)
    page = page_as("ada")
    page.goto("/scheduled-tasks/?status=active")
    page.get_by_role("link", name="Schedule a task").click()
    page.get_by_label("Task name").fill("Refresh the token")
    page.get_by_label("Minutes", exact=True).check()
    page.locator("#f-schedule-every").fill("90")
    page.wait_for_selector(".k-firings li:nth-child(5)")
    expect(page.get_by_label("Expire")).not_to_be_checked()
    page.get_by_label("Process design").select_option("token-refresh")
    page.get_by_label("Process ID").fill("TOKEN-refresh-1")
    page.wait_for_selector("text=Found: status open, version 1.0, live")
    page.wait_for_selector("text=pass between 2 runs")
    page.locator("#f-schedule-every").fill("55")
    page.wait_for_selector("text=leaves 5 min to spare")
    page.get_by_label("2. Get a new token").check(force=True)
    page.get_by_label("Refresh button, all 3 rules").check(force=True)
    axe(page)
    page.get_by_role("button", name="OK", exact=True).dblclick()
    page.wait_for_url("**/scheduled-tasks/?status=active")
    page.wait_for_selector("text=Refresh the token scheduled.")
    made = ScheduledTask.objects.get(name="Refresh the token")
    assert (made.target, made.process_id, made.schedule, made.expires, made.run_as_name) == (
        "refresh", "token-refresh-1", {"kind": "minutes", "every": 55}, None, "ada",
    )  # fmt: skip


@pytest.mark.parametrize("dialog", [True, False])
def test_a_schedule_that_an_ended_session_kept_is_drawn_anew(
    page_as: PageAs, person: Callable[[str], Any], ready: Any, dialog: bool
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/" if dialog else "/scheduled-tasks/new/")
    if dialog:
        page.get_by_role("link", name="Schedule a task").click()
    page.get_by_label("Task name").fill("Kept")
    page.get_by_text("Weekly").click()
    page.get_by_label("Friday").check()
    page.get_by_label("Expire").check()
    page.locator("#f-expires-at").fill("2101-01-01T09:00")
    page.get_by_label("Process design").select_option("orders")
    page.get_by_label("1. Set form field").check(force=True)
    page.get_by_label("Process ID").fill("orders-1")
    page.wait_for_selector("text=Found: status open")
    press_as_the_session_ends(page.get_by_role("button", name="OK", exact=True))
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "ada")
    page.wait_for_selector("text=nothing was sent")
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Kept scheduled.").wait_for()
    made = ScheduledTask.objects.get()
    assert made.schedule == {"kind": "weekly", "every": 1, "days": ["friday"], "at": "09:00"}
    assert made.expires == {"at": "2101-01-01T09:00:00"}
    assert (made.process_id, made.target.split("#")[0]) == ("orders-1", "approve")
    assert "#" in made.target


def test_what_was_typed_is_kept_where_the_page_itself_finds_that_the_session_has_ended(
    page_as: PageAs, person: Callable[[str], Any], ready: Any
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/")
    Session.objects.all().delete()
    page.get_by_label("Task name").fill("Kept")
    page.get_by_label("Process design").select_option("orders")
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "ada")
    page.wait_for_selector("text=nothing was sent")
    expect(page.get_by_label("Task name")).to_have_value("Kept")
    expect(page.get_by_label("Process design")).to_have_value("orders")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dialog", [True, False])
def test_the_worst_input_is_refused_beside_its_control(
    page_as: PageAs,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    ready: Any,
    dialog: bool,
    width: int,
) -> None:
    make_token(person("admin"))
    page = page_as("ada", width)
    page.goto("/scheduled-tasks/" if dialog else "/scheduled-tasks/new/")
    if dialog:
        page.get_by_role("link", name="Schedule a task").click()
    page.get_by_label("Task name").fill(SCRIPT)
    page.locator("#f-schedule-every").fill("0")
    page.wait_for_selector("#next >> text=Enter 1 or more")
    page.get_by_label("Expire").check()
    page.locator("#f-expires-at").fill("2001-01-01T09:00")
    page.get_by_label("Process design").select_option("orders")
    page.get_by_label("Process ID").fill("token-refresh-1")
    wrong = "token-refresh-1 is a record of token-refresh, not of orders."
    page.wait_for_selector(f"text={wrong}")
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("#f-schedule-every-error")
    expect(page.locator("#f-schedule-every")).to_be_focused()
    assert "passed" in page.locator("#f-expires-at-error").inner_text()
    assert page.locator("#f-process_id-error").inner_text() == wrong
    assert page.get_by_label("Task name").input_value() == SCRIPT
    assert page.title() != "owned"
    axe(page)
    assert_fits(page)
    # What is mended is no longer said to be wrong.
    page.get_by_label("Process ID").fill("")
    page.locator("#f-expires-at").fill("2101-01-01T09:00")
    expect(page.locator("#f-expires-at-error")).to_have_count(0)
    assert page.locator("#f-expires-at").get_attribute("aria-invalid") is None
    page.get_by_text("More schedules").click()
    page.locator("#kind-cron").check()
    page.locator("#f-schedule-expression").press_sequentially("every <b>day</b>", delay=20)
    page.wait_for_selector("#next >> text=five fields")
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("#f-schedule-expression-error")
    assert not ScheduledTask.objects.filter(process_name="orders").exists()


def test_a_kind_chosen_right_after_an_expiry_shows_its_settings(
    page_as: PageAs, ready: Any
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/")
    page.get_by_label("Expire").check()
    page.get_by_text("More schedules").click()
    # The answer comes later than the question that the expiry asks after a moment.

    def slowly(route: Route) -> None:
        sleep(0.6)
        route.continue_()

    page.route("**/scheduled-tasks/new/?*kind=cron*", slowly)
    page.evaluate(
        """() => {
          const at = document.getElementById("f-expires-at");
          at.value = "2101-01-01T09:00";
          at.dispatchEvent(new Event("input", { bubbles: true }));
          document.getElementById("kind-cron").click();
        }"""
    )
    page.locator("#f-schedule-expression").fill("0 7 * * *")
    page.wait_for_selector("#next >> text=07:00")


def test_without_script_the_same_task_is_made(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any], ready: Any
) -> None:
    page = plain_page_as("ada")
    page.goto("/scheduled-tasks/new/?process=orders")
    page.get_by_label("Task name").fill("By hand")
    page.get_by_label("Weekly").check()
    go_on(page.get_by_role("button", name="Show settings"))
    page.get_by_label("Friday").check()
    page.get_by_label("Process ID").fill("orders-1")
    page.get_by_label("Approve button").check(force=True)
    go_on(page.get_by_role("button", name="OK", exact=True))
    page.wait_for_url("**/scheduled-tasks/")
    made = ScheduledTask.objects.get()
    assert made.schedule == {"kind": "weekly", "every": 1, "days": ["friday"], "at": "09:00"}
    go_on(page.get_by_role("button", name="Run now: By hand"))
    go_on(page.get_by_role("link", name="History of By hand"))
    page.wait_for_selector("text=By hand")
    assert Occurrence.objects.count() == 1
