"""The controls of a form: what stands in them, and what comes back when nobody touches them."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from processes.definition.document import parse_document
from processes.forms.control_values import input_of
from processes.forms.fill_in import changed_by_hand, editable, missing_in, sent_of, typed_in
from processes.language.values import Value
from tests.processes.definitions import process

FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "text"},
    "long": {"type": "text", "mode": "long"},
    "number": {"type": "number"},
    "money": {"type": "number", "decimals": 2},
    "date": {"type": "date"},
    "moment": {"type": "date", "mode": "datetime"},
    "time": {"type": "date", "mode": "time"},
    "toggle": {"type": "toggle"},
    "one": {"type": "list", "choices": ["a", "b"]},
    "several": {"type": "list", "choices": ["a", "b"], "multiple": True},
    "free": {"type": "list", "multiple": True},
    "secret": {"type": "secret"},
}
DOCUMENT = parse_document(
    process(*({**settings, "name": name, "title": name} for name, settings in FIELDS.items()))
)
SHOWN: list[tuple[str, Value, Any]] = [
    ("text", "a b", "a b"),
    ("number", Decimal("1E+3"), "1000"),
    ("money", Decimal("3.5"), "3.50"),
    ("number", None, ""),
    ("date", "2026-12-24", "2026-12-24"),
    ("moment", "2026-06-24T10:00:00Z", "2026-06-24T11:00:00"),
    ("moment", "2026-06-24T10:00:00.123456Z", "2026-06-24T11:00:00"),
    ("time", "10:30:00", "10:30"),
    ("time", "10:30:15", "10:30:15"),
    ("toggle", True, "true"),
    ("toggle", None, ""),
    ("one", ["a"], ["a"]),
    ("free", ["x", "y"], "x\ny"),
    ("secret", "never shown", ""),
]
SENT: list[tuple[str, Any, Any]] = [
    ("long", "a\r\nb", "a\nb"),
    ("moment", "2026-06-24T11:00:00", "2026-06-24T10:00:00Z"),
    ("moment", "2026-06-24T11:00", "2026-06-24T10:00:00Z"),
    ("moment", "soon", "soon"),
    ("toggle", "", None),
    ("toggle", "false", "false"),
    ("several", ["", "a"], ["a"]),
    ("free", " x \n\ny", ["x", "y"]),
]


@pytest.fixture(autouse=True)
def _dublin() -> Any:
    with timezone.override(ZoneInfo("Europe/Dublin")):
        yield


@pytest.mark.parametrize(("name", "value", "shown"), SHOWN)
def test_a_control_shows_the_value(name: str, value: Value, shown: Any) -> None:
    assert input_of(DOCUMENT.fields[name], value) == shown


@pytest.mark.parametrize(("name", "typed", "meant"), SENT)
def test_what_is_typed_means_a_value(name: str, typed: Any, meant: Any) -> None:
    assert sent_of(DOCUMENT.fields[name], typed) == meant


def posted(**values: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return query


@pytest.mark.parametrize(("name", "value", "shown"), SHOWN)
def test_what_nobody_touched_is_no_change(name: str, value: Value, shown: Any) -> None:
    fields = editable(DOCUMENT)
    typed = typed_in(fields, posted(**{f"v-{name}": shown}), {name: value})
    assert changed_by_hand(fields, typed, {name: value}) == {}


def test_a_secret_is_kept_set_anew_or_removed() -> None:
    fields = editable(DOCUMENT)
    assert typed_in(fields, posted(v__secret=""), {}) == {}
    assert typed_in(fields, posted(v__secret="new"), {}) == {"secret": "new"}
    assert typed_in(fields, posted(v__secret="", remove__secret="1"), {}) == {"secret": ""}
    assert typed_in(fields, posted(v__secret="new", remove__secret="1"), {}) == {"secret": "new"}


def test_fields_that_are_hidden_or_switched_off_are_not_taken_from_a_form() -> None:
    document = parse_document(
        process(
            {"type": "text", "name": "hidden", "visible": False},
            {"type": "text", "name": "off", "enabled": False},
        )
    )
    assert editable(document) == {}


@pytest.mark.parametrize(("stored", "changes", "missing"), [
    ({"a": "x"}, {}, []), ({"a": ""}, {}, ["/data/a"]), ({"a": "x"}, {"a": ""}, ["/data/a"]),
    ({"a": ""}, {"a": "y"}, []),
])  # fmt: skip
def test_a_required_field_is_missed_when_it_would_be_blank(
    stored: dict[str, Value], changes: dict[str, Any], missing: list[str]
) -> None:
    document = parse_document(process({"type": "text", "name": "a", "required": True}))
    found = missing_in(editable(document).values(), stored, changes)
    assert [flaw.pointer for flaw in found] == missing


def test_a_moment_that_a_zone_does_not_have_is_shown_as_it_is_stored() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        shown = input_of(DOCUMENT.fields["moment"], "9999-12-31T23:59:59Z")
    assert shown == "9999-12-31T23:59:59Z"
