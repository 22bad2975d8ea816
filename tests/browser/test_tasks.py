"""Scheduled tasks in a browser: the list, scheduling one by clicking, its history."""

import pytest

from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import create_task, pause_task
from tests.browser.story_rows import LOOKS, SCRIPT, make_order, make_orders


def make_task(user, name="Approve", **settings):
    raw = {
        "name": name, "process": "orders", "process_id": "orders-1", "target": "approve",
        "schedule": {"kind": "minutes", "every": 55}, **settings,
    }  # fmt: skip
    return create_task(raw=raw, user=user)[0]


@pytest.fixture
def ready(person):
    """A published process and an instance of it."""
    make_orders(person("ada"))
    return make_order(person("ada"))


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_fit_and_are_accessible(page_as, person, axe, assert_fits, ready, width, scheme):
    page = page_as("ada", width, scheme)
    page.goto("/scheduled-tasks/")
    axe(page)
    assert_fits(page)
    task = make_task(person("ada"), name="Approve the order " * 8)
    pause_task(task_id=str(make_task(person("ada")).pk), user=person("ada"))
    hook = make_task(person("ada"), name="Hook", schedule={"kind": "on_demand"})
    for number, outcome in enumerate(("succeeded", "failed", "skipped")):
        Occurrence.objects.create(
            task=task, task_name=task.name, planned_at=task.created.replace(microsecond=number),
            queued_at=task.created, started_at=task.created, finished_at=task.created,
            outcome=outcome, reason="The token service answered 503 Service Unavailable. " * 4,
        )  # fmt: skip
    places = (
        "", "new/", "new/?process=orders&process_id=orders-1", f"{task.pk}/",
        f"{task.pk}/history/", f"{hook.pk}/history/", f"{hook.pk}/renew-hook/",
        f"{task.pk}/delete/",
    )  # fmt: skip
    for place in places:
        page.goto(f"/scheduled-tasks/{place}")
        axe(page)
        assert_fits(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("kind", ["once", "hourly", "daily", "weekly", "monthly", "cron"])
def test_the_settings_of_each_kind_fit(page_as, axe, assert_fits, ready, kind, width, scheme):
    page = page_as("ada", width, scheme)
    page.goto("/scheduled-tasks/new/")
    page.get_by_label("Task name").fill("Kept")
    if kind == "cron":
        page.get_by_text("More kinds").click()
    page.locator(f"#kind-{kind}").check()
    setting = ":is(#f-schedule-expression, #f-schedule-at, #f-schedule-minute)"
    page.wait_for_selector(f".k-sched {setting}")
    assert page.get_by_label("Task name").input_value() == "Kept"
    axe(page)
    assert_fits(page)


def test_a_task_is_scheduled_by_clicking_and_run_now(page_as, ready):
    page = page_as("ada")
    page.goto("/scheduled-tasks/")
    page.get_by_role("link", name="Schedule a task").click()
    page.get_by_label("Task name").fill("Approve it")
    page.locator("#f-schedule-every").fill("55")
    page.wait_for_selector(".k-firings li:nth-child(5)")
    page.get_by_label("Process design").select_option("orders")
    page.wait_for_selector("select#f-target")
    page.get_by_label("Process ID").fill("orders-1")
    page.wait_for_selector("text=Found: status")
    page.locator("#f-target").select_option("approve")
    page.get_by_role("button", name="OK").dblclick()
    page.wait_for_url("**/scheduled-tasks/")
    page.wait_for_selector("text=Every 55 minutes")
    assert ScheduledTask.objects.get().target == "approve"
    page.get_by_role("button", name="Run now: Approve it").dblclick()
    page.wait_for_selector("text=was started")
    page.get_by_role("link", name="History of Approve it").click()
    page.wait_for_selector("td:has-text('By hand')")
    assert Occurrence.objects.count() == 1


def test_pause_resume_and_delete(page_as, person, axe, ready):
    task = make_task(person("ada"))
    page = page_as("ada")
    page.goto(f"/scheduled-tasks/{task.pk}/history/")
    page.wait_for_selector("text=Has not fired yet")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.goto("/scheduled-tasks/")
    page.get_by_role("button", name="More for Approve").click()
    page.get_by_role("link", name="Delete").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.locator("#dialog").get_by_role("button", name="Delete task").click()
    page.wait_for_selector("text=Nothing is scheduled yet")
    assert not ScheduledTask.objects.exists()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_worst_input_is_refused_beside_its_control(page_as, axe, assert_fits, ready, width):
    page = page_as("ada", width)
    page.complaints.expect("status of 422")
    page.goto("/scheduled-tasks/new/?process=orders")
    page.get_by_label("Task name").fill(SCRIPT)
    page.locator("#f-schedule-every").fill("x" * 18)
    page.get_by_label("Process ID").fill(SCRIPT)
    page.get_by_role("button", name="OK").click()
    page.wait_for_selector("#f-process_id-error")
    assert page.locator("#f-schedule-every-error").inner_text()
    assert page.locator("#f-target-error").inner_text()
    assert page.get_by_label("Task name").input_value() == SCRIPT
    assert "owned" not in page.title()
    axe(page)
    assert_fits(page)


def test_the_address_of_a_hook_is_shown_once(page_as, axe, assert_fits, ready):
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/?process=orders&process_id=orders-1&target=approve&name=Hook")
    page.locator("#kind-on_demand").check()
    page.wait_for_selector("text=The address is shown once")
    page.get_by_role("button", name="OK").click()
    page.wait_for_selector("#hook-url")
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Done").click()
    page.wait_for_selector("text=On demand")
