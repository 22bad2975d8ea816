"""Scheduled tasks in a browser: the list, scheduling one by clicking, its history."""

from datetime import timedelta
from time import sleep

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import delete_task, execution, pause_task
from tests.browser.conftest import session_cookie
from tests.browser.story_rows import LOOKS, SCRIPT, make_order, make_orders, make_task, sign_in
from tests.scheduler.kept import make_run, make_token


def make_history(user):
    """Make a kept token and the last day of its task: one failed, one missed, one by hand."""
    instance = make_token(user, age_s=2700, next_in_s=600, task="Refresh the token")
    task = ScheduledTask.objects.get()
    for number in range(26):
        moment = timezone.now() - timedelta(minutes=45 + 55 * number)
        outcome = {5: "failed", 12: "missed"}.get(number, "succeeded")
        ran = outcome != "missed"
        Occurrence.objects.create(
            task=task, task_name=task.name, planned_at=moment, queued_at=moment, outcome=outcome,
            run=make_run(instance, finished=moment, status=outcome) if ran else None,
            started_at=moment if ran else None, finished_at=moment,
            trigger="manual" if number == 4 else "planned",
            reason="" if outcome == "succeeded" else "The token service answered 503.",
        )  # fmt: skip
    return task


@pytest.fixture
def fire_queued():
    """Return `fire_queued()`: carry out what waits, in this process."""

    def fire():
        for pk in Occurrence.objects.filter(outcome=None).values_list("pk", flat=True):
            execution.execute(pk)

    return fire


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
def test_the_settings_of_each_kind_fit_in_the_dialog(
    page_as, axe, assert_fits, ready, width, scheme
):
    page = page_as("ada", width, scheme)
    page.goto("/scheduled-tasks/")
    page.get_by_role("link", name="Schedule a task").click()
    page.wait_for_selector("#dialog[open]")
    expect(page.locator("#f-name")).to_be_focused()
    page.get_by_label("Task name").fill("Kept")
    page.get_by_text("More kinds").click()
    for kind, setting in (
        ("once", "at"), ("hourly", "minute"), ("daily", "weekdays_only"), ("weekly", "days"),
        ("monthly", "nth"), ("seconds", "every"), ("cron", "expression"),
    ):  # fmt: skip
        page.locator(f"#kind-{kind}").check()
        page.wait_for_selector(f"[name^='/schedule/{kind}/{setting}']")
        axe(page)
        assert_fits(page)
    page.locator("#f-schedule-expression").press_sequentially("0 9 * * mon-fri", delay=20)
    page.wait_for_selector("text=At 09:00, Monday through Friday")
    page.locator("#kind-on_demand").check()
    page.wait_for_selector("text=The address is shown once")
    page.get_by_label("Expire").check()
    page.get_by_label("Process design").select_option("orders")
    page.wait_for_selector(".k-tree")
    axe(page)
    assert_fits(page)
    assert page.get_by_label("Task name").input_value() == "Kept"


def test_the_task_of_the_scenario_is_scheduled_by_clicking(page_as, person, axe, ready):
    make_token(person("admin"), life_s=3600)
    page = page_as("ada")
    page.goto("/scheduled-tasks/?status=active")
    page.get_by_role("link", name="Schedule a task").click()
    page.get_by_label("Task name").fill("Refresh the token")
    page.get_by_label("Minutes", exact=True).check()
    page.locator("#f-schedule-every").fill("90")
    page.wait_for_selector(".k-firings li:nth-child(5)")
    assert not page.get_by_label("Expire").is_checked()
    page.get_by_label("Process design").select_option("token-refresh")
    page.get_by_label("Process ID").fill("TOKEN-refresh-1")
    page.wait_for_selector("text=Found: status open, version 1.0, live")
    page.wait_for_selector("text=it would expire before it is renewed")
    page.locator("#f-schedule-every").fill("55")
    page.wait_for_selector("text=leaves 5 min to spare")
    page.get_by_label("2. Get a new token").check(force=True)
    page.get_by_label("Refresh button, all 3 rules").check(force=True)
    axe(page)
    page.get_by_role("button", name="OK", exact=True).dblclick()
    page.wait_for_url("**/scheduled-tasks/?status=active")
    page.wait_for_selector("text=Refresh the token is scheduled")
    made = ScheduledTask.objects.get(name="Refresh the token")
    assert (made.target, made.process_id, made.schedule, made.expires, made.run_as_name) == (
        "refresh", "token-refresh-1", {"kind": "minutes", "every": 55}, None, "ada",
    )  # fmt: skip


def test_run_now_runs_once_and_the_row_follows_to_its_end(page_as, person, ready, fire_queued):
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
    line = page.locator("tr:has-text('By hand')")
    line.wait_for()
    line.get_by_role("link", name="Trace of run").click()
    page.wait_for_url("**/runs/*/")


def test_a_task_that_is_gone_is_said_where_it_is_pressed(page_as, person, axe, ready):
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
    page.get_by_text(f"{gone} What you typed is still here.").wait_for()
    assert page.get_by_label("Task name").input_value() == "Typed"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Run now: Approve").click()
    page.get_by_text(gone, exact=True).wait_for()
    axe(page)


@pytest.mark.parametrize("dialog", [True, False])
def test_a_schedule_that_an_ended_session_kept_is_drawn_anew(page_as, person, ready, dialog):
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
    Session.objects.all().delete()
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "ada")
    page.wait_for_selector("text=nothing was sent yet")
    page.get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Kept is scheduled").wait_for()
    made = ScheduledTask.objects.get()
    assert made.schedule == {"kind": "weekly", "every": 1, "days": ["friday"], "at": "09:00"}
    assert made.expires == {"at": "2101-01-01T09:00:00"}
    assert (made.process_id, made.target.split("#")[0]) == ("orders-1", "approve")
    assert "#" in made.target


def test_pause_resume_and_delete(page_as, person, axe, ready):
    task = make_task(person("ada"))
    page = page_as("ada")
    page.goto(f"/scheduled-tasks/{task.pk}/history/")
    page.wait_for_selector("text=Has not fired yet")
    page.wait_for_selector("text=First time:")
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
    page.wait_for_selector("text=Nothing is scheduled yet")
    assert not ScheduledTask.objects.exists()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dialog", [True, False])
def test_the_worst_input_is_refused_beside_its_control(
    page_as, person, axe, assert_fits, ready, dialog, width
):
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
    wrong = "token-refresh-1 is an instance of token-refresh, not of orders."
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
    assert page.locator("#f-expires-at-error").count() == 0
    assert page.locator("#f-expires-at").get_attribute("aria-invalid") is None
    page.get_by_text("More kinds").click()
    page.locator("#kind-cron").check()
    page.locator("#f-schedule-expression").press_sequentially("every <b>day</b>", delay=20)
    page.wait_for_selector("#next >> text=five fields")
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("#f-schedule-expression-error")
    assert not ScheduledTask.objects.filter(process_name="orders").exists()


def test_a_kind_chosen_right_after_an_expiry_shows_its_settings(page_as, ready):
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/")
    page.get_by_label("Expire").check()
    page.get_by_text("More kinds").click()
    # The answer comes later than the question that the expiry asks after a moment.
    page.route("**/scheduled-tasks/new/?*kind=cron*", lambda route: sleep(0.6) or route.continue_())
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


def test_two_people_change_one_task(page_as, person, axe, assert_fits, ready):
    task = make_task(person("ada"))
    page, other = page_as("ada"), page_as("admin")
    for one in (page, other):
        one.goto(f"/scheduled-tasks/{task.pk}/history/")
        one.get_by_role("link", name="Edit").click()
    other.locator("#f-schedule-every").fill("10")
    other.get_by_role("button", name="OK", exact=True).click()
    other.wait_for_selector("text=Approve is changed")
    assert other.url.endswith("/history/")
    page.get_by_label("Task name").fill("Mine")
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("text=Every 55 minutes became Every 10 minutes.")
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_selector("text=Mine is changed")
    task.refresh_from_db()
    assert (task.name, task.schedule["every"]) == ("Mine", 10)


def test_the_address_of_a_hook_is_shown_once_and_can_be_renewed(page_as, axe, assert_fits, ready):
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/?process=orders&process_id=orders-1&target=approve&name=Hook")
    page.locator("#kind-on_demand").check()
    page.wait_for_selector("text=The address is shown once")
    page.get_by_role("button", name="OK", exact=True).click()
    first = page.locator("#hook-url").inner_text()
    page.get_by_role("button", name="Copy the address").click()
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == first
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="More for Hook").click()
    page.get_by_role("link", name="New webhook address").click()
    page.get_by_role("button", name="Make a new address").click()
    page.wait_for_selector("#hook-url")
    assert page.locator("#hook-url").inner_text() != first
    axe(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_history_draws_hours_and_days(page_as, person, axe, assert_fits, width, scheme):
    task = make_history(person("ada"))
    page = page_as("ada", width, scheme)
    page.goto(f"/scheduled-tasks/{task.pk}/history/")
    for words in ("token valid", "2 gaps", "Token renewed, valid until", "Yesterday"):
        page.locator(f"text={words}").first.wait_for()
    axe(page)
    assert_fits(page)
    for word, title in (("7 days", "Last 7 days"), ("30 days", "Last 30 days")):
        page.get_by_role("link", name=word).click()
        page.get_by_role("heading", name=title).wait_for()
        axe(page)
        assert_fits(page)
    page.get_by_label("Outcome").select_option("failed")
    page.wait_for_url("**outcome=failed")
    page.wait_for_selector("text=of 1 occurrences")
    assert page.get_by_role("heading", name="Last 30 days").is_visible()


def test_without_script_the_same_task_is_made(browser, live_server, person, ready):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([session_cookie(person("ada"), live_server.url)])
    page = context.new_page()
    page.goto("/scheduled-tasks/new/?process=orders")
    page.get_by_label("Task name").fill("By hand")
    page.get_by_label("Weekly").check()
    page.get_by_role("button", name="Show settings").click()
    page.get_by_label("Friday").check()
    page.get_by_label("Process ID").fill("orders-1")
    page.get_by_label("Approve button").check(force=True)
    page.get_by_role("button", name="OK", exact=True).click()
    page.wait_for_url("**/scheduled-tasks/")
    made = ScheduledTask.objects.get()
    assert made.schedule == {"kind": "weekly", "every": 1, "days": ["friday"], "at": "09:00"}
    page.get_by_role("button", name="Run now: By hand").click()
    page.get_by_role("link", name="History of By hand").click()
    page.wait_for_selector("text=By hand")
    assert Occurrence.objects.count() == 1
    context.close()
