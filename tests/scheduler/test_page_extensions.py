"""What scheduled tasks add to the pages below: to an instance its token, to a run its firing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from processes.models import Change, Run
from scheduler.models import Occurrence, ScheduledTask
from tests.factories import make_user
from tests.pages import markup_of
from tests.scheduler.kept import HOUR, make_run, make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make_user("ada", "Designer")


def page(client: Client, user: Any, url: str) -> str:
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_of_an_instance_shows_how_its_token_is(client: Client, ada: Any) -> None:
    instance = make_token(ada, age_s=890, life_s=HOUR, next_in_s=2430)
    html = page(client, ada, f"/instances/{instance.process_id}/")
    assert "Token valid, 45 min left" in html
    assert "valid 100.0 %" in html
    assert "in 40 min" in html
    assert f"Refresh {instance.process_id}" in html


def test_a_token_that_expired_is_red_there_too(client: Client, ada: Any) -> None:
    instance = make_token(ada, age_s=2 * HOUR, outcome="failed", next_in_s=None)
    html = page(client, ada, f"/instances/{instance.process_id}/")
    assert "Token expired, since" in html
    assert "valid 50.0 %" in html
    assert "Paused" in html


def test_an_instance_that_keeps_no_token_has_no_such_panel(client: Client, ada: Any) -> None:
    instance = make_token(ada)
    ScheduledTask.objects.all().delete()
    html = page(client, ada, f"/instances/{instance.process_id}/")
    assert "24 h ago" not in html


def test_who_may_not_see_tasks_sees_no_panel_of_them(client: Client, ada: Any) -> None:
    instance = make_token(ada)
    html = page(client, make_user("ben", "User"), f"/instances/{instance.process_id}/")
    assert "24 h ago" not in html


def test_a_run_names_the_task_that_fired_it_and_when_it_was_planned(
    client: Client, ada: Any
) -> None:
    instance = make_token(ada)
    run = Run.objects.get()
    task = ScheduledTask.objects.get()
    planned = run.finished - timedelta(seconds=1)
    Occurrence.objects.create(
        task=task, task_name=task.name, planned_at=planned, queued_at=planned, run=run
    )
    html = page(client, ada, f"/runs/{run.pk}/")
    assert f'href="/scheduled-tasks/{task.pk}/history/">{task.name}</a>' in html
    assert f'<dt>Planned</dt> <dd><time datetime="{planned.isoformat()}"' in markup_of(html)
    by_hand = make_run(instance, finished=timezone.now())
    assert "<dt>Planned</dt>" not in page(client, ada, f"/runs/{by_hand.pk}/")


def test_what_a_schedule_changed_is_said_to_be_its_doing(client: Client, ada: Any) -> None:
    instance = make_token(ada)
    run = Run.objects.get()
    rows = [{"field": "expires_in", "before": 1, "after": 2}]
    Change.objects.create(
        instance=instance, run=run, revision=2, at=run.finished, by=ada, by_name="ada", fields=rows
    )
    assert "by the schedule" in page(client, ada, f"/instances/{instance.process_id}/")


def test_lists_of_runs_say_what_the_button_is_called(client: Client, ada: Any) -> None:
    make_token(ada)
    assert "Refresh<small" in page(client, ada, "/runs/")
    assert "Refresh</small>" in page(client, ada, "/")
