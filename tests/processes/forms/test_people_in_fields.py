"""Fields that hold people: who may be chosen, what is read through them, how they are shown."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from kianda.accounts.services import groups, users
from kianda.accounts.services.person_data import PersonData
from kianda.lib.errors import InUse, Invalid
from processes.models import FormOwner
from tests.factories import Api, make_user
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db
WHO = {"type": "user_picker", "name": "who", "title": "Who covers"}


@pytest.fixture
def office(admin: Any, ben: Any) -> None:
    """Niamh works in HR for Mark; Hector has left."""
    make_user("mark", "User", first_name="Mark", last_name="Murphy")
    niamh = make_user("niamh", "User")
    make_user("hector", "User", first_name="Hector", is_active=False)
    groups.add_group(name="HR", members=["niamh"], by=admin)
    groups.add_group(name="IT", members=["ben"], by=admin)
    users.change_person(
        niamh, name="Niamh Walsh", email="n@example.org", roles=["User"],
        data=PersonData("mark", "People", "", ""), by=admin,
    )  # fmt: skip


@pytest.fixture
def client(office: None, ben: Any, api: Api) -> APIClient:
    return api(ben)


def refused(client: APIClient, process: str, **data: Any) -> dict[str, str]:
    answer = client.post("/api/v1/instances/", {"process": process, "data": data})
    assert answer.status_code == 400, answer.data
    return {flaw["pointer"]: flaw["detail"] for flaw in answer.data["errors"]}


def saved(*fields: dict[str, Any], user: Any, rules: tuple[Any, ...] = ()) -> str:
    return published(process(*fields, button("go", *rules, {"type": "save"})), user=user)


@pytest.mark.parametrize(
    ("settings", "value", "place", "sentence"),
    [
        ({}, "user:nobody", "", "No user named nobody. Choose a person from the list."),
        ({}, "nobody", "", "No user named nobody."),
        ({}, SCRIPT, "", "No user named <script"),
        ({}, "user:hector", "", "hector is deactivated. Choose another user."),
        ({}, "group:HR", "", "Choose a person, not a group."),
        ({"choose": "both"}, "group:none", "", "No group named none."),
        ({"choose": "both"}, "group:Designer", "", "No group named Designer."),
        ({"within": "HR"}, "user:mark", "", "mark is not in the group HR."),
        ({"multiple": True}, ["user:mark", "user:x"], "/1", "No user named x."),
    ],
)
def test_who_cannot_be_chosen_is_told_beside_the_field(
    client: APIClient, ada: Any, settings: dict[str, Any], value: Any, place: str, sentence: str
) -> None:
    name = saved(WHO | settings, user=ada)
    told = refused(client, name, who=value)
    assert list(told) == [f"/data/who{place}"]
    assert f"Who covers: {sentence}" in told[f"/data/who{place}"]


def test_the_people_in_a_table_are_looked_at_too(client: APIClient, ada: Any) -> None:
    column = WHO | {"multiple": True, "within": "HR"}
    lines = {"type": "table", "name": "lines", "columns": [text_field("what"), column]}
    name = saved(lines, user=ada)
    told = refused(client, name, lines=[{"who": ["niamh"]}, {"who": ["niamh", "user:mark"]}])
    assert list(told) == ["/data/lines/1/who/1"]
    process_id = made(client, name, lines=[{"what": "x", "who": ["niamh"]}])
    assert read(client, process_id)["data"]["lines"] == [{"what": "x", "who": ["user:niamh"]}]


def test_who_is_stored_stays_though_deactivated_since(
    client: APIClient, ada: Any, admin: Any
) -> None:
    name = saved(WHO, text_field("why"), user=ada)
    process_id = made(client, name, who="user:niamh")
    users.deactivate_person(User.objects.get(username="niamh"), by=admin)
    path = f"/api/v1/instances/{process_id}/"

    def patched(**data: Any) -> Any:
        revision = read(client, process_id)["revision"]
        return client.patch(path, {"revision": revision, "data": data}).status_code

    assert patched(who="user:niamh", why="ill") == 200
    assert patched(who="user:hector") == 400
    page = client_of(User.objects.get(username="ben")).get(f"/instances/{process_id}/")
    assert 'Niamh Walsh<span class="k-muted">, deactivated' in page.content.decode()
    User.objects.filter(username="niamh").delete()
    assert patched(who="user:niamh", why="gone") == 200
    assert read(client, process_id)["data"]["who"] == "user:niamh"


PARTS = ("name", "username", "email", "manager", "department", "phone")


def test_a_rule_reads_what_is_known_of_the_person(client: APIClient, ada: Any) -> None:
    rules = [set_rule(part, f"[who.{part}]") for part in PARTS]
    texts = [text_field(part) for part in PARTS]
    own = {"type": "list", "name": "groups"}
    name = saved(WHO, own, *texts, user=ada, rules=(*rules, set_rule("groups", "[who.groups]")))
    process_id = made(client, name, who="user:niamh")
    assert fired(client, process_id, "go")["status"] == "succeeded"
    found = read(client, process_id)["data"]
    assert [found[part] for part in PARTS] == [
        "Niamh Walsh", "niamh", "n@example.org", "user:mark", "People", "",
    ]  # fmt: skip
    assert found["groups"] == ["HR"]
    fired(client, process_id, "go", who=None)
    found = read(client, process_id)["data"]
    assert [found[part] for part in PARTS] == [""] * len(PARTS)
    assert found["groups"] == []


def test_a_manager_is_kept_as_a_person(client: APIClient, ada: Any) -> None:
    boss = {"type": "user_picker", "name": "boss"}
    name = saved(WHO, boss, user=ada, rules=(set_rule("boss", "[who.manager]"),))
    process_id = made(client, name, who="user:niamh")
    fired(client, process_id, "go")
    assert read(client, process_id)["data"]["boss"] == "user:mark"


def test_it_starts_with_whoever_makes_the_instance(client: APIClient, ada: Any) -> None:
    mine = WHO | {"default_to_me": True}
    fields = [mine, mine | {"name": "hr", "within": "HR"}, mine | {"name": "it", "within": "IT"}]
    data = read(client, made(client, saved(*fields, user=ada)))["data"]
    assert (data["who"], data["hr"], data["it"]) == ("user:ben", None, "user:ben")


@pytest.mark.parametrize(
    ("operator", "who", "ran"),
    [
        ("is_me", "user:ben", True), ("is_me", "user:mark", False), ("is_me", "group:IT", False),
        ("is_me", None, False), ("has_me", "group:IT", True), ("has_me", "group:HR", False),
        ("has_me", "user:ben", True),
    ],
)  # fmt: skip
def test_a_condition_asks_whether_it_is_me(
    client: APIClient, ada: Any, operator: str, who: str | None, ran: bool
) -> None:
    mine = {"items": [{"left": "[who]", "operator": operator}]}
    rule = set_rule("said", "mine") | {"conditions": mine}
    name = saved(WHO | {"choose": "both"}, text_field("said"), user=ada, rules=(rule,))
    process_id = made(client, name, who=who)
    fired(client, process_id, "go")
    assert (read(client, process_id)["data"]["said"] == "mine") is ran


@pytest.mark.parametrize(
    ("who", "owners"),
    [
        (["user:mark"], [("user", "mark")]),
        (["user:mark", "group:HR"], [("group", "HR"), ("user", "mark")]),
    ],
)
@pytest.mark.parametrize("key", ["users", "groups"])
def test_a_form_is_assigned_to_whom_a_field_names(
    client: APIClient, ada: Any, who: list[str], owners: list[tuple[str, str]], key: str
) -> None:
    assign = {"type": "assign_form", "form": "second", "to": {key: ["[who]"]}, "opens": True}
    field = WHO | {"choose": "both", "multiple": True}
    raw = process(field, button("go", assign, {"type": "save"}))
    raw["forms"].append({"name": "second", "fields": [text_field("word")]})
    process_id = made(client, published(raw, user=ada), who=who)
    run = fired(client, process_id, "go")
    assert run["status"] == "succeeded", run["error"]
    rows = FormOwner.objects.filter(form="second").values_list("kind", "name")
    assert sorted(rows) == owners


def flaws(ada: Any, *fields: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        published(process(*fields, name="flawed"), user=ada)
    return {flaw.pointer: flaw.detail for flaw in caught.value.errors}


@pytest.mark.parametrize(
    ("settings", "name", "sentence"),
    [
        ({}, "who.age", "A person has no property age. There are: [who.name], "),
        (
            {"multiple": True},
            "who.name",
            "[who.name] needs one person, and who allows more than one.",
        ),
        ({}, "row.who.email", "Use [row.who.email] only in a rule that works on a table."),
        ({}, "whom.email", "There is no field or name whom.email."),
    ],
)
def test_a_design_reads_only_what_is_known(
    office: None, ada: Any, settings: dict[str, Any], name: str, sentence: str
) -> None:
    told = flaws(ada, WHO | settings, button("go", set_rule("said", f"[{name}]")),
                 text_field("said"))  # fmt: skip
    assert len(told) == 1
    assert sentence in next(iter(told.values()))


def test_a_group_that_fields_ask_for_is_there_and_stays(office: None, ada: Any, admin: Any) -> None:
    lines = {"type": "table", "name": "lines", "columns": [WHO | {"within": "HR"}]}
    published(process(lines), user=ada)
    with pytest.raises(InUse):
        groups.delete_group(Group.objects.get(name="HR"), by=admin)
    told = flaws(ada, WHO | {"within": "None"}, lines | {"columns": [WHO | {"within": "x"}]})
    assert told == {
        "/forms/0/fields/0/within": "No group named None.",
        "/forms/0/fields/1/columns/0/within": "No group named x.",
    }


def test_pages_call_people_by_their_names(client: APIClient, ada: Any, ben: Any) -> None:
    name = saved(WHO | {"choose": "both", "multiple": True}, user=ada)
    process_id = made(client, name, who=["user:niamh"])
    fired(client, process_id, "go", who=["user:mark", "group:HR"])
    page = client_of(ben)
    shown = page.get(f"/instances/{process_id}/").content.decode()
    assert 'name="v-who"' in shown
    assert ">\nuser:mark\ngroup:HR</textarea>" in shown
    assert "Mark Murphy" in shown
    assert "Niamh Walsh Mark Murphy, HR" in text_of(page.get(f"/instances/{process_id}/changes/"))
    posted = page.post(f"/instances/{process_id}/", {"v-who": "user:gone", "act": "save"})
    assert "No user named gone." in posted.content.decode()
