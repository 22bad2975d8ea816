"""How the pages of scheduled tasks look: the list, the settings of each kind, the history."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from kianda.accounts.services.profiles import save_profile
from processes.designs.lifecycle import create_design, publish_design
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import pause_task
from tests.browser.story_rows import make_task
from tests.browser.watch import PageAs
from tests.processes.definitions import button, process, set_rule, text_field
from tests.scheduler.kept import make_run, make_token


def make_history(user: Any) -> Any:
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


def test_the_pages_fit_and_are_accessible(
    page_as: PageAs, person: Callable[[str], Any], looks: Any, ready: Any
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/")
    looks(page)
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
        looks(page)


def test_the_settings_of_each_kind_fit_in_the_dialog(
    page_as: PageAs, looks: Any, ready: Any
) -> None:
    page = page_as("ada")
    page.goto("/scheduled-tasks/")
    page.get_by_role("link", name="Schedule a task").click()
    page.wait_for_selector("#dialog[open]")
    expect(page.locator("#f-name")).to_be_focused()
    page.get_by_label("Task name").fill("Kept")
    page.get_by_text("More schedules").click()
    for kind, setting in (
        ("once", "at"), ("hourly", "minute"), ("daily", "weekdays_only"), ("weekly", "days"),
        ("monthly", "nth"), ("seconds", "every"), ("cron", "expression"),
    ):  # fmt: skip
        page.locator(f"#kind-{kind}").check()
        page.wait_for_selector(f"[name^='/schedule/{kind}/{setting}']")
        looks(page)
    page.locator("#f-schedule-expression").press_sequentially("0 9 * * mon-fri", delay=20)
    page.wait_for_selector("text=At 09:00, Monday through Friday")
    page.locator("#kind-on_demand").check()
    page.wait_for_selector("text=The URL is shown once")
    page.get_by_label("Expire").check()
    page.get_by_label("Process design").select_option("orders")
    page.wait_for_selector(".k-tree")
    looks(page)
    assert page.get_by_label("Task name").input_value() == "Kept"


def test_a_long_title_of_a_rule_is_read_whole_where_it_is_chosen(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    title = "Take the token of the other process, " * 3
    fields = text_field("note"), button("go", set_rule("note", "x", title=title))
    create_design(raw=process(*fields, name="orders", title="Orders"), user=person("ada"))
    publish_design(name="orders", user=person("ada"))
    page = page_as("ada")
    page.goto("/scheduled-tasks/new/")
    page.get_by_label("Process design").select_option("orders")
    page.get_by_text(title.strip()).wait_for()
    looks(page)


def test_the_history_draws_hours_and_days(
    page_as: PageAs, person: Callable[[str], Any], looks: Any
) -> None:
    task = make_history(person("ada"))
    # It is noon where she is, whenever this runs: what is listed began yesterday.
    hours = timezone.now().hour - 12
    save_profile(person("ada"), zone=f"Etc/GMT{hours:+d}", theme="", single_keys=True)
    page = page_as("ada")
    page.goto(f"/scheduled-tasks/{task.pk}/history/")
    for words in ("token valid", "2 gaps", "Token refreshed, valid until", "Yesterday"):
        page.locator(f"text={words}").first.wait_for()
    looks(page)
    for word, title in (("7 days", "Last 7 days"), ("30 days", "Last 30 days")):
        page.get_by_role("link", name=word).click()
        page.get_by_role("heading", name=title).wait_for()
        looks(page)
    page.get_by_label("Outcome").select_option("failed")
    page.wait_for_url("**outcome=failed")
    page.wait_for_selector("text=of 1 occurrences")
    expect(page.get_by_role("heading", name="Last 30 days")).to_be_visible()
