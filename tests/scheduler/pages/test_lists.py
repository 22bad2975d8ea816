"""Tasks are listed, run, paused and deleted, and tell their history, to who designs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kianda.accounts.services.profiles import save_profile
from kianda.web.form_once import new_token
from processes.models import ProcessInstance
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import pause_task
from tests.pages import SCRIPT, client_of, text_of
from tests.scheduler.conftest import Make
from tests.scheduler.pages.forms import now_of, sent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("place", ["", "new/", "{pk}/", "{pk}/history/", "{pk}/delete/"])
def test_only_who_designs_or_administers_sees_the_pages(
    make_task: Make, ada: Any, ben: Any, admin: Any, place: str
) -> None:
    address = "/scheduled-tasks/" + place.format(pk=make_task().pk)
    assert client_of(ada).get(address).status_code == 200
    assert client_of(admin).get(address).status_code == 200
    assert client_of(ben).get(address).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("task", ["7", "x", "9" * 30, "-1"])
@pytest.mark.parametrize("place", ["", "history/", "delete/", "renew-hook/"])
def test_a_task_that_is_not_there_is_404(page: Client, task: str, place: str) -> None:
    assert page.get(f"/scheduled-tasks/{task}/{place}").status_code == 404


def test_the_list_says_when_what_and_as_whom(page: Client, make_task: Make) -> None:
    assert "No scheduled tasks yet" in text_of(page.get(reverse("tasks")))
    make_task(moment=timezone.now(), schedule={"kind": "minutes", "every": 55})
    said = text_of(page.get(reverse("tasks")))
    for words in ("Count", "Every 55 minutes", "counter-1", "Scheduled", "in 5"):
        assert words in said


def test_list_history_and_audit_log_say_in_which_zone_they_tell_times(
    make_task: Make, admin: Any
) -> None:
    save_profile(admin, zone="Asia/Kathmandu", theme="", single_keys=False)
    task = make_task(schedule={"kind": "daily", "at": "09:00"}, timezone="UTC")
    page = client_of(admin)
    for address in (reverse("tasks"), reverse("task-history", args=[task.pk])):
        assert "Every day at 09:00, UTC" in text_of(page.get(address))
        assert "Times in Asia/Kathmandu." in text_of(page.get(address))
    assert "Times in Asia/Kathmandu." in text_of(page.get(reverse("audit")))


def test_the_list_is_searched_filtered_and_paged(page: Client, make_task: Make, ada: Any) -> None:
    for number in range(26):
        make_task(name=f"Task {number:02}")
    first = ScheduledTask.objects.get(name="Task 00")
    pause_task(task_id=str(first.pk), user=ada)
    assert "of 26 tasks" in text_of(page.get(reverse("tasks")))
    rows = page.get(reverse("tasks"), {"status": "paused"}).context["lines"]
    assert [line["task"].name for line in rows] == ["Task 00"]
    rows = page.get(reverse("tasks"), {"q": "task 07", "ordering": "-name"}).context["lines"]
    assert [line["task"].name for line in rows] == ["Task 07"]
    assert "No results for" in text_of(page.get(reverse("tasks"), {"q": "\0zzz"}))


@pytest.mark.parametrize(
    ("more", "kind", "held"),
    [
        ({}, "minutes", "edit, pause, delete"),
        ({"enabled": False}, "minutes", "edit, resume, delete"),
        ({"finished_at": timezone.now(), "next_run_at": None}, "minutes", "edit, delete"),
        ({}, "on_demand", "edit, pause, new webhook URL, delete"),
    ],
)
def test_the_menu_of_a_row_is_called_by_what_it_holds(
    page: Client, make_task: Make, more: dict[str, Any], kind: str, held: str
) -> None:
    make_task(schedule={"kind": kind} | ({"every": 5} if kind == "minutes" else {}))
    ScheduledTask.objects.update(**more)
    answer = page.get(reverse("tasks"))
    menu = re.search(r'<div class="k-menu" id="more-[\s\S]*?</div>', answer.content.decode())
    assert menu is not None
    words = re.sub(r"<[^>]+>", "|", menu[0]).split("|")
    assert ", ".join(word.strip().lower() for word in words if word.strip()) == held.lower()
    assert f'title="More for Count: {held}"' in answer.content.decode()


def test_run_now_pause_resume_and_delete(page: Client, make_task: Make) -> None:
    task = make_task()
    history = reverse("task-history", args=[task.pk])
    once = {"once": new_token()}
    for _ in range(2):
        address = reverse("task-run", args=[task.pk])
        answer = page.post(address, once, HTTP_REFERER=f"http://testserver{history}")
        assert answer["Location"] == history
    assert Occurrence.objects.count() == 1
    page.post(reverse("task-pause", args=[task.pk]))
    assert not now_of(task).enabled
    assert "Paused" in text_of(page.get(reverse("tasks")))
    page.post(reverse("task-resume", args=[task.pk]))
    assert now_of(task).enabled
    assert page.get(reverse("task-run", args=[task.pk])).status_code == 405
    assert page.post(reverse("task-delete", args=[task.pk]))["Location"] == reverse("tasks")
    assert not ScheduledTask.objects.exists()


def test_the_address_of_a_hook_is_shown_once(page: Client, counter: ProcessInstance) -> None:
    form = sent() | {"/schedule/kind": "on_demand", "once": new_token()}
    shown = page.post(reverse("task-new"), form)
    assert "/hooks/" in shown.content.decode()
    task = ScheduledTask.objects.get()
    assert page.post(reverse("task-new"), form)["Location"] == reverse("task", args=[task.pk])
    assert "/hooks/" not in page.get(reverse("task", args=[task.pk])).content.decode()
    renewed = page.post(reverse("task-renew-hook", args=[task.pk]))
    assert "/hooks/" in renewed.content.decode()
    assert now_of(task).hook_digest != task.hook_digest


def test_a_planned_task_has_no_address_to_renew(page: Client, make_task: Make) -> None:
    assert page.post(reverse("task-renew-hook", args=[make_task().pk])).status_code == 422


def test_the_history_says_what_became_of_each_firing(page: Client, make_task: Make) -> None:
    task = make_task(moment=timezone.now())
    address = reverse("task-history", args=[task.pk])
    assert "No runs yet" in text_of(page.get(address))
    planned = timezone.now() - timedelta(minutes=9)
    for number, outcome in enumerate(("succeeded", "failed", "missed")):
        moment = planned + timedelta(minutes=number)
        Occurrence.objects.create(
            task=task, task_name=task.name, planned_at=moment, queued_at=moment, outcome=outcome,
            started_at=None if outcome == "missed" else moment + timedelta(seconds=3),
            finished_at=moment + timedelta(seconds=5), reason=f"{SCRIPT} {outcome}",
        )  # fmt: skip
    answer = page.get(address)
    said = text_of(answer)
    for words in ("Succeeded", "Failed", "Missed", "late", "Planned", "2.0 s", f"{SCRIPT} failed"):
        assert words in said
    counted = {shape: count for shape, _word, count in answer.context["shapes"]}
    assert counted == {"succeeded": 1, "failed": 1, "left out": 1}
    assert len(page.get(address, {"outcome": "failed"}).context["lines"]) == 1
    assert "No matches" in text_of(page.get(address, {"outcome": "skipped"}))
