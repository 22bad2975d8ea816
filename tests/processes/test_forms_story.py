"""Instances run through their forms: submitted, opened, side by side, assigned, sent back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from kianda.lib.errors import Conflict, Forbidden, Invalid
from processes.models import Change, FormOwner, ProcessInstance, Run
from processes.services.designs import publish_design, save_design
from processes.services.documents import document_of
from processes.services.forms_state import (
    FormState,
    display_of,
    form_states,
    may_work_on,
    my_work,
    send_back,
)
from processes.services.instances import create_instance
from tests.factories import make_user
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


def form(name: str, *fields: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields), **settings}


def leave(*forms: dict[str, Any]) -> dict[str, Any]:
    """Return a process of leave: the request, the boss, the books."""
    return {
        "name": "leave",
        "forms": [
            form(
                "wish",
                text_field("why", required=True),
                text_field("mail", mode="email"),
                button("send", {"type": "submit"}),
                rules=[set_rule("note", "asked by [user.name]")],
            ),
            *forms,
            form("books", text_field("note")),
        ],
    }


APPROVAL = form(
    "approval",
    text_field("verdict"),
    button("approve", set_rule("verdict", "yes"), {"type": "submit", "status": "Approved"}),
    button("back", {"type": "go_to_form", "form": "wish", "make_current": True}),
    button("stop_it", {"type": "close", "status": "Refused"}),
    owners={"users": ["ben"]},
)


@pytest.fixture
def boss(ben: Any) -> Any:
    """Ben approves."""
    return ben


def states(process_id: str) -> dict[str, str]:
    return {state.form: state.status for state in all_states(process_id)}


def all_states(process_id: str) -> list[FormState]:
    instance = row(process_id)
    return form_states(instance, document_of(instance.version))


def row(process_id: str) -> ProcessInstance:
    return ProcessInstance.objects.get(process_id=process_id)


@pytest.fixture
def asked(api: Callable[..., Any], ada: Any, boss: Any) -> tuple[Any, str]:
    """A request of leave that Ada made and has not submitted."""
    client = api(ada)
    return client, made(client, published(leave(APPROVAL), user=ada), why="rest")


def test_the_first_form_is_open_at_the_start(asked: tuple[Any, str]) -> None:
    _, leave_id = asked
    first, *others = all_states(leave_id)
    assert (first.status, first.users, first.anyone) == ("current", ("ada",), True)
    assert first.started_at is not None
    assert [state.status for state in others] == ["not_started", "not_started"]
    assert others[0].owners == ("ben",)


def test_submit_completes_the_form_opens_the_next_and_stores(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    run = fired(client, leave_id, "send", why="a rest")
    assert (run["status"], run["saved"]) == ("succeeded", True)
    assert states(leave_id) == {
        "wish": "completed",
        "approval": "current",
        "books": "not_started",
    }
    instance = read(client, leave_id)
    assert instance["status"] == "Approval"
    # The form's own rules ran as part of the submission.
    assert instance["data"]["note"] == "asked by ada"
    assert instance["data"]["why"] == "a rest"
    done = all_states(leave_id)[0]
    assert done.completed_by == "ada"
    assert done.completed_at is not None
    assert Run.objects.get().page == {"submitted": "wish", "form": "approval"}


def test_the_rules_of_the_form_stand_in_the_step_that_submits(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    [step] = fired(client, leave_id, "send")["steps"]
    [group] = step["groups"]
    assert group["title"] == "Wish"
    assert [inner["type"] for inner in group["steps"]] == ["set_form_field"]


def test_the_history_tells_what_became_of_the_forms(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    rows = {one["field"]: one for one in Change.objects.get().fields}
    assert rows["process.status"] == {
        "field": "process.status",
        "before": "open",
        "after": "Approval",
    }
    assert rows["form:wish"]["after"] == "completed"
    assert rows["form:approval"]["after"] == "current"


@pytest.mark.parametrize(
    ("target", "said"),
    [("process#load", "process"), ("form:wish#load", "form"), ("why", "why"), ("send#one", "one")],
)
def test_rules_run_wherever_they_are_attached(
    api: Callable[..., Any], ada: Any, target: str, said: str
) -> None:
    definition = leave()
    where = definition["forms"][0]
    where["load_rules"] = [set_rule("note", "form"), {"type": "save"}]
    where["fields"][0]["rules"] = [set_rule("note", "why"), {"type": "save"}]
    where["fields"][2]["rules"] = [
        set_rule("note", "one", id="one"), set_rule("note", "two", id="two")
    ]  # fmt: skip
    definition["rules"] = [set_rule("note", "process"), {"type": "save"}]
    client = api(ada)
    leave_id = made(client, published(definition, user=ada), why="rest")
    run = fired(client, leave_id, target)
    assert (run["status"], run["data"]["note"]) == ("succeeded", said)
    stored = read(client, leave_id)["data"]["note"]
    assert stored == ("" if "#one" in target else said)


def test_the_form_is_submitted_as_a_target_too(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    run = fired(client, leave_id, "form:wish#submit")
    assert [step["type"] for step in run["steps"]] == ["set_form_field", "submit"]
    assert states(leave_id)["approval"] == "current"
    assert read(client, leave_id)["data"]["note"] == "asked by ada"


def test_what_is_missing_or_wrong_is_told_field_by_field(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    ProcessInstance.objects.update(values={"why": "", "mail": "nobody", "note": "", "verdict": ""})
    run = fired(client, leave_id, "send")
    assert run["status"] == "failed"
    assert run["error"]["fields"] == {
        "why": "Why is required. Fill it in.",
        "mail": 'Mail: "nobody" is not an e-mail address, such as ada@example.org.',
    }
    assert states(leave_id)["wish"] == "current"


@pytest.mark.parametrize("part", ["visible", "enabled"])
def test_nothing_is_required_of_a_person_who_cannot_fill_it_in(
    asked: tuple[Any, str], part: str
) -> None:
    client, leave_id = asked
    ProcessInstance.objects.update(
        values={"why": "", "mail": "", "note": "", "verdict": ""}, display={"why": {part: False}}
    )
    assert fired(client, leave_id, "send")["status"] == "succeeded"
    assert states(leave_id)["wish"] == "completed"


def test_a_form_that_is_not_filled_in_is_refused_before_its_rules_run(
    asked: tuple[Any, str],
) -> None:
    client, leave_id = asked
    answer = client.post(
        f"/api/v1/instances/{leave_id}/trigger/",
        {"target": "form:wish#submit", "data": {"why": "", "mail": "nobody", "fax": 1}},
    )
    assert answer.status_code == 400
    # What was sent wrongly and what is missing come together.
    assert [flaw["pointer"] for flaw in answer.data["errors"]] == [
        "/data/mail",
        "/data/fax",
        "/data/why",
    ]
    assert answer.data["errors"][2]["detail"] == "Why is required. Fill it in."
    later = {"target": "form:wish#submit", "data": {"why": ""}, "async": True}
    assert client.post(f"/api/v1/instances/{leave_id}/trigger/", later).status_code == 400
    assert not Run.objects.exists()


def test_a_form_that_is_not_open_is_not_submitted(asked: tuple[Any, str]) -> None:
    client, leave_id = asked
    answer = client.post(f"/api/v1/instances/{leave_id}/trigger/", {"target": "form:books#submit"})
    assert answer.status_code == 400
    assert answer.data["errors"][0]["pointer"] == "/target"
    fired(client, leave_id, "send")
    again = fired(client, leave_id, "send")
    assert again["error"]["message"] == "The form Wish is completed already."


def test_the_last_form_ends_the_instance(
    asked: tuple[Any, str], api: Callable[..., Any], boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "approve")
    fired(client, leave_id, "form:books#submit")
    assert set(states(leave_id).values()) == {"completed"}
    assert read(client, leave_id)["status"] == "completed"
    assert not FormOwner.objects.exists()


def test_a_status_of_its_own(asked: tuple[Any, str], api: Callable[..., Any], boss: Any) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "approve")
    assert read(client, leave_id)["status"] == "Approved"
    assert read(client, leave_id)["data"]["verdict"] == "yes"


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


def test_only_owners_work_on_an_open_form(asked: tuple[Any, str], ada: Any, boss: Any) -> None:
    client, leave_id = asked
    assert may_work_on(boss, row(leave_id), "wish")
    assert not may_work_on(boss, row(leave_id), "approval")
    fired(client, leave_id, "send")
    assert may_work_on(boss, row(leave_id), "approval")
    assert not may_work_on(ada, row(leave_id), "approval")
    assert not may_work_on(ada, row(leave_id), "wish")
    assert may_work_on(make_user("root", "Administrator"), row(leave_id), "approval")


def test_send_back_opens_an_earlier_form_again(asked: tuple[Any, str], boss: Any) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    send_back(process_id=leave_id, form="wish", user=boss)
    assert states(leave_id)["wish"] == "current"
    assert states(leave_id)["approval"] == "not_started"
    assert read(client, leave_id)["status"] == "Wish"
    fired(client, leave_id, "send")
    assert states(leave_id)["approval"] == "current"


@pytest.mark.parametrize(
    ("form_name", "who", "refusal"),
    [
        ("wish", "ada", Forbidden),
        ("approval", "ben", Conflict),
        ("books", "ben", Conflict),
        ("nowhere", "ben", Invalid),
    ],
)
def test_send_back_is_refused(
    asked: tuple[Any, str], ada: Any, boss: Any, form_name: str, who: str, refusal: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    with pytest.raises(refusal):
        send_back(process_id=leave_id, form=form_name, user={"ada": ada, "ben": boss}[who])
    assert states(leave_id)["approval"] == "current"


def test_a_rule_sends_back_and_it_is_kept_without_a_save(
    asked: tuple[Any, str], api: Callable[..., Any], boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    run = fired(api(boss), leave_id, "back")
    assert not run["saved"]
    assert states(leave_id)["wish"] == "current"
    assert Run.objects.latest("pk").page == {"form": "wish", "mode": "auto"}


def test_close_ends_the_instance_and_stores_no_values(
    asked: tuple[Any, str], api: Callable[..., Any], boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    run = fired(api(boss), leave_id, "stop_it", verdict="typed")
    assert not run["saved"]
    assert read(client, leave_id)["status"] == "Refused"
    assert read(client, leave_id)["data"]["verdict"] == ""
    assert states(leave_id) == {
        "wish": "completed",
        "approval": "completed",
        "books": "not_started",
    }
    assert Run.objects.latest("pk").page == {"leave": True}


def test_forms_that_open_together_are_all_completed_before_the_next_opens(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    side = form("stock", text_field("stock_note"), activate_with="approval")
    leave_id = made(client, published(leave({**APPROVAL, "owners": {}}, side), user=ada), why="x")
    fired(client, leave_id, "send")
    assert [name for name, one in states(leave_id).items() if one == "current"] == [
        "approval",
        "stock",
    ]
    fired(client, leave_id, "approve")
    assert states(leave_id)["books"] == "not_started"
    fired(client, leave_id, "form:stock#submit")
    assert states(leave_id)["books"] == "current"


def test_a_form_opened_by_a_rule_comes_in_place_of_the_next(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    definition = leave({**APPROVAL, "owners": {}})
    definition["forms"][0]["fields"][-1]["rules"] = [
        {"type": "go_to_form", "form": "books", "make_current": True},
        {"type": "submit"},
    ]
    leave_id = made(client, published(definition, user=ada), why="x")
    fired(client, leave_id, "send")
    assert states(leave_id) == {
        "wish": "completed",
        "approval": "not_started",
        "books": "current",
    }


ASSIGN = {"type": "assign_form", "form": "two"}


@pytest.mark.parametrize(
    ("rule", "users", "groups", "anyone"),
    [
        ({"to": {"users": ["[owner]"]}}, ("ben",), (), False),
        ({"to": {"users": ["ben@example.org, ada"]}}, ("ben", "ada"), (), False),
        ({"to": {"users": ['="a" + "da"']}}, ("ada",), (), False),
        ({"to": {"groups": ["buyers"]}}, (), ("Buyers",), False),
        ({"to": {"users": ["ada"]}, "existing": "append"}, ("cleo", "ada"), (), False),
        ({"everyone": True}, (), (), True),
    ],
)
def test_a_form_is_assigned(
    api: Callable[..., Any], ada: Any, ben: Any, cleo: Any,
    rule: dict[str, Any], users: Any, groups: Any, anyone: bool,
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
    assert (state.users, state.groups, state.anyone) == (users, groups, anyone)


@pytest.mark.parametrize(
    ("who", "kind", "sentence"),
    [
        ("nobody", "not_found", "There is no person nobody."),
        ("", "value", "Nobody is named to whom two could be assigned."),
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
    assert all_states(buy_id)[1].anyone


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


AMOUNT = {"match": "all", "items": [{"left": "[kind]", "operator": "eq", "right": "big"}]}


def test_what_rules_show_and_require_is_kept_with_the_instance(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    rules = [
        {
            "type": "hide_or_disable", "conditions": AMOUNT,
            "changes": [{"field": "why", "action": "show"}],
            "opposite": [{"field": "why", "action": "hide_and_clear"}],
        },
        {
            "type": "make_required", "conditions": AMOUNT,
            "changes": [{"field": "why"}], "opposite": [{"field": "why", "action": "not_required"}],
        },
    ]  # fmt: skip
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind", rules=rules), text_field("why"))],
    }
    buy_id = made(client, published(definition, user=ada), why="old", kind="small")

    def why() -> dict[str, bool]:
        instance = row(buy_id)
        return display_of(instance, document_of(instance.version))["why"]

    assert why() == {"visible": True, "enabled": True, "required": False}
    small = fired(client, buy_id, "kind")
    assert small["steps"][0]["reason"] == (
        "The condition does not hold: Kind is big. What stands under otherwise was done."
    )
    assert small["steps"][0]["status"] == "succeeded"
    assert small["data"]["why"] == ""
    assert why()["visible"] is False
    # What is shown is no revision: who is filling in the form may go on to save it.
    assert read(client, buy_id)["revision"] == 1
    # Hidden, it need not be filled in.
    fired(client, buy_id, "kind", kind="big")
    assert why() == {"visible": True, "enabled": True, "required": True}
    answer = client.post(
        f"/api/v1/instances/{buy_id}/trigger/",
        {"target": "form:one#submit", "data": {"why": ""}},
    )
    assert answer.data["errors"][0]["detail"] == "Why is required. Fill it in."
    fired(client, buy_id, "kind", kind="small")
    assert fired(client, buy_id, "form:one#submit", why="")["status"] == "succeeded"


def test_input_is_refused_beside_its_field(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    rule = {
        "type": "validate_input", "field": "kind", "message": "[kind] is too much.",
        "conditions": AMOUNT,
    }  # fmt: skip
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind"), button("go", rule, {"type": "save"}))],
    }
    buy_id = made(client, published(definition, user=ada))
    run = fired(client, buy_id, "go", kind="big")
    assert run["error"] == {
        "kind": "value",
        "message": "big is too much.",
        "step": "validate-input",
        "fields": {"kind": "big is too much."},
    }
    assert read(client, buy_id)["data"]["kind"] == ""
    assert fired(client, buy_id, "go", kind="small")["saved"]


def test_a_failed_run_leaves_the_forms_as_they_were(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    rules = [
        {"type": "go_to_form", "form": "two", "make_current": True},
        {"type": "hide_or_disable", "changes": [{"field": "kind", "action": "hide"}]},
        set_rule("kind", "=1 / 0"),
    ]
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind"), button("go", *rules)), form("two")],
    }
    buy_id = made(client, published(definition, user=ada))
    assert fired(client, buy_id, "go")["status"] == "failed"
    assert states(buy_id) == {"one": "current", "two": "not_started"}
    assert row(buy_id).display == {}


def test_an_instance_of_a_design_without_forms_has_none(ada: Any) -> None:
    published({"name": "bare"}, user=ada)
    instance = create_instance(process="bare", mode="live", data={}, user=ada)
    assert form_states(instance, document_of(instance.version)) == []
    assert display_of(instance, document_of(instance.version)) == {}


@pytest.mark.parametrize(
    ("who", "status"), [("ada", 403), ("ben", 200), ("root", 200)], ids=["creator", "owner", "root"]
)
def test_a_form_with_owners_is_theirs_in_the_api_too(
    api: Callable[..., Any], ada: Any, boss: Any, who: str, status: int
) -> None:
    owner = api(ada)
    leave_id = made(owner, published(leave(APPROVAL), user=ada), why="rest")
    fired(owner, leave_id, "send")
    person = {"ada": ada, "ben": boss, "root": make_user("root", "Administrator")}[who]
    client = api(person)
    instance = read(client, leave_id)
    body = {"data": {**instance["data"], "why": "more rest"}, "revision": instance["revision"]}
    # The values of others' forms may be sent along unchanged.
    changed = client.patch(f"/api/v1/instances/{leave_id}/", body)
    assert changed.status_code == 200
    body = {"data": {"verdict": "yes"}, "revision": instance["revision"] + 1}
    refused = client.patch(f"/api/v1/instances/{leave_id}/", body)
    assert refused.status_code == status
    if status == 403:
        assert refused.data["detail"] == (
            "The form Approval belongs to ben; only they can change it."
        )
    at = f"/api/v1/instances/{leave_id}/trigger/"
    for asked in ({"target": "approve"}, {"target": "send", "data": {"verdict": "no"}}):
        assert client.post(at, asked).status_code == status


def test_a_rule_of_another_process_may_trigger_what_belongs_to_others(
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
    assert fired(client, robot_id, "go")["status"] == "succeeded"
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
