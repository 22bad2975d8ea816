"""Sentences about other things name only what their reader may see."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from kianda.accounts.services.substitutes import Stay, name_substitute
from kianda.accounts.services.users import deactivate_person
from kianda.lib.errors import InUse
from kianda.ops.self_check import findings
from processes.designs.lifecycle import delete_design
from processes.instances.lifecycle import create_instance, delete_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services.tasks import create_task
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, office, publish, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    return office()


@pytest.fixture
def made(people: Office) -> ProcessInstance:
    publish(people, delete=["creator"])
    return create_instance(process="leave", mode="live", data={}, user=people.emma)


@pytest.fixture
def task(people: Office, made: ProcessInstance) -> ScheduledTask:
    raw = {
        "name": "Ask for Emma", "process": "leave", "process_id": made.process_id,
        "target": "send", "schedule": {"kind": "on_demand"}, "run_as": "emma",
    }  # fmt: skip
    return create_task(raw=raw, user=people.root)[0]


def failed(task: ScheduledTask, made: ProcessInstance, people: Office) -> Occurrence:
    """Let a firing fail with a sentence that holds a value."""
    send(made, people.emma)
    run = Run.objects.latest("pk")
    run.status, run.error = "failed", {"message": "measles is no number"}
    run.save()
    moment = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    ScheduledTask.objects.filter(pk=task.pk).update(last_outcome="failed", last_run_at=moment)
    return Occurrence.objects.create(
        task=task, planned_at=moment, started_at=moment, finished_at=moment, outcome="failed",
        reason="measles is no number", run=run, trigger="planned", queued_at=moment,
    )  # fmt: skip


def test_why_a_task_failed_is_told_to_those_who_see_its_instance(
    people: Office, made: ProcessInstance, task: ScheduledTask
) -> None:
    failed(task, made, people)
    for user, told in ((people.dora, False), (people.root, True)):
        client, api = client_of(user), api_client(user)
        places = [
            client.get("/scheduled-tasks/"), client.get(f"/scheduled-tasks/{task.pk}/history/"),
        ]  # fmt: skip
        for page in places:
            assert page.status_code == 200
            assert ("measles" in text_of(page)) == told
            assert ("people who can see the record see the reason" in text_of(page)) != told
        answer = api.get(f"/api/v1/scheduled-tasks/{task.pk}/occurrences/").json()["results"][0]
        assert ("measles" in answer["reason"]) == told


def test_a_task_that_uses_an_instance_has_no_name_for_whoever_sees_no_tasks(
    people: Office, made: ProcessInstance, task: ScheduledTask
) -> None:
    with pytest.raises(InUse, match="in use by a scheduled task") as refused:
        delete_instance(process_id=made.process_id, user=people.emma)
    assert task.name not in str(refused.value.extra)
    page = client_of(people.emma).post(f"/instances/{made.process_id}/delete/")
    assert page.status_code == 409
    assert task.name not in text_of(page)
    with pytest.raises(InUse, match=task.name):
        delete_instance(process_id=made.process_id, user=people.root)


def test_an_instance_that_uses_a_design_has_no_id_for_whoever_does_not_see_it(
    people: Office, made: ProcessInstance
) -> None:
    with pytest.raises(InUse, match="a record that you cannot see") as refused:
        delete_design(name="leave", user=people.dora)
    assert made.process_id not in str(refused.value) + str(refused.value.extra)
    with pytest.raises(InUse, match=made.process_id):
        delete_design(name="leave", user=people.root)
    assert ProcessDesign.objects.filter(name="leave").exists()


def test_nobody_gets_the_name_of_a_user_who_was_deleted_or_renamed(people: Office) -> None:
    people.root.is_staff = people.root.is_superuser = True
    people.root.save()
    client = client_of(people.root)
    page = f"/django-admin/auth/user/{people.emma.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.get(f"{page}delete/").status_code == 403
    assert 'name="username"' not in client.get(f"{page}change/").content.decode()


def test_who_is_deactivated_is_told_what_waits_for_them(people: Office) -> None:
    publish(people)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    place = f"/users/{people.mark.pk}/deactivate/"
    assert "Waiting for" not in text_of(client_of(people.root).get(place))
    send(made, people.emma)
    said = text_of(client_of(people.root).get(place))
    assert f"Waiting for mark {made.process_id} Reassign them" in said


def test_system_tells_what_waits_for_nobody_but_who_was_deactivated(people: Office) -> None:
    publish(people)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)

    def told() -> list[str]:
        found = findings(now=timezone.now())
        return [f"{one.sentence} {one.mend}" for one in found if made.process_id in one.sentence]

    assert told() == []
    deactivate_person(people.mark, by=people.root)
    assert told() == [
        f"1 record waits for people who are deactivated: {made.process_id}. "
        "Reassign the open forms, or choose a substitute for the person under Users.",
    ]
    name_substitute(people.mark, Stay("dora", date(2020, 1, 1)), by=people.root)
    assert told() == []
