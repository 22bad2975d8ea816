"""Tasks run, paused, deleted, changed by two people, with a new address."""

from collections.abc import Callable
from typing import Any

import pytest

from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import delete_task, execution
from tests.browser.story_rows import make_task
from tests.browser.watch import Look, PageAs


@pytest.fixture
def fire_queued() -> Callable[..., None]:
    """Return `fire_queued()`: carry out what waits, in this process."""

    def fire() -> None:
        for pk in Occurrence.objects.filter(outcome=None).values_list("pk", flat=True):
            execution.execute(pk)

    return fire


def test_run_now_runs_once_and_the_row_follows_to_its_end(
    page_as: PageAs, person: Callable[[str], Any], ready: Any, fire_queued: Callable[..., None]
) -> None:
    task = make_task(person("ada"), name="Approve it")
    page = page_as("ada")
    page.goto("/scheduled-tasks/")
    page.get_by_role("button", name="Run now: Approve it").dblclick()
    row = page.locator(f"#task-{task.pk}")
    row.get_by_text("Queued").wait_for()
    assert Occurrence.objects.count() == 1
    fire_queued()
    row.get_by_text("Succeeded").wait_for()
    page.get_by_role("link", name="History of Approve it").click()
    line = page.locator("tr:has-text('Manually')")
    line.wait_for()
    line.get_by_role("link", name="Trace of run").click()
    page.wait_for_url("**/runs/*/")


def test_a_task_that_is_gone_is_said_where_it_is_pressed(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, ready: Any
) -> None:
    task = make_task(person("ada"))
    page = page_as("ada")
    page.complaints.expect("404")
    page.goto("/scheduled-tasks/")
    page.get_by_role("button", name="More for Approve").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Task name").fill("Typed")
    delete_task(task_id=str(task.pk), user=person("ada"))
    page.get_by_role("button", name="OK", exact=True).click()
    gone = f"There is no scheduled task {task.pk}."
    page.get_by_text(f"{gone} Your entries are still here.").wait_for()
    assert page.get_by_label("Task name").input_value() == "Typed"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Run now: Approve").click()
    page.get_by_text(gone, exact=True).wait_for()
    axe(page)


def test_pause_resume_and_delete(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, ready: Any
) -> None:
    task = make_task(person("ada"))
    page = page_as("ada")
    page.goto(f"/scheduled-tasks/{task.pk}/history/")
    page.wait_for_selector("text=No runs yet")
    page.wait_for_selector("text=First run:")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.goto("/scheduled-tasks/")
    page.get_by_role("button", name="More for Approve").click()
    page.get_by_role("button", name="Pause", exact=True).dblclick()
    page.locator(f"#task-{task.pk} .k-pill:has-text('Paused')").wait_for()
    page.wait_for_timeout(300)
    task.refresh_from_db()
    assert not task.enabled
    page.get_by_role("button", name="More for Approve").click()
    page.get_by_role("link", name="Delete").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Delete task").click()
    page.wait_for_selector("text=No scheduled tasks yet")
    assert not ScheduledTask.objects.exists()


def test_two_people_change_one_task(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look, ready: Any
) -> None:
    task = make_task(person("ada"))
    page, other = page_as("ada"), page_as("admin")
    for one in (page, other):
        one.goto(f"/scheduled-tasks/{task.pk}/history/")
        one.get_by_role("link", name="Edit").click()
    other.locator("#f-schedule-every").fill("10")
    other.get_by_role("button", name="OK", exact=True).click()
    other.wait_for_selector("text=Approve saved.")
    assert other.url.endswith("/history/")
    page.get_by_label("Task name").fill("Mine")
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("admin changed this while you were editing").wait_for()
    page.get_by_role("row", name="Schedule Every 10 minutes Every 55 minutes").wait_for()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("text=Mine saved.")
    task.refresh_from_db()
    assert (task.name, task.schedule["every"]) == ("Mine", 55)


def test_the_address_of_a_hook_is_shown_once_and_can_be_renewed(
    page_as: PageAs, axe: Look, assert_fits: Look, ready: Any
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/?process=orders&process_id=orders-1&target=approve&name=Hook")
    page.locator("#kind-on_demand").check()
    page.wait_for_selector("text=The URL is shown once")
    page.get_by_role("button", name="OK", exact=True).click()
    first = page.locator("#hook-url").inner_text()
    page.get_by_role("button", name="Copy the address").click()
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == first
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="More for Hook").click()
    page.get_by_role("link", name="New webhook URL").click()
    page.get_by_role("button", name="Create new URL").click()
    page.wait_for_selector("#hook-url")
    assert page.locator("#hook-url").inner_text() != first
    axe(page)
