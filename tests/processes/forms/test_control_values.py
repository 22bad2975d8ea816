"""What stands in a control, and what it means."""

from typing import Any

import pytest
from django.utils import translation

from processes.definition.document import parse_document
from processes.fields.base import Written
from processes.forms.control_values import input_of, means_same, sent_of
from tests.processes.definitions import process

NUMBER = {"type": "number", "name": "n", "decimals": 2}
MOMENT = {"type": "date", "name": "n", "mode": "datetime"}
TIME = {"type": "date", "name": "n", "mode": "time"}
TOGGLE = {"type": "toggle", "name": "n"}
TEXT = {"type": "text", "name": "n"}
LIST = {"type": "list", "name": "n", "choices": ["S", "M"], "multiple": True}


@pytest.mark.parametrize(
    ("raw", "one", "other", "same"),
    [
        (NUMBER, "8", "8.00", True),
        (NUMBER, "8", "8.01", False),
        (NUMBER, "8", "", False),
        (NUMBER, "eight", "8", False),
        (NUMBER, "eight", "eight", True),
        (MOMENT, "2026-01-01T09:00:00", "2026-01-01T09:00", True),
        (MOMENT, "2026-01-01T09:00:01", "2026-01-01T09:00", False),
        (MOMENT, "", "2026-01-01T09:00", False),
        (TIME, "09:00:00", "09:00", True),
        (TOGGLE, "true", "false", False),
        (TOGGLE, "", "false", False),
        (TEXT, "a", "A", False),
        (LIST, ["S", "M"], ["S"], False),
    ],
)
def test_two_contents_of_a_control_mean_the_same(
    raw: dict[str, Any], one: Written, other: Written, same: bool
) -> None:
    field = parse_document(process(raw)).fields["n"]
    assert means_same(field, one, other) is same


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("value", ["1.2", "1200", "-0.5", "1234567.89", "0"])
def test_a_number_in_a_control_means_itself_in_every_language(language: str, value: str) -> None:
    for raw in (NUMBER, {"type": "number", "name": "n"}, {**NUMBER, "decimals": 3}):
        field = parse_document(process(raw)).fields["n"]
        number = field.to_python(value)
        with translation.override(language):
            assert field.read(sent_of(field, input_of(field, number))) == (number, [])


def test_a_number_is_shown_with_the_point_of_the_language() -> None:
    field = parse_document(process(NUMBER)).fields["n"]
    assert input_of(field, field.to_python(1200.5)) == "1200.50"
    with translation.override("de"):
        assert input_of(field, field.to_python(1200.5)) == "1200,50"


def test_a_number_of_another_language_is_refused_with_how_to_write_it() -> None:
    field = parse_document(process(NUMBER)).fields["n"]
    with translation.override("de"):
        value, wrong = field.read(sent_of(field, "1200.5"))
        assert field.read("1200.5") == (field.to_python(1200.5), []), "the API has figures"
    assert value is None
    [(place, said)] = wrong
    assert (place, "1200.5" in said, "1.200,50" in said) == ("", True, True)
