"""What the API reads, and how it writes numbers."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.exceptions import UnsupportedMediaType

from kianda.lib.api.drf import ExactJSONRenderer, StrictJSONParser, parse_json
from kianda.lib.errors import Invalid, TooLarge


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", {}),
        (b" \n", {}),
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ('{"n": "Ærø 😀"}'.encode(), {"n": "Ærø 😀"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
    ],
)
def test_good_json_is_read(body: Any, value: dict[str, Any]) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        (b"\xff{}", "", "not UTF-8"),
        (b"{", "", "not JSON"),
        (b"{'a': 1}", "", "not JSON"),
        (b"NaN", "", "NaN is not a JSON number"),
        (b'{"a": NaN}', "/a", "NaN is not a JSON number"),
        (b'{"a": {"b": [1, -Infinity]}}', "/a/b/1", "-Infinity is not a JSON number"),
        (b'{"a": 1e999}', "/a", "too large"),
        (b'{"a": ' + b"9" * 309 + b"}", "/a", "digits"),
        (b'{"a": [0, ' + b"9" * 5000 + b"]}", "/a/1", "digits"),
        (b'{"a": {"b": 1, "b": 2}}', "/a/b", "twice"),
        (b'[{"x/y": 1, "x/y": 1}]', "/0/x~1y", "twice"),
        (b'{"a": ["\\u0000"]}', "/a/0", "NUL"),
        (b'{"a": "\\ud800"}', "/a", "surrogate"),
        (b'{"\\u0000": 1}', "", "NUL"),
        (b"[" * 100 + b"]" * 100, "/0" * 65, "deeper"),
        (b"[" * 200_000, "", "deeper"),
    ],
)
def test_bad_json_is_refused_at_its_place(body: bytes, pointer: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_json(body)
    assert caught.value.errors[0].pointer == pointer
    assert words in caught.value.errors[0].detail


def test_all_flaws_of_a_body_are_told_together() -> None:
    with pytest.raises(Invalid) as caught:
        parse_json(b'{"a": "\\u0000", "b": 1e999, "c": 1, "c": 2, "d": [NaN, Infinity]}')
    places = {flaw.pointer for flaw in caught.value.errors}
    assert places == {"/a", "/b", "/c", "/d/0", "/d/1"}


def test_a_body_above_the_limit_of_its_view_is_too_large() -> None:
    class Small:
        max_body_bytes = 10

    with pytest.raises(TooLarge):
        StrictJSONParser().parse(io.BytesIO(b'"' + b"a" * 20 + b'"'), "", {"view": Small()})


def test_another_charset_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        StrictJSONParser().parse(
            io.BytesIO(b"{}"), "application/json; charset=utf-16", {"encoding": "utf-16"}
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1"), "1"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0"), "0"),
        (Decimal("1E-7"), "1e-07"),
        (Decimal("12345678901234567890"), "12345678901234567890"),
        (Decimal("1E+5000"), '"1E+5000"'),
    ],
)
def test_decimals_are_written_as_numbers(value: Any, text: str) -> None:
    assert ExactJSONRenderer().render(value).decode() == text


def test_half_a_character_from_outside_does_not_break_an_answer() -> None:
    assert json.loads(ExactJSONRenderer().render({"a": "\ud800"})) == {"a": "\ud800"}
