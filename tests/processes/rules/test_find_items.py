"""Find items looks something up in another process or with a REST method."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.language.values import Value
from processes.rules import FindItems, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext, answer
from tests.processes.definitions import name_table

NAMES = name_table({"token": "text", "wanted": "text", "key": "secret"})
ONE: dict[str, Value] = {
    "process.id": "token-refresh-1",
    "access_token": "one",
    "uses": Decimal(2),
    "note": "",
}
TWO: dict[str, Value] = {
    "process.id": "token-refresh-2",
    "access_token": "two",
    "uses": Decimal(0),
    "note": "",
}


def where(left: str, right: str) -> dict[str, Any]:
    return {"match": "all", "items": [{"left": left, "operator": "eq", "right": right}]}


def rule(**settings: Any) -> FindItems:
    names = settings.pop("names", None)
    made = rules.parse(
        {
            "type": "find_items",
            "id": "find",
            "datasource": "kianda",
            "method": "token-refresh",
            **settings,
        },
        **({"names": names} if names else {}),
    )
    assert isinstance(made, FindItems)
    return made


TOKEN = {"field": "token", "value": "[item.access_token]"}
BY_ID = where("[item.process.id]", "token-refresh-1")


def test_it_reads_fields_of_an_instance_by_its_process_id() -> None:
    context = FakeContext({"token": ""}, items=[TWO, ONE])
    rule(filter=BY_ID, on_success=[TOKEN]).run(context)
    assert context.values == {"token": "one"}
    assert context.events == ["find token-refresh"]


def test_the_filter_may_name_a_field_of_this_process() -> None:
    context = FakeContext({"token": "", "wanted": "token-refresh-2"}, items=[ONE, TWO])
    rule(filter=where("[item.process.id]", "[wanted]"), on_success=[TOKEN]).run(context)
    assert context.values["token"] == "two"


def test_without_a_filter_the_first_instance_is_taken() -> None:
    context = FakeContext({"token": ""}, items=[TWO, ONE])
    rule(on_success=[TOKEN]).run(context)
    assert context.values["token"] == "two"


def test_finding_nothing_is_a_failure() -> None:
    context = FakeContext({"token": "old"}, items=[TWO])
    with pytest.raises(RuleFailed) as failed:
        rule(filter=BY_ID, on_success=[TOKEN]).run(context)
    assert failed.value.kind == "not_found"
    assert failed.value.message.startswith("No record of token-refresh was found where ")
    assert context.values == {"token": "old"}


def test_finding_nothing_may_be_passed_over() -> None:
    context = FakeContext({"token": "old"}, items=[])
    rule(filter=BY_ID, on_success=[TOKEN], on_none="continue").run(context)
    assert context.values == {"token": "old"}


def test_a_blank_value_of_an_item_is_missing() -> None:
    context = FakeContext({"token": "old"}, items=[ONE])
    with pytest.raises(RuleFailed, match=r"The record token-refresh-1 has no note\."):
        rule(on_success=[{"field": "token", "value": "[item.note]"}]).run(context)
    rule(on_success=[{"field": "token", "value": "[item.note]", "if_missing": "keep"}]).run(context)
    assert context.values == {"token": "old"}


def test_with_a_rest_datasource_it_calls_the_method() -> None:
    context = FakeContext(
        {"token": "", "wanted": "c-1"}, answers=[answer({"items": [{"id": "o-1"}]})]
    )
    rule(
        datasource="shop",
        method="get-orders",
        input_mapping=[{"target": "path.customer", "value": "[wanted]"}],
        on_success=[{"field": "token", "value": "[response.body.items.0.id]"}],
    ).run(context)
    assert context.calls == [("shop", "get-orders", {"path.customer": "c-1"})]
    assert context.values["token"] == "o-1"
    assert context.events == ["accept"]


def test_an_empty_list_from_a_rest_method_is_finding_nothing() -> None:
    settings = {
        "datasource": "shop",
        "method": "get-orders",
        "on_success": [{"field": "token", "value": "[response.body.0.id]"}],
    }
    with pytest.raises(RuleFailed, match="shop / get-orders found nothing") as failed:
        rule(**settings).run(FakeContext({"token": "old"}, answers=[answer([])]))
    assert failed.value.kind == "not_found"

    context = FakeContext({"token": "old"}, answers=[answer([])])
    rule(**settings, on_none="continue").run(context)
    assert context.values == {"token": "old"}
    assert context.events == ["accept"]


def test_the_built_in_datasource_takes_no_input_mapping() -> None:
    with pytest.raises(ValidationError, match="Remove the input mapping"):
        rule(input_mapping=[{"target": "body.a", "value": "x"}])


def test_a_rest_datasource_takes_no_filter() -> None:
    with pytest.raises(ValidationError, match="Only the datasource kianda has a filter"):
        rule(datasource="shop", filter=BY_ID)


@pytest.mark.parametrize(
    ("datasource", "value", "hint"),
    [
        ("kianda", "[response.body.a]", r"\[item\. \.\.\.\]"),
        ("shop", "[item.a]", r"\[response\. \.\.\.\]"),
    ],
)
def test_what_is_found_is_named_after_its_datasource(
    datasource: str, value: str, hint: str
) -> None:
    with pytest.raises(ValidationError, match=hint):
        rule(datasource=datasource, on_success=[{"field": "token", "value": value}], names=NAMES)


def test_a_secret_of_this_process_goes_only_into_a_secret_field() -> None:
    with pytest.raises(ValidationError, match="key is a secret field"):
        rule(on_success=[{"field": "token", "value": "[key]"}], names=NAMES)


def test_it_reads_as_a_sentence() -> None:
    assert rule(filter=where("[item.status]", "Open")).sentence() == (
        "Find a record of token-refresh where Item status is Open"
    )
    assert rule(datasource="shop", method="get-orders").sentence() == (
        "Find items with shop / get-orders"
    )
