"""A task that is made: what is refused, what it takes, who uses what."""

from datetime import timedelta
from typing import Any

import pytest

from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Invalid, Missing
from kianda.lib.usage import used_by
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from scheduler.models import ScheduledTask
from scheduler.services import (
    create_task,
    get_task,
)
from scheduler.services.due_times import next_five
from tests.processes.definitions import button, process
from tests.scheduler.conftest import NOON, Make, body

pytestmark = pytest.mark.django_db


def flaws(raw: Any, user: Any) -> list[tuple[str, ...]]:
    with pytest.raises(Invalid) as caught:
        create_task(raw=raw, user=user, moment=NOON)
    assert not ScheduledTask.objects.exists()
    return [tuple(flaw) for flaw in caught.value.errors]


@pytest.mark.parametrize(
    ("settings", "pointer", "words"),
    [
        ({"name": ""}, "/name", "Enter a name"),
        ({"name": "  "}, "/name", "Enter a name"),
        ({"name": "x" * 201}, "/name", "200"),
        ({"name": 5}, "/name", "text"),
        ({"process": "payroll"}, "/process", "There is no process payroll."),
        ({"process_id": "counter-99"}, "/process_id", "There is no record counter-99."),
        (
            {"process_id": "other-1"}, "/process_id",
            "other-1 is a record of other, not of counter.",
        ),
        ({"target": "vanished"}, "/target", "has no field vanished"),
        ({"target": "add#vanished"}, "/target", "has no rule vanished"),
        ({"target": "form:vanished#load"}, "/target", "has no form vanished"),
        ({"target": ""}, "/target", "This is required."),
        ({"schedule": None}, "/schedule", "object"),
        ({"schedule": {"kind": "minutes", "every": 0}}, "/schedule/every", "Enter 1 or more"),
        ({"schedule": {"kind": "cron", "expression": "never"}}, "/schedule/expression", "five"),
        ({"schedule": {"kind": "weekly", "days": ["x"], "at": "09:00"}}, "/schedule/days/0", "mon"),
        ({"schedule": {"kind": "sometimes"}}, "/schedule/kind", "'once'"),
        (
            {"schedule": {"kind": "once", "at": "2026-03-02T11:59:59Z"}}, "/schedule/at",
            "has passed",
        ),
        ({"timezone": "Europe/Dubln"}, "/timezone", "Did you mean Europe/Dublin?"),
        ({"timezone": ""}, "/timezone", "such as Europe/Dublin"),
        ({"timezone": "../etc/passwd"}, "/timezone", "Unknown time zone"),
        ({"expires": {}}, "/expires", 'either "at"'),
        ({"expires": {"at": "2026-03-02T11:59:59Z"}}, "/expires/at", "has passed"),
        ({"expires": {"at": "soon"}}, "/expires/at", "such as 2026"),
        ({"expires": {"after_runs": 0}}, "/expires/after_runs", "Enter 1 or more"),
        ({"expires": {"when": {}}}, "/expires/when", "Unknown setting 'when'"),
        ({"expires": {"at": "2026-03-02T12:00:30Z"}}, "/expires/at", "before its first run"),
        ({"enabled": "yes"}, "/enabled", "true or false"),
        ({"run_as": "admin"}, "/run_as", "Only an administrator"),
        ({"colour": "red"}, "/colour", "Unknown setting 'colour'."),
    ],
)  # fmt: skip
def test_each_bad_setting_is_named_with_its_mend(
    counter: ProcessInstance, ada: Any, settings: dict[str, Any], pointer: str, words: str
) -> None:
    other = process(button("add"), name="other")
    create_design(raw=other, user=ada)
    publish_design(name="other", user=ada)
    create_instance(process="other", mode="live", data={}, user=ada)
    found = flaws(body(**settings), ada)
    assert [place for place, _ in found] == [pointer]
    assert words in found[0][1]


def test_all_errors_of_a_body_come_together(counter: ProcessInstance, ada: Any) -> None:
    raw = {
        "process": "counter",
        "process_id": "counter-7",
        "schedule": {"kind": "minutes", "every": 0},
        "timezone": "Mars/Base",
        "run_as": "admin",
        "colour": "red",
    }
    assert sorted(place for place, _ in flaws(raw, ada)) == [
        "/colour",
        "/name",
        "/process_id",
        "/run_as",
        "/schedule/every",
        "/target",
        "/timezone",
    ]


@pytest.mark.parametrize("raw", [None, [], "x", 5])
def test_anything_but_an_object_is_refused(ada: Any, raw: Any) -> None:
    assert flaws(raw, ada)[0] == ("", "Send an object.")


def test_what_is_left_out_takes_its_default(
    counter: ProcessInstance, ada: Any, settings: Any
) -> None:
    settings.KIANDA_TIME_ZONE = "America/New_York"
    raw = {key: value for key, value in body().items() if key != "timezone"}
    task, token = create_task(raw=raw, user=ada, moment=NOON)
    assert token is None
    assert (task.time_zone, task.expires, task.enabled) == ("America/New_York", None, True)
    assert (task.run_as, task.start, task.next_run_at) == (ada, NOON, NOON + timedelta(minutes=1))
    assert AuditEntry.objects.filter(kind="scheduled task", action="created").count() == 1


def test_a_process_id_is_stored_as_it_is_written_on_the_instance(make_task: Make) -> None:
    assert make_task(process_id="COUNTER-1").process_id == "counter-1"


def test_a_taken_name_is_refused(make_task: Make) -> None:
    make_task()
    with pytest.raises(Invalid) as caught:
        make_task()
    assert caught.value.errors[0].pointer == "/name"


def test_an_administrator_may_name_another_person(make_task: Make, admin: Any, ada: Any) -> None:
    assert make_task(user=admin, run_as="ada").run_as == ada
    with pytest.raises(Invalid) as caught:
        make_task(user=admin, name="Other", run_as="nobody")
    assert caught.value.errors[0].detail == "No user named nobody."


@pytest.mark.parametrize("key", ["0", "x", "", "9" * 30, "-1", "1.0", "²"])
def test_an_id_that_is_none_is_missing(db: None, key: str) -> None:
    with pytest.raises(Missing):
        get_task(key)


def test_an_instance_and_a_process_know_the_tasks_that_use_them(make_task: Make) -> None:
    task = make_task()
    use = {
        "kind": "scheduled task",
        "name": "Count",
        "url": f"/api/v1/scheduled-tasks/{task.pk}/",
    }
    assert used_by("instance", "counter-1") == [use]
    assert use in used_by("process", "counter")
    assert used_by("instance", "counter-2") == []


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"expires": {"after_runs": 2}}, [1, 2]),
        ({"expires": {"at": "2026-03-02T12:04:00Z"}}, [1, 2, 3]),
        ({"enabled": False}, []),
        ({"schedule": {"kind": "on_demand"}}, []),
    ],
)
def test_the_next_five_firings_are_foretold(
    make_task: Make, settings: dict[str, Any], minutes: list[int]
) -> None:
    task = make_task(**settings)
    assert next_five(task, NOON) == [NOON + timedelta(minutes=minute) for minute in minutes]
