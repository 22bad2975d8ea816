"""Check as tells what somebody may do by the rights of a draft, and by which line."""

from typing import Any

import pytest

from processes.designs.lifecycle import save_design
from processes.instances.lifecycle import create_instance
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send

pytestmark = pytest.mark.django_db
PLACE = "/api/v1/processes/leave/check-as/"


@pytest.fixture
def people() -> Office:
    return office()


def checked(user: Any, **body: Any) -> dict[tuple[str, str], tuple[bool, str]]:
    answer = api_client(user).post(PLACE, body)
    assert answer.status_code == 200, answer.data
    return {(one["act"], one["on"]): (one["allowed"], one["reason"]) for one in answer.data}


def test_it_tells_of_an_instance_that_the_person_would_start(people: Office) -> None:
    publish(people)
    found = checked(people.dora, person="emma")
    assert found["start", ""] == (True, "May start: everyone.")
    assert found["change", "asking"][0]
    assert found["see", "illness"] == (True, "Only the creator, hr.")
    assert found["see", "remark"] == (False, "Only hr.")
    assert ("change", "remark") not in found
    assert found["press", "cancel"] == (True, "Only the creator.")
    assert found["press", "decide"] == (
        False, "The form Decision is with mark. Only they can change it.",
    )  # fmt: skip
    assert found["delete", ""] == (True, "The creator may delete it until a form is completed.")
    assert found["reassign", "asking"] == (False, "Only the people who manage the process.")


def test_it_tells_of_one_instance_to_those_who_manage_the_process(people: Office) -> None:
    publish(people, administrators=["group:hr"])
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    mark = checked(people.helen, person="mark", process_id=made.process_id)
    assert mark["see", ""] == (True, "May see: people involved.")
    assert mark["change", "decision"][0]
    assert not mark["change", "asking"][0]
    assert mark["see", "illness"] == (False, "Only the creator, hr.")
    assert checked(people.helen, person="tom", process_id=made.process_id) == {
        ("start", ""): (True, "May start: everyone."),
        ("see", ""): (False, "May see: people involved."),
    }
    refused = api_client(people.dora).post(PLACE, {"person": "tom", "process_id": made.process_id})
    assert refused.status_code == 403


def test_it_goes_by_the_draft(people: Office) -> None:
    publish(people)
    save_design(name="leave", raw=leave_request(start=["group:hr"]), user=people.dora)
    assert checked(people.dora, person="emma")["start", ""] == (False, "May start: hr.")
    assert checked(people.dora, person="helen")["start", ""] == (True, "May start: hr.")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"person": "nobody"}, "/person"),
        ({"person": "tom", "process_id": "leave-77"}, "/process_id"),
        ({}, "/person"),
        ({"person": "tom", "more": 1}, "/more"),
    ],
)
def test_what_it_cannot_check_is_said_at_its_place(
    people: Office, body: dict[str, Any], pointer: str
) -> None:
    publish(people, administrators=["user:helen"])
    answer = api_client(people.helen).post(PLACE, body)
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.data["errors"]] == [pointer]


def test_it_is_for_designers_and_those_who_manage_the_process(people: Office) -> None:
    publish(people, start=["group:hr"])
    assert api_client(people.tom).post(PLACE, {"person": "emma"}).status_code == 404
    assert api_client(people.helen).post(PLACE, {"person": "emma"}).status_code == 403


def test_the_page_of_rights_keeps_lists_in_the_draft_and_checks_by_them(people: Office) -> None:
    publish(people)
    client, place = client_of(people.dora), "/designs/leave/designer/rights/"
    page = client.get(place)
    assert page.context["presets"][0][3], "only the people involved"
    revision = page.context["copy"].revision
    sent = {"revision": revision, "s/security/start": "group:hr",
            "s/security/see": "creator\nuser:tom", "s/security/change": "owners",
            "s/security/delete": "", "s/security/administrators": "group:hr"}  # fmt: skip
    assert client.post(place, sent).status_code == 303
    page = client.get(f"{place}?person=tom")
    security = page.context["copy"].document["security"]
    assert security == {
        "start": ["group:hr"], "see": ["creator", "user:tom"], "change": ["owners"], "delete": [],
        "administrators": ["group:hr"],
    }  # fmt: skip
    assert "May start: hr." in text_of(page)
    preset = {**sent, "revision": revision + 1, "preset": "certain"}
    assert client.post(place, preset).status_code == 303
    assert client.get(place).context["form"].raw["see"] == ["creator", "user:tom"]
    everyone = {**sent, "revision": revision + 1, "preset": "everyone"}
    client.post(place, everyone)
    assert client.get(place).context["form"].raw["see"] == ["everyone"]


def test_a_list_that_names_no_one_is_told_beside_it(people: Office) -> None:
    publish(people)
    client, place = client_of(people.dora), "/designs/leave/designer/rights/"
    client.post(place, {"revision": "0", "s/security/start": "creator", "s/security/see": "owners"})
    assert "is known only once there is a record" in text_of(client.get(place))
    assert "Correct them in the designer" in text_of(client.get(f"{place}?person=tom"))


def test_who_manages_a_process_checks_on_the_page_of_an_instance(people: Office) -> None:
    publish(people, administrators=["group:hr"])
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    place = f"/instances/{made.process_id}/"
    assert "Check rights as" in text_of(client_of(people.helen).get(place))
    assert "Check rights as" not in text_of(client_of(people.emma).get(place))
    assert client_of(people.emma).get(f"{place}check-as/").status_code == 403
    told = text_of(client_of(people.helen).get(f"{place}check-as/?person=emma"))
    assert f"emma sees {made.process_id}" in told
    assert "See Remark Only hr." in told
    assert "No user named nobody." in text_of(
        client_of(people.helen).get(f"{place}check-as/?person=nobody")
    )
