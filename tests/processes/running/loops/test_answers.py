"""What rules in a loop were answered is offered again: to be pinned, and beside their mappings."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from processes.designer.rule_samples import RuleSamples
from processes.models import ProcessDesign
from processes.running.pinned_answers import last_answer
from tests.pages import client_of
from tests.processes.definitions import button, process, text_field
from tests.processes.running.loops.basket import CALL, LINES, SAVE, basket, loop, rows
from tests.processes.stories import fired, made, published

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = process(
    text_field("what"),
    {"type": "secret", "name": "key"},
    LINES,
    {"type": "panel", "name": "more", "fields": [{"type": "number", "name": "price"}]},
)
START = {
    "type": "start_a_process", "id": "start", "process": "orders",
    "input_mapping": [{"target": "what", "value": "[row.what]"}],
    "on_success": [{"field": "row.ticket", "value": "[item.process.id]"}],
}  # fmt: skip
MAKE = {
    "type": "create_item", "id": "make", "datasource": "kianda", "method": "orders",
    "input_mapping": [{"target": "body.what", "value": "[row.what]"}],
}  # fmt: skip


def proposed(user: Any, rule: str, **query: Any) -> tuple[str, Any]:
    """Return the dialog in which an answer is pinned, and the answer that it proposes."""
    url = f"/designs/basket/preview/answers/{rule}/"
    page = client_of(user).get(url, query).content.decode()
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return page, json.loads(html.unescape(found.group(1)))


@pytest.mark.parametrize("rule", [START, MAKE])
def test_the_last_instance_that_a_rule_in_a_loop_made_is_offered_to_be_pinned(
    api: Callable[..., Any], ada: Any, rule: dict[str, Any]
) -> None:
    published(ORDER, user=ada)
    client = api(ada)
    name = published(basket(loop(rule), SAVE), user=ada)
    run = fired(client, made(client, name, lines=rows("pen", "ink")), "go")
    for query in ({}, {"run": run["id"]}):
        page, answer = proposed(ada, rule["id"], **query)
        assert "This is a real response" in page
        assert answer["body"]["process.id"] == "orders-2"
        assert answer["body"]["what"] == "ink"


def test_the_last_answer_in_the_rules_of_a_form_that_is_submitted_is_offered_too(
    api: Callable[..., Any], ada: Any
) -> None:
    published(ORDER, user=ada)
    client = api(ada)
    definition = basket()
    definition["forms"][0]["rules"] = [loop(START)]
    definition["forms"][0]["fields"].append(button("send", {"type": "submit"}))
    fired(client, made(client, published(definition, user=ada), lines=rows("pen")), "send")
    found = last_answer(ProcessDesign.objects.get(name="basket"), "start", user=ada)
    assert found is not None
    assert found[1]["body"]["process.id"] == "orders-1"


def test_before_the_first_answer_the_keys_of_an_instance_are_proposed(
    api: Callable[..., Any], ada: Any
) -> None:
    published(ORDER, user=ada)
    published(basket(loop(START, MAKE)), user=ada)
    for rule in ("start", "make"):
        page, answer = proposed(ada, rule)
        assert "This is a real response" not in page
        created = answer["body"].pop("process.created")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created)
        assert answer["body"] == {
            "what": "", "key": "", "lines": [], "price": None,
            "process.id": "orders-1", "process.name": "orders", "process.status": "open",
        }  # fmt: skip


def test_what_a_service_answered_for_the_last_row_stands_beside_the_mapping(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    client = api(ada)
    name = published(basket(loop({**CALL, "id": "call"}), SAVE), user=ada)
    fired(client, made(client, name, lines=rows("pen", "ink")), "go")
    samples = RuleSamples(process=name, rule_ids=frozenset({"call"}), user=ada, method=None)
    assert samples.answer is not None
    assert samples.answer.body == {"id": "T-ink-2"}
    assert proposed(ada, "call")[1]["body"] == {"id": "T-ink-2"}
