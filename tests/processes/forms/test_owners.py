"""Whose a form is: assigned by rules, worked on by its owners alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from processes.designs.lifecycle import publish_design, save_design
from processes.document_cache import document_of
from processes.instances.form_states import my_work
from processes.models import Change
from processes.rights.instance_rights import InstanceRights
from processes.running.runs import trigger
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, text_field
from tests.processes.forms.leave import APPROVAL, all_states, form, leave, row, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_my_work_is_what_waits_for_me(
    asked: tuple[Any, str], ada: Any, boss: Any, cleo: Any
) -> None:
    client, leave_id = asked
    assert [one.process_id for one in my_work(ada)] == [leave_id]
    assert not my_work(boss).exists()
    fired(client, leave_id, "send")
    assert not my_work(ada).exists()
    assert [one.process_id for one in my_work(boss)] == [leave_id]
    assert not my_work(cleo).exists()


def works_on(user: Any, process_id: str) -> list[str]:
    """Return the open forms that a person may fill in."""
    instance = row(process_id)
    rights = InstanceRights(user, instance, document_of(instance.version))
    return [
        name
        for name, status in states(process_id).items()
        if status == "current" and rights.changes(name)
    ]


def test_only_owners_work_on_an_open_form_and_its_creator_where_it_has_none(
    asked: tuple[Any, str], ada: Any, boss: Any
) -> None:
    client, leave_id = asked
    assert works_on(ada, leave_id) == ["wish"]
    assert works_on(boss, leave_id) == []
    fired(client, leave_id, "send")
    assert works_on(boss, leave_id) == ["approval"]
    assert works_on(ada, leave_id) == []
    assert works_on(make_user("root", "Administrator"), leave_id) == ["approval"]


ASSIGN = {"type": "assign_form", "form": "two"}


@pytest.mark.parametrize(
    ("rule", "users", "groups", "everyone"),
    [
        ({"to": {"users": ["[owner]"]}}, ("ben",), (), False),
        ({"to": {"users": ["ben@example.org, ada"]}}, ("ben", "ada"), (), False),
        ({"to": {"users": ['="a" + "da"']}}, ("ada",), (), False),
        ({"to": {"groups": ["buyers"]}}, (), ("Buyers",), False),
        ({"to": {"users": ["ada"]}, "existing": "append"}, ("cleo", "ada"), (), False),
        # Anybody may do it, and whoever made the instance finds it.
        ({"everyone": True}, ("ada",), (), True),
    ],
)
def test_a_form_is_assigned(
    api: Callable[..., Any], ada: Any, ben: Any, cleo: Any,
    rule: dict[str, Any], users: Any, groups: Any, everyone: bool,
) -> None:  # fmt: skip
    Group.objects.create(name="Buyers")
    client = api(ada)
    definition = {
        "name": "buy",
        "forms": [
            form("one", text_field("owner"), button("go", {**ASSIGN, **rule})),
            form("two", text_field("b"), owners={"users": ["cleo"]}),
        ],
    }  # fmt: skip
    buy_id = made(client, published(definition, user=ada), owner="ben")
    assert fired(client, buy_id, "go")["status"] == "succeeded"
    state = all_states(buy_id)[1]
    assert (state.users, state.groups, state.everyone) == (users, groups, everyone)


@pytest.mark.parametrize(
    ("settings", "before", "after", "told"),
    [
        ({"to": {"users": ["ben"]}}, ["user:cleo"], ["user:ben"], "cleo → ben"),
        ({"to": {"users": ["ben"], "groups": ["Buyers"]}, "existing": "append"},
         ["user:cleo"], ["user:cleo", "user:ben", "group:Buyers"], "cleo → cleo, ben, Buyers"),
        ({"everyone": True}, ["user:cleo"], ["everyone"], "cleo → everyone"),
        ({"to": {"users": ["cleo"]}}, None, None, ""),
    ],
)  # fmt: skip
def test_the_history_says_who_gave_a_form_to_whom_by_which_rule(
    api: Callable[..., Any], ada: Any, boss: Any, cleo: Any,
    settings: Any, before: Any, after: Any, told: str,
) -> None:  # fmt: skip
    Group.objects.create(name="Buyers")
    rule = {**ASSIGN, "id": "pass-on", "title": "Pass it on", **settings}
    definition = {
        "name": "leave",
        "forms": [
            form("one", button("give", rule)),
            form("two", text_field("word"), title="Two", owners={"users": ["cleo"]}),
        ],
    }
    client = api(ada)
    leave_id = made(client, published(definition, user=ada))
    run = trigger(process_id=leave_id, target="give", user=ada, trigger="button")
    assert run.status == "succeeded"
    rows = [one for change in Change.objects.all() for one in change.fields]
    if not told:
        assert rows == []
        return
    assert rows == [
        {"field": "form:two", "owners": True, "before": before, "after": after, "note": "",
         "rule": "Pass it on"}
    ]  # fmt: skip
    assert Change.objects.get().by == ada
    page = text_of(client_of(ada).get(f"/instances/{leave_id}/changes/"))
    was, now = told.split(" → ")
    assert re.search(f"Give ?, ada Field Before After Owners of Two {was} {now}", page)
    assert "Automatically, by “Pass it on”." in page


@pytest.mark.parametrize(
    ("who", "kind", "sentence"),
    [
        ("nobody", "not_found", "There is no person nobody."),
        ("", "value", "No owner for “two”. Empty: Owner."),
    ],
)
def test_a_form_is_not_assigned_to_who_is_not_there(
    api: Callable[..., Any], ada: Any, who: str, kind: str, sentence: str
) -> None:
    client = api(ada)
    rule = {"type": "assign_form", "form": "two", "to": {"users": ["[owner]"]}}
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("owner"), button("go", rule)), form("two")],
    }
    buy_id = made(client, published(definition, user=ada), owner=who)
    run = fired(client, buy_id, "go")
    assert (run["error"]["kind"], run["error"]["message"]) == (kind, sentence)
    second = all_states(buy_id)[1]
    assert (second.users, second.everyone) == (("ada",), False)


def test_whom_an_assignment_would_not_find_is_told_and_published_all_the_same(
    api: Callable[..., Any], ada: Any, ben: Any
) -> None:
    Group.objects.create(name="Buyers")
    make_user("dora", is_active=False)
    to = {"users": ["ADA", "Ben@example.org", "[owner], dora", "dora, nobody"],
          "groups": ["buyers", "[owner]", "Sellers"]}  # fmt: skip
    rule = {"type": "assign_form", "form": "two", "to": to}
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("owner"), button("go", rule)), form("two")],
    }
    client = api(ada)
    said = client.post("/api/v1/processes/", definition).json()["meta"]["warnings"]
    place = "/forms/0/fields/1/rules/0/to"
    nobody = "No user named {}. The rule would fail."
    assert said == [
        {"pointer": f"{place}/users/3", "detail": nobody.format("dora")},
        {"pointer": f"{place}/users/3", "detail": nobody.format("nobody")},
        {"pointer": f"{place}/groups/2",
         "detail": "No group named Sellers. The rule would fail."},
    ]  # fmt: skip
    assert client.post("/api/v1/processes/buy/publish/").status_code == 201


def test_a_form_that_is_opened_by_its_assignment_is_work_for_the_group(
    api: Callable[..., Any], ada: Any, ben: Any
) -> None:
    Group.objects.create(name="Buyers").user_set.add(ben)
    client = api(ada)
    rule = {"type": "assign_form", "form": "two", "to": {"groups": ["Buyers"]}, "opens": True}
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("a"), button("go", rule)), form("two")],
    }
    buy_id = made(client, published(definition, user=ada))
    fired(client, buy_id, "go")
    assert set(states(buy_id).values()) == {"current"}
    assert [one.process_id for one in my_work(ben)] == [buy_id]


def test_a_rule_of_another_process_triggers_only_what_the_person_of_its_run_may_press(
    api: Callable[..., Any], ada: Any, boss: Any
) -> None:
    client = api(ada)
    leave_id = made(client, published(leave(APPROVAL), user=ada), why="rest")
    fired(client, leave_id, "send")
    rule = {
        "type": "start_a_process", "process": "leave", "lookup": "existing",
        "process_id": "[which]", "target": "approve",
    }  # fmt: skip
    other = {"name": "robot", "forms": [form("main", text_field("which"), button("go", rule))]}
    robot_id = made(client, published(other, user=ada), which=leave_id)
    run = fired(client, robot_id, "go")
    assert (run["status"], run["error"]["kind"]) == ("failed", "configuration")
    assert run["error"]["message"] == "The form Approval is with ben. Only they can change it."
    assert read(client, leave_id)["status"] == "Approval"
    owner = api(boss)
    assert fired(owner, made(owner, "robot", which=leave_id), "go")["status"] == "succeeded"
    assert read(client, leave_id)["status"] == "Approved"


def test_what_waits_for_me_follows_the_instance_to_another_version(
    asked: tuple[Any, str], ada: Any, boss: Any, cleo: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    changed = leave(form("check", text_field("checked"), owners={"users": ["ada"]}))
    save_design(name="leave", raw=changed, user=ada)
    publish_design(name="leave", user=ada, move_instances=True)
    assert states(leave_id) == {"wish": "completed", "check": "current", "books": "not_started"}
    assert not my_work(boss).exists()
    assert [one.process_id for one in my_work(ada)] == [leave_id]
