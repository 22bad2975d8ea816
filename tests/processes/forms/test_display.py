"""What rules show, require and refuse on a form."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.document_cache import document_of
from processes.instances.form_states import display_of
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.preview import debugger
from processes.preview.debugger import Paused
from processes.running import runs
from tests.processes.definitions import button, text_field
from tests.processes.forms.leave import form, row
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNT = {"match": "all", "items": [{"left": "[kind]", "operator": "eq", "right": "big"}]}


def test_what_rules_show_and_require_is_kept_with_the_instance(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    rules = [
        {
            "type": "hide_or_disable", "conditions": AMOUNT,
            "changes": [{"field": "why", "action": "show"}],
            "opposite": [{"field": "why", "action": "hide_and_clear"}],
        },
        {
            "type": "make_required", "conditions": AMOUNT,
            "changes": [{"field": "why"}], "opposite": [{"field": "why", "action": "not_required"}],
        },
    ]  # fmt: skip
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind", rules=rules), text_field("why"))],
    }
    buy_id = made(client, published(definition, user=ada), why="old", kind="small")

    def why() -> dict[str, bool]:
        instance = row(buy_id)
        return display_of(instance, document_of(instance.version))["why"]

    assert why() == {"visible": True, "enabled": True, "required": False}
    small = fired(client, buy_id, "kind")
    assert small["steps"][0]["reason"] == (
        "The condition is not met: Kind is big. The rows under Otherwise were applied."
    )
    assert small["steps"][0]["status"] == "succeeded"
    assert small["data"]["why"] == ""
    assert why()["visible"] is False
    # What is shown is no revision: who is filling in the form may go on to save it.
    assert read(client, buy_id)["revision"] == 1
    # Hidden, it need not be filled in.
    fired(client, buy_id, "kind", kind="big")
    assert why() == {"visible": True, "enabled": True, "required": True}
    answer = client.post(
        f"/api/v1/instances/{buy_id}/trigger/",
        {"target": "form:one#submit", "data": {"why": ""}},
    )
    assert answer.data["errors"][0]["detail"] == "Why is required. Fill it in."
    fired(client, buy_id, "kind", kind="small")
    assert fired(client, buy_id, "form:one#submit")["status"] == "succeeded"


@pytest.fixture
def stay(ada: Any) -> str:
    """A process whose buttons hide and clear a panel, a form, themselves, or else a panel."""

    def clear(name: str, *cleared: str, **settings: Any) -> dict[str, Any]:
        rows = [{"field": one, "action": "hide_and_clear"} for one in cleared]
        return button(name, {"type": "hide_or_disable", "changes": rows, **settings})

    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "what"}]}
    group = {"type": "field_group", "name": "group", "fields": [
        {"type": "toggle", "name": "late"}, lines]}  # fmt: skip
    nights = {"type": "number", "name": "nights"}
    inside = [text_field("city"), nights, group, button("inside")]
    pan = {"type": "panel", "name": "pan", "fields": inside}
    otherwise = [{"field": "pan", "action": "hide_and_clear"}]
    first = form(
        "one", text_field("kind"), pan, clear("whole", "pan"), clear("second", "two"),
        clear("itself", "itself"),
        button("unless", {"type": "hide_or_disable", "conditions": AMOUNT, "opposite": otherwise,
                          "changes": [{"field": "pan", "action": "show"}]}),
    )  # fmt: skip
    second = form("two", text_field("note"), {"type": "secret", "name": "code"})
    return published({"name": "stay", "forms": [first, second]}, user=ada)


STAY: dict[str, Any] = {
    "kind": "small", "city": "Cork", "nights": 2, "late": True, "lines": [{"what": "bed"}],
    "note": "quiet", "code": "c-0de-1234",
}  # fmt: skip
EMPTY_PANEL: dict[str, Any] = {"city": "", "nights": None, "late": None, "lines": []}


@pytest.mark.parametrize(
    ("pressed", "hidden", "cleared"),
    [
        ("whole", "pan", EMPTY_PANEL),
        ("unless", "pan", EMPTY_PANEL),
        ("second", "two", {"note": "", "code": ""}),
        ("itself", "itself", {}),
    ],
)
def test_hide_and_clear_empties_all_that_stands_in_a_container_or_a_form(
    api: Callable[..., Any], ada: Any, stay: str, pressed: str, hidden: str, cleared: Any
) -> None:
    # Its second form is not open yet.
    stay_id = create_instance(
        process=stay, mode="live", data=STAY, user=ada, set_by_rules=STAY
    ).process_id
    run = fired(api(ada), stay_id, pressed)
    assert run["status"] == "succeeded", run["error"]
    assert {change["field"] for change in run["steps"][0]["changes"]} == set(cleared)
    assert run["data"] == {**STAY, "code": "********", **cleared}
    assert row(stay_id).display == {hidden: {"visible": False}}


def test_a_preview_and_its_debugger_hide_and_clear_a_panel_too(ada: Any, stay: str) -> None:
    for step_by_step in (False, True):
        instance = create_instance(process=stay, mode="preview", data=STAY, user=ada)
        pressed: dict[str, Any] = {
            "process_id": instance.process_id, "target": "whole", "user": ada, "trigger": "button",
        }  # fmt: skip
        if step_by_step:
            debugger.step(Paused(debugger.start(**pressed).pk, ada))
        else:
            runs.trigger(**pressed)
        run = Run.objects.get(instance=instance)
        assert run.status == "succeeded", run.error
        assert {name: run.data[name] for name in EMPTY_PANEL} == EMPTY_PANEL
        assert row(instance.process_id).display == {"pan": {"visible": False}}


def test_input_is_refused_beside_its_field(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    rule = {
        "type": "validate_input", "field": "kind", "message": "[kind] is too much.",
        "conditions": AMOUNT,
    }  # fmt: skip
    definition = {
        "name": "buy",
        "forms": [form("one", text_field("kind"), button("go", rule, {"type": "save"}))],
    }
    buy_id = made(client, published(definition, user=ada))
    run = fired(client, buy_id, "go", kind="big")
    assert run["error"] == {
        "kind": "value",
        "message": "big is too much.",
        "step": "validate-input",
        "fields": {"kind": "big is too much."},
    }
    assert read(client, buy_id)["data"]["kind"] == ""
    assert fired(client, buy_id, "go", kind="small")["saved"]
