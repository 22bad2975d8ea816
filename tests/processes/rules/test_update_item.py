"""Update item changes something in a datasource, or fields of instances of a process."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import UpdateItem, rules
from processes.rules.base import RuleFailed
from processes.rules.ports import InstanceAct
from tests.fakes import FakeContext, answer
from tests.processes.definitions import name_table

NAMES = name_table({"state": "text", "got": "text", "key": "secret"})
BY_ID = {"items": [{"left": "[item.process.id]", "operator": "eq", "right": "orders-1"}]}
FOUND = {"process.id": "orders-1", "state": "sent", "note": ""}


def rule(**settings: Any) -> UpdateItem:
    made = rules.parse(
        {"type": "update_item", "id": "a", "datasource": "kianda", "method": "orders",
         "filter": BY_ID, **settings},
        names=NAMES,
    )  # fmt: skip
    assert isinstance(made, UpdateItem)
    return made


STATE = {"target": "body.state", "value": "[state]"}


@pytest.mark.parametrize(
    ("settings", "state", "values", "secret", "every"),
    [
        ({"input_mapping": [STATE]}, "sent", {"state": "sent"}, set(), False),
        ({"input_mapping": [STATE], "matches": "all"}, "sent", {"state": "sent"}, set(), True),
        ({"input_mapping": [STATE]}, "", {"state": ""}, set(), False),
        ({"input_mapping": [STATE], "omit_blank": True}, "", {}, set(), False),
        (
            {"input_mapping": [{"target": "body.token", "value": "x [key]"}]},
            "", {"token": "x k"}, {"token"}, False,
        ),
    ],
)  # fmt: skip
def test_what_it_asks_of_other_instances(
    settings: dict[str, Any], state: str, values: dict[str, Any], secret: set[str], every: bool
) -> None:
    context = FakeContext({"state": state, "key": "k"}, items=[FOUND], secrets=["key"])
    made = rule(**settings)
    made.run(context)
    asked = InstanceAct("change", "orders", values, frozenset(secret), made.filter, every)
    assert context.acts == [asked]


def test_it_maps_the_first_instance_back() -> None:
    context = FakeContext({"got": ""}, items=[FOUND])
    rule(on_success=[{"field": "got", "value": "[item.state]"}]).run(context)
    assert context.values["got"] == "sent"
    assert context.events == ["accept"]
    with pytest.raises(RuleFailed, match=r"The record orders-1 has no note\."):
        rule(on_success=[{"field": "got", "value": "[item.note]"}]).run(context)


def test_finding_nothing_is_a_failure_or_is_passed_over() -> None:
    with pytest.raises(RuleFailed) as failed:
        rule().run(FakeContext())
    assert failed.value.kind == "not_found"
    assert failed.value.message.startswith("No record of orders was found where ")
    rule(on_none="continue").run(FakeContext())


def test_with_a_rest_datasource_it_calls_the_method() -> None:
    context = FakeContext({"state": "sent", "got": ""}, answers=[answer({"state": "SENT"})])
    rule(
        datasource="erp", method="change-order", filter=None, input_mapping=[STATE],
        on_success=[{"field": "got", "value": "[response.body.state]"}],
    ).run(context)  # fmt: skip
    assert context.calls == [("erp", "change-order", {"body.state": "sent"})]
    assert context.values["got"] == "SENT"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"filter": None}, "Add a row to the filter"),
        ({"filter": {"items": []}}, "Add a row to the filter"),
        ({"datasource": "erp"}, "Only the datasource kianda has a filter"),
        ({"input_mapping": [{"target": "query.a", "value": "x"}]}, "not a field of a process"),
        ({"input_mapping": [{"target": "body.a.b", "value": "x"}]}, "not a field of a process"),
        ({"on_success": [{"field": "got", "value": "[response.body.a]"}]}, "does not exist"),
        ({"matches": "some"}, "Input should be"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == ("Update the record of orders where its Process ID is orders-1")
    assert rule(matches="all").sentence().startswith("Update all records of orders where ")
    made = rule(datasource="erp", method="change-order", filter=None)
    assert made.sentence() == "Update an item with erp / change-order"
