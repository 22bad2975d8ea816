"""What a person may send along when they start an instance: what its form lets them fill in."""

from typing import Any

import pytest

from processes.models import ProcessInstance
from tests.factories import api_client
from tests.pages import client_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"type": "user_picker", "name": "employee", "default_to_me": True, "enabled": False},
    {"type": "text", "name": "checked", "visible": False, "default": "no"},
    {"type": "panel", "name": "inner", "visible": False, "fields": [
        {"type": "text", "name": "within"},
    ]},
    {"type": "table", "name": "lines", "allow_add": False, "columns": [
        {"type": "text", "name": "what"},
        {"type": "text", "name": "price", "enabled": False},
    ]},
]  # fmt: skip


@pytest.fixture
def people() -> Office:
    people, definition = office(), leave_request()
    definition["forms"][0]["fields"] += FIELDS
    # Until a rule gives it to somebody, it is the creator's.
    del definition["forms"][1]["owners"]
    published(definition, user=people.root)
    return people


def start(user: Any, **data: Any) -> Any:
    return api_client(user).post("/api/v1/instances/", {"process": "leave", "data": data})


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("employee", "user:tom", "Employee is switched off and cannot be used now"),
        ("checked", "yes", "Checked is hidden and cannot be used now"),
        ("within", "yes", "Within is hidden and cannot be used now"),
    ],
)
def test_nobody_starts_an_instance_with_what_they_could_not_type(
    people: Office, name: str, sent: str, said: str
) -> None:
    answer = start(people.emma, **{name: sent})
    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, f"/data/{name}")
    assert said in answer.data["errors"][0]["detail"]
    assert not ProcessInstance.objects.exists()
    # Who manages the process sets up instances for others.
    assert start(people.root, **{name: sent}).data["data"][name] == sent


def test_nobody_decides_beforehand_on_a_form_that_is_not_open_yet(people: Office) -> None:
    answer = start(people.emma, days="3", answer="approved")
    assert answer.status_code == 409
    assert answer.data["errors"][0]["pointer"] == "/data/answer"
    assert not ProcessInstance.objects.exists()
    assert start(people.root, days="3", answer="approved").status_code == 201


def test_a_table_takes_no_rows_and_cells_that_its_form_would_not(people: Office) -> None:
    added = start(people.emma, lines=[{"what": "Pen"}])
    assert (added.status_code, added.data["errors"][0]["pointer"]) == (400, "/data/lines")
    assert added.data["errors"][0]["detail"] == "Rows cannot be added to Lines."
    assert not ProcessInstance.objects.exists()


def test_what_is_there_anyway_may_be_sent_along(people: Office) -> None:
    answer = start(people.emma, days="3", employee="user:emma", checked="no", answer="", lines=[])
    assert answer.status_code == 201, answer.data


def test_the_page_starts_one_with_what_stands_in_it(people: Office) -> None:
    client = client_of(people.emma)
    sent = {"process": "leave", "act": "save", "v-days": "3", "v-employee": "user:tom"}
    assert client.post("/instances/new/", sent, follow=True).status_code == 200
    values = ProcessInstance.objects.get().values
    assert (values["days"], values["employee"]) == ("3", "user:emma")
