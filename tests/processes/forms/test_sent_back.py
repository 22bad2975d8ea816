"""A process that has ended is sent back; a form's own rules close it or send it back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from processes.instances.form_states import how_much_work, my_work, newest_work
from processes.instances.sending_back import send_back
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import form, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

BACK = {"type": "go_to_form", "form": "ask", "make_current": True}
REFUSE = {"type": "close", "status": "Refused"}
NO = {"match": "all", "items": [{"left": "[verdict]", "operator": "eq", "right": "no"}]}


def claim(*rules: dict[str, Any], submit: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return a process: asked, checked by whoever asked, decided by Ben."""
    return {
        "name": "claim",
        "forms": [
            form("ask", text_field("why"), button("send", {"type": "submit"})),
            form("check", text_field("note")),
            form(
                "decide",
                text_field("verdict", required=True),
                button("done", *(submit or ({"type": "submit"},))),
                owners={"users": ["ben"]},
                rules=[{**rule, "conditions": NO} for rule in rules],
            ),
        ],
    }


@pytest.fixture
def going(api: Callable[..., Any], ada: Any, ben: Any) -> Callable[..., str]:
    """Return a function that publishes a claim and brings one to the decision."""

    def begun(*rules: dict[str, Any], **settings: Any) -> str:
        client = api(make_user("olga", "User"))
        claim_id = made(client, published(claim(*rules, **settings), user=ada), why="rest")
        fired(client, claim_id, "send")
        fired(client, claim_id, "form:check#submit")
        return claim_id

    return begun


def waits_for(user: Any, process_id: str) -> bool:
    """Tell whether an instance stands in somebody's work, wherever that is told."""
    listed = [one.process_id for one in my_work(user)] == [process_id]
    assert bool(newest_work(user, 9)) == listed
    assert how_much_work(user) == int(listed)
    assert (process_id in text_of(client_of(user).get("/work/"))) == listed
    return listed


@pytest.mark.parametrize(
    ("back_to", "whose"), [("ask", "olga"), ("check", "olga"), ("decide", "ben")]
)
def test_what_was_completed_and_is_sent_back_is_in_its_owners_work_and_goes_its_way_again(
    going: Any, api: Callable[..., Any], ben: Any, back_to: str, whose: str
) -> None:
    claim_id = going()
    fired(api(ben), claim_id, "done", verdict="yes")
    assert read(api(ben), claim_id)["status"] == "completed"
    send_back(process_id=claim_id, form=back_to, note="Look again.", user=ben)
    people = {"ben": ben, "olga": _olga()}
    assert {name for name, user in people.items() if waits_for(user, claim_id)} == {whose}
    names = ["ask", "check", "decide"]
    for name in names[names.index(back_to) :]:
        assert states(claim_id)[name] == "current"
        fired(api(people["ben" if name == "decide" else "olga"]), claim_id, f"form:{name}#submit")
    assert read(api(ben), claim_id)["status"] == "completed"


def _olga() -> Any:
    return User.objects.get(username="olga")


@pytest.mark.parametrize("target", ["done", "form:decide#submit"])
def test_a_forms_own_rule_sends_back_once_it_is_submitted(
    going: Any, api: Callable[..., Any], ben: Any, target: str
) -> None:
    claim_id = going(set_rule("note", "seen"), BACK)
    run = fired(api(ben), claim_id, target, verdict="no")
    assert (run["status"], run["saved"]) == ("succeeded", True)
    found = read(api(ben), claim_id)
    assert (found["status"], found["data"]["verdict"], found["data"]["note"]) == (
        "Ask", "no", "seen")  # fmt: skip
    assert states(claim_id) == {"ask": "current", "check": "not_started", "decide": "not_started"}
    assert waits_for(_olga(), claim_id)
    fired(api(_olga()), claim_id, "send")
    fired(api(_olga()), claim_id, "form:check#submit")
    assert waits_for(ben, claim_id)
    # This time the condition does not hold.
    fired(api(ben), claim_id, target, verdict="yes")
    assert read(api(ben), claim_id)["status"] == "completed"


@pytest.mark.parametrize("target", ["done", "form:decide#submit"])
def test_a_forms_own_rule_ends_the_instance_with_a_status_once_it_is_submitted(
    going: Any, api: Callable[..., Any], ben: Any, target: str
) -> None:
    claim_id = going(REFUSE)
    run = fired(api(ben), claim_id, target, verdict="no")
    assert (run["status"], run["saved"]) == ("succeeded", True)
    found = read(api(ben), claim_id)
    assert (found["status"], found["data"]["verdict"]) == ("Refused", "no")
    assert set(states(claim_id).values()) == {"completed"}
    assert not waits_for(ben, claim_id)


@pytest.mark.parametrize("target", ["done", "form:decide#submit"])
@pytest.mark.parametrize("rules", [[BACK], [REFUSE]], ids=["back", "close"])
def test_a_form_that_its_own_rules_take_elsewhere_must_be_filled_in_first(
    going: Any, api: Callable[..., Any], ben: Any, target: str, rules: list[Any]
) -> None:
    claim_id = going(*rules)
    asked = {"target": target, "data": {"verdict": ""}}
    answer = api(ben).post(f"/api/v1/instances/{claim_id}/trigger/", asked)
    assert answer.status_code == 400 or answer.data["status"] == "refused"
    assert states(claim_id)["decide"] == "current"


@pytest.mark.parametrize("target", ["done", "form:decide#submit"])
def test_a_submit_among_a_forms_own_rules_completes_it_once(
    going: Any, api: Callable[..., Any], ben: Any, target: str
) -> None:
    claim_id = going({"type": "submit", "status": "Refused"})
    run = fired(api(ben), claim_id, target, verdict="no")
    assert run["status"] == "succeeded"
    assert read(api(ben), claim_id)["status"] == "Refused"
    assert states(claim_id)["decide"] == "completed"


def test_two_submits_of_one_form_on_a_button_are_told(
    going: Any, api: Callable[..., Any], ben: Any
) -> None:
    claim_id = going(submit=({"type": "submit"}, {"type": "submit"}))
    run = fired(api(ben), claim_id, "done", verdict="yes")
    assert run["error"]["message"] == "The form Decide is completed already."
