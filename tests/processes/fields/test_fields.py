"""What holds for every kind of field."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.fields import fields
from processes.language.values import ValueFailure

KINDS = list(fields.kinds.items())


@pytest.mark.parametrize(("slug", "kind"), KINDS)
def test_it_explains_itself(slug: Any, kind: Any) -> None:
    assert kind.label
    assert kind.category in {"Input", "Layout", "Actions"}
    assert (kind.__doc__ or "").strip().endswith(".")
    for name, info in kind.model_fields.items():
        if name != "type":
            assert info.title, name
            assert info.description, name
            assert (info.json_schema_extra or {}).get("control"), name


@pytest.mark.parametrize(("slug", "kind"), KINDS)
def test_it_comes_back_as_it_was_stored(slug: Any, kind: Any) -> None:
    field = fields.parse({"type": slug, "name": "access_token"})
    assert field.title == "Access token"
    assert field.width == 12
    assert field.visible
    assert field.enabled
    assert fields.parse(field.model_dump(mode="json")) == field
    assert kind.model_json_schema()["properties"]["type"]["const"] == slug


@pytest.mark.parametrize(("slug", "kind"), KINDS)
def test_its_empty_value_is_what_null_becomes(slug: Any, kind: Any) -> None:
    field = fields.parse({"type": slug, "name": "x"})
    if field.holds_value:
        assert field.to_python(None) == field.empty()
        assert field.to_python(field.to_json(field.empty())) == field.empty()
        assert field.clean(field.empty()) == field.empty()
        assert field.shown(field.empty()) == ""


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"name": "1x"}, "name"),
        ({"name": "to day"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"name": 5}, "name"),
        ({"title": "x" * 201}, "title"),
        ({"width": 0}, "width"),
        ({"width": 13}, "width"),
        ({"width": "6"}, "width"),
        ({"visible": "yes"}, "visible"),
        ({"surprise": 1}, "surprise"),
        ({"rules": [{"type": "nothing"}]}, 0),
    ],
)
def test_common_settings_that_do_not_fit_are_refused(
    settings: dict[str, Any], place: str | int
) -> None:
    with pytest.raises(ValidationError) as caught:
        fields.parse({"type": "text", "name": "x", **settings})
    assert [error["loc"][-1] for error in caught.value.errors()] == [place]


def test_all_flaws_of_a_field_come_out_together() -> None:
    with pytest.raises(ValidationError) as caught:
        fields.parse({"type": "text", "name": "1", "width": 0, "pattern": "[", "default": {}})
    places = [error["loc"][-1] for error in caught.value.errors()]
    assert places == ["name", "width", "pattern", "default"]


NAMES = {
    "now": "2026-11-23T10:00:00Z",
    "today": "2026-11-23",
    "user.email": "ada@example.org",
    "user.name": "ada",
    "process.name": "orders",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "text"}, ""),
        ({"type": "text", "default": "refresh_token"}, "refresh_token"),
        ({"type": "text", "default": "by [user.name] in [process.name]"}, "by ada in orders"),
        ({"type": "text", "default": 5}, "5"),
        ({"type": "number", "default": 5}, Decimal(5)),
        ({"type": "number", "default": "=2 * 3"}, Decimal(6)),
        ({"type": "date", "default": "[today]"}, "2026-11-23"),
        ({"type": "date", "mode": "datetime", "default": "[now]"}, "2026-11-23T10:00:00Z"),
        ({"type": "date", "default": "=AddDays([today], 7)"}, "2026-11-30"),
        ({"type": "toggle", "default": False}, False),
        ({"type": "list", "default": ["a"]}, ["a"]),
        ({"type": "list"}, []),
    ],
)
def test_a_default_is_evaluated_when_an_instance_is_made(field: dict[str, Any], value: Any) -> None:
    assert fields.parse({"name": "x", **field}).initial(NAMES.__getitem__) == value


def test_an_evaluated_default_that_does_not_fit_fails() -> None:
    field = fields.parse({"type": "number", "name": "x", "default": "[user.name]"})
    with pytest.raises(ValueFailure, match='"ada" is not a number'):
        field.initial(NAMES.__getitem__)
