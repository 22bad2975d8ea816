"""What `user.*` gives: in rules, in defaults, while somebody writes, and where nobody is."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from kianda.accounts.services import groups, users
from kianda.accounts.services.person_data import PersonData, PersonValues
from processes.document_cache import document_of
from processes.instances.default_values import default_values
from processes.language.labels import name_in_words
from processes.language.references import USER_NAMES
from processes.models import FormOwner, ProcessInstance
from tests.factories import Api, make_user
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db
NAMES = sorted(USER_NAMES)
FOUND = {
    "user.name": "Ben Byrne", "user.username": "ben", "user.email": "ben@example.org",
    "user.manager": "user:mark", "user.department": "Engineering", "user.job_title": "Buyer",
    "user.phone": "+353 1", "user.groups": ["Crew", "HR"],
}  # fmt: skip


def field_of(name: str) -> dict[str, Any]:
    own = name.replace(".", "_")
    return text_field(own) if name != "user.groups" else {"type": "list", "name": own}


@pytest.fixture
def employee(admin: Any, ben: Any) -> Any:
    """Ben, of whom everything is known."""
    make_user("mark")
    for name in ("HR", "Crew"):
        groups.add_group(name=name, members=["ben"], by=admin)
    data = PersonData("mark", "Engineering", "Buyer", "+353 1")
    return users.change_person(
        ben, name="Ben Byrne", email=ben.email, roles=["User"], data=data, by=admin
    )


@pytest.fixture
def client(employee: Any, api: Api) -> APIClient:
    return api(employee)


def by_name(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name.replace(".", "_")] for name in NAMES}


def test_a_rule_reads_the_person_of_the_run(ada: Any, client: APIClient) -> None:
    rules = [set_rule(name.replace(".", "_"), f"[{name}]") for name in NAMES]
    raw = process(*map(field_of, NAMES), button("fill", *rules, {"type": "save"}))
    process_id = made(client, published(raw, user=ada))
    run = fired(client, process_id, "fill")
    assert run["status"] == "succeeded", run["error"]
    assert by_name(read(client, process_id)["data"]) == FOUND


def test_a_default_reads_whoever_makes_the_instance(ada: Any, client: APIClient) -> None:
    texts = [name for name in NAMES if name != "user.groups"]
    fields = [field_of(name) | {"default": f"[{name}]"} for name in texts]
    process_id = made(client, published(process(*fields), user=ada))
    data = read(client, process_id)["data"]
    assert {name: data[name.replace(".", "_")] for name in texts} == {
        name: FOUND[name] for name in texts
    }


def test_where_nobody_is_all_of_it_is_empty(ada: Any, client: APIClient) -> None:
    empty = PersonValues({}, None)
    assert dict(empty) == {**dict.fromkeys(NAMES, ""), "user.groups": []}
    raw = process(text_field("who") | {"default": "by [user.name][user.manager]"})
    made(client, published(raw, user=ada))
    document = document_of(ProcessInstance.objects.get().version)
    assert default_values(document, user=None) == {"who": "by "}


def test_who_has_neither_name_nor_data_is_called_by_the_user_name(cleo: Any) -> None:
    values = dict(PersonValues({}, cleo))
    assert values["user.name"] == "cleo"
    assert (values["user.manager"], values["user.groups"]) == ("", [])


def test_a_form_is_assigned_to_the_manager_of_the_person_of_the_run(
    ada: Any, client: APIClient
) -> None:
    assign = {
        "type": "assign_form",
        "form": "second",
        "to": {"users": ["[user.manager]"]},
        "opens": True,
    }
    raw = process(text_field("days"), button("ask", assign, {"type": "save"}))
    raw["forms"].append({"name": "second", "fields": [text_field("word")]})
    process_id = made(client, published(raw, user=ada))
    run = fired(client, process_id, "ask")
    assert run["status"] == "succeeded", run["error"]
    assert FormOwner.objects.get(name="mark")


@pytest.mark.parametrize("name", NAMES)
def test_each_value_has_words_of_its_own(name: str) -> None:
    assert "." not in name_in_words(name)
    assert name in PersonValues({}, None)
