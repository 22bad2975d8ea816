"""Delete item deletes something in a datasource, or instances of a process."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import DeleteItem, rules
from processes.rules.base import RuleFailed
from processes.rules.ports import InstanceAct
from tests.fakes import FakeContext, answer
from tests.processes.definitions import name_table

NAMES = name_table({"got": "text"})
BY_ID = {"items": [{"left": "[item.process.id]", "operator": "eq", "right": "orders-1"}]}
FOUND = {"process.id": "orders-1", "state": "sent"}


def rule(**settings: Any) -> DeleteItem:
    made = rules.parse(
        {"type": "delete_item", "id": "a", "datasource": "kianda", "method": "orders",
         "filter": BY_ID, **settings},
        names=NAMES,
    )  # fmt: skip
    assert isinstance(made, DeleteItem)
    return made


@pytest.mark.parametrize(("matches", "every"), [("one", False), ("all", True)])
def test_what_it_asks_of_other_instances(matches: str, every: bool) -> None:
    context = FakeContext({"got": ""}, items=[FOUND])
    made = rule(matches=matches, on_success=[{"field": "got", "value": "[item.state]"}])
    made.run(context)
    asked = InstanceAct("delete", "orders", filter=made.filter, every=every)
    assert context.acts == [asked]
    assert context.values["got"] == "sent"


def test_finding_nothing_is_a_failure_or_is_passed_over() -> None:
    with pytest.raises(RuleFailed, match="No record of orders was found"):
        rule().run(FakeContext())
    rule(on_none="continue").run(FakeContext())


def test_with_a_rest_datasource_it_calls_the_method() -> None:
    context = FakeContext(answers=[answer(None, status=204)])
    rule(
        datasource="erp", method="delete-order", filter=None,
        input_mapping=[{"target": "path.id", "value": "o-1"}],
    ).run(context)  # fmt: skip
    assert context.calls == [("erp", "delete-order", {"path.id": "o-1"})]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"filter": None}, "Add a row to the filter"),
        ({"datasource": "erp"}, "Only the datasource kianda has a filter"),
        ({"input_mapping": [{"target": "body.a", "value": "x"}]}, "Remove the input mapping"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence().startswith("Delete the record of orders where ")
    made = rule(datasource="erp", method="delete-order", filter=None)
    assert made.sentence() == "Delete an item with erp / delete-order"
