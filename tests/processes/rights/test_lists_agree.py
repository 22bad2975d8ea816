"""A list shows exactly what a person may see one by one, whatever the rights say."""

from typing import Any

import pytest

from processes.definition.security import Security
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance
from processes.language.people_refs import (
    CREATOR_MANAGER,
    EVERYONE,
    OWNER_MANAGER,
    OWNERS,
    PARTICIPANTS,
)
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import (
    first_seen,
    listed_instances,
    listed_runs,
    runs_seen_among,
    searched_instances,
)
from processes.rights.querysets import known_designs, knows_design, startable_designs
from processes.selectors import visible_instance, visible_instances, visible_runs
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

LISTS: list[list[str]] = [
    [], [EVERYONE], ["creator"], [OWNERS], [PARTICIPANTS], ["user:tom"], ["group:hr"],
    [CREATOR_MANAGER], [OWNER_MANAGER], ["creator", "group:hr"],
]  # fmt: skip


def processes(people: Office) -> None:
    """Make a process for each list: one instance is new, one is decided, one only a preview."""
    for number, see in enumerate(LISTS):
        definition = leave_request(see=see, administrators=["user:helen"] if number == 3 else [])
        definition["name"] = f"leave-{number}"
        name = published(definition, user=people.root)
        for user in (people.emma, people.tom):
            create_instance(process=name, mode="live", data={"days": "3"}, user=user)
        moved = create_instance(process=name, mode="live", data={}, user=people.emma)
        assert send(moved, people.emma).status == Run.Status.SUCCEEDED
        create_instance(process=name, mode="preview", data={}, user=people.dora)


def listed(user: Any) -> set[str]:
    """Return what a person sees: however a list asks, of all, of some, or of what is found."""
    rows = visible_instances(user).order_by("pk")
    pks = list(rows.values_list("pk", flat=True))
    every = list(ProcessInstance.objects.values_list("pk", flat=True))
    assert set(listed_instances(user).values_list("pk", flat=True)) == set(pks), user
    assert set(visible_instances(user, among=every).values_list("pk", flat=True)) == set(pks), user
    for part in (every[::2], every[1::3], []):
        some = visible_instances(user, among=part).values_list("pk", flat=True)
        assert set(some) == set(pks) & set(part), user
    by_process = [visible_instances(user, design=one) for one in ProcessDesign.objects.all()]
    assert {pk for one in by_process for pk in one.values_list("pk", flat=True)} == set(pks), user
    for most in (1, 3, len(every)):
        found = first_seen(user, searched_instances(user).order_by("-pk"), most=most)
        assert found == pks[::-1][:most], user
    return set(rows.values_list("process_id", flat=True))


def test_a_list_holds_what_each_instance_lets_a_person_see() -> None:
    people = office()
    processes(people)
    every = list(ProcessInstance.objects.select_related("design"))
    for user in people:
        shown = listed(user)
        one_by_one = {one.process_id for one in every if InstanceRights(user, one).see}
        assert shown == one_by_one, user
        for one in every:
            found = visible_instance(one.process_id, user, lock=False)
            assert (found is not None) == (one.process_id in shown)


def test_rights_of_one_instance_that_a_rule_has_set_hold_in_lists_too() -> None:
    people = office()
    definition = leave_request(see=["creator"])
    rules: list[dict[str, Any]] = [
        {"type": "process_security", "see": ref, "existing": "override"} for ref in LISTS[1:]
    ]
    for number, rule in enumerate(rules):
        definition["name"] = f"leave-{number}"
        definition["forms"][0]["fields"][2]["rules"] = [rule, {"type": "save"}]
        name = published(definition, user=people.root)
        made = create_instance(process=name, mode="live", data={}, user=people.emma)
        run = send(made, people.emma)
        assert run.status == Run.Status.SUCCEEDED, run.error
    every = list(ProcessInstance.objects.select_related("design"))
    assert all(one.has_own_see for one in every)
    for user in people:
        shown = listed(user)
        assert shown == {one.process_id for one in every if InstanceRights(user, one).see}, user


def test_whom_a_user_field_of_the_design_lets_in_stay_in_lists_when_a_rule_adds_others() -> None:
    people = office()
    definition = leave_request(see=["[deputy]"])
    fields = definition["forms"][0]["fields"]
    fields.append({"type": "user_picker", "name": "deputy"})
    fields[2]["rules"] = [
        {"type": "process_security", "see": ["group:hr"], "existing": "append"}, {"type": "save"}
    ]  # fmt: skip
    name = published(definition, user=people.root)
    data = {"deputy": "user:tom"}
    made = create_instance(process=name, mode="live", data=data, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    made = ProcessInstance.objects.get()
    assert InstanceRights(people.tom, made).see
    assert listed(people.tom) == {made.process_id}


def test_runs_are_seen_by_those_who_see_their_instance() -> None:
    people = office()
    processes(people)
    for user in people:
        seen = set(visible_instances(user).values_list("pk", flat=True))
        runs = set(Run.objects.filter(instance__in=seen).values_list("pk", flat=True))
        every = list(Run.objects.values_list("pk", flat=True))
        for asked in (visible_runs(user), listed_runs(user), runs_seen_among(user, every)):
            assert set(asked.values_list("pk", flat=True)) == runs, user
        assert not runs_seen_among(user, [])


def test_the_first_that_a_person_sees_are_found_behind_many_that_they_do_not() -> None:
    people = office()
    processes(people)
    own = ProcessInstance.objects.filter(created_by=people.emma, design__name="leave-2").first()
    assert own is not None
    ProcessInstance.objects.bulk_create(
        ProcessInstance(
            process_id=f"{name}-{number}", key=f"{name}-{number}", design=own.design,
            version=own.version, created=own.created, modified=own.modified, created_by=user,
        )
        for name, user, many in (("hers", people.emma, 250), ("his", people.tom, 300))
        for number in range(many)
    )  # fmt: skip
    rows = ProcessInstance.objects.order_by("-pk")
    seen = set(visible_instances(people.emma).values_list("pk", flat=True))
    for most in (1, 6, 150, 240):
        found = first_seen(people.emma, rows, most=most)
        assert found == [pk for pk in rows.values_list("pk", flat=True) if pk in seen][:most]
    assert first_seen(people.root, rows, most=3) == [one.pk for one in rows[:3]]
    assert first_seen(people.dora, rows.filter(key__startswith="his"), most=6) == []


def test_who_may_start_a_process_is_offered_it() -> None:
    people = office()
    for name, start in {
        "all": ["everyone"],
        "hr": ["group:hr"],
        "tom": ["user:tom"],
        "none": [],
    }.items():
        published(leave_request(start=start) | {"name": name}, user=people.root)
    offered = {
        user.username: set(startable_designs(user).values_list("name", flat=True))
        for user in people
    }
    assert offered == {
        "emma": {"all"}, "mark": {"all"}, "helen": {"all", "hr"}, "tom": {"all", "tom"},
        "dora": {"all"}, "root": {"all", "hr", "tom", "none"},
    }  # fmt: skip
    known = {user: set(known_designs(user).values_list("name", flat=True)) for user in people}
    assert known[people.dora] == {"all", "hr", "tom", "none"}
    assert known[people.emma] == {"all"}
    made = create_instance(process="tom", mode="live", data={"days": "1"}, user=people.tom)
    send(made, people.tom)
    known = {user: set(known_designs(user).values_list("name", flat=True)) for user in people}
    assert "tom" in known[people.mark]
    for user, names in known.items():
        every = ProcessDesign.objects.all()
        assert {one.name for one in every if knows_design(user, one)} == names


def test_an_instance_with_other_lists_of_its_own_is_seen_as_its_design_says_now() -> None:
    people = office()
    definition = leave_request(see=["creator"])
    definition["forms"][0]["fields"][2]["rules"] = [
        {"type": "process_security", "delete": ["user:tom"]}, {"type": "save"},
    ]  # fmt: skip
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    design = ProcessDesign.objects.get(name=name)
    for see in (["creator"], ["everyone"], ["user:tom"]):
        design.security = Security.model_validate({"see": see}).stored()
        design.save()
        instance = ProcessInstance.objects.select_related("design").get(pk=made.pk)
        assert instance.security == {"delete": ["user:tom"]}
        for user in people:
            shown = bool(listed(user))
            assert shown == bool(InstanceRights(user, instance).see), (see, user)
    assert InstanceRights(people.tom, instance, document_of(instance.version)).delete
