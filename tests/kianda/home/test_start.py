"""What the start page says of kept tokens that nothing refreshes, and how to mend it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from scheduler.models import Heartbeat, ScheduledTask
from scheduler.services import change_task
from tests.pages import client_of, markup_of, text_of
from tests.scheduler.kept import HOUR, make_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def running() -> None:
    """A scheduler and a worker that give signs of life."""
    for part in ("planner", "worker"):
        Heartbeat.objects.create(part=part, name="t", at=timezone.now())


def finish() -> None:
    over = timezone.now() - timedelta(minutes=5)
    ScheduledTask.objects.update(finished_at=over, next_run_at=None)


def wait_for_a_webhook(user: Any) -> None:
    raw = {"schedule": {"kind": "on_demand"}}
    task = ScheduledTask.objects.get()
    change_task(task_id=str(task.pk), raw=raw, user=user, partial=True)


def main_button(answer: Any) -> Any:
    """Return the address of the main button of the first note, and what stands on it."""
    note = re.search(r'<section class="k-note [\s\S]*?</section>', markup_of(answer))[0]
    form = r'<form method="post" action="([^"]*)">.*?<button[^>]*btn-primary[^>]*>([^<]*)<'
    link = r'<a class="btn btn-primary" href="([^"]*)">([^<]*)<'
    return (re.search(form, note) or re.search(link, note)).groups()


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (600, "No task refreshes the token of token-refresh-1"),
        (2 * HOUR, "The token of token-refresh-1 expired 1 h ago"),
    ],
)
def test_a_token_whose_task_has_finished_stays_and_its_task_can_be_changed(
    ada: Any, age_s: Any, said: str
) -> None:
    make_token(ada, age_s=age_s)
    finish()
    answer = client_of(ada).get("/")
    assert said in text_of(answer)
    assert "The scheduled task “Refresh token-refresh-1” has finished." in text_of(answer)
    assert "The task has finished" in text_of(answer)
    task = ScheduledTask.objects.get()
    assert main_button(answer) == (f"/scheduled-tasks/{task.pk}/", "Edit the task")


def test_a_refresh_that_failed_stands_in_the_title_while_the_token_is_valid(ada: Any) -> None:
    make_token(ada, outcome="failed")
    answer = client_of(ada).get("/")
    assert "<h1>The token is valid and needs attention</h1>" in markup_of(answer)
    assert "The last refresh of token-refresh-1 failed" in text_of(answer)
    make_token(ada)
    title = "<h1>1 of 2 tokens needs attention</h1>"
    assert title in markup_of(client_of(ada).get("/"))


def test_the_page_of_its_instance_says_so_too(ada: Any) -> None:
    make_token(ada, age_s=2 * HOUR)
    finish()
    said = text_of(client_of(ada).get("/instances/token-refresh-1/"))
    assert "Token expired, since" in said
    assert "Next refresh The task has finished" in said


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (600, "No refresh of the token of token-refresh-1 is planned"),
        (2 * HOUR, "The token of token-refresh-1 expired 1 h ago"),
    ],
)
def test_a_task_that_its_webhook_fires_is_not_called_paused(
    ada: Any, age_s: Any, said: str
) -> None:
    make_token(ada, age_s=age_s)
    wait_for_a_webhook(ada)
    for address in ("/", "/instances/token-refresh-1/"):
        page = text_of(client_of(ada).get(address))
        assert "On each webhook call" in page
        assert "aused" not in page
    page = text_of(client_of(ada).get("/"))
    assert said in page
    assert "“Refresh token-refresh-1” has no schedule. It runs on each webhook call." in page


def test_a_paused_task_is_called_paused_though_a_webhook_fires_it(ada: Any) -> None:
    make_token(ada)
    wait_for_a_webhook(ada)
    ScheduledTask.objects.update(enabled=False)
    assert "“Refresh token-refresh-1” is paused." in text_of(client_of(ada).get("/"))


@pytest.mark.parametrize("age_s", [600, 2 * HOUR, None])
def test_a_paused_task_is_resumed_from_the_start_page(ada: Any, age_s: Any) -> None:
    make_token(ada, age_s=age_s, next_in_s=None)
    page = client_of(ada)
    task = ScheduledTask.objects.get()
    address, text = main_button(page.get("/"))
    assert (address, text) == (f"/scheduled-tasks/{task.pk}/resume/", "Resume the task")
    answer = page.post(address, HTTP_REFERER="http://testserver/", follow=True)
    assert answer.redirect_chain == [("/", 303)]
    assert ScheduledTask.objects.get().enabled
    assert "Resume the task" not in text_of(answer)


@pytest.mark.parametrize("name", ["ben", "dan"])
def test_who_may_not_change_tasks_finds_no_button_for_it(
    ada: Any, request: pytest.FixtureRequest, name: str
) -> None:
    make_token(ada, next_in_s=None)
    assert "token-refresh-1” is paused" in text_of(client_of(ada).get("/"))
    said = text_of(client_of(request.getfixturevalue(name)).get("/"))
    assert "Resume" not in said
    assert "token-refresh-1” is paused" not in said
