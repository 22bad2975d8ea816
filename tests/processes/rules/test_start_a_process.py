"""Start a process makes an instance of another process, or works on an existing one."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import StartAProcess, rules
from processes.rules.base import RuleFailed
from processes.rules.ports import InstanceAct
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"order_id": "text", "note": "text", "key": "secret"})
STARTED = {"process.id": "orders-1", "status": "new"}


def rule(**settings: Any) -> StartAProcess:
    made = rules.parse(
        {"type": "start_a_process", "id": "a", "process": "orders", **settings}, names=NAMES
    )
    assert isinstance(made, StartAProcess)
    return made


EXISTING = {"lookup": "existing", "process_id": "[order_id]"}


@pytest.mark.parametrize(
    ("settings", "process_id", "values", "secret", "target"),
    [
        ({}, "", {}, set(), ""),
        ({"target": "approve"}, "", {}, set(), "approve"),
        (EXISTING, "orders-1", {}, set(), ""),
        # A new one is made, whatever stands beside it.
        ({"process_id": "[order_id]"}, "", {}, set(), ""),
        ({"input_mapping": [{"target": "a", "value": "[note]!"}]}, "", {"a": "hello!"}, set(), ""),
        ({"input_mapping": [{"target": "a", "value": "[key]"}]}, "", {"a": "k"}, {"a"}, ""),
    ],
)
def test_what_it_asks_for(
    settings: dict[str, Any], process_id: str, values: dict[str, Any], secret: set[str], target: str
) -> None:
    context = FakeContext(
        {"order_id": "orders-1", "note": "hello", "key": "k"}, items=[STARTED], secrets=["key"]
    )
    rule(**settings).run(context)
    asked = InstanceAct(
        "start", "orders", values, frozenset(secret), process_id=process_id, target=target
    )
    assert context.acts == [asked]


def test_it_maps_the_instance_back() -> None:
    context = FakeContext({"order_id": "", "note": ""}, items=[STARTED])
    rule(
        on_success=[
            {"field": "order_id", "value": "[item.process.id]"},
            {"field": "note", "value": "[item.gone]", "if_missing": "keep"},
        ]
    ).run(context)
    assert context.values == {"order_id": "orders-1", "note": ""}
    assert context.events == ["accept"]


def test_a_blank_process_id_finds_nothing() -> None:
    context = FakeContext({"order_id": " "})
    with pytest.raises(RuleFailed) as failed:
        rule(**EXISTING).run(context)
    assert failed.value.kind == "not_found"
    assert context.acts == []


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, "stop"),
        ({"on_error": [{"field": "note", "value": "[error.message]"}]}, "undo"),
        ({"on_failure": "continue"}, "continue"),
    ],
)
def test_what_a_failure_does_has_its_default(settings: dict[str, Any], mode: str) -> None:
    assert rule(**settings).failure_mode == mode


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lookup": "existing"}, "Enter the Process ID of the record"),
        ({"process": "No Slug"}, "Enter the name of a process"),
        ({"input_mapping": [{"target": "a.b", "value": "x"}]}, "without brackets"),
        ({"input_mapping": [{"target": "a", "value": "x"}] * 2}, "mapped twice"),
        ({"on_success": [{"field": "note", "value": "[response.body.a]"}]}, "does not exist"),
        ({"on_success": [{"field": "note", "value": "[key]"}]}, "key is a secret field"),
        ({"process_id": "[key]"}, "key is a secret field"),
        (
            {"on_failure": "stop", "on_error": [{"field": "note", "value": "x"}]},
            "Choose undo or continue",
        ),
        ({"target": "x" * 201}, "at most 200"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Start orders"
    assert rule(target="approve", **EXISTING).sentence() == (
        "Use orders [order_id] and trigger approve there"
    )
