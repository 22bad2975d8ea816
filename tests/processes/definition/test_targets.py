"""The targets of a process: what each one runs."""

from typing import Any

import pytest

from processes.definition.document import TargetMissing, parse_document
from tests.processes.definitions import button, text_field


@pytest.fixture
def full() -> Any:
    return parse_document(
        {
            "name": "orders",
            "rules": [{"type": "save", "id": "opened"}],
            "forms": [
                {
                    "name": "main",
                    "rules": [{"type": "save", "id": "submitted"}],
                    "load_rules": [{"type": "save", "id": "loaded"}],
                    "fields": [
                        text_field("status", rules=[{"type": "save", "id": "changed"}]),
                        text_field("plain"),
                        button("go", {"type": "save", "id": "a"}, {"type": "save", "id": "b"}),
                        button("nothing"),
                    ],
                }
            ],
        }
    )


@pytest.mark.parametrize(
    ("target", "ids", "kind"),
    [
        ("go", ["a", "b"], "button"),
        ("go#b", ["b"], "button"),
        ("nothing", [], "button"),
        ("status", ["changed"], "change"),
        ("status#changed", ["changed"], "change"),
        ("plain", [], "change"),
        ("form:main#load", ["loaded"], "load"),
        ("form:main#submit", ["submitted"], "submit"),
        ("process#load", ["opened"], "load"),
    ],
)
def test_a_target_names_rules(full: Any, target: str, ids: list[str], kind: str) -> None:
    assert [rule.id for rule in full.rules_of(target)] == ids
    assert full.kind_of(target) == kind


@pytest.mark.parametrize(
    "target",
    [
        "",
        "gone",
        "go#gone",
        "go#",
        "go#changed",
        "form:gone#load",
        "form:main",
        "form:main#change",
        "process",
        "process#submit",
        "main",
    ],
)
def test_a_target_that_is_not_there_is_missing(full: Any, target: str) -> None:
    with pytest.raises(TargetMissing):
        full.rules_of(target)


@pytest.mark.parametrize("target", ["", "#", "#save", "go#", "form:", "form:#load", "form:main#"])
def test_half_a_target_is_told_what_a_whole_one_looks_like(full: Any, target: str) -> None:
    with pytest.raises(TargetMissing, match="a field, such as refresh, one rule of it"):
        full.rules_of(target)


def test_every_target_offered_can_be_triggered(full: Any) -> None:
    offered = full.targets()
    assert [target.target for target in offered] == [
        "status",
        "status#changed",
        "go",
        "go#a",
        "go#b",
        "nothing",
        "form:main#load",
        "form:main#submit",
        "process#load",
    ]
    for target in offered:
        assert full.kind_of(target.target) == target.kind


def test_value_fields_leave_buttons_out(full: Any) -> None:
    assert list(full.value_fields) == ["status", "plain"]
