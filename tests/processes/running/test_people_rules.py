"""Rules about people in runs: who is found, who may change whom, and what is told of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from kianda.accounts.models import AuditEntry
from kianda.accounts.services import groups
from kianda.accounts.services.person_data import PersonData, person_data
from kianda.accounts.services.users import change_person
from processes.models import Run
from processes.running import runs
from tests.factories import make_user
from tests.processes.definitions import button, process, text_field
from tests.processes.dying import Died, dying, nobody_holds_the_runs
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)
WHO: dict[str, Any] = {"type": "user_picker", "name": "who"}
TEAM: dict[str, Any] = {"type": "user_picker", "name": "team", "multiple": True}
SAVE = {"type": "save"}
LOOK_UP: dict[str, Any] = {
    "type": "lookup_user_by_property", "property": "department", "value": "[text]", "field": "who",
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "type": "update_user_property", "id": "change", "user": "[who]",
    "properties": [{"property": "department", "value": "[text]"},
                   {"property": "manager", "value": "user:admin"}],
}  # fmt: skip


def known(name: str) -> PersonData:
    """Return what is stored of somebody."""
    return person_data(User.objects.get(username=name))


@pytest.fixture
def people(admin: Any) -> Any:
    """Emma and Max work in Sales, Olga, who has left, did; Mark manages Emma."""
    make_user("mark")
    for name, full, manager in (
        ("emma", "Emma O'Neill", "mark"),
        ("max", "", ""),
        ("olga", "", ""),
    ):
        data = PersonData(manager, "Sales", "Buyer", "+353 1")
        change_person(
            make_user(name), name=full, email=f"{name}@example.org", roles=["User"], data=data,
            active=name != "olga", by=admin,
        )  # fmt: skip
    groups.add_group(name="Crew", members=["emma"], by=admin)
    return admin


@pytest.fixture
def tell(api: Callable[..., Any], ada: Any, people: Any) -> Callable[..., tuple[Any, str]]:
    """Return a function that publishes a process with rules, and makes an instance of it."""

    def story(*rules: dict[str, Any], by: Any = ada, **data: Any) -> tuple[Any, str]:
        fields = [WHO, TEAM, text_field("text"), text_field("more"), button("go", *rules)]
        name = published(process(*fields), user=people)
        client = api(by)
        return client, made(client, name, **data)

    return story


def test_what_is_known_of_somebody_comes_into_fields(tell: Any) -> None:
    rows = [{"field": "text", "property": "name"}, {"field": "more", "property": "groups"},
            {"field": "team", "property": "manager"}]  # fmt: skip
    rule = {"type": "get_user_property", "user": "[who]", "properties": rows}
    client, process_id = tell(rule, SAVE)
    run = fired(client, process_id, "go", who="user:emma")
    assert run["status"] == "succeeded", run["error"]
    data = read(client, process_id)["data"]
    assert (data["text"], data["more"], data["team"]) == ("Emma O'Neill", '["Crew"]', ["user:mark"])


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"property": "email", "value": "EMMA@example.org"}, "user:emma"),
        ({"property": "name", "value": "o'neill", "operator": "contains"}, "user:emma"),
        ({"property": "name", "value": "max"}, "user:max"),
        ({"property": "username", "value": "Max"}, "user:max"),
        ({"property": "manager", "value": "user:mark"}, "user:emma"),
        ({"property": "manager", "value": "mark"}, "user:emma"),
        ({"property": "groups", "value": "group:Crew"}, "user:emma"),
        ({"property": "job_title", "value": "buyer", "several": "first"}, "user:emma"),
        ({"property": "phone", "value": "353", "operator": "contains", "several": "first"},
         "user:emma"),
        ({"property": "groups", "value": "Administrator", "on_none": "continue"}, None),
        ({"property": "username", "value": "olga", "on_none": "continue"}, None),
        ({"property": "name", "value": "Emma%", "on_none": "continue"}, None),
    ],
)  # fmt: skip
def test_who_is_found_by_a_property(tell: Any, settings: dict[str, Any], found: Any) -> None:
    client, process_id = tell({**LOOK_UP, **settings}, SAVE)
    run = fired(client, process_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, process_id)["data"]["who"] == found


def test_all_who_fit_come_into_a_field_that_takes_several(tell: Any) -> None:
    client, process_id = tell({**LOOK_UP, "field": "team", "several": "all"}, SAVE)
    assert fired(client, process_id, "go", text="sales")["status"] == "succeeded"
    assert read(client, process_id)["data"]["team"] == ["user:emma", "user:max"]


@pytest.mark.parametrize(("several", "kind"), [("fail", "value"), ("all", "value")])
def test_several_do_not_fit_into_a_field_for_one(tell: Any, several: str, kind: str) -> None:
    client, process_id = tell({**LOOK_UP, "several": several}, SAVE)
    run = fired(client, process_id, "go", text="Sales")
    assert (run["status"], run["error"]["kind"]) == ("failed", kind)
    assert read(client, process_id)["data"]["who"] is None


def test_an_administrator_changes_what_is_known_of_a_user(tell: Any, people: Any) -> None:
    client, process_id = tell(CHANGE, by=people)
    run = fired(client, process_id, "go", who="user:emma", text="Marketing")
    assert run["status"] == "succeeded", run["error"]
    assert known("emma") == PersonData("admin", "Marketing", "Buyer", "+353 1")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.user_name, entry.action, entry.kind, entry.name) == (
        "admin", "changed", "user", "emma",
    )  # fmt: skip
    assert entry.detail == f"Manager: admin, Department. By a rule of {process_id}"
    assert run["steps"][0]["request"] == {
        "act": "change", "user": "user:emma",
        "values": {"department": "Marketing", "manager": "admin"},
    }  # fmt: skip


@pytest.mark.parametrize("who", ["user:emma", "user:ada"])
def test_nobody_else_changes_a_user_not_even_themselves(tell: Any, who: str) -> None:
    client, process_id = tell(CHANGE)
    before = AuditEntry.objects.count()
    run = fired(client, process_id, "go", who=who, text="Marketing")
    assert (run["status"], run["error"]["kind"]) == ("failed", "configuration")
    assert run["error"]["message"] == (
        "Only Administrators can change user data. This run was started by ada."
    )
    assert known(who.removeprefix("user:")).department != "Marketing"
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("who", "properties", "kind", "words"),
    [
        ("gone", CHANGE["properties"], "not_found", "No user named gone."),
        ("user:emma", [{"property": "department", "value": "x" * 151}], "value",
         "Use at most 150 characters."),
        ("user:mark", [{"property": "manager", "value": "emma"}], "value",
         "emma reports to mark, directly or through others. Choose another user."),
        ("user:emma", [{"property": "phone", "value": "1"}, {"property": "manager", "value": "x"}],
         "value", "No user named x."),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_changes_nothing(
    tell: Any, people: Any, who: str, properties: Any, kind: str, words: str
) -> None:
    client, process_id = tell({**CHANGE, "user": "[text]", "properties": properties}, by=people)
    before = AuditEntry.objects.count()
    run = fired(client, process_id, "go", text=who)
    assert (run["error"]["kind"], run["error"]["message"]) == (kind, words)
    assert AuditEntry.objects.count() == before
    assert known("emma").phone == "+353 1"


def test_the_intent_is_durable_before_a_user_is_changed(tell: Any, people: Any) -> None:
    client, process_id = tell(CHANGE, by=people)
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('UPDATE "accounts_profile"'):
            seen.append((Run.objects.get(process_id=process_id).journal or {})["phase"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        fired(client, process_id, "go", who="user:emma")
    assert seen == ["calling"]


def test_a_change_that_died_halfway_is_not_done_again(tell: Any, people: Any) -> None:
    _client, process_id = tell(CHANGE, by=people, who="user:emma", text="Marketing")

    def at(sql: str) -> bool:
        return sql.startswith('INSERT INTO "accounts_auditentry"')

    with pytest.raises(Died), dying(at):
        runs.trigger(process_id=process_id, target="go", user=people, trigger="button")
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert run.status == "interrupted"
    assert "may have been carried out" in run.error["message"]
    assert known("emma").department == "Sales"
