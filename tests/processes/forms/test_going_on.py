"""Forms sent back, closed, opened together or by a rule."""

from collections.abc import Callable
from typing import Any

import pytest

from kianda.lib.errors import Conflict, Forbidden, Invalid
from processes.document_cache import document_of
from processes.instances.form_states import display_of, form_states
from processes.instances.lifecycle import create_instance
from processes.instances.sending_back import send_back
from processes.models import Run
from tests.factories import make_user
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import APPROVAL, form, leave, row, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_send_back_opens_an_earlier_form_again(asked: tuple[Any, str], boss: Any) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    send_back(process_id=leave_id, form="wish", note="Look again.", user=boss)
    assert states(leave_id)["wish"] == "current"
    assert states(leave_id)["approval"] == "not_started"
    assert read(client, leave_id)["status"] == "Wish"
    fired(client, leave_id, "send")
    assert states(leave_id)["approval"] == "current"


@pytest.mark.parametrize(
    ("form_name", "who", "refusal"),
    [
        ("wish", "ada", Forbidden),
        ("approval", "ben", Conflict),
        ("books", "ben", Conflict),
        ("nowhere", "ben", Invalid),
    ],
)
def test_send_back_is_refused(
    asked: tuple[Any, str], ada: Any, boss: Any, form_name: str, who: str, refusal: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    with pytest.raises(refusal):
        send_back(
            process_id=leave_id,
            form=form_name,
            note="Look again.",
            user={"ada": ada, "ben": boss}[who],
        )
    assert states(leave_id)["approval"] == "current"


def test_a_rule_sends_back_and_it_is_kept_without_a_save(
    asked: tuple[Any, str], api: Callable[..., Any], boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    run = fired(api(boss), leave_id, "back")
    assert not run["saved"]
    assert states(leave_id)["wish"] == "current"
    assert Run.objects.latest("pk").page == {"form": "wish", "mode": "auto"}


def test_close_ends_the_instance_and_stores_no_values(
    asked: tuple[Any, str], api: Callable[..., Any], boss: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    run = fired(api(boss), leave_id, "stop_it", verdict="typed")
    assert not run["saved"]
    assert read(client, leave_id)["status"] == "Refused"
    assert read(client, leave_id)["data"]["verdict"] == ""
    assert states(leave_id) == {
        "wish": "completed",
        "approval": "completed",
        "books": "not_started",
    }
    assert Run.objects.latest("pk").page == {"leave": True}


def test_forms_that_open_together_are_all_completed_before_the_next_opens(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    side = form("stock", text_field("stock_note"), activate_with="approval")
    leave_id = made(client, published(leave({**APPROVAL, "owners": {}}, side), user=ada), why="x")
    fired(client, leave_id, "send")
    assert [name for name, one in states(leave_id).items() if one == "current"] == [
        "approval",
        "stock",
    ]
    fired(client, leave_id, "approve")
    assert states(leave_id)["books"] == "not_started"
    fired(client, leave_id, "form:stock#submit")
    assert states(leave_id)["books"] == "current"


def test_a_form_opened_by_a_rule_comes_in_place_of_the_next(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    definition = leave({**APPROVAL, "owners": {}})
    definition["forms"][0]["fields"][-1]["rules"] = [
        {"type": "go_to_form", "form": "books", "make_current": True},
        {"type": "submit"},
    ]
    leave_id = made(client, published(definition, user=ada), why="x")
    fired(client, leave_id, "send")
    assert states(leave_id) == {
        "wish": "completed",
        "approval": "not_started",
        "books": "current",
    }


def test_a_failed_run_leaves_the_forms_as_they_were(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    rules: list[dict[str, Any]] = [
        {"type": "go_to_form", "form": "two", "make_current": True},
        {"type": "hide_or_disable", "changes": [{"field": "kind", "action": "hide"}]},
        set_rule("kind", "=1 / 0"),
    ]
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind"), button("go", *rules)), form("two")],
    }
    buy_id = made(client, published(definition, user=ada))
    assert fired(client, buy_id, "go")["status"] == "failed"
    assert states(buy_id) == {"one": "current", "two": "not_started"}
    assert row(buy_id).display == {}


def test_an_instance_of_a_design_without_forms_has_none(ada: Any) -> None:
    published({"name": "bare"}, user=ada)
    instance = create_instance(process="bare", mode="live", data={}, user=ada)
    assert form_states(instance, document_of(instance.version)) == []
    assert display_of(instance, document_of(instance.version)) == {}


@pytest.mark.parametrize(
    ("who", "status", "on_wish", "pressed"),
    [("ada", 403, 403, 409), ("ben", 200, 403, 403), ("root", 200, 200, 200)],
    ids=["creator", "owner", "root"],
)
def test_a_form_with_owners_is_theirs_in_the_api_too(
    api: Callable[..., Any], ada: Any, boss: Any, who: str, status: int, on_wish: int, pressed: int
) -> None:  # fmt: skip
    owner = api(ada)
    leave_id = made(owner, published(leave(APPROVAL), user=ada), why="rest")
    fired(owner, leave_id, "send")
    person = {"ada": ada, "ben": boss, "root": make_user("root", "Administrator")}[who]
    client = api(person)
    instance = read(client, leave_id)
    body = {"data": instance["data"], "revision": instance["revision"]}
    # The values of others' forms may be sent along unchanged.
    assert client.patch(f"/api/v1/instances/{leave_id}/", body).status_code == 200
    body = {"data": {"verdict": "yes"}, "revision": instance["revision"]}
    refused = client.patch(f"/api/v1/instances/{leave_id}/", body)
    assert refused.status_code == status
    if status == 403:
        assert refused.data["detail"] == ("The form Approval is with ben. Only they can change it.")
    at = f"/api/v1/instances/{leave_id}/trigger/"
    assert client.post(at, {"target": "approve"}).status_code == status
    both = client.post(at, {"target": "send", "data": {"verdict": "no"}})
    assert both.status_code == on_wish
    # Without owners a form is the creator's, to whom alone it is said that it is completed.
    assert client.post(at, {"target": "send"}).status_code == pressed
