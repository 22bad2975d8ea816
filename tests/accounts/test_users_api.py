"""Users, groups, people and me over the REST API."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kianda.accounts.models import AuditEntry
from kianda.accounts.services import groups, users
from processes.designs.lifecycle import create_design
from tests.factories import PASSWORD, Api, make_user
from tests.processes.definitions import process, text_field

pytestmark = pytest.mark.django_db
USERS, GROUPS = "/api/v1/users/", "/api/v1/groups/"
EVE = {
    "username": "eve", "name": "Eve Byrne", "email": "eve@example.org", "roles": ["Designer"],
    "groups": ["Crew"], "manager": "ben", "department": "Engineering", "job_title": "Engineer",
    "phone": "+353 1 555 0100",
}  # fmt: skip


@pytest.fixture
def crew(admin: Any, ben: Any) -> Any:
    return groups.add_group(name="Crew", members=["ben"], by=admin)


def places(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    return [flaw["pointer"] for flaw in answer.json()["errors"]]


def test_a_user_is_made_read_and_listed_with_all_data(admin: Any, crew: Any, api: Api) -> None:
    client = api(admin)
    made = client.post(USERS, EVE)
    assert (made.status_code, made.json()) == (201, EVE | {"attributes": {}, "active": True})
    assert made["Location"].endswith("/api/v1/users/eve/")
    read = client.get(f"{USERS}eve/")
    assert (read.json(), read["ETag"]) == (made.json(), made["ETag"])
    for query in ("search=byrne", "role=Designer", "manager=ben", "department=Engineering"):
        listed = client.get(f"{USERS}?{query}").json()
        assert [one["username"] for one in listed["results"]][-1:] == ["eve"]
    assert client.get(f"{USERS}?group=Crew&ordering=-username").json()["count"] == 2
    assert not User.objects.get(username="eve").has_usable_password()
    assert AuditEntry.objects.filter(action="invited", name="eve", user=admin).exists()


def test_all_that_is_wrong_with_a_new_user_is_told_at_once(admin: Any, api: Api) -> None:
    wrong = EVE | {"username": "admin", "email": "x", "roles": ["Emperor"], "phone": "1" * 51}
    assert sorted(places(api(admin).post(USERS, wrong))) == [
        "/email", "/groups", "/manager", "/phone", "/roles", "/username",
    ]  # fmt: skip
    assert places(api(admin).post(USERS, {"username": 1, "password": "x"})) == [
        "/username", "/password",
    ]  # fmt: skip


def test_a_change_leaves_what_it_does_not_name(admin: Any, crew: Any, api: Api) -> None:
    client = api(admin)
    client.post(USERS, EVE)
    changed = client.patch(f"{USERS}eve/", {"manager": None, "department": "Sales"})
    after = EVE | {"manager": None, "department": "Sales", "attributes": {}, "active": True}
    assert (changed.status_code, changed.json()) == (200, after)
    changed = client.patch(f"{USERS}eve/", after | {"roles": ["User"], "groups": []})
    assert changed.json() == after | {"roles": ["User"], "groups": []}
    assert changed.json() == client.get(f"{USERS}eve/").json()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"username": "adam"}, "/username"),
        ({"manager": "eve"}, "/manager"),
        ({"manager": "nobody"}, "/manager"),
        ({"department": None}, "/department"),
        ({"name": "a\u0007b"}, "/name"),
        ({"is_superuser": True}, "/is_superuser"),
        ({"active": "no"}, "/active"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_its_place(
    admin: Any, crew: Any, api: Api, changes: Any, pointer: str
) -> None:
    client = api(admin)
    client.post(USERS, EVE)
    assert places(client.patch(f"{USERS}eve/", changes)) == [pointer]


def test_a_user_is_deactivated_and_reactivated(admin: Any, ben: Any, api: Api) -> None:
    client, theirs = api(admin), api(ben)
    assert client.patch(f"{USERS}ben/", {"active": False}).json()["active"] is False
    assert theirs.get("/api/v1/me/").status_code == 401
    assert client.patch(f"{USERS}ben/", {"active": True}).json()["active"] is True
    assert theirs.get("/api/v1/me/").status_code == 200
    told = AuditEntry.objects.filter(name="ben").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["deactivated", "reactivated"]


def test_the_last_administrator_stays_one_and_nothing_is_half_changed(admin: Any, api: Api) -> None:
    client = api(admin)
    assert places(client.patch(f"{USERS}admin/", {"roles": []})) == ["/roles"]
    refused = client.patch(f"{USERS}admin/", {"active": False, "name": "New Name"})
    assert refused.status_code == 409
    assert client.get(f"{USERS}admin/").json()["name"] == ""


def test_nobody_overwrites_a_user_that_has_changed_since(admin: Any, ben: Any, api: Api) -> None:
    client = api(admin)
    seen = client.get(f"{USERS}ben/")["ETag"]
    users.change_person(ben, name="Ben B", email="", roles=["User"], by=admin)
    stale = client.patch(f"{USERS}ben/", {"name": "Benjamin"}, HTTP_IF_MATCH=seen)
    assert stale.status_code == 412
    now = client.get(f"{USERS}ben/")["ETag"]
    changed = client.patch(f"{USERS}ben/", {"name": "Benjamin"}, HTTP_IF_MATCH=now)
    assert (changed.status_code, changed.json()["name"]) == (200, "Benjamin")
    assert changed["ETag"] != now


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("get", USERS), ("post", USERS), ("get", f"{USERS}ben/"), ("patch", f"{USERS}ben/"),
        ("get", GROUPS), ("post", GROUPS), ("get", f"{GROUPS}Crew/"),
        ("patch", f"{GROUPS}Crew/"), ("delete", f"{GROUPS}Crew/"),
    ],
)  # fmt: skip
def test_users_and_groups_are_for_administrators_whose_token_may(
    admin: Any, ada: Any, crew: Any, api: Api, verb: str, path: str
) -> None:
    assert getattr(api(ada), verb)(path, {}).status_code == 403
    for scopes in (["run", "design", "schedule"], ["read"])[: 1 if verb == "get" else 2]:
        assert getattr(api(admin, scopes), verb)(path, {}).status_code == 403
    assert Group.objects.filter(name="Crew").exists()


def test_what_nobody_has_is_not_found(admin: Any, api: Api) -> None:
    client = api(admin)
    for path in (f"{USERS}nobody/", f"{GROUPS}Nobody/", f"{GROUPS}Administrator/"):
        assert client.get(path).status_code == 404
        assert client.patch(path, {}).status_code == 404


def test_a_group_is_made_read_changed_and_deleted(admin: Any, ben: Any, api: Api) -> None:
    client = api(admin)
    made = client.post(GROUPS, {"name": "Day/night crew", "members": ["ben"]})
    path = f"{GROUPS}{quote('Day/night crew')}/"
    assert made.status_code == 201
    assert made["Location"].endswith(path)
    assert client.get(path).json() == {
        "name": "Day/night crew", "members": ["ben"], "administrators": [],
    }  # fmt: skip
    assert client.get(f"{GROUPS}?member=ben").json()["count"] == 1
    assert client.patch(path, {"members": ["ADMIN", "ben"]}).json()["members"] == ["admin", "ben"]
    renamed = client.patch(path, {"name": "Crew"})
    assert renamed.json() == {
        "name": "Crew", "members": ["admin", "ben"], "administrators": [],
    }  # fmt: skip
    stale = client.delete(f"{GROUPS}Crew/", HTTP_IF_MATCH=made["ETag"])
    assert stale.status_code == 412
    assert client.delete(f"{GROUPS}Crew/", HTTP_IF_MATCH=renamed["ETag"]).status_code == 204
    assert not Group.objects.filter(name="Crew").exists()
    told = AuditEntry.objects.filter(kind="group").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["created", "members changed", "renamed", "deleted"]


def test_a_group_that_cannot_be_is_refused_at_its_places(admin: Any, crew: Any, api: Api) -> None:
    client = api(admin)
    assert places(client.post(GROUPS, {"name": "CREW", "members": ["ben", "x"]})) == [
        "/name", "/members/1",
    ]  # fmt: skip
    assert places(client.post(GROUPS, {"name": "User"})) == ["/name"]
    assert places(client.post(GROUPS, {"members": ["ben"]})) == ["/name"]
    assert places(client.patch(f"{GROUPS}Crew/", {"name": ""})) == ["/name"]


def test_a_group_in_use_stays_and_says_by_what(admin: Any, ada: Any, crew: Any, api: Api) -> None:
    raw = process(text_field("days"))
    raw["forms"][0]["owners"] = {"groups": ["Crew"]}
    create_design(raw=raw, user=ada)
    refused = api(admin).delete(f"{GROUPS}Crew/")
    assert refused.status_code == 409
    assert [use["kind"] for use in refused.json()["used_by"]] == ["process"]
    assert places(api(admin).patch(f"{GROUPS}Crew/", {"name": "Night crew"})) == ["/name"]


def test_everybody_finds_people_by_name_and_reads_nothing_else(
    ada: Any, cleo: Any, api: Api
) -> None:
    make_user("mark", first_name="Mark", last_name="Murphy")
    make_user("gone", first_name="Mark", is_active=False)
    found = api(cleo, ["read"]).get("/api/v1/people/?search=murph mark").json()
    assert found["results"] == [{"name": "Mark Murphy", "username": "mark"}]
    everybody = api(cleo).get("/api/v1/people/?page_size=1").json()
    assert (everybody["count"], everybody["results"][0]["name"]) == (3, "ada")
    assert api(cleo).get("/api/v1/people/?search=example.org").json()["count"] == 0
    assert places(api(cleo).get("/api/v1/people/?role=User")) == ["/role"]


def test_me_tells_who_is_calling_and_what_the_token_may(crew: Any, ben: Any, api: Api) -> None:
    said = api(ben, ["read", "run"]).get("/api/v1/me/").json()
    assert said == {
        "username": "ben", "name": "ben", "email": "ben@example.org", "roles": ["User"],
        "groups": ["Crew"], "token": {"name": "test", "scopes": ["read", "run"]},
        "second_factor": {"set_up": False, "needed": False},
        "may": {"processes": {"start": {"names": [], "total": 0},
                              "administer": {"names": [], "total": 0}}},
    }  # fmt: skip
    assert api(make_user("new")).get("/api/v1/me/").json()["roles"] == []


def test_no_answer_holds_a_password_a_hash_or_a_token(admin: Any, crew: Any, api: Api) -> None:
    client = api(admin)
    told = [client.post(USERS, EVE), client.get(USERS), client.get("/api/v1/me/")]
    told += [client.get(f"{USERS}ben/"), client.get("/api/v1/people/"), client.get(GROUPS)]
    text = json.dumps([answer.json() for answer in told])
    user = User.objects.get(username="ben")
    token = admin.api_tokens.get()
    for secret in (PASSWORD, user.password, token.digest, token.hint, "/welcome/", "pbkdf2"):
        assert secret not in text


def test_a_list_of_many_users_asks_the_database_as_often_as_one_of_few(
    admin: Any, crew: Any, api: Api
) -> None:
    client, counts = api(admin), []
    for number in range(3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(USERS)
            client.get(GROUPS)
        counts.append(len(asked))
        client.post(USERS, EVE | {"username": f"eve{number}"})
    assert counts[1] == counts[2]
