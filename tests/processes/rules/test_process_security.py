"""Process security sets who sees, fills in and deletes one instance."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import ProcessSecurity, rules
from tests.fakes import FakeContext


def rule(**settings: Any) -> ProcessSecurity:
    made = rules.parse({"type": "process_security", "id": "a", **settings})
    assert isinstance(made, ProcessSecurity)
    return made


@pytest.mark.parametrize(
    ("settings", "lists", "append"),
    [
        ({"see": ["creator", "group:hr"]}, {"see": ["creator", "group:hr"]}, False),
        ({"see": ["owners"], "existing": "append"}, {"see": ["owners"]}, True),
        ({"change": ["user:ada"], "delete": ["owners"]},
         {"change": ["user:ada"], "delete": ["owners"]}, False),
        ({"see": ["[approver]", "creator"]}, {"see": ["user:ada", "creator"]}, False),
        ({"see": ["[team]"]}, {"see": ["group:hr", "user:ben"]}, False),
        ({"see": ["creator", "[nobody]"]}, {"see": ["creator"]}, False),
        ({"existing": "reset"}, {}, False),
    ],
)  # fmt: skip
def test_whom_it_lets_in(
    settings: dict[str, Any], lists: dict[str, list[str]], append: bool
) -> None:
    context = FakeContext({"approver": "user:ada", "team": ["user:ben", "group:hr"], "nobody": ""})
    rule(**settings).run(context)
    assert context.forms.done == [("secure", lists, append)]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Enter people in one of the lists"),
        ({"see": ["creator"], "existing": "reset"}, "choose reset and leave the lists empty"),
        ({"see": ["nonsense"]}, "“nonsense” is not a person or group"),
        ({"see": [f"user:u{n}" for n in range(101)]}, "at most 100"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    said = rule(see=["participants", "group:hr"], delete=["[creator.manager]"]).sentence()
    assert said == "May see: people involved, hr; May delete: the creator's manager"
    assert rule(existing="reset").sentence() == "Reset the rights to those of the design"
