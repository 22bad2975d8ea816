"""Delete form takes a form of the instance out of the flow."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import DeleteForm, rules
from tests.fakes import FakeContext
from tests.processes.definitions import button, name_table, text_field
from tests.processes.forms.leave import form, leave, row, states
from tests.processes.stories import fired, made, published, read

NAMES = name_table({}, forms=frozenset({"wish"}))
APPROVAL = form(
    "approval",
    text_field("verdict"),
    button("skip", {"type": "delete_form"}),
    owners={"users": ["ben"]},
)
BOOKS = form(
    "late",
    text_field("reason"),
    button("skip_late", {"type": "delete_form"}),
    button("skip_all", {"type": "delete_form", "form": "books"}, {"type": "delete_form"}),
    button("again", {"type": "go_to_form", "form": "approval", "make_current": True}),
)


@pytest.mark.parametrize(
    ("settings", "named", "said"),
    [({}, "", "Delete the form"), ({"form": "wish"}, "wish", "Delete the form wish")],
)
def test_it_deletes_its_own_form_or_the_one_named(
    settings: dict[str, str], named: str, said: str
) -> None:
    made_rule = rules.parse({"type": "delete_form", "id": "a", **settings}, names=NAMES)
    assert isinstance(made_rule, DeleteForm)
    context = FakeContext()
    made_rule.run(context)
    assert context.forms.done == [("delete", named)]
    assert made_rule.sentence() == said


def test_it_names_a_form_that_is_there() -> None:
    with pytest.raises(ValidationError, match="There is no form nope"):
        rules.parse({"type": "delete_form", "id": "a", "form": "nope"}, names=NAMES)


@pytest.fixture
def sent(api: Callable[..., Any], ada: Any, ben: Any) -> tuple[Any, Any, str]:
    """Ben has a form to approve, which he may also skip."""
    client = api(ada)
    leave_id = made(client, published(leave(APPROVAL, BOOKS), user=ada), why="rest")
    fired(client, leave_id, "send")
    return client, api(ben), leave_id


@pytest.mark.django_db(transaction=True)
def test_the_next_form_opens_and_the_values_stay(sent: tuple[Any, Any, str]) -> None:
    client, bens, leave_id = sent
    run = fired(bens, leave_id, "skip", verdict="none")
    assert run["status"] == "succeeded", run["error"]
    assert states(leave_id) == {
        "wish": "completed", "approval": "deleted", "late": "current", "books": "not_started",
    }  # fmt: skip
    assert row(leave_id).status == "Late"
    told = [
        (one["before"], one["after"])
        for change in row(leave_id).changes.order_by("pk")
        for one in change.fields
        if one["field"] == "form:approval"
    ]
    assert told == [("not_started", "current"), ("current", "deleted")]
    answer = bens.patch(
        f"/api/v1/instances/{leave_id}/",
        {"data": {"verdict": "yes"}, "revision": row(leave_id).revision},
    )
    assert answer.status_code == 409
    assert read(client, leave_id)["data"]["why"] == "rest"


@pytest.mark.django_db(transaction=True)
def test_go_to_form_brings_it_back(sent: tuple[Any, Any, str]) -> None:
    client, bens, leave_id = sent
    fired(bens, leave_id, "skip")
    fired(client, leave_id, "again")
    assert states(leave_id)["approval"] == "current"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_left_without_a_form_to_do(sent: tuple[Any, Any, str]) -> None:
    client, bens, leave_id = sent
    fired(bens, leave_id, "skip")
    run = fired(client, leave_id, "skip_all")
    assert (run["status"], run["error"]["kind"]) == ("failed", "value")
    assert "the only one that is open" in run["error"]["message"]
    assert (states(leave_id)["late"], states(leave_id)["books"]) == ("current", "not_started")
    assert fired(client, leave_id, "skip_late")["status"] == "succeeded"
    assert states(leave_id)["books"] == "current"


@pytest.mark.django_db(transaction=True)
def test_a_deleted_form_is_not_on_the_page(
    sent: tuple[Any, Any, str], client: Any, ada: Any
) -> None:
    _client, bens, leave_id = sent
    fired(bens, leave_id, "skip")
    client.force_login(ada)
    page = client.get(f"/instances/{leave_id}/").content.decode()
    assert 'id="form-late"' in page
    assert 'id="form-approval"' not in page
    assert "Form Approval" in page
