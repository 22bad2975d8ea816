"""A button as a quick action: those named press it from the menu of its form, and nobody else."""

from typing import Any

import pytest

from processes.definition.document import parse_document
from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.rights.check_as import check_as
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published, values_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Office:
    return office()


def definition(**settings: Any) -> dict[str, Any]:
    """Return the leave request, with a hidden button on Emma's form that HR finds in its menu."""
    raw = leave_request(see=["participants", "group:hr"])
    raw["forms"][0]["fields"].append(
        {"type": "button", "name": "note_it", "title": "Note it", "visible": False,
         "menu": ["group:hr"], **settings,
         "rules": [{"type": "set_form_field",
                    "assignments": [{"field": "illness", "value": "noted by [user.username]"}]},
                   {"type": "save"}]}
    )  # fmt: skip
    return raw


def leave(people: Office, *, submitted: bool = False, **settings: Any) -> ProcessInstance:
    published(definition(**settings), user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    if submitted:
        assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def pressed(user: Any, instance: ProcessInstance, form: str = "asking", **body: Any) -> Any:
    path = f"/api/v1/instances/{instance.process_id}/forms/{form}/actions/note_it/"
    return api_client(user).post(path, body)


@pytest.mark.parametrize("submitted", [False, True])
def test_who_is_named_presses_it_though_the_form_is_not_theirs(
    people: Office, *, submitted: bool
) -> None:
    instance = leave(people, submitted=submitted)
    answer = pressed(people.helen, instance)
    assert (answer.status_code, answer.data["status"]) == (200, "succeeded")
    assert answer.data["run_as"] == "helen"
    assert values_of(instance)["illness"] == "noted by helen"


@pytest.mark.parametrize(
    ("who", "status"), [("emma", 403), ("tom", 404), ("helen", 200), ("root", 200)]
)
def test_nobody_else_presses_it(people: Office, who: str, status: int) -> None:
    instance = leave(people)
    assert pressed(getattr(people, who), instance).status_code == status
    assert bool(values_of(instance)["illness"]) is (status == 200)


def test_the_menu_gives_no_right_to_press_it_in_another_way(people: Office) -> None:
    instance = leave(people)
    answer = api_client(people.helen).post(
        f"/api/v1/instances/{instance.process_id}/trigger/", {"target": "note_it"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("when", "submitted", "status"),
    [
        ("open", False, 200), ("open", True, 409), ("completed", False, 409),
        ("completed", True, 200),
    ],
)  # fmt: skip
def test_it_is_offered_at_its_time(
    people: Office, when: str, status: int, *, submitted: bool
) -> None:
    instance = leave(people, submitted=submitted, menu_when=when)
    page = text_of(client_of(people.helen).get(f"/instances/{instance.process_id}/"))
    assert ("Note it" in page) is (status == 200)
    assert pressed(people.helen, instance).status_code == status


@pytest.mark.parametrize("form", ["decision", "nowhere"])
def test_it_stands_in_the_menu_of_its_own_form_alone(people: Office, form: str) -> None:
    assert pressed(people.helen, leave(people), form).status_code == 404


def test_a_button_that_is_in_no_menu_is_no_quick_action(people: Office) -> None:
    assert pressed(people.root, leave(people, menu=[])).status_code == 404


def test_a_button_that_somebody_does_not_see_is_none_of_theirs(people: Office) -> None:
    instance = leave(people, see=["creator"])
    assert pressed(people.helen, instance).status_code == 404


def test_an_older_page_is_told(people: Office) -> None:
    instance = leave(people)
    assert pressed(people.helen, instance, revision=instance.revision + 1).status_code == 409
    assert pressed(people.helen, instance, revision=instance.revision).status_code == 200


def test_the_dialog_asks_and_says_what_came_of_it(people: Office) -> None:
    instance = leave(people)
    url = f"/instances/{instance.process_id}/forms/asking/actions/note_it/"
    client = client_of(people.helen)
    assert "Do “Note it” on leave-1 now?" in text_of(client.get(url))
    assert client_of(people.emma).get(url).status_code == 403
    assert client_of(people.tom).get(url).status_code == 404
    refused = client.post(url, {"revision": "77"})
    assert (refused.status_code, "Not done" in text_of(refused)) == (409, True)
    done = client.post(url, {"revision": str(instance.revision)})
    assert (done.status_code, done["Location"]) == (303, f"/instances/{instance.process_id}/")
    assert values_of(instance)["illness"] == "noted by helen"


def test_what_its_rules_refuse_stands_in_the_dialog(people: Office) -> None:
    instance = leave(people)
    ProcessInstance.objects.filter(pk=instance.pk).update(values={"days": "3"})
    raw = definition(rules=[])
    raw["name"] = "other"
    raw["forms"][0]["fields"][-1]["rules"] = [
        {"type": "set_form_field", "id": "a",
         "assignments": [{"field": "days", "value": "=1/0"}]},
    ]  # fmt: skip
    published(raw, user=people.root)
    made = create_instance(process="other", mode="live", data={}, user=people.emma)
    url = f"/instances/{made.process_id}/forms/asking/actions/note_it/"
    response = client_of(people.helen).post(url, {"revision": "1"})
    assert response.status_code == 409
    assert "Not done" in text_of(response)


def test_check_as_tells_of_quick_actions(people: Office) -> None:
    raw = definition()
    raw["forms"][0]["quick_actions"] = {"edit_again": ["creator"], "reassign": ["group:hr"]}
    published(raw, user=people.root)
    design = ProcessDesign.objects.get(name="leave")

    def quick(person: Any) -> dict[tuple[str, str], bool]:
        return {
            (act.act, act.on): act.decision.allowed
            for act in check_as(person, design, parse_document(raw), None)
            if act.act in {"reassign", "edit_again", "quick_action"} and act.on != "decision"
        }

    assert quick(people.emma) == {
        ("reassign", "asking"): False, ("edit_again", "asking"): True,
        ("quick_action", "note_it"): False,
    }  # fmt: skip
    assert quick(people.helen) == {
        # Of an instance that she would create herself.
        ("reassign", "asking"): True, ("edit_again", "asking"): True,
        ("quick_action", "note_it"): True,
    }  # fmt: skip
    page = client_of(people.root).get("/designs/leave/designer/rights/?person=helen")
    assert "Quick action Note it" in text_of(page)
    assert "Reassign Asking while it is open" in text_of(page)
