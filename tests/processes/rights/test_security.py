"""The rights of a process hold wherever something is started, seen, deleted, read or fired."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from kianda.lib.errors import Forbidden
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.instances.lifecycle import create_instance, delete_instance
from processes.models import Change, InstancePerson, ProcessDesign, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.selectors import visible_instance, visible_instances
from scheduler.models import Occurrence
from scheduler.services.controls import run_now
from scheduler.services.execution import execute
from scheduler.services.firing import fire_hook
from scheduler.services.tasks import create_task
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    return office()


def started(people: Office) -> ProcessInstance:
    return create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)


def sees(user: Any, instance: ProcessInstance) -> bool:
    return visible_instance(instance.process_id, user, lock=False) is not None


def test_who_may_not_start_a_process_does_not_meet_it(people: Office) -> None:
    publish(people, start=["group:hr"])
    assert "leave" not in client_of(people.tom).get("/start/").content.decode()
    answer = api_client(people.tom).post("/api/v1/instances/", {"process": "leave"})
    assert answer.status_code == 403
    assert answer.data["detail"] == "May start: hr."
    assert api_client(people.tom).get("/api/v1/processes/").data["results"] == []
    assert api_client(people.tom).get("/api/v1/processes/leave/").status_code == 404
    assert (
        api_client(people.helen).post("/api/v1/instances/", {"process": "leave"}).status_code == 201
    )


def test_definitions_are_read_by_designers_and_those_who_manage_the_process(people: Office) -> None:
    publish(people, administrators=["group:hr"])
    for user, status in ((people.emma, 403), (people.dora, 200), (people.helen, 200)):
        for place in ("", "versions/"):
            assert api_client(user).get(f"/api/v1/processes/leave/{place}").status_code == status


def test_designers_see_their_own_previews_and_no_live_values(people: Office) -> None:
    publish(people)
    live = started(people)
    preview = create_instance(process="leave", mode="preview", data={}, user=people.dora)
    assert not sees(people.dora, live)
    assert sees(people.dora, preview)
    assert not sees(people.emma, preview)
    assert sees(people.root, preview)


def test_a_creator_deletes_until_others_have_work_in_it(people: Office) -> None:
    publish(people)
    for user in (people.mark, people.tom):
        assert not InstanceRights(user, started(people)).delete
    delete_instance(process_id=started(people).process_id, user=people.emma)
    sent = started(people)
    assert send(sent, people.emma).status == Run.Status.SUCCEEDED
    with pytest.raises(Forbidden, match="the creator can no longer delete it"):
        delete_instance(process_id=sent.process_id, user=people.emma)
    assert client_of(people.emma).get(f"/instances/{sent.process_id}/delete/").status_code == 403
    delete_instance(process_id=sent.process_id, user=people.root)


def test_published_rights_hold_for_instances_of_older_versions_too(people: Office) -> None:
    publish(people, see=["everyone"])
    made = started(people)
    assert sees(people.tom, made)
    save_design(name="leave", raw=leave_request(see=["creator"]), user=people.dora)
    assert sees(people.tom, made), "a draft changes nothing"
    publish_design(name="leave", user=people.dora)
    assert not sees(people.tom, made)
    assert sees(people.emma, made)
    assert str(ProcessInstance.objects.get(pk=made.pk).version) == "1.0"


def test_whoever_owns_an_open_form_sees_the_instance_and_goes_on_seeing_it(people: Office) -> None:
    publish(people)
    made = started(people)
    assert not sees(people.mark, made)
    send(made, people.emma)
    assert sees(people.mark, made)
    assert send(made, people.mark, "decide").status == Run.Status.SUCCEEDED
    assert sees(people.mark, made)
    assert list(InstancePerson.objects.filter(instance=made).values_list("ref", flat=True)) == [
        "user:mark"
    ]


def test_a_managers_right_follows_who_is_the_manager(people: Office) -> None:
    publish(people, see=["[creator.manager]"])
    made = started(people)
    assert sees(people.mark, made)
    people.emma.profile.manager = people.tom
    people.emma.profile.save()
    # Asked anew, as each request does.
    assert not sees(User.objects.get(username="mark"), made)
    assert sees(User.objects.get(username="tom"), made)


def test_a_rule_closes_one_instance_to_others_and_opens_it_again(people: Office) -> None:
    definition = leave_request(see=["everyone"])
    fields = definition["forms"][0]["fields"]
    fields += [
        {"type": "button", "name": "hide", "rules": [
            {"type": "process_security", "see": ["group:hr"]}, {"type": "save"}]},
        {"type": "button", "name": "tell", "rules": [
            {"type": "process_security", "see": ["user:tom"], "existing": "append"},
            {"type": "save"}]},
        {"type": "button", "name": "open", "rules": [
            {"type": "process_security", "existing": "reset"}, {"type": "save"}]},
    ]  # fmt: skip
    published(definition, user=people.root)
    made, other = started(people), started(people)

    def seen() -> list[str]:
        return [user.username for user in people if sees(user, made)]

    assert "tom" in seen()
    assert send(made, people.emma, "hide").status == Run.Status.SUCCEEDED
    assert seen() == ["emma", "helen", "root"], "the creator owns the open form"
    assert sees(people.tom, other)
    assert send(made, people.emma, "tell").status == Run.Status.SUCCEEDED
    assert seen() == ["emma", "helen", "tom", "root"]
    told = text_of(client_of(people.emma).get(f"/instances/{made.process_id}/changes/"))
    assert "see: group:hr, user:tom" in told
    assert send(made, people.emma, "open").status == Run.Status.SUCCEEDED
    assert seen() == [user.username for user in people]
    assert not InstancePerson.objects.filter(relation="see").exists()
    changes = Change.objects.filter(instance=made).latest("pk").fields
    assert changes[0]["field"] == "process.security"


def test_a_task_fires_only_what_its_person_may_press(people: Office) -> None:
    publish(people, see=["everyone"])
    made = started(people)
    task, _hook = create_task(
        raw={"name": "Decide", "process": "leave", "process_id": made.process_id,
             "target": "decide", "schedule": {"kind": "minutes", "every": 5}, "run_as": "tom"},
        user=people.root,
    )  # fmt: skip
    occurrence = run_now(task_id=str(task.pk), user=people.root)
    assert execute(occurrence.pk)
    done = Occurrence.objects.get(pk=occurrence.pk)
    assert done.outcome == "failed"
    assert "is with mark" in done.reason
    assert not Run.objects.exists()


def test_a_hook_takes_no_instance_that_its_task_may_not_see(people: Office) -> None:
    publish(people)
    made, foreign = started(people), create_instance(
        process="leave", mode="preview", data={}, user=people.dora
    )  # fmt: skip
    _task, url = create_task(
        raw={"name": "Send", "process": "leave", "process_id": made.process_id,
             "target": "send", "schedule": {"kind": "on_demand"}, "run_as": "emma"},
        user=people.root,
    )  # fmt: skip
    token = url.rstrip("/").rpartition("/")[2]
    answer = client_of(people.tom).post(
        f"/hooks/{token}/", {"process_id": foreign.process_id}, content_type="application/json"
    )
    assert answer.status_code == 404
    assert not Occurrence.objects.exists()
    assert fire_hook(token, {"process_id": made.process_id}).outcome is None


def test_people_and_groups_that_nobody_is_called_are_told_and_not_published(people: Office) -> None:
    published(leave_request(), user=people.root)
    definition = leave_request(see=["user:nobody", "group:none"])
    definition["forms"][0]["fields"][0]["see"] = ["user:nobody"]
    client = api_client(people.dora)
    saved = client.put("/api/v1/processes/leave/", definition)
    assert saved.status_code == 200
    assert {"/security/see/0", "/security/see/1", "/forms/0/fields/0/see/0"} <= {
        one["pointer"] for one in saved.data["meta"]["warnings"]
    }
    assert client.post("/api/v1/processes/leave/publish/", {}).status_code == 400


@pytest.mark.parametrize(
    ("security", "pointer", "words"),
    [
        ({"start": ["creator"]}, "/security/start/0", "known only once there is a record"),
        ({"see": ["hr"]}, "/security/see/0", "“hr” is not a person or group"),
        ({"see": ["[days]"]}, "/security/see/0", "There is no user field days"),
        ({"administrators": ["everyone"]}, "/security/administrators/0", "Enter people or groups"),
        ({"hide": []}, "/security/hide", ""),
        ({"see": ["user:x"] * 101}, "/security/see", "100"),
    ],
)
def test_a_list_that_names_no_one_is_refused_at_its_place(
    people: Office, security: dict[str, Any], pointer: str, words: str
) -> None:
    answer = api_client(people.dora).post("/api/v1/processes/", leave_request(**security))
    assert answer.status_code == 400
    errors = {one["pointer"]: one["detail"] for one in answer.data["errors"]}
    assert words in errors[pointer]
    assert not ProcessDesign.objects.exists()


def test_whom_a_user_field_holds_may_what_it_is_named_for(people: Office) -> None:
    definition = leave_request(see=["creator", "[approver]"], change=["owners", "[approver]"])
    definition["forms"][0]["fields"].append(
        {"type": "user_picker", "name": "approver", "multiple": True, "choose": "both"}
    )
    published(definition, user=people.root)
    made = create_instance(
        process="leave", mode="live", data={"approver": ["user:tom"]}, user=people.emma
    )
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    assert sees(people.tom, made)
    assert not sees(people.tom, other)
    assert set(visible_instances(people.tom)) == {made}
    place = f"/api/v1/instances/{made.process_id}/"
    changed = api_client(people.tom).patch(place, {"data": {"days": "2"}, "revision": 1})
    assert changed.status_code == 200
    run = send(made, people.emma, "send", approver=["group:hr"])
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert not sees(people.tom, made)
    assert sees(people.helen, made)
    assert set(visible_instances(people.helen)) == {made}


def test_me_tells_what_one_may_start_and_administer_and_of_many_only_some(people: Office) -> None:
    publish(people, start=["group:hr"], administrators=["group:hr"])

    def told(user: User) -> tuple[Any, Any]:
        may = api_client(user).get("/api/v1/me/").json()["may"]["processes"]
        return may["start"], may["administer"]

    none, leave = {"names": [], "total": 0}, {"names": ["leave"], "total": 1}
    assert told(people.tom) == (none, none)
    assert told(people.helen) == (leave, leave)
    assert told(people.root) == (leave, leave)
    for n in range(120):
        create_design(raw={"name": f"draft-{n:03}", "forms": [{"name": "f"}]}, user=people.root)
    may = told(people.root)[1]
    assert (len(may["names"]), may["total"], may["names"][0]) == (100, 121, "draft-000")
