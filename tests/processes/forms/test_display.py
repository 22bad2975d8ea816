"""What rules show, require and refuse on a form."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.services.documents import document_of
from processes.services.forms_state import display_of
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
        "The condition does not hold: Kind is big. What stands under otherwise was done."
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
    assert fired(client, buy_id, "form:one#submit", why="")["status"] == "succeeded"


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
