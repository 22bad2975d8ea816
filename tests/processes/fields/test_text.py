"""Text fields."""

from typing import Any

import pytest

from processes.fields import Text
from processes.language.values import ValueFailure


def text(**settings: Any) -> Any:
    return Text(name="note", **settings)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, ""),
        ("x", "x"),
        (3600.0, "3600"),
        (1e21, "1000000000000000000000"),
        (True, "true"),
        ({"a": [1]}, '{"a":[1]}'),
        ([], "[]"),
    ],
)
def test_it_takes_anything_as_text(raw: Any, value: str) -> None:
    assert text().to_python(raw) == value
    assert text().to_json(text().to_python(raw)) == value
    assert text().shown(text().to_python(raw)) == value


def test_nothing_is_the_empty_text() -> None:
    assert text().empty() == ""
    assert text().missing("") is False
    assert text(required=True).missing("") is True


@pytest.mark.parametrize(
    ("settings", "valid"),
    [
        ({}, "any\nthing"),
        ({"max_length": 3}, "abc"),
        ({"mode": "email"}, "ada@example.org"),
        ({"mode": "email"}, ""),
        ({"mode": "url"}, "https://example.org/a?b=c"),
        ({"pattern": "[A-Z]{2}[0-9]+"}, "AB12"),
        ({"pattern": "[A-Z]+"}, ""),
    ],
)
def test_what_a_person_may_enter(settings: dict[str, Any], valid: str) -> None:
    assert text(**settings).clean(valid) == valid


@pytest.mark.parametrize(
    ("settings", "invalid", "words"),
    [
        ({"max_length": 3}, "abcd", "4 characters; at most 3 are allowed"),
        ({"mode": "email"}, "ada", '"ada" is not an email address'),
        ({"mode": "email"}, "a b@example.org", "not an email address"),
        ({"mode": "url"}, "javascript:alert(1)", "not a web address"),
        ({"mode": "url"}, "https://", "not a web address"),
        ({"mode": "url"}, "http://[::1", "not a web address"),
        ({"pattern": "[A-Z]+"}, "ABc", "does not match the pattern"),
    ],
)
def test_what_a_person_may_not_enter(settings: dict[str, Any], invalid: str, words: str) -> None:
    with pytest.raises(ValueFailure, match=words):
        text(**settings).clean(invalid)
