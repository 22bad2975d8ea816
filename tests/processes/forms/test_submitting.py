"""Forms submitted one after the other: what is stored, what opens, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.models import Change, FormOwner, ProcessInstance, Run
from tests.pages import client_of, markup_of, text_of
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import all_states, form, leave, row, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_form_is_open_at_the_start(asked: tuple[Any, str]) -> None:
    _, leave_id = asked
    first, *others = all_states(leave_id)
    assert (first.status, first.users, first.everyone) == ("current", ("ada",), False)
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


def test_what_is_missing_or_wrong_is_told_field_by_field(asked: tuple[Any, str], ada: Any) -> None:
    client, leave_id = asked
    ProcessInstance.objects.update(values={"why": "", "mail": "nobody", "note": "", "verdict": ""})
    run = fired(client, leave_id, "send")
    # Nothing has failed: somebody has to mend the form.
    assert run["status"] == "refused"
    assert run["error"]["fields"] == {
        "why": "Why is required. Fill it in.",
        "mail": 'Mail: "nobody" is not an email address, such as ada@example.org.',
    }
    page = text_of(client_of(ada).get(f"/instances/{leave_id}/"))
    assert "The last run failed" not in page
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
    assert answer.status_code == 409
    assert answer.data["errors"][0]["pointer"] == "/target"
    fired(client, leave_id, "send")
    again = client.post(f"/api/v1/instances/{leave_id}/trigger/", {"target": "send"})
    assert again.status_code == 409
    assert again.data["detail"].startswith("The form Wish is completed")


def test_the_last_form_ends_the_instance(
    asked: tuple[Any, str], api: Callable[..., Any], ada: Any, boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "approve")
    fired(client, leave_id, "form:books#submit")
    assert set(states(leave_id).values()) == {"completed"}
    assert read(client, leave_id)["status"] == "completed"
    listed = markup_of(client_of(ada).get("/instances/?status=completed"))
    assert f"/instances/{leave_id}/" in listed
    assert '<option value="completed" selected>Completed</option>' in listed
    assert not FormOwner.objects.exists()


def test_a_status_of_its_own(asked: tuple[Any, str], api: Callable[..., Any], boss: Any) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "approve")
    assert read(client, leave_id)["status"] == "Approved"
    assert read(client, leave_id)["data"]["verdict"] == "yes"


def test_a_status_may_be_as_long_as_the_title_of_a_form(api: Callable[..., Any], ada: Any) -> None:
    client, title = api(ada), "Approval by the head of the department ".ljust(200, "x")
    end = button("end", {"type": "close", "status": "[end_with]"})
    raw = leave(form("approval", text_field("end_with"), end, title=title))
    leave_id = made(client, published(raw, user=ada), why="a rest")
    fired(client, leave_id, "send")
    assert row(leave_id).status == title
    # SQLite takes any length; PostgreSQL does not.
    ProcessInstance._meta.get_field("status").run_validators(title)
    too_long = fired(client, leave_id, "end", end_with="y" * 5_000)
    assert too_long["error"]["message"] == (
        "The status has 5,000 characters; at most 200 are allowed."
    )
    assert row(leave_id).status == title
