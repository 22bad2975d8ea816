"""Quick actions of a form: those named give it to others, or open it again, and nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from kianda.web.form_once import new_token
from processes.document_cache import document_of
from processes.instances.form_states import form_states
from processes.instances.lifecycle import create_instance
from processes.models import Change, ProcessInstance, Run
from tests.factories import api_client, make_user
from tests.pages import client_of, text_of
from tests.processes.refusals import only_flaw
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Office:
    return office()


@pytest.fixture
def leave(people: Office) -> ProcessInstance:
    """Emma has asked, Mark is to decide; who decides may pass it on, Emma may edit again."""
    raw = leave_request(see=["participants", "group:hr"])
    asking, decision = raw["forms"]
    asking["quick_actions"] = {"edit_again": ["creator"]}
    decision["quick_actions"] = {"reassign": ["owners"]}
    published(raw, user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def act(user: Any, instance: ProcessInstance, form: str, what: str, **body: Any) -> Any:
    path = f"/api/v1/instances/{instance.process_id}/forms/{form}/{what}/"
    return api_client(user).post(path, body)


def states(instance: ProcessInstance) -> dict[str, tuple[str, tuple[str, ...]]]:
    instance.refresh_from_db()
    found = form_states(instance, document_of(instance.version))
    return {one.form: (one.status, (*one.users, *one.groups)) for one in found}


def test_who_is_named_gives_the_form_to_others(people: Office, leave: ProcessInstance) -> None:
    done = act(
        people.mark, leave, "decision", "reassign",
        users=["helen"], groups=["hr"], note="I am away.",
    )  # fmt: skip
    assert done.status_code == 200, done.data
    assert states(leave)["decision"] == ("current", ("helen", "hr"))
    [row] = Change.objects.filter(instance=leave).latest("pk").fields
    assert (row["before"], row["after"]) == (["user:mark"], ["user:helen", "group:hr"])
    told = text_of(client_of(people.root).get(f"/instances/{leave.process_id}/changes/"))
    assert "Owners of Decision" in told
    assert "I am away." in told
    # Mark had it, so he goes on to see the request; it is no longer his to pass on.
    again = act(people.mark, leave, "decision", "reassign", users=["mark"])
    assert again.status_code == 403
    assert "Only owners of the open form" in again.data["detail"]


@pytest.mark.parametrize(
    ("who", "form", "what", "status"),
    [
        ("emma", "decision", "reassign", 403),
        ("helen", "decision", "reassign", 403),
        ("tom", "decision", "reassign", 404),
        ("root", "decision", "reassign", 200),
        ("root", "asking", "reassign", 409),
        ("mark", "nowhere", "reassign", 404),
        ("mark", "asking", "edit", 403),
        ("emma", "asking", "edit", 200),
        ("root", "asking", "edit", 200),
        ("root", "decision", "edit", 409),
    ],
)
def test_who_may_act_on_what(
    people: Office, leave: ProcessInstance, who: str, form: str, what: str, status: int
) -> None:
    before = states(leave)
    body = {"users": ["helen"]} if what == "reassign" else {}
    assert act(getattr(people, who), leave, form, what, **body).status_code == status
    assert (states(leave) == before) == (status != 200)


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ({}, "/users", "Choose the people or groups"),
        ({"users": ["nobody"]}, "/users", "No user named nobody."),
        ({"users": ["gone"]}, "/users", "gone is deactivated. Choose another user."),
        ({"groups": ["none"]}, "/groups", "No group named none."),
        ({"users": ["mark"]}, "/users", "They have this form already. Choose someone else."),
        ({"users": ["guest"]}, "/users", "guest has no role and could not open the form."),
        ({"groups": ["left"]}, "/groups", "left has no active members. Choose another group."),
        ({"users": ["helen"], "note": "x" * 1001}, "/note", "at most 1,000"),
    ],
)
def test_what_is_wrong_changes_nothing(
    people: Office, leave: ProcessInstance, body: dict[str, Any], place: str, words: str
) -> None:
    gone = make_user("gone", "User", is_active=False)
    make_user("guest")
    gone.groups.add(Group.objects.create(name="left"))
    answer = act(people.mark, leave, "decision", "reassign", **body)
    assert answer.status_code == 400
    [flaw] = answer.data["errors"]
    assert flaw["pointer"] == place
    assert words in flaw["detail"]
    assert states(leave)["decision"] == ("current", ("mark",))


def test_a_revision_that_is_gone_is_refused(people: Office, leave: ProcessInstance) -> None:
    for form, what in (("decision", "reassign"), ("asking", "edit")):
        answer = act(people.root, leave, form, what, revision=1)
        assert (answer.status_code, answer.data["revision"]) == (409, leave.revision + 1)
        assert answer.data["detail"].startswith("The record has changed in the meantime.")


def test_a_form_is_given_to_a_role_or_to_one_more_person(
    people: Office, leave: ProcessInstance
) -> None:
    both = act(people.mark, leave, "decision", "reassign", users=["mark", "helen"])
    assert both.status_code == 200, both.data
    # Nobody is in this group, and an Administrator acts in every role.
    role = act(people.helen, leave, "decision", "reassign", groups=["Data source manager"])
    assert role.status_code == 200, role.data


def test_a_form_that_is_edited_again_ends_nothing_after_it(
    people: Office, leave: ProcessInstance
) -> None:
    assert act(people.emma, leave, "asking", "edit").status_code == 200
    assert states(leave) == {"asking": ("current", ("emma",)), "decision": ("current", ("mark",))}
    assert send(leave, people.emma, days="5").status == Run.Status.SUCCEEDED
    assert states(leave)["asking"][0] == "completed"
    assert states(leave)["decision"][0] == "current"


def test_an_instance_that_has_ended_ends_again_when_the_form_is_submitted(
    people: Office, leave: ProcessInstance
) -> None:
    assert send(leave, people.mark, "decide").status == Run.Status.SUCCEEDED
    assert act(people.emma, leave, "asking", "edit").status_code == 200
    assert (states(leave)["asking"][0], states(leave)["decision"][0]) == ("current", "completed")
    assert leave.status == "Asking"
    send(leave, people.emma, days="5")
    assert {status for status, _owners in states(leave).values()} == {"completed"}
    assert leave.status == "completed"


def test_the_page_offers_what_one_may(people: Office, leave: ProcessInstance) -> None:
    path = f"/instances/{leave.process_id}/"
    pass_on, again = f"{path}forms/decision/reassign/", f"{path}forms/asking/edit/"
    for user, offered in (
        (people.emma, (False, True)), (people.mark, (True, False)),
        (people.helen, (False, False)), (people.root, (True, True)),
    ):  # fmt: skip
        shown = client_of(user).get(path).content.decode()
        assert (pass_on in shown, again in shown) == offered, user


def test_the_dialogs_act(people: Office, leave: ProcessInstance) -> None:
    path = f"/instances/{leave.process_id}/forms/"
    client = client_of(people.mark)
    assert "Now with mark" in text_of(client.get(f"{path}decision/reassign/"))
    refused = client.post(f"{path}decision/reassign/", {"once": new_token(), "to/users": "nobody"})
    assert refused.status_code == 422
    assert "No user named nobody." in text_of(refused)
    sent = {"once": new_token(), "to/users": "helen", "to/groups": "hr"}
    assert client.post(f"{path}decision/reassign/", sent).status_code in {302, 303}
    assert states(leave)["decision"] == ("current", ("helen", "hr"))
    client = client_of(people.emma)
    assert "Later forms stay as they are" in text_of(client.get(f"{path}asking/edit/"))
    assert client.post(f"{path}asking/edit/", {"once": new_token()}).status_code in {302, 303}
    assert states(leave)["asking"][0] == "current"


def test_a_design_names_only_people_who_can_be_found() -> None:
    raw = leave_request()
    raw["forms"][0]["quick_actions"] = {"reassign": ["somebody"]}
    assert only_flaw(raw).pointer == "/forms/0/quick_actions/reassign/0"
