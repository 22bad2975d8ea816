"""Anonymous form link puts a link to one form into a field."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import AnonymousFormLink, rules
from processes.rules.ports import FormLinkTerms
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table(
    {"days": "number", "address": "text", "key": "secret"}, forms=frozenset({"main"})
)


def rule(**settings: Any) -> AnonymousFormLink:
    raw = {
        "type": "anonymous_form_link", "id": "a", "form": "main", "field": "address", **settings,
    }  # fmt: skip
    made = rules.parse(raw, names=NAMES)
    assert isinstance(made, AnonymousFormLink)
    return made


@pytest.mark.parametrize(
    ("settings", "terms"),
    [
        ({}, FormLinkTerms("main")),
        ({"uses": 1}, FormLinkTerms("main", uses=1)),
        ({"valid_for": 2}, FormLinkTerms("main", seconds=172_800)),
        ({"valid_for": 2, "unit": "hours"}, FormLinkTerms("main", seconds=7_200)),
        ({"message": "[days] days"}, FormLinkTerms("main", message="3 days")),
    ],
)
def test_what_the_link_lets_do(settings: dict[str, Any], terms: FormLinkTerms) -> None:
    context = FakeContext({"days": Decimal(3), "address": ""})
    rule(**settings).run(context)
    assert context.links == [terms]
    assert context.values["address"] == "http://kianda.test/f/1/"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"form": "none"}, "There is no form none"),
        ({"field": "none"}, "There is no field none"),
        ({"uses": 0}, "greater than or equal to 1"),
        ({"valid_for": 0}, "greater than or equal to 1"),
        ({"message": "[key]"}, "key is a secret field"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "Put a link to the form main into address"),
        ({"uses": 1}, "Put a link to the form main into address, for 1 use"),
        (
            {"uses": 3, "valid_for": 7},
            "Put a link to the form main into address, for 3 uses, for 7 days",
        ),
        (
            {"valid_for": 1, "unit": "hours"},
            "Put a link to the form main into address, for 1 hour",
        ),
    ],
)
def test_it_reads_as_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    assert rule(**settings).sentence() == sentence
