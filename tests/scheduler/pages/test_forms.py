"""A task is scheduled and changed on its form; what is wrong stands at its control."""

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kianda.web.form_once import new_token
from processes.models import ProcessInstance
from scheduler import forms
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services import change_task, pause_task
from tests.pages import SCRIPT, text_of
from tests.scheduler.conftest import NOON, Make, body
from tests.scheduler.kept import make_token
from tests.scheduler.pages.forms import now_of, sent

pytestmark = pytest.mark.django_db


def test_a_task_is_scheduled_in_the_order_of_the_scenario(
    page: Client, counter: ProcessInstance
) -> None:
    query = {"process": "counter", "process_id": "counter-1"}
    shown = text_of(page.get(reverse("task-new"), query))
    assert "Found: status" in shown
    order = ["Task name", "Schedule", "Expire", "Process design", "Process ID", "Select the field"]
    places = [shown.rindex(words) for words in order]
    assert places == sorted(places)
    answer = page.post(reverse("task-new"), sent())
    assert answer.status_code == 303
    assert answer["Location"] == reverse("tasks")
    made = ScheduledTask.objects.get()
    assert (made.target, made.schedule, made.run_as_name) == (
        "add", {"kind": "minutes", "every": 5}, "ada",
    )  # fmt: skip


def test_the_same_form_sent_twice_makes_one_task(page: Client, counter: ProcessInstance) -> None:
    form = sent() | {"once": new_token()}
    assert [page.post(reverse("task-new"), form).status_code for _ in range(2)] == [303, 303]
    assert ScheduledTask.objects.count() == 1


KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "seconds", "every": "30"}, {"kind": "seconds", "every": 30}),
    (
        {"kind": "hourly", "every": "2", "minute": "15"},
        {"kind": "hourly", "every": 2, "minute": 15},
    ),
    (
        {"kind": "daily", "every": "1", "at": "09:30", "weekdays_only": "on"},
        {"kind": "daily", "every": 1, "at": "09:30", "weekdays_only": True},
    ),
    (
        {"kind": "weekly", "every": "1", "at": "09:30", "days": ["friday", "monday"]},
        {"kind": "weekly", "every": 1, "at": "09:30", "days": ["monday", "friday"]},
    ),
    (
        {"kind": "monthly", "every": "1", "at": "09:30", "day": "31"},
        {"kind": "monthly", "every": 1, "at": "09:30", "day": 31},
    ),
    (
        {"kind": "cron", "expression": "0 9 * * mon-fri"},
        {"kind": "cron", "expression": "0 9 * * mon-fri"},
    ),
    ({"kind": "once", "at": "2999-01-01T09:30"}, {"kind": "once", "at": "2999-01-01T09:30:00"}),
]


@pytest.mark.parametrize(("typed", "stored"), KINDS)
def test_each_kind_is_stored_shown_and_stored_again_unchanged(
    page: Client, counter: ProcessInstance, typed: dict[str, Any], stored: dict[str, Any]
) -> None:
    kind = typed["kind"]
    form = sent() | {f"/schedule/{kind}/{name}": value for name, value in typed.items()}
    form |= {"/schedule/kind": kind}
    assert page.post(reverse("task-new"), form).status_code == 303
    made = ScheduledTask.objects.get()
    assert made.schedule == stored
    again = forms.typed_of(made)
    back = {name: "on" if value is True else value for name, value in again.items() if value}
    answer = page.post(reverse("task", args=[made.pk]), back | {"revision": made.revision})
    assert answer.status_code == 303
    assert (now_of(made).schedule, now_of(made).start) == (stored, made.start)


def test_the_nth_weekday_and_a_delay(page: Client, counter: ProcessInstance) -> None:
    by_weekday = {
        "/schedule/kind": "monthly", "monthly_by": "weekday", "/schedule/monthly/nth": "last",
        "/schedule/monthly/weekday": "friday", "/schedule/monthly/at": "18:00",
    }  # fmt: skip
    assert page.post(reverse("task-new"), sent() | by_weekday).status_code == 303
    delay = {"/name": "Later", "/schedule/kind": "once", "once_by": "in"}
    delay["/schedule/once/in/hours"] = "2"
    assert page.post(reverse("task-new"), sent() | delay).status_code == 303
    first, second = ScheduledTask.objects.order_by("pk")
    assert (first.schedule["nth"], first.schedule["weekday"]) == ("last", "friday")
    assert second.schedule["in"]["hours"] == 2


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"/name": ""}, "/name", "Enter a name."),
    ({"/name": "x" * 201}, "/name", "200"),
    ({"/schedule/minutes/every": ""}, "/schedule/every", "required"),
    ({"/schedule/minutes/every": "0"}, "/schedule/every", "Enter 1 or more"),
    ({"/schedule/minutes/every": SCRIPT}, "/schedule/every", ""),
    ({"/schedule/kind": "sometimes"}, "/schedule/kind", ""),
    (
        {"/schedule/kind": "weekly", "/schedule/weekly/at": "9"},
        "/schedule/days",
        "at least one day",
    ),
    ({"/schedule/kind": "daily", "/schedule/daily/at": ""}, "/schedule/at", "time of day"),
    ({"/schedule/kind": "once", "/schedule/once/at": ""}, "/schedule/at", "date and time"),
    ({"/schedule/kind": "once", "/schedule/once/at": "2001-01-01T09:00"}, "/schedule/at", "passed"),
    ({"/schedule/kind": "once", "once_by": "in"}, "/schedule/in", "1 or more"),
    (
        {"/schedule/kind": "cron", "/schedule/cron/expression": "never"},
        "/schedule/expression",
        "five",
    ),
    ({"expire": "on", "expire_by": "runs"}, "/expires/after_runs", ""),
    ({"expire": "on", "/expires/at": "2001-01-01T09:00"}, "/expires/at", "passed"),
    ({"/process": ""}, "/process", "Choose a process design."),
    ({"/process_id": "counter-9"}, "/process_id", "no record"),
    ({"/target": ""}, "/target", ""),
    ({"/target": "nothing"}, "/target", ""),
    ({"/timezone": "Mars/Base"}, "/timezone", "Unknown time zone"),
]


@pytest.mark.parametrize(("typed", "pointer", "words"), BAD)
def test_each_error_stands_at_its_control_and_what_was_typed_stays(
    page: Client, counter: ProcessInstance, typed: dict[str, Any], pointer: str, words: str
) -> None:
    answer = page.post(reverse("task-new"), sent() | typed)
    assert answer.status_code == 422
    sentences = answer.context["errors"].at(pointer)
    assert sentences
    assert words in " ".join(sentences)
    shown = answer.content.decode()
    assert f'id="f{pointer.replace("/", "-")}"' in shown
    assert "<script>alert" not in shown
    assert html.escape(SCRIPT) in shown or SCRIPT not in typed.values()
    assert not ScheduledTask.objects.exists()


def test_settings_are_shown_without_making_anything(page: Client, counter: ProcessInstance) -> None:
    form = sent() | {"/schedule/kind": "weekly", "/name": "Kept", "show": "1"}
    shown = page.post(reverse("task-new"), form).content.decode()
    assert 'value="Kept"' in shown
    assert 'id="day-monday"' in shown
    assert not ScheduledTask.objects.exists()
    later = page.get(
        reverse("task-new"), sent() | {"show": "1"}, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="next"
    )
    assert len(later.context["firings"]) == 5
    assert "<html" not in later.content.decode()


UNSEEN: list[tuple[dict[str, Any], str]] = [
    ({"/schedule/kind": "minutes", "/schedule/minutes/every": ""}, "Enter an interval to see"),
    ({"/schedule/kind": "seconds"}, "Enter an interval to see"),
    ({"/schedule/kind": "minutes", "/schedule/minutes/every": "0"}, "Every: Enter 1 or more"),
    ({"/schedule/kind": "weekly"}, "Choose at least one day"),
    ({"/schedule/kind": "monthly"}, "Day of the month: Enter a whole number."),
    ({"/schedule/kind": "cron"}, "A cron line has five fields, this one has 0."),
    (
        {"/schedule/kind": "cron", "/schedule/cron/expression": "0 0 30 2 *"},
        "This never runs: none of these months has a day 30.",
    ),
    ({"/schedule/kind": "once"}, "Enter a date and time such as"),
    (
        {"/schedule/kind": "once", "/schedule/once/at": "2001-01-01T09:00"},
        "This time has passed. Enter a later one.",
    ),
    (
        {
            "/schedule/kind": "once", "/schedule/once/at": "2998-01-01T09:00", "expire": "on",
            "/expires/at": "2997-01-01T09:00",
        },
        "The task expires before its next run.",
    ),
    ({"/timezone": "Mars/Base"}, "Unknown time zone Mars/Base."),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "words"), UNSEEN)
def test_where_no_run_can_be_shown_the_dialog_says_what_is_missing_for_that_kind(
    page: Client, typed: dict[str, Any], words: str
) -> None:
    form = sent() | {"show": "1"} | typed
    shown = page.get(reverse("task-new"), form, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="settings")
    said = text_of(shown)
    assert f"Next 5 runs {words}" in said
    assert ("Enter an interval" in said) == ("interval" in words)


@pytest.mark.parametrize("name", ["/process_id", "/timezone"])
@pytest.mark.parametrize("act", [{}, {"show": "1"}])
def test_what_is_far_too_long_is_refused_and_stays(
    page: Client, counter: ProcessInstance, name: str, act: dict[str, str]
) -> None:
    form = sent() | act | {name: "long" * 15_000}
    answer = page.post(reverse("task-new"), form)
    assert answer.status_code == (200 if act else 422)
    assert form[name] in answer.content.decode()
    assert act or answer.context["errors"].at(name)


def test_who_saves_a_task_second_is_told_sees_both_and_may_save_again(
    page: Client, make_task: Make, admin: Any
) -> None:
    task = make_task()
    path, old = reverse("task", args=[task.pk]), task.revision
    theirs = {"name": "Theirs", "target": "fail"}
    change_task(task_id=str(task.pk), raw=theirs, user=admin, partial=True)
    pause_task(task_id=str(task.pk), user=admin)
    form = sent(
        name="Mine", schedule__minutes__every="7", expire="on", expires__at="2099-01-01T09:00"
    )
    for revision in (old, "", "9" * 30_000):
        answer = page.post(path, form | {"revision": revision})
        assert answer.status_code == 422
        assert now_of(task).name == "Theirs"
    said = text_of(answer)
    assert "admin changed this while you were editing" in said
    assert (
        "Setting Theirs Yours Task name Theirs Mine Schedule Every minute Every 7 minutes "
        "Expire never 2099-01-01T09:00 Field or rule fail add Save again"
    ) in said
    form |= {"revision": answer.context["revision"]}
    assert page.post(path, form).status_code == 303
    stored = now_of(task)
    assert (stored.name, stored.target, stored.schedule["every"]) == ("Mine", "add", 7)
    assert not stored.enabled


def test_an_interval_longer_than_the_token_lives_is_warned_of(page: Client, ada: Any) -> None:
    instance = make_token(ada, life_s=3600)
    form = sent(process="token-refresh", process_id=instance.process_id, target="refresh")
    form |= {"show": "1", "/schedule/minutes/every": "90"}
    assert "would expire before" in text_of(page.post(reverse("task-new"), form))
    form["/schedule/minutes/every"] = "55"
    assert "A refresh every 55 min leaves 5 min to spare" in text_of(
        page.post(reverse("task-new"), form)
    )
    task = ScheduledTask.objects.get()
    Occurrence.objects.create(
        task=task, task_name=task.name, planned_at=timezone.now(), queued_at=timezone.now(),
        outcome="succeeded",
    )  # fmt: skip
    assert "token valid" in text_of(page.get(reverse("task-history", args=[task.pk])))


def test_a_designer_changes_the_times_of_anothers_task_and_no_more(
    page: Client, make_task: Make, admin: Any
) -> None:
    task = make_task(user=admin, **{"run_as": admin.get_username()})
    address = reverse("task", args=[task.pk])
    form = sent() | {"revision": task.revision}
    assert page.post(address, form).status_code == 303
    refused = page.post(address, form | {"/target": "fail", "revision": now_of(task).revision})
    assert refused.status_code == 422
    assert refused.context["errors"].at("/run_as")


def test_moments_with_an_offset_stay_as_they_are_stored(make_task: Make) -> None:
    ends = {"expires": {"at": "2999-06-01T12:00:00Z"}}
    task = make_task(**ends)
    typed = forms.typed_of(task)
    assert typed["/expires/at"] == "2999-06-01T13:00"
    assert forms.body_of(typed, task=task)["expires"] == ends["expires"]
    assert body()["name"] == task.name
    assert task.created == NOON
